"""Chooses the notebook that counts among a person's files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from autograder.assignment.questions import NAME
from autograder.collection.layouts.layout import Claim
from autograder.collection.members import Member
from autograder.collection.people import Theirs
from autograder.notebook import MAX_NOTEBOOK_BYTES
from autograder.text import one_line

#: Most notebooks of one person: each may take a tenth of a second to unpack.
_MOST_FILES = 100
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
    def rank(self) -> tuple[str, bool, bool, bool, str, datetime, str]:
        """The notebook with the highest rank counts: of the last attempt, the one that was worked on."""
        name = self.member.path.name
        time = self.claim.time or self.member.time or datetime.min.replace(tzinfo=UTC)
        order = self.claim.order
        return (
            self.claim.attempt,
            self.worked_on,
            NAME in name,
            self.member.is_notebook,
            order,
            time,
            self.member.origin,
        )


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
    refused: list[tuple[Member, str]] = []
    candidates: list[Candidate] = []
    unreadable = False
    notebooks = [file for file in theirs.files if file[0].is_notebook]
    if len(notebooks) > _MOST_FILES:
        reason = f"{len(notebooks)} notebooks, more than the {_MOST_FILES} allowed: keep the one that counts"
        return Choice(None, (), ((notebooks[0][0], reason),), True)
    for member, claim in theirs.files:
        if not member.is_notebook and (member.problem or not _may_be_notebook(member)):
            refused.append((member, member.problem or "no notebook"))
            unreadable = unreadable or (bool(member.problem) and member.path.suffix.lower() == ".zip")
            continue
        try:
            content = b"" if member.problem else member.read()
            reason = member.problem
        except Exception as problem:  # noqa: BLE001 (a damaged zip raises many kinds of exceptions)
            content, reason = b"", f"it cannot be read ({type(problem).__name__}: {problem})"
        if reason:
            refused.append((member, reason))
            unreadable = True
        elif member.is_notebook or _is_notebook(content):
            several = len(theirs.files) > 1
            candidates.append(Candidate(member, claim, content, is_worked_on(content) if several else True))
        else:
            refused.append((member, "no notebook"))
    ranked = sorted(candidates, key=lambda each: each.rank, reverse=True)
    return Choice(ranked[0] if ranked else None, tuple(ranked[1:]), tuple(refused), unreadable)


def _may_be_notebook(member: Member) -> bool:
    name = member.path.name.lower()
    return (member.path.suffix.lower() in _MAYBE or ".ipynb" in name) and 0 < member.size <= MAX_NOTEBOOK_BYTES


def _is_notebook(content: bytes) -> bool:
    """Return True if a file without a notebook's name is one."""
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and isinstance(document.get("cells"), list) and "nbformat" in document
