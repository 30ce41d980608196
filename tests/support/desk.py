"""A gradebook with written answers, as `make release` and `make autograde` leave it, made without running either."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from nbgrader.api import Gradebook
from sqlalchemy import create_engine, make_url

from autograder.assignment.questions import NAME, WRITTEN
from autograder.nbgrader_bridge.desk.model import SaveMark, Slot
from autograder.nbgrader_bridge.desk.store import Store
from autograder.notebook import read_notebook
from tests.support.samples import ENVIRONMENT, ROOT

SOURCE = ROOT / "solutions" / NAME / f"{NAME}.ipynb"
POINTS = 10.0
_NUMBERS = count()


@dataclass(frozen=True)
class DeskCourse:
    """A course with a gradebook, and a folder with the autograded notebooks."""

    folder: Path
    db_url: str

    @classmethod
    def make(cls, folder: Path, answers: Mapping[str, Mapping[str, str]], db_url: str = "") -> DeskCourse:
        """Make a gradebook with students' answers by question: at ``db_url``, as `released_on` makes it, or a file."""
        course = cls(folder, db_url or _file(folder))
        if not db_url:
            (folder / "gradebook.db").write_bytes(_released())
        with Gradebook(course.db_url) as gradebook:
            for student in answers:
                gradebook.add_student(student)
                gradebook.add_submission(NAME, student)
        for student, texts in answers.items():
            course.write(student, texts)
        return course

    def copy(self, folder: Path) -> DeskCourse:
        """Copy the course into an empty folder. Nobody may have its gradebook open. It is faster than making one."""
        shutil.copytree(self.folder / "autograded", folder / "autograded")
        if self.db_url == _file(self.folder):
            shutil.copy(self.folder / "gradebook.db", folder)
            return DeskCourse(folder, _file(folder))
        return DeskCourse(folder, _copy(self.db_url))

    def notebook_of(self, student: str) -> Path:
        return self.folder / "autograded" / student / NAME / f"{NAME}.ipynb"

    def write(self, student: str, texts: Mapping[str, str]) -> None:
        """Write a student's autograded notebook."""
        path = self.notebook_of(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = [
            {
                "cell_type": "markdown",
                "id": question,
                "metadata": {"nbgrader": {"grade_id": question, "grade": True, "solution": True}},
                "source": texts.get(question, ""),
            }
            for question in WRITTEN
        ]
        document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(document), encoding="utf-8")

    def store(self) -> Store:
        """Open the desk, with every answer read."""
        store = Store(self.db_url, seed="2026")
        store.index(self.notebook_of)
        return store

    def grade_id(self, student: str, question: str = "q1") -> str:
        with Gradebook(self.db_url) as gradebook:
            return str(gradebook.find_grade(question, NAME, NAME, student).id)

    def in_formgrader(self, student: str, question: str = "q1") -> tuple[float | None, str | None, bool]:
        """Return score, comment and ``needs_manual_grade`` as the formgrader shows them."""
        with Gradebook(self.db_url) as gradebook:
            grade = gradebook.find_grade(question, NAME, NAME, student)
            comment = gradebook.find_comment(question, NAME, NAME, student)
            return grade.manual_score, comment.manual_comment, grade.needs_manual_grade

    def type_in_formgrader(self, student: str, question: str = "q1", **columns: object) -> None:
        """Write columns of the grade, or ``comment``, as the formgrader's page does."""
        with Gradebook(self.db_url) as gradebook:
            if "comment" in columns:
                gradebook.find_comment(question, NAME, NAME, student).manual_comment = columns.pop("comment")
            grade = gradebook.find_grade(question, NAME, NAME, student)
            for name, value in columns.items():
                setattr(grade, name, value)
            gradebook.db.commit()


def _release(db_url: str) -> None:
    """Write into a new gradebook what `make release` does, with mark schemes."""
    os.environ["PATH"] = ENVIRONMENT["PATH"]  # where nbgrader finds alembic
    with Gradebook(db_url) as gradebook:
        gradebook.add_assignment(NAME)
        gradebook.add_notebook(NAME, NAME)
        for cell in read_notebook(SOURCE).cells:
            if cell.grade_id is None:
                continue
            gradebook.add_source_cell(cell.grade_id, NAME, NAME, cell_type=cell.kind, source=cell.source, locked=False)
            if cell.grade_id in WRITTEN:
                gradebook.add_grade_cell(cell.grade_id, NAME, NAME, max_score=POINTS, cell_type="markdown")
                gradebook.add_solution_cell(cell.grade_id, NAME, NAME)


def _file(folder: Path) -> str:
    return f"sqlite:///{folder}/gradebook.db"


def released_on(server: str) -> str:
    """Make a gradebook without submissions on a PostgreSQL server, and return its address."""
    return _copy(_template(server))


@cache
def _template(server: str) -> str:
    made = _database(server, "released")
    _release(made)
    return made


def _copy(db_url: str) -> str:
    name = make_url(db_url).database
    return _database(db_url, f"course_{next(_NUMBERS)}", f"TEMPLATE {name}")


def _database(server: str, name: str, options: str = "") -> str:
    engine = create_engine(make_url(server).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} {options}")
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@cache
def _released() -> bytes:
    """Return a gradebook as a file: nbgrader takes seconds to make one."""
    with TemporaryDirectory() as folder:
        _release(f"sqlite:///{folder}/gradebook.db")
        return (Path(folder) / "gradebook.db").read_bytes()


def mark(
    store: Store, grade_id: str, *keys: str, by: str = "ann", also: Collection[str] = (), **other: object
) -> SaveMark:
    """Return a mark that gives these items in full, by a marker whose page is up to date; ``also`` has no marks yet."""
    answer = store.answer(grade_id)
    wish = SaveMark(
        grade_id=grade_id,
        rev=answer.status.rev,
        rubric_rev=store.rubric(answer.status.question).rev,
        given=dict.fromkeys(keys, 1.0),
        by=by,
        answer_sha256=answer.sha256,
        seen=answer.status.score,
        also=dict.fromkeys(also, 0),
    )
    return replace(wish, **other)


def second_mark(store: Store, grade_id: str, *keys: str, by: str = "bob") -> SaveMark:
    """Return the second mark of an answer that was drawn for one."""
    rev = store.answer(grade_id, Slot.SECOND).status.rev
    return mark(store, grade_id, *keys, by=by, slot=Slot.SECOND, rev=rev, seen=None)
