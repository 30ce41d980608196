"""Autogrades students again whom a fix of the grader or of the points affects, and reports changed scores."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.assignment.course_folder import CourseFolder
from autograder.assignment.questions import NAME
from autograder.grading.provenance import grader_sha256
from autograder.nbgrader_bridge.gradebook import GradebookProblem, points_and_totals
from autograder.nbgrader_bridge.records import Record, load_record, record_path
from autograder.report.result import points_text


@dataclass(frozen=True)
class ScoreChange:
    """One question whose automatic score changed. The total does not change if a person overruled the score."""

    grade_id: str
    before: float
    after: float
    why: str


@dataclass(frozen=True)
class Regraded:
    """Change of one student's total and questions. ``failed`` is True if the student has no score now."""

    student: str
    before: float
    after: float
    changes: tuple[ScoreChange, ...] = ()
    failed: bool = False


def affected(course: CourseFolder, *, everybody: bool = False) -> list[str]:
    """Return the students whose grades were made by another version of the grader, or for other points.

    Raises
    ------
    GradebookProblem
        The gradebook cannot be used, or does not know the assignment.
    """
    points, _ = points_and_totals(course.db_url, NAME, NAME)
    students = [student for student, found in course.submissions().items() if isinstance(found, Path)]
    return [student for student in students if everybody or _is_stale(_record(course, student), points)]


def _is_stale(record: Record | None, points: dict[str, float]) -> bool:
    if record is None:
        return True
    if not record.result:
        return False  # the file could not be read, and no other grader can read it
    worth = {question["grade_id"]: question["max_score"] for question in record.result["questions"]}
    made_by = (record.result["provenance"] or {}).get("grader_sha256")
    return made_by != grader_sha256() or any(points.get(grade_id) != worth[grade_id] for grade_id in worth)


def regrade(course: CourseFolder, students: list[str]) -> Iterator[Regraded]:
    """Autograde ``students`` again and yield how the scores of each changed. Points that people gave are kept.

    Raises
    ------
    GradebookProblem
        Nothing was graded, and the gradebook did not change.
    """
    before = {student: _record(course, student) for student in students}
    _, old = points_and_totals(course.db_url, NAME, NAME)
    failure = _autograde(students)
    failed = {student for student in students if not course.autograded_folder(student).exists()}
    if failure and not failed:
        raise GradebookProblem(failure)
    _, new = points_and_totals(course.db_url, NAME, NAME)
    for student in students:
        after = None if student in failed else _record(course, student)
        changes = tuple(_changes(before[student], after)) if after is not None else ()
        yield Regraded(student, old.get(student, 0.0), new.get(student, 0.0), changes, failed=student in failed)


class _AutogradeSome(Autograde):
    """nbgrader's autograding for some students; nbgrader itself grades one or all."""

    students: Collection[str] = ()

    def init_notebooks(self) -> None:
        """Find the submissions of ``students``."""
        super().init_notebooks()
        for folder, paths in list(self.assignments.items()):
            if self.init_single_notebook_resources(paths[0])["nbgrader"]["student"] not in self.students:
                del self.assignments[folder]


def _autograde(students: list[str]) -> str | None:
    """Autograde ``students``. Return nbgrader's message if something failed."""
    app = NbGrader()
    app.load_config_file()
    app.log.setLevel(logging.ERROR)
    folder = CourseDirectory(parent=app)
    folder.assignment_id = NAME
    converter = _AutogradeSome(coursedir=folder, parent=app)
    converter.force, converter.students = True, students
    try:
        converter.start()
    except NbGraderException as problem:
        return str(problem)
    return None


def _record(course: CourseFolder, student: str) -> Record | None:
    return load_record(record_path(course.root, NAME, student))


def _changes(before: Record | None, after: Record) -> Iterator[ScoreChange]:
    old = _questions(before)
    for grade_id, question in _questions(after).items():
        was = old.get(grade_id)
        if was is None:
            if question["score"]:
                yield ScoreChange(grade_id, 0.0, question["score"], "it had no score before")
        elif was["score"] != question["score"]:
            yield ScoreChange(grade_id, was["score"], question["score"], "; ".join(_reasons(was, question)))


def _questions(record: Record | None) -> dict[str, Any]:
    questions = record.result.get("questions", []) if record is not None else []
    return {question["grade_id"]: question for question in questions}


def _reasons(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    if was["max_score"] != now["max_score"]:
        yield f"worth {points_text(now['max_score'])} points instead of {points_text(was['max_score'])}"
    if was["status"] != now["status"]:
        yield f"{was['status']} → {now['status']}" + (f": {now['message']}" if now["message"] else "")
    criteria = {criterion["name"]: criterion for criterion in was["criteria"]}
    for criterion in now["criteria"]:
        old = criteria.get(criterion["name"])
        if old is None:
            yield f"{criterion['name']} is new, {criterion['status']}"
        elif old["status"] != criterion["status"]:
            yield f"{criterion['name']} {old['status']} → {criterion['status']}: {criterion['message']}"
