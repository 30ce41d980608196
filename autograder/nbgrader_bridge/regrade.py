"""After a fix to the grader or the points: autograde again whoever it affects, and tell who moved, and why."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.assignment.course_folder import CourseFolder
from autograder.assignment.questions import NAME
from autograder.grading.provenance import grader_sha256
from autograder.nbgrader_bridge.gradebook import Handed
from autograder.nbgrader_bridge.records import Record, load_record, record_path
from autograder.report.result import points_text


@dataclass(frozen=True)
class Move:
    """One question whose score changed. The total of whom a person has overruled may stay."""

    student: str
    grade_id: str
    before: float
    after: float
    why: str


@dataclass(frozen=True)
class Regraded:
    """One student's regrading: how the total changed, and which questions; ``fault`` where it failed."""

    student: str
    before: float
    after: float
    moves: tuple[Move, ...] = ()
    fault: str | None = None


def affected(course: CourseFolder, *, everybody: bool = False) -> list[str]:
    """Return the students whose grades another grader, or other points, than today's have made."""
    students = list(course.submissions())
    if everybody:
        return students
    points = _points(course)
    return [student for student in students if _is_stale(_record(course, student), points)]


def _is_stale(record: Record | None, points: dict[str, float]) -> bool:
    if record is None:
        return True
    if not record.result:
        return False  # the file could not be read: no grader reads it better
    worth = {question["grade_id"]: question["max_score"] for question in record.result["questions"]}
    made_by = (record.result["provenance"] or {}).get("grader_sha256")
    return made_by != grader_sha256() or any(points.get(grade_id) != worth[grade_id] for grade_id in worth)


def regrade(course: CourseFolder, students: list[str]) -> Iterator[Regraded]:
    """Autograde each of ``students`` again and yield what became of it. People's points stay as they are."""
    for student in students:
        before, total = _record(course, student), _total(course, student)
        try:
            _autograde(student)
        except NbGraderException as problem:
            yield Regraded(student, total, _total(course, student), fault=str(problem))
            continue
        after = _record(course, student)
        moves = tuple(_moves(student, before, after)) if after is not None else ()
        yield Regraded(student, total, _total(course, student), moves)


def _autograde(student: str) -> None:
    app = NbGrader()
    app.load_config_file()
    app.log.setLevel(logging.ERROR)
    folder = CourseDirectory(parent=app)
    folder.assignment_id, folder.student_id = NAME, student
    converter = Autograde(coursedir=folder, parent=app)
    converter.force = True
    converter.start()


def _record(course: CourseFolder, student: str) -> Record | None:
    return load_record(record_path(course.root, NAME, student))


def _handed(course: CourseFolder, student: str) -> Handed:
    return Handed(course.db_url, student, NAME, NAME)


def _total(course: CourseFolder, student: str) -> float:
    from nbgrader.api import MissingEntry

    with _handed(course, student).opened() as gradebook:
        try:
            return float(gradebook.find_submission(NAME, student).score)
        except MissingEntry:
            return 0.0


def _points(course: CourseFolder) -> dict[str, float]:
    with _handed(course, "").opened() as gradebook:
        return {cell.name: float(cell.max_score) for cell in gradebook.find_notebook(NAME, NAME).grade_cells}


def _moves(student: str, before: Record | None, after: Record) -> Iterator[Move]:
    old = _questions(before)
    for grade_id, question in _questions(after).items():
        was = old.get(grade_id)
        if was is None:
            if question["score"]:
                yield Move(student, grade_id, 0.0, question["score"], "it had no score before")
        elif was["score"] != question["score"]:
            yield Move(student, grade_id, was["score"], question["score"], "; ".join(_reasons(was, question)))


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
