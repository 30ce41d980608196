"""A class's scores where others read them: a CSV file, and nbgrader's gradebook."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autograder.assignment.questions import NAME, TASKS
from autograder.assignment.release import Release
from autograder.batch.run import Entry
from autograder.report.result import Result, points_text, reasons, to_look_at

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

_CHECKS = tuple(task.check for task in TASKS)
_MISSING = "pip install 'weight-initialization-autograder[instructor]'"


class CannotWrite(RuntimeError):
    """Scores cannot be written there; the message is one line for people."""


class ScoreTable:
    """A CSV with a row a student and a column a check cell, written row by row, whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished = path.with_name(f".{path.name}.unfinished")

    @contextmanager
    def opened(self) -> Iterator[ScoreTable]:
        """Open the file, and give it its name when all rows are there; raise `CannotWrite` where that cannot be."""
        try:
            with self._unfinished.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
                self._begin(file)
                yield self
            self._unfinished.replace(self._path)
        except OSError as problem:
            raise CannotWrite(f"{self._path} cannot be written: {problem.strerror}") from None
        finally:
            with contextlib.suppress(OSError):
                self._unfinished.unlink(missing_ok=True)

    def _begin(self, file: TextIO) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow(
            [
                "student",
                "status",
                "score",
                "max_score",
                *_CHECKS,
                "why points were lost",
                "to look at",
                "seed",
                "sha256",
            ]
        )

    def add(self, entry: Entry, result: Result) -> None:
        """Write a graded submission's row."""
        scores = {question.grade_id: points_text(question.score) for question in result.questions}
        self._rows.writerow(
            [
                entry.student,
                result.status,
                points_text(result.score),
                points_text(result.max_score),
                *(scores.get(check, "") for check in _CHECKS),
                "; ".join(reasons(result)),
                "; ".join(to_look_at(result)),
                result.provenance.seed if result.provenance else "",
                result.sha256,
            ]
        )

    def add_ungraded(self, entry: Entry, status: str, reason: str) -> None:
        """Write the row of a submission without a result: no score, and why."""
        self._rows.writerow([entry.student, status, "", "", *("" for _ in _CHECKS), reason, "", "", ""])


@contextmanager
def opened_gradebook(url: str, release: Release) -> Iterator[GradebookScores]:
    """Open nbgrader's gradebook at a SQLAlchemy address, which must know the assignment as ``release`` has it.

    Raises
    ------
    CannotWrite
        nbgrader is not installed, there is no such gradebook, it does not know the assignment, or gives other points.
    """
    try:
        from nbgrader.api import Gradebook, MissingEntry
        from sqlalchemy.exc import SQLAlchemyError
    except ModuleNotFoundError as problem:
        raise CannotWrite(f"{problem.name} is not installed: {_MISSING}") from None
    shown = _without_password(url)
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        # SQLite would make an empty one, and nobody would notice that the address has a slip in it.
        raise CannotWrite(f"there is no gradebook {shown}; `make release` makes one")
    try:
        gradebook = Gradebook(url)
    except (SQLAlchemyError, ModuleNotFoundError) as problem:
        raise CannotWrite(f"the gradebook {shown} cannot be opened: {str(problem).splitlines()[0]}") from None
    with gradebook:
        try:
            cells = gradebook.find_notebook(NAME, NAME).grade_cells
        except MissingEntry:
            raise CannotWrite(f"the gradebook {shown} knows no assignment {NAME}: run `make release` first") from None
        points = {cell.name: float(cell.max_score) for cell in cells}
        for grade_id, worth in release.points.items():
            if points.get(grade_id) != worth:
                known = points_text(points[grade_id]) if grade_id in points else "no"
                raise CannotWrite(
                    f"the gradebook {shown} gives {known} points for {grade_id}, and the release {points_text(worth)}: "
                    "run `make release` first"
                )
        yield GradebookScores(gradebook)


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        raise CannotWrite(
            "--gradebook takes an address as SQLAlchemy writes it: sqlite:////path/to/gradebook.db"
        ) from None


class GradebookScores:
    """Writes Q7's points as automatic scores, where nbgrader's own autograding would; people's points stay."""

    def __init__(self, gradebook: Gradebook) -> None:
        self._gradebook = gradebook

    def add(self, entry: Entry, result: Result) -> None:
        """Write a graded submission's points; a student whom the gradebook does not know yet is added.

        As nbgrader does, an untouched written answer scores 0, and any other waits for a person.
        """
        book = self._gradebook
        book.update_or_create_student(entry.student)
        handed_in = {"timestamp": time} if (time := _handed_in(entry.path)) else {}
        book.update_or_create_submission(NAME, entry.student, **handed_in)
        grades = {grade.name: grade for grade in book.find_submission_notebook(NAME, NAME, entry.student).grades}
        for question in result.questions:
            grade = grades[question.grade_id]
            grade.auto_score, grade.needs_manual_grade = question.score, False
        for answer in result.written:
            grade = grades[answer.grade_id]
            untouched = answer.status in ("unchanged", "missing")
            grade.auto_score = 0.0 if untouched else None
            grade.needs_manual_grade = not untouched and grade.manual_score is None
        book.db.commit()


def _handed_in(path: Path) -> datetime | None:
    """Return what nbgrader's timestamp.txt beside a submission says, in UTC as nbgrader keeps it."""
    from nbgrader.utils import parse_utc

    file = path.with_name("timestamp.txt")
    try:
        if os.path.getsize(file) > 100:  # noqa: PTH202 (a student may have put it there)
            return None
        said: datetime = parse_utc(file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None
    return said
