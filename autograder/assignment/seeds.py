"""Derives a seed for each submission: unknown to its author, and the same whenever the submission is graded again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from autograder.errors import ExitCode, UserError

#: File in the course folder, created at the first grading. It is not under version control, because it is secret:
#: with it, anybody can compute the challenges.
FILE = "course-seed.txt"


class BadCourseSeed(UserError):
    """The course's seed cannot be read or written. This is a fault of the course's set-up."""

    exit_code = ExitCode.FAULT


def course_seed(root: Path, file: str = FILE) -> str:
    """Return the course's secret seed from ``file`` in the folder ``root``; create the file if it does not exist.

    Raises
    ------
    BadCourseSeed
        The file cannot be read or created, or is empty.
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
    """Write a new seed. If two gradings begin together, one creates the file and both use it."""
    seed = f"{secrets.randbits(64)}\n"
    with tempfile.NamedTemporaryFile("w", encoding="ascii", prefix=f".{path.name}.", dir=path.parent) as unfinished:
        unfinished.write(seed)
        unfinished.flush()
        try:
            os.link(unfinished.name, path)  # atomic, and never replaces an existing file
        except FileExistsError:
            return
        except OSError:  # file systems such as FAT have no hard links
            with contextlib.suppress(FileExistsError), open(path, "x", encoding="ascii", opener=_private) as file:
                file.write(seed)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def submission_seed(course: str, sha256: str) -> int:
    """Return the seed for the submission whose file has this hash."""
    return int.from_bytes(hashlib.sha256(f"{course}:{sha256}".encode()).digest()[:4])
