"""Lists the files of this project that are under version control; exports are made from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.errors import UserError
from autograder.git import Repository
from autograder.places import BESIDE, repository

PROJECT = BESIDE


class NothingThere(UserError):
    """A file or folder that an export needs is not under version control."""


def own_repository() -> Path:
    """Return this package's own repository.

    Raises
    ------
    NothingThere
        The package was installed without it.
    """
    found = repository()
    if found is None:
        raise NothingThere(
            "it is made from the repository's files, and autograder was installed without them: run `make setup` in a "
            "clone, and this there"
        )
    return found


def tracked(project: Path, wanted: Sequence[str], *, without: Sequence[str] = ()) -> list[str]:
    """Return the tracked files that are one of ``wanted`` or in one of its folders, sorted, but for ``without``.

    Raises
    ------
    NothingThere
        When one of ``wanted`` matches nothing.
    GitFailed
        When ``project`` is no clone.
    """
    listed = [path for path in Repository(project).run("ls-files", "-z").decode().split("\0") if path]
    found: set[str] = set()
    for each in wanted:
        matching = {path for path in listed if is_or_is_in(path, each)}
        if not matching:
            raise NothingThere(f"{each} is not under version control in {project}")
        found |= matching
    return sorted(path for path in found if not any(is_or_is_in(path, each) for each in without))


def is_or_is_in(path: str, other: str) -> bool:
    """Tell whether ``path`` is the file ``other`` or in the folder ``other``; both as git writes them."""
    return path == other or path.startswith(f"{other}/")
