"""The log: every change that the desk makes, in the order in which it made them. Entries are only added."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from sqlalchemy import Connection, insert, select, update

from autograder.nbgrader_bridge.desk.grades import Row
from autograder.nbgrader_bridge.desk.model import DeskProblem, Event, Mark
from autograder.nbgrader_bridge.desk.tables import EVENT

#: Rows that are read at once where most are not needed.
_AT_ONCE = 200
Side = Mapping[str, Any]
#: Grade id, or "" for a change of no single answer; what was before; what is after.
Entry = tuple[str, Side, Side]


def side(row: Row, mark: Mark | None) -> dict[str, Any]:
    """Return what the log keeps of an answer: its mark, and what the gradebook has."""
    return {
        "mark": None if mark is None else asdict(mark),
        "score": row.score,
        "comment": row.comment,
        "needs_manual_grade": bool(row.needs_manual_grade),
    }


def record(connection: Connection, by: str, at: str, action: str, entries: Sequence[Entry], undoes: int = 0) -> int:
    """Add entries, all of one batch, and return the id of the first one; 0 if there are none.

    ``undoes`` is the batch that they take back, if they do.
    """
    same = {"at": at, "by": by, "action": action, "undoes": undoes}
    rows = [
        {**same, "grade_id": grade_id, "before": dict(before), "after": dict(after)}
        for grade_id, before, after in entries
    ]
    if not rows:
        return 0
    batch = add(connection, 0, rows[0])
    if rows[1:]:
        connection.execute(insert(EVENT), [{**row, "batch": batch} for row in rows[1:]])
    return batch


def add(connection: Connection, batch: int, values: Mapping[str, Any]) -> int:
    """Add one entry to a batch, or begin one if ``batch`` is 0; return the entry's id, which is a new batch's, too."""
    (added,) = connection.execute(insert(EVENT).values(**values, batch=batch)).inserted_primary_key or (0,)
    if not batch:
        connection.execute(update(EVENT).where(EVENT.c.id == added).values(batch=added))
    return int(added)


def batch_of(connection: Connection, event: int) -> list[Event]:
    """Return the entries of the batch that an entry belongs to; raise `DeskProblem` if there is no such entry."""
    batch = connection.scalar(select(EVENT.c.batch).where(EVENT.c.id == event))
    if batch is None:
        raise DeskProblem(f"the log has no entry {event}")
    found = connection.execute(select(EVENT).where(EVENT.c.batch == batch).order_by(EVENT.c.id))
    return [Event(**row) for row in found.mappings()]


def undone(connection: Connection) -> set[int]:
    """Return the batches that were taken back, and still are: an undo that was undone itself counts no more."""
    found: set[int] = set()
    undos = select(EVENT.c.id, EVENT.c.undoes).where(EVENT.c.undoes > 0)
    for batch, taken_back in connection.execute(undos.order_by(EVENT.c.id.desc())).tuples():
        if batch not in found:
            found.add(taken_back)
    return found


def newest_by(connection: Connection, by: str, actions: Collection[str]) -> int:
    """Return the newest batch of one person's that was not taken back, of these kinds; 0 if there is none."""
    theirs = (EVENT.c.by == by, EVENT.c.action.in_(actions), EVENT.c.id == EVENT.c.batch)
    found = select(EVENT.c.id).where(*theirs).order_by(EVENT.c.id.desc())
    gone = undone(connection)
    with connection.execute(found, execution_options={"yield_per": _AT_ONCE}) as batches:
        return next((batch for batch in batches.scalars() if batch not in gone), 0)


def log(
    connection: Connection, grade_ids: Collection[str] | None = None, most: int | None = None, *, moved: bool = False
) -> list[Event]:
    """Return the newest ``most`` entries, or all, of these answers or of all; the oldest comes first.

    With ``moved``, entries by which no mark and no score changed are left out: a changed mark scheme has many.
    """
    conditions = () if grade_ids is None else (EVENT.c.grade_id.in_(sorted(grade_ids)),)
    wanted = select(EVENT).where(*conditions).order_by(EVENT.c.id.desc())
    with connection.execute(wanted, execution_options={"yield_per": _AT_ONCE}) as rows:
        found = (Event(**row) for row in rows.mappings())
        return list(islice((event for event in found if event.moved or not moved), most))[::-1]
