"""A folder of folders, or of files, that somebody named by student: the layout of no platform."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath

from autograder.assignment.questions import NAME
from autograder.collection.layouts.layout import COPY_OF, Claim, Claims, Layout, Listing, Person
from autograder.collection.members import ARCHIVES

#: Folders that hold the students' folders, and are no student's.
_NOBODYS = frozenset({NAME, "submitted", "submissions", "students"})
#: Names of work, and not of people.
_OF_WORK = re.compile(
    r"(?:final|draft|notebook|homework|hw|assignments?|solutions?|answers?|exercises?|submission|work|week|lab|src"
    r"|untitled|test|backup|copy|new|old|main|version|v)[ _.-]?\d*",
    re.IGNORECASE,
)
#: Folders that platforms and people make for each attempt, in several languages.
_OF_ATTEMPT = re.compile(
    r"(?:revision|attempt|version|versión|submission|try|versuch|abgabe|essai|tentative|intento)[ _.-]?\d",
    re.IGNORECASE,
)
#: So many of the names in a folder are named.
_MOST_NAMED = 3
#: Files that instructors keep beside submissions.
_BESIDE = frozenset({"readme", "license", "index", "grades", "roster", "students", "scores", "notes", "who"})
#: What browsers, Jupyter, Colab, Windows and macOS put around the name of a copy.
_COPY = re.compile(
    rf"^{COPY_OF}|(?: ?\(\d+\)| \d| copy(?: \d+)?|[ _]?-[ _]?copy\d*(?: \(\d+\))?)$",
    re.IGNORECASE,
)
#: Endings that a student's file may have.
_ENDINGS = (
    *(".ipynb", ".json", ".txt", ".zip", ".pdf", ".html", ".htm", ".py", ".md", ".doc", ".docx", ".odt", ".rtf"),
    *(".pages", ".png", ".jpg", ".jpeg", ".heic", *ARCHIVES, ".ipynb"),
)  # fmt: skip


def _claims(listing: Listing) -> Claims:
    named: dict[PurePosixPath, tuple[str, ...]] = {}
    claims: dict[tuple[str, ...], Claim] = {}
    inside: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for member in listing.members:
        parts = listing.inside(member)
        *folders, name = parts or ("",)
        skipped = 0
        while len(folders) > skipped and folders[skipped].lower() in _NOBODYS:
            skipped += 1
        first = folders[skipped] if len(folders) > skipped else name
        is_file = len(folders) == skipped or first.lower().endswith(".zip")
        whose = _stem(first) if is_file else first
        if member.garbled or not _names_somebody(whose):
            continue
        # The path decides, and not the id: "Ann Lee" and "Ann_Lee" may be two people.
        path, rest = parts[: skipped + 1], parts[skipped + 1 :]
        named[member.path] = path
        if path not in claims:
            claims[path] = Claim(Person("", "/".join(path), whose, whose), listing.folder.joinpath(*path))
        if rest and member.is_notebook:
            inside.setdefault(path, []).append(rest)
    doubted = {path: (replace(claim, doubt=_doubt(inside.get(path, []))),) for path, claim in claims.items()}
    return {file: doubted[path] for file, path in named.items()}


def _doubt(paths: list[tuple[str, ...]]) -> str:
    """Say why the notebooks in a folder may be several people's; return an empty string if they are one person's.

    A student's folder has the assignment's notebook once, or in folders for attempts. Beside it, there may be notebooks
    of other assignments.
    """
    of_assignment = [path for path in paths if NAME in path[-1]]
    names = {_stem(path[0]) if len(path) == 1 else path[0].removesuffix(".zip") for path in of_assignment or paths}
    others = sorted(name for name in names if _names_somebody(name) and not _OF_ATTEMPT.match(name))
    if len(others) < 2 or any(name in ("", NAME) for name in names):
        return ""
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return f"it holds notebooks of several names: {', '.join(others[:_MOST_NAMED])}{more}"


@lru_cache(maxsize=10_000)
def _names_somebody(whose: str) -> bool:
    is_work = whose.lower() in _BESIDE or _OF_WORK.fullmatch(whose) or _COPY.search(whose)
    return not is_work and whose not in ("", ".", "..")


def _stem(name: str) -> str:
    """Return the part of a file's name that may name a student."""
    stem = name
    for ending in _ENDINGS:
        if stem.lower().endswith(ending):
            stem = stem[: -len(ending)]
    if stem == name:
        return ""
    return "" if stem == NAME else stem.removesuffix(f"_{NAME}").removeprefix(f"{NAME}_")


LAYOUT = Layout("folders or files named by student", "`annlee.ipynb`, `annlee/weight_initialization.ipynb`", _claims)
