"""What happens to the mark of an answer that a student replaced by another one.

The mark becomes stale: it counts no more, and stays to be read. Its comment is withdrawn with its score, because it
speaks of an answer that is gone. A comment that a person typed in the formgrader stays, since nobody else has these
words: autograding reports it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, delete

from autograder.nbgrader_bridge.desk import grades, marks
from autograder.nbgrader_bridge.desk.changes import Change, write
from autograder.nbgrader_bridge.desk.model import State
from autograder.nbgrader_bridge.desk.tables import ANSWER, exist, migrate

#: Who the log says changed it.
BY = "autograding"


def withdraw(connection: Connection, grade_ids: Collection[str], at: str) -> frozenset[str]:
    """Make the marks of these answers stale, and withdraw their scores and the comments that the desk wrote.

    Where the desk has no tables yet, no comment is its own, and nothing happens.

    Parameters
    ----------
    connection : Connection
        In the transaction that writes the scores.

    Returns
    -------
    frozenset of str
        The answers that keep a comment, which a person typed.

    Raises
    ------
    DeskFault
        A newer version of the desk made its tables.
    """
    grades.lock(connection, grade_ids)
    rows = grades.known(connection, grade_ids)
    if exist(connection):
        migrate(connection)
        held = marks.some(connection, list(rows))
        changes = []
        for grade_id, mark in held.items():
            if mark.state not in marks.COUNTED:
                continue
            row = rows[grade_id]
            text = row.comment if marks.is_edited(row, mark) else None
            after = replace(row, score=None, comment=text, needs_manual_grade=True)
            stale = replace(mark, state=State.STALE, rev=mark.rev + 1, written_score=None)
            changes.append(Change(row, mark, after, stale))
            rows[grade_id] = after
        write(connection, BY, at, "stale", changes)
        connection.execute(delete(ANSWER).where(ANSWER.c.grade_id.in_(list(rows))))
    return frozenset(key for key, row in rows.items() if row.comment)
