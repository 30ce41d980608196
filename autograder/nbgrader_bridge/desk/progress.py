"""Counts how far the marking of each question is: in the database, because every page shows it."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, and_, func

from autograder.nbgrader_bridge.desk import grades, marks, rubrics
from autograder.nbgrader_bridge.desk.model import QuestionProgress, Slot, State
from autograder.nbgrader_bridge.desk.tables import CELL, GRADE, MARK


def progress(connection: Connection, *questions: str) -> tuple[QuestionProgress, ...]:
    """Return the progress of questions."""
    groups = (
        CELL.c.name.label("question"),
        MARK.c.state,
        MARK.c.by,
        GRADE.c.manual_score.is_(None).label("no_score"),
        GRADE.c.manual_score.is_distinct_from(MARK.c.written_score).label("differs"),
    )
    wanted = (
        grades.written(*groups, func.count().label("answers"))
        .join(MARK, and_(MARK.c.grade_id == GRADE.c.id, MARK.c.slot == Slot.FIRST), isouter=True)
        .where(CELL.c.name.in_(questions))
        .group_by(*groups)
    )
    rows = connection.execute(wanted).all()
    points, current = grades.released_points(connection), rubrics.current(connection, *questions)
    found = []
    for question in questions:
        states, counts, markers = Counter[str | None](), Counter[str](), Counter[str]()
        for row in rows:
            if row.question != question:
                continue
            states[row.state] += row.answers
            if row.state in marks.COUNTED:
                markers[row.by] += row.answers
                counts["overruled"] += row.answers * row.differs
            else:
                counts["unmarked" if row.no_score else "without_items"] += row.answers
        rubric = current[question]
        found.append(
            QuestionProgress(
                question=question,
                max_points=points.get(question, 0.0),
                answers=states.total(),
                done=states[State.DONE],
                look=states[State.LOOK],
                stale=states[State.STALE],
                unmarked=counts["unmarked"],
                overruled=counts["overruled"],
                without_items=counts["without_items"],
                markers=dict(sorted(markers.items())),
                problem=rubric.problem,
                drift=rubric.drift,
            )
        )
    return tuple(found)
