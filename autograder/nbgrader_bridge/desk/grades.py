"""Reads and writes scores and comments in nbgrader's own tables, where the formgrader finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, select, update

from autograder.assignment.questions import NAME, WRITTEN
from autograder.nbgrader_bridge.desk.model import DeskProblem
from autograder.nbgrader_bridge.desk.tables import (
    ASSIGNMENT,
    CELL,
    GRADE,
    GRADE_CELL,
    NB_COMMENT,
    NOTEBOOK,
    SOURCE_CELL,
    SUBMITTED_ASSIGNMENT,
    SUBMITTED_NOTEBOOK,
)
from autograder.notebook import Cell, Notebook
from autograder.text import one_line

_COMMENT_CELL = CELL.alias("comment_cell")
#: The assignment's notebook, as `make release` put it into the gradebook.
_RELEASED = (
    select(NOTEBOOK.c.id)
    .join_from(NOTEBOOK, ASSIGNMENT, ASSIGNMENT.c.id == NOTEBOOK.c.assignment_id)
    .where(ASSIGNMENT.c.name == NAME, NOTEBOOK.c.name == NAME)
    .scalar_subquery()
)
#: SQLite takes a limited number of parameters.
_AT_ONCE = 500


@dataclass(frozen=True)
class Row:
    """What the gradebook says of one answer: a row of ``grade``, and the comment that belongs to it.

    ``comment_id`` is None if the answer's cell takes no comment.
    """

    grade_id: str
    question: str
    student: str
    notebook_id: str
    max_points: float
    score: float | None
    extra_credit: float | None
    needs_manual_grade: bool
    comment_id: str | None
    comment: str | None


def written(*columns: ColumnElement[Any]) -> Select[Any]:
    """Return a query for columns of the written answers: `GRADE`, `CELL` and those of the submission are joined."""
    return (
        select(*columns)
        .join_from(GRADE, CELL, GRADE.c.cell_id == CELL.c.id)
        .join(SUBMITTED_NOTEBOOK, SUBMITTED_NOTEBOOK.c.id == GRADE.c.notebook_id)
        .join(SUBMITTED_ASSIGNMENT, SUBMITTED_ASSIGNMENT.c.id == SUBMITTED_NOTEBOOK.c.assignment_id)
        .join(ASSIGNMENT, ASSIGNMENT.c.id == SUBMITTED_ASSIGNMENT.c.assignment_id)
        .where(ASSIGNMENT.c.name == NAME, CELL.c.name.in_(WRITTEN))
    )


def commented(*columns: ColumnElement[Any]) -> Select[Any]:
    """Return a query as `written` does, with the comment that belongs to each answer joined: `NB_COMMENT`."""
    comments = and_(NB_COMMENT.c.cell_id == _COMMENT_CELL.c.id, NB_COMMENT.c.notebook_id == SUBMITTED_NOTEBOOK.c.id)
    comment_cell = and_(
        _COMMENT_CELL.c.name == CELL.c.name,
        _COMMENT_CELL.c.notebook_id == CELL.c.notebook_id,
        _COMMENT_CELL.c.type == "SolutionCell",
    )
    joined = written(*columns).join(_COMMENT_CELL, comment_cell, isouter=True)
    return joined.join(NB_COMMENT, comments, isouter=True)


def _select() -> Select[Any]:
    return commented(
        GRADE.c.id,
        CELL.c.name,
        SUBMITTED_ASSIGNMENT.c.student_id,
        GRADE.c.notebook_id,
        GRADE_CELL.c.max_score,
        GRADE.c.manual_score,
        GRADE.c.extra_credit,
        GRADE.c.needs_manual_grade,
        NB_COMMENT.c.id.label("comment_id"),
        NB_COMMENT.c.manual_comment,
    ).join(GRADE_CELL, GRADE_CELL.c.id == CELL.c.id)


def of_question(connection: Connection, question: str | None = None) -> dict[str, Row]:
    """Return the written answers of a question, or of all, by grade id."""
    wanted = _select() if question is None else _select().where(CELL.c.name == question)
    return {row[0]: Row(*row) for row in connection.execute(wanted)}


def of_student(connection: Connection, student: str) -> dict[str, Row]:
    """Return a student's written answers by grade id."""
    wanted = _select().where(SUBMITTED_ASSIGNMENT.c.student_id == student)
    return {row[0]: Row(*row) for row in connection.execute(wanted)}


def one(connection: Connection, grade_id: str) -> Row:
    """Return one answer; raise `DeskProblem` if there is none."""
    return some(connection, (grade_id,))[grade_id]


def known(connection: Connection, grade_ids: Collection[str]) -> dict[str, Row]:
    """Return those of these answers that exist and are written ones."""
    found: dict[str, Row] = {}
    ids = sorted(grade_ids)
    for start in range(0, len(ids), _AT_ONCE):
        wanted = _select().where(GRADE.c.id.in_(ids[start : start + _AT_ONCE]))
        found |= {row[0]: Row(*row) for row in connection.execute(wanted)}
    return found


def some(connection: Connection, grade_ids: Collection[str]) -> dict[str, Row]:
    """Return the answers with these grade ids.

    Raises
    ------
    DeskProblem
        One of them does not exist, as when its submission was removed.
    """
    found = known(connection, grade_ids)
    if found.keys() != set(grade_ids):
        raise DeskProblem("there is no such answer in the gradebook; load the list of answers again")
    return found


def named(connection: Connection, beginning: str) -> str:
    """Return the grade id that begins so; raise `DeskProblem` unless there is just one."""
    wanted = written(GRADE.c.id).where(GRADE.c.id.startswith(beginning.lower(), autoescape=True)).limit(2)
    found = connection.scalars(wanted).all()
    if len(found) != 1:
        raise DeskProblem(
            f"{'several answers have ids that begin' if found else 'no answer has an id that begins'} with "
            f"{one_line(beginning, 40)!r}"
        )
    return str(found[0])


def lock(connection: Connection, grade_ids: Collection[str]) -> None:
    """Lock the rows of ``grade`` until the transaction ends, in one order for everybody.

    SQLite has no such locks and needs none: a transaction that writes excludes the others from its start.
    """
    if connection.dialect.name == "sqlite":
        return
    ids = sorted(grade_ids)
    for start in range(0, len(ids), _AT_ONCE):
        some_ids = ids[start : start + _AT_ONCE]
        connection.execute(
            select(GRADE.c.id).where(GRADE.c.id.in_(some_ids)).order_by(GRADE.c.id).with_for_update()
        ).all()


def write(connection: Connection, rows: Collection[Row]) -> None:
    """Write score, comment and ``needs_manual_grade`` of ``rows``. No other column of nbgrader's changes."""
    if not rows:
        return
    connection.execute(
        update(GRADE)
        .where(GRADE.c.id == bindparam("which"))
        .values(manual_score=bindparam("new_score"), needs_manual_grade=bindparam("new_needs")),
        [{"which": row.grade_id, "new_score": row.score, "new_needs": row.needs_manual_grade} for row in rows],
    )
    comments = [{"which": row.comment_id, "new_comment": row.comment} for row in rows if row.comment_id]
    if comments:
        connection.execute(
            update(NB_COMMENT)
            .where(NB_COMMENT.c.id == bindparam("which"))
            .values(manual_comment=bindparam("new_comment")),
            comments,
        )


def released_points(connection: Connection) -> dict[str, float]:
    """Return the points of every graded cell, as `make release` put them into the gradebook."""
    wanted = (
        select(CELL.c.name, GRADE_CELL.c.max_score)
        .join_from(CELL, GRADE_CELL, GRADE_CELL.c.id == CELL.c.id)
        .where(CELL.c.notebook_id == _RELEASED)
    )
    return {name: points or 0.0 for name, points in connection.execute(wanted).tuples()}


def released_notebook(connection: Connection) -> Notebook:
    """Return the source cells that `make release` put into the gradebook, with mark schemes and points."""
    points = released_points(connection)
    cells = connection.execute(
        select(SOURCE_CELL.c.name, SOURCE_CELL.c.cell_type, SOURCE_CELL.c.source)
        .where(SOURCE_CELL.c.notebook_id == _RELEASED)
        .order_by(SOURCE_CELL.c.name)
    )
    return Notebook(
        "the gradebook",
        "",
        tuple(
            Cell(kind, source or "", name, name, {"points": points[name]} if name in points else {})
            for name, kind, source in cells
        ),
    )


def sha256(text: str | None) -> str:
    """Return the hash of a text; none is "" like the empty text, because the formgrader makes no difference."""
    return hashlib.sha256((text or "").encode(errors="surrogatepass")).hexdigest()
