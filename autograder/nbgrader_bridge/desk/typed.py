"""Finds what was typed in the formgrader: scores, comments and extra credit that are not the desk's."""

from __future__ import annotations

from sqlalchemy import Connection, and_, or_

from autograder.nbgrader_bridge.desk import grades, marks
from autograder.nbgrader_bridge.desk.model import Slot, Typed
from autograder.nbgrader_bridge.desk.tables import CELL, GRADE, MARK, NB_COMMENT


def typed(connection: Connection, *questions: str) -> tuple[Typed, ...]:
    """Return the answers to questions for which something was typed in the formgrader, by question and grade id.

    All comments are read, because only their hashes say whose they are. It is nothing for a save.
    """
    something = (
        MARK.c.state.in_(marks.COUNTED),
        GRADE.c.manual_score.is_not(None),
        GRADE.c.extra_credit != 0,
        NB_COMMENT.c.manual_comment != "",
    )
    wanted = (
        grades.commented(
            GRADE.c.id,
            CELL.c.name,
            GRADE.c.manual_score,
            GRADE.c.extra_credit,
            MARK.c.state,
            MARK.c.written_score,
            MARK.c.written_comment_sha256,
            NB_COMMENT.c.manual_comment,
        )
        .join(MARK, and_(MARK.c.grade_id == GRADE.c.id, MARK.c.slot == Slot.FIRST), isouter=True)
        .where(CELL.c.name.in_(questions), or_(*something))
    )
    found = []
    for grade_id, question, score, extra, state, written, written_comment, comment in connection.execute(wanted):
        marked = state in marks.COUNTED
        scored = score != written if marked else score is not None
        words = marks.is_typed(comment, written_comment if marked else "")
        if scored or words or extra:
            found.append(Typed(grade_id, question, score, scored, marked, words, extra or 0.0))
    return tuple(sorted(found, key=lambda each: (each.question, each.grade_id)))
