"""Reads and writes marks, each together with the score and the comment that the formgrader and feedback show."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select

from autograder.assignment.settings import Show
from autograder.marking.compose import comment
from autograder.marking.impact import carried
from autograder.marking.scheme import Scheme
from autograder.marking.score import points
from autograder.nbgrader_bridge.desk.grades import Row, sha256
from autograder.nbgrader_bridge.desk.model import DeskProblem, Judged, Mark, SaveMark, Slot, State
from autograder.nbgrader_bridge.desk.tables import CELL, GRADE, MARK

#: States of marks that a score in the gradebook rests on.
COUNTED = (State.DONE, State.LOOK)
#: The most characters of a note and of a reason.
_MOST = 10_000


def of_question(connection: Connection, question: str, slot: Slot = Slot.FIRST) -> dict[str, Mark]:
    """Return the marks of a question's answers by grade id."""
    wanted = (
        select(MARK)
        .join_from(MARK, GRADE, GRADE.c.id == MARK.c.grade_id)
        .join(CELL, CELL.c.id == GRADE.c.cell_id)
        .where(CELL.c.name == question, MARK.c.slot == slot)
    )
    return {row["grade_id"]: _mark(row) for row in connection.execute(wanted).mappings()}


def some(connection: Connection, grade_ids: Collection[str], slot: Slot = Slot.FIRST) -> dict[str, Mark]:
    """Return the marks of these answers by grade id. Answers without a mark are not there."""
    wanted = select(MARK).where(MARK.c.grade_id.in_(sorted(grade_ids)), MARK.c.slot == slot)
    return {row["grade_id"]: _mark(row) for row in connection.execute(wanted).mappings()}


def every(connection: Connection) -> list[Mark]:
    """Return all marks, sorted by grade id and slot."""
    wanted = select(MARK).order_by(MARK.c.grade_id, MARK.c.slot)
    return [_mark(row) for row in connection.execute(wanted).mappings()]


def put(connection: Connection, new: Collection[Mark]) -> None:
    """Write marks, in the place of those that are there. The gradebook's rows must be locked."""
    if new:
        there = (MARK.c.grade_id == bindparam("which"), MARK.c.slot == bindparam("where"))
        connection.execute(delete(MARK).where(*there), [{"which": each.grade_id, "where": each.slot} for each in new])
        connection.execute(insert(MARK), [asdict(each) for each in new])


def from_builtins(values: Mapping[str, Any]) -> Mark:
    """Return the mark that `dataclasses.asdict` turned into plain data, as the log keeps it.

    Raises
    ------
    msgspec.ValidationError
        It is something else.
    """
    return msgspec.convert(values, Mark)


def _mark(row: RowMapping) -> Mark:
    values: dict[str, Any] = dict(row)
    values["slot"], values["state"] = Slot(values["slot"]), State(values["state"])
    if values["resolves"] is not None:
        values["resolves"] = Judged(**values["resolves"])
    return Mark(**values)


def judged(mark: Mark) -> Judged:
    """Return what the marker gave, without what the desk needs for writing it."""
    return Judged(mark.by, mark.at, mark.written_score or 0.0, mark.given, mark.adjustment, mark.reason, mark.note)


def stands(mark: Mark | None, logged: Mapping[str, Any]) -> bool:
    """Whether a mark is as the log's entry left it. Nobody gave another one since, or all that came was undone."""
    if mark is None:
        return False
    return replace(mark, rev=0, rubric_rev=0) == replace(from_builtins(logged), rev=0, rubric_rev=0)


def is_overruled(row: Row, mark: Mark | None) -> bool:
    """Whether somebody changed the score in the formgrader since the desk wrote it."""
    return mark is not None and mark.state in COUNTED and row.score != mark.written_score


def is_edited(row: Row, mark: Mark | None) -> bool:
    """Whether the comment is a person's, typed in the formgrader. The desk keeps it until somebody asks."""
    return is_typed(row.comment, mark.written_comment_sha256 if mark is not None and mark.state in COUNTED else "")


def is_typed(comment: str | None, written_sha256: str) -> bool:
    """Whether a comment is another one than the desk wrote; ``written_sha256`` is empty if it wrote none."""
    return sha256(comment) != written_sha256 if written_sha256 else bool(comment)


def check(wish: SaveMark) -> None:
    """Raise `DeskProblem` unless state, adjustment, reason and note are such as can be saved."""
    if wish.state not in COUNTED:
        raise DeskProblem(f"a mark is saved as {State.DONE} or {State.LOOK}, not as {wish.state}")
    if not math.isfinite(wish.adjustment):
        raise DeskProblem("the adjustment must be a number")
    if wish.adjustment and not wish.reason.strip():
        raise DeskProblem("an adjustment needs a reason; the student reads it")
    if max(len(wish.reason), len(wish.note)) > _MOST:
        raise DeskProblem(f"a note or a reason has at most {_MOST:,} characters")


@dataclass(frozen=True)
class Writer:
    """Turns marks into scores and comments. ``show`` says how much of the mark scheme students see."""

    show: Show

    def new(self, row: Row, mark: Mark, scheme: Scheme, *, keep_comment: bool) -> tuple[Row, Mark]:
        """Return the row with the mark's score and comment, and the mark with what was written.

        Raises
        ------
        BadMark
            The mark does not fit the scheme.
        """
        score = points(scheme, mark.given, mark.adjustment)
        return self._written(row, mark, scheme, mark.given, score, keep_comment=keep_comment)

    def again(self, row: Row, mark: Mark, scheme: Scheme) -> tuple[Row, Mark]:
        """Return both as they are under another mark scheme. A score or comment of the formgrader's stays.

        ``mark.given`` keeps what the marker gave: shares of items that are gone come back when the items do.
        """
        if is_overruled(row, mark):
            return row, mark
        given = carried(scheme, mark.given)
        score = points(scheme, given, mark.adjustment)
        return self._written(row, mark, scheme, given, score, keep_comment=is_edited(row, mark))

    def _written(
        self, row: Row, mark: Mark, scheme: Scheme, given: Mapping[str, float], score: float, *, keep_comment: bool
    ) -> tuple[Row, Mark]:
        text, written = row.comment, ""
        if not keep_comment:
            text = comment(scheme, given, mark.adjustment, mark.reason, mark.note, self.show) or None
            written = sha256(text)
        return (
            replace(row, score=score, comment=text, needs_manual_grade=False),
            replace(mark, written_score=score, written_comment_sha256=written),
        )
