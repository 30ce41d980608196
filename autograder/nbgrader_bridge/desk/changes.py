"""Writes what changes of answers: in the gradebook, among the marks and in the log, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from autograder.nbgrader_bridge.desk import events, grades, marks
from autograder.nbgrader_bridge.desk.grades import Row
from autograder.nbgrader_bridge.desk.model import Mark


@dataclass(frozen=True)
class Change:
    """One answer before and after: its row in the gradebook, and the mark in one slot."""

    row: Row
    mark: Mark | None
    row_after: Row
    mark_after: Mark


def write(
    connection: Connection,
    by: str,
    at: str,
    action: str,
    changes: Sequence[Change],
    head: Sequence[events.Entry] = (),
    undoes: int = 0,
) -> int:
    """Write the changes and their entries in the log, and return the id of the first entry.

    Parameters
    ----------
    head : sequence of Entry
        Entries of the same batch that come first, and belong to no single answer.
    undoes : int
        The batch that the changes take back; 0 if they take back none.
    """
    grades.write(connection, [each.row_after for each in changes if each.row_after != each.row])
    marks.put(connection, [each.mark_after for each in changes])
    entries = [
        (each.row.grade_id, events.side(each.row, each.mark), events.side(each.row_after, each.mark_after))
        for each in changes
    ]
    return events.record(connection, by, at, action, [*head, *entries], undoes)
