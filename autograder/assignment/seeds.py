"""Derives a seed for each submission: unknown to its author, and the same whenever the submission is graded again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from autograder.errors import ExitCode, UserError

#: In the course folder, made at the first grading. Kept out of version control: who knows it knows the challenges.
FILE = "course-seed.txt"


class BadCourseSeed(UserError):
    """The course's seed cannot be read or written. This is a fault of the course's set-up."""

    exit_code = ExitCode.FAULT


def course_seed(root: Path, file: str = FILE) -> str:
    """Return the course's secret seed, from ``file`` in the folder ``root``; make it when there is none yet.

    Raises
    ------
    BadCourseSeed
        The file cannot be read or made, or holds nothing.
    """
    path = root / file
    try:
        if not path.exists():
            _make(path)
        seed = path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise BadCourseSeed(f"the course's seed, {path}, cannot be used: {problem.strerror}") from None
    if not seed:
        raise BadCourseSeed(f"the course's seed, {path}, is empty; put a number into it, or delete it for a new one")
    return seed


def _make(path: Path) -> None:
    """Write a fresh seed; of two gradings that begin together, one makes it and both use it."""
    seed = f"{secrets.randbits(64)}\n"
    with tempfile.NamedTemporaryFile("w", encoding="ascii", prefix=f".{path.name}.", dir=path.parent) as unfinished:
        unfinished.write(seed)
        unfinished.flush()
        try:
            os.link(unfinished.name, path)  # whole or not at all, and never over another's
        except FileExistsError:
            return
        except OSError:  # the file system has no hard links, as FAT and some shared folders
            with contextlib.suppress(FileExistsError), open(path, "x", encoding="ascii", opener=_private) as file:
                file.write(seed)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def submission_seed(course: str, sha256: str) -> int:
    """Return the seed for the submission whose file has this hash."""
    return int.from_bytes(hashlib.sha256(f"{course}:{sha256}".encode()).digest()[:4])
