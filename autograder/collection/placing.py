"""Puts a collected notebook where nbgrader expects it, with when and where it comes from beside it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from autograder.assignment.course_folder import CourseFolder
from autograder.collection.attempts import Attempt, choose, chosen, keep
from autograder.files import write_bytes, write_text

_TIMESTAMP, _PROVENANCE = "timestamp.txt", "provenance.json"


@dataclass(frozen=True)
class Found:
    """A notebook, its student, and its submission time if known."""

    student: str
    origin: str
    content: bytes
    time: datetime | None = None
    provenance: dict[str, Any] | None = None


class CollectedStatus(StrEnum):
    """Whether a submission is now in `submitted/`, and whether another one was there before."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Collected:
    """Outcome for one person, or for one pull request.

    Attributes
    ----------
    student : str
        The id in the course; empty if it is unknown.
    origin : str
        The file or commit that counts, or what there is in its place.
    status : CollectedStatus
        What happened.
    reason : str
        Why nothing was collected; for the other statuses, a warning for the instructor.
    name : str
        The name that the platform shows.
    platform_id : str
        The platform's own id.
    older : tuple of str
        The person's other notebooks, each with why it does not count.
    unreadable : bool
        Whether there is a submission that cannot be read, or be written.
    """

    student: str
    origin: str
    status: CollectedStatus
    reason: str = ""
    name: str = ""
    platform_id: str = ""
    older: tuple[str, ...] = ()
    unreadable: bool = False


def place(found: Found, course: CourseFolder, *, timed: bool, remark: str = "") -> Collected:
    """Put a notebook where nbgrader expects its student's, with when and where it comes from beside it.

    Of a notebook that is there already and the same, only when and where it comes from is brought up to date, where
    that is known; at another time it costs other points, and is autograded again. ``timed`` says that the time is
    when it was submitted. What a person chose among the attempts stays.
    """
    path = course.submission(found.student)
    keep(course, found.student, found.content, found.time)
    by_hand = chosen(course, found.student)
    if by_hand is not None and path.is_file() and by_hand.path.read_bytes() != found.content:
        remark = "; ".join(filter(None, [remark, f"attempt {by_hand.number}, which a person chose, stays"]))
        return Collected(found.student, found.origin, CollectedStatus.SAME, remark)
    time = _stamp(found.time) if timed and found.time is not None else None
    provenance = json.dumps(found.provenance, indent=1) + "\n" if found.provenance is not None else None
    known = path.is_file()
    same = known and path.read_bytes() == found.content
    if same and not timed:
        return Collected(found.student, found.origin, CollectedStatus.SAME, remark)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not same:
        write_bytes(path, found.content)
    moved = _beside(path.with_name(_TIMESTAMP), time)
    _beside(path.with_name(_PROVENANCE), provenance)
    if same and not moved:
        return Collected(found.student, found.origin, CollectedStatus.SAME, remark)
    shutil.rmtree(course.autograded_folder(found.student), ignore_errors=True)
    if same:
        remark = "; ".join(filter(None, [remark, "the notebook is the same, but its submission time is not"]))
    return Collected(found.student, found.origin, CollectedStatus.CHANGED if known else CollectedStatus.NEW, remark)


def put_back(course: CourseFolder, student: str, attempt: Attempt, *, by_hand: bool) -> None:
    """Have an attempt count. With ``by_hand``, it counts also if newer ones are collected.

    If the submission has a time, it becomes the attempt's.
    """
    path = course.submission(student)
    choose(course, student, attempt if by_hand else None)
    content = attempt.path.read_bytes()
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, content)
    if path.with_name(_TIMESTAMP).exists():
        write_text(path.with_name(_TIMESTAMP), _stamp(attempt.time))
    shutil.rmtree(course.autograded_folder(student), ignore_errors=True)


def _stamp(time: datetime) -> str:
    """Return a time as nbgrader reads it."""
    return f"{time:%Y-%m-%d %H:%M:%S.%f} UTC\n"


def provenance_of(course: CourseFolder, student: str) -> dict[str, Any]:
    """Return what `place` wrote beside a student's notebook; empty if there is nothing that can be read."""
    try:
        content = json.loads(course.submission(student).with_name(_PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _beside(file: Path, text: str | None) -> bool:
    """Have a file hold ``text``, or not be there; return whether that was otherwise."""
    if (file.read_text(encoding="utf-8", errors="replace") if file.exists() else None) == text:
        return False
    if text is None:
        file.unlink()
    else:
        write_text(file, text)
    return True
