"""Lists the files of this project that are under version control; exports are made from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.errors import UserError
from autograder.git import Repository
from autograder.places import BESIDE, repository

PROJECT = BESIDE


class NotTracked(UserError):
    """A file or folder that an export needs is not under version control."""


def own_repository() -> Path:
    """Return this package's own repository.

    Raises
    ------
    NotTracked
        The package was installed without its repository.
    """
    found = repository()
    if found is None:
        raise NotTracked(
            "this command needs the repository's files, and autograder was installed without them: run `make setup` "
            "in a clone, and run the command there"
        )
    return found


def tracked(project: Path, wanted: Sequence[str], *, without: Sequence[str] = ()) -> list[str]:
    """Return the tracked files that ``wanted`` names, or that are in its folders, sorted. ``without`` are left out.

    Raises
    ------
    NotTracked
        An entry of ``wanted`` matches no tracked file.
    GitFailed
        ``project`` is not a clone.
    """
    listed = [path for path in Repository(project).run("ls-files", "-z").decode().split("\0") if path]
    found: set[str] = set()
    for each in wanted:
        matching = {path for path in listed if is_or_is_in(path, each)}
        if not matching:
            raise NotTracked(f"{each} is not under version control in {project}")
        found |= matching
    return sorted(path for path in found if not any(is_or_is_in(path, each) for each in without))


def is_or_is_in(path: str, other: str) -> bool:
    """Return True if ``path`` is the file ``other`` or lies in the folder ``other``; both are written as git does."""
    return path == other or path.startswith(f"{other}/")
