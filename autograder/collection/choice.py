"""Chooses the notebook that counts among a person's files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from autograder.assignment.questions import NAME
from autograder.collection.layouts.layout import Claim
from autograder.collection.members import Member
from autograder.collection.people import Theirs
from autograder.text import one_line

#: Most notebooks of one person: each may take a tenth of a second to unpack.
_MOST_FILES = 100
_MOST_BYTES = 200 * 2**20
#: Files without a notebook's name that may hold one: browsers and platforms add these endings, or cut one off.
_MAYBE = frozenset({".json", ".txt", "", ".ipynb"})
#: So many files of a person without a notebook are named.
_MOST_NAMED = 4


@dataclass(frozen=True)
class Candidate:
    """A notebook of a person that can be read.

    ``worked_on`` says that it is a notebook of this assignment, and not as released.
    """

    member: Member
    claim: Claim
    content: bytes
    worked_on: bool

    @property
    def rank(self) -> tuple[str, bool, bool, str, datetime, str]:
        """The notebook with the highest rank counts: of the last attempt, the one that was worked on."""
        name = self.member.path.name
        time = self.claim.time or self.member.time or datetime.min.replace(tzinfo=UTC)
        return self.claim.attempt, self.worked_on, NAME in name, self.claim.order, time, self.member.origin


@dataclass(frozen=True)
class Choice:
    """The notebook that counts, those that do not, and what cannot be read or is no notebook, with the reason."""

    counts: Candidate | None
    older: tuple[Candidate, ...]
    refused: tuple[tuple[Member, str], ...]
    unreadable: bool

    @property
    def reason(self) -> str:
        """Why nothing counts."""
        named = [f"{one_line(member.path.name, 80)}: {reason}" for member, reason in self.refused[:_MOST_NAMED]]
        if len(self.refused) > _MOST_NAMED:
            named.append(f"and {len(self.refused) - _MOST_NAMED} more files")
        return "; ".join(named)


def choose(theirs: Theirs, is_worked_on: Callable[[bytes], bool]) -> Choice:
    """Choose the notebook that counts. ``is_worked_on`` tells one with answers from the release and from others."""
    for member, claim in theirs.files:
        if claim.problem:
            return Choice(None, (), ((replace(member, path=claim.root), claim.problem),), unreadable=True)
    notebooks = [file for file in theirs.files if file[0].is_notebook]
    if _are_too_many(notebooks):  # a home folder has notebooks of every course
        notebooks = [file for file in notebooks if NAME in file[0].path.name] or notebooks
    if _are_too_many(notebooks):
        reason = (
            f"{len(notebooks)} notebooks, more than the {_MOST_FILES} or the {_MOST_BYTES // 2**20} MiB allowed: keep "
            "the one that counts"
        )
        return Choice(None, (), ((notebooks[0][0], reason),), unreadable=True)
    refused: list[tuple[Member, str]] = []
    read = list(_read(notebooks, refused))
    unreadable = bool(refused)
    if not read:
        others = [file for file in theirs.files if not file[0].is_notebook]
        maybe = [file for file in others if _may_be_notebook(file[0])][:_MOST_FILES]
        read = [each for each in _read(maybe, []) if _is_notebook(each[2])][:1]
        unreadable = unreadable or any(member.problem and member.is_archive for member, _ in others)
        found = {each[0].path for each in read}
        refused += [(member, member.problem or "no notebook") for member, _ in others if member.path not in found]
    several = len(read) > 1
    candidates = [Candidate(*each, is_worked_on(each[2]) if several else True) for each in read]
    ranked = sorted(candidates, key=lambda each: each.rank, reverse=True)
    return Choice(ranked[0] if ranked else None, tuple(ranked[1:]), tuple(refused), unreadable)


def _are_too_many(notebooks: list[tuple[Member, Claim]]) -> bool:
    return len(notebooks) > _MOST_FILES or sum(m.size for m, _ in notebooks if not m.problem) > _MOST_BYTES


def _read(
    files: list[tuple[Member, Claim]], refused: list[tuple[Member, str]]
) -> Iterator[tuple[Member, Claim, bytes]]:
    """Yield files with their bytes; add to ``refused`` those that cannot be read."""
    for member, claim in files:
        if member.problem:
            refused.append((member, member.problem))
            continue
        try:
            content = member.read()
        except Exception as problem:  # noqa: BLE001 (a damaged zip raises many kinds of exceptions)
            refused.append((member, f"it cannot be read ({type(problem).__name__}: {problem})"))
        else:
            yield member, claim, content


def _may_be_notebook(member: Member) -> bool:
    name = member.path.name.lower()
    return (member.path.suffix.lower() in _MAYBE or ".ipynb" in name) and member.size > 0


def _is_notebook(content: bytes) -> bool:
    """Return True if a file without a notebook's name is one."""
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and isinstance(document.get("cells"), list) and "nbformat" in document
