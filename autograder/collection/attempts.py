"""Keeps every attempt of every student in `submitted/.history/`, so that a person can go back to one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.assignment.course_folder import CourseFolder
from autograder.files import write_bytes, write_text

#: nbgrader takes no folder for a student's whose name begins with a dot.
_HISTORY = ".history"
_FILE = re.compile(r"(?P<number>\d{3,})-(?P<hash>[0-9a-f]{16})\.ipynb")
#: Names the attempt that a person chose; then no newer one takes its place.
_CHOSEN = "chosen.txt"


@dataclass(frozen=True)
class Attempt:
    """An attempt that is kept.

    Attributes
    ----------
    number : int
        Counted from 1, in the order of collecting.
    path : Path
        The file.
    time : datetime
        When it was submitted, or collected if that is unknown.
    """

    number: int
    path: Path
    time: datetime


def history(course: CourseFolder, student: str) -> Path:
    """Return the folder of a student's attempts."""
    return course.root / course.submitted / _HISTORY / student


def attempts(course: CourseFolder, student: str) -> list[Attempt]:
    """Return a student's attempts by number."""
    folder = history(course, student)
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if named := _FILE.fullmatch(path.name):
            time = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
            found.append(Attempt(int(named["number"]), path, time))
    return sorted(found, key=lambda attempt: attempt.number)


def keep(course: CourseFolder, student: str, content: bytes, time: datetime | None) -> None:
    """Keep an attempt, unless it is kept already. Its file's time is the time of the submission, if that is known."""
    folder = history(course, student)
    kept = attempts(course, student)
    digest = hashlib.sha256(content).hexdigest()[:16]
    if any(each.path.name.endswith(f"-{digest}.ipynb") for each in kept):
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{len(kept) + 1:03}-{digest}.ipynb"
    write_bytes(path, content)
    if time is not None:
        with contextlib.suppress(OSError, OverflowError, ValueError):  # a file system may not have the year
            os.utime(path, (time.timestamp(), time.timestamp()))


def chosen(course: CourseFolder, student: str) -> Attempt | None:
    """Return the attempt that a person chose, or None."""
    try:
        name = (history(course, student) / _CHOSEN).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return next((each for each in attempts(course, student) if each.path.name == name), None)


def choose(course: CourseFolder, student: str, attempt: Attempt | None) -> None:
    """Have an attempt count, also if newer ones are collected; None: the newest counts from the next collection on."""
    file = history(course, student) / _CHOSEN
    if attempt is None:
        file.unlink(missing_ok=True)
    else:
        write_text(file, attempt.path.name + "\n")
