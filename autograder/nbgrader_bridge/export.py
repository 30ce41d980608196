"""Exporter plugins for nbgrader's gradebook: a CSV with a column for each question, and a CSV for Canvas."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from autograder.assignment.names import TITLE
from autograder.assignment.questions import NAME, TASKS, WRITTEN
from autograder.assignment.submitted import NoNotebook, submitted_notebooks
from autograder.files import CannotWrite, output_file
from autograder.text import one_line, table_cell

_STUDENT = ("assignment", "student_id", "last_name", "first_name", "email")
_TOTALS = ("raw_score", "late_submission_penalty", "score", "max_score", "status", "timestamp", "to_review")
_ORDER = (*WRITTEN, *(task.check for task in TASKS))


@dataclass(frozen=True)
class Row:
    """One student's grades for one assignment. ``scores`` is empty without a submission."""

    assignment: str
    student_id: str
    last_name: str
    first_name: str
    email: str
    lms_id: str
    scores: dict[str, float]
    penalty: float
    max_score: float
    submitted: bool
    timestamp: str
    to_review: tuple[str, ...]

    @property
    def raw_score(self) -> float:
        """Sum of the questions' scores."""
        return round(sum(self.scores.values()), 6)

    @property
    def score(self) -> float:
        """Score after the late penalty."""
        return max(0.0, round(self.raw_score - self.penalty, 6))


def rows(gradebook: Gradebook, assignments: Sequence[str] = (), students: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the grades of all students in the gradebook, or of the named ones, sorted by student."""
    for assignment in gradebook.assignments:
        if assignments and assignment.name not in assignments:
            continue
        for student in sorted(gradebook.students, key=lambda s: (s.last_name or "", s.first_name or "", s.id)):
            if not students or student.id in students:
                yield _row(gradebook, assignment, student)


def _row(gradebook: Gradebook, assignment: object, student: object) -> Row:
    name, who = assignment.name, student.id  # type: ignore[attr-defined]
    try:
        submission = gradebook.find_submission(name, who)
    except MissingEntry:
        submission = None
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades] if submission else []
    return Row(
        assignment=name,
        student_id=who,
        last_name=student.last_name or "",  # type: ignore[attr-defined]
        first_name=student.first_name or "",  # type: ignore[attr-defined]
        email=student.email or "",  # type: ignore[attr-defined]
        lms_id=student.lms_user_id or "",  # type: ignore[attr-defined]
        scores={grade.name: float(grade.score) for grade in grades},
        penalty=float(submission.late_submission_penalty or 0.0) if submission else 0.0,
        max_score=float(assignment.max_score),  # type: ignore[attr-defined]
        submitted=submission is not None,
        timestamp=str(submission.timestamp or "") if submission else "",
        to_review=tuple(sorted((g.name for g in grades if g.needs_manual_grade), key=_place)),
    )


def _place(question: str) -> tuple[int, str]:
    return (_ORDER.index(question) if question in _ORDER else len(_ORDER), question)


def _number(points: float) -> str:
    return f"{points:.6f}".rstrip("0").rstrip(".")


def _name_ungraded(export: ExportPlugin) -> None:
    """Warn of students whose folder in ``submitted/`` has no notebook that could be graded."""
    course = export.parent.coursedir
    for student, found in submitted_notebooks(Path(course.root, course.submitted_directory)).items():
        if isinstance(found, NoNotebook):
            who = one_line(student)
            export.log.warning("%s has no grade for Q7: the folder %s/%s %s.", who, who, NAME, one_line(str(found)))


@contextmanager
def _writer(path: Path, *, encoding: str) -> Iterator[Any]:
    """Yield a CSV writer. nbgrader would show an error's traceback, so here the command ends with one line."""
    try:
        with output_file(path) as place, place.open("w", newline="", encoding=encoding) as file:
            yield csv.writer(file)
    except CannotWrite as problem:
        print(f"autograder: {problem}.", file=sys.stderr)
        sys.exit(problem.exit_code)


class QuestionsExport(ExportPlugin):
    """Exports a CSV with one row for each student and one column for each question."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that ``--to`` names, grades.csv by default."""
        found = list(rows(gradebook, [str(a) for a in self.assignment], [str(s) for s in self.student]))
        questions = sorted({question for row in found for question in row.scores}, key=_place)
        path = Path(self.to or "grades.csv")
        # Without the byte order mark of utf-8-sig, Excel reads UTF-8 as another encoding.
        with _writer(path, encoding="utf-8-sig") as writer:
            writer.writerow([*_STUDENT, *questions, *_TOTALS])
            for row in found:
                student = [row.assignment, row.student_id, row.last_name, row.first_name, row.email]
                points = [_number(row.scores[q]) if q in row.scores else "" for q in questions]
                totals = [_number(p) for p in (row.raw_score, row.penalty, row.score, row.max_score)]
                status = "submitted" if row.submitted else "not submitted"
                shown = map(table_cell, student)
                writer.writerow([*shown, *points, *totals, status, row.timestamp, " ".join(row.to_review)])
        self.log.info("Wrote the grades of %d students to %s", len(found), path)
        _name_ungraded(self)


class CanvasExport(ExportPlugin):
    """Exports a CSV for Canvas: Grades → Import."""

    column = Unicode(
        TITLE,
        help="The assignment's column as Canvas exports it, with its number: 'Initialization (4711)'.",
    ).tag(config=True)
    section = Unicode("", help="Content of Canvas' Section column.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that ``--to`` names, canvas.csv by default. A student without a submission gets no grade.

        The file has no byte order mark: Canvas reads it, not a spreadsheet.
        """
        assignments = [str(a) for a in self.assignment] or [NAME]
        found = list(rows(gradebook, assignments, [str(s) for s in self.student]))
        path = Path(self.to or "canvas.csv")
        with _writer(path, encoding="utf-8") as writer:
            writer.writerow(["Student", "ID", "SIS Login ID", "Section", self.column])
            if found:
                writer.writerow(["    Points Possible", "", "", "", _number(found[0].max_score)])
            for row in found:
                student = ", ".join(part for part in (row.last_name, row.first_name) if part) or row.student_id
                score = _number(row.score) if row.submitted else ""
                writer.writerow([*map(table_cell, (student, row.lms_id, row.student_id, self.section)), score])
        self.log.info("Wrote the grades of %d students to %s", len(found), path)
        _name_ungraded(self)
