"""Draws answers for a second mark, and measures how far first and second marks agree."""

from __future__ import annotations

from sqlalchemy import Connection

from autograder.marking.agreement import agreement, kappa
from autograder.marking.draw import sample
from autograder.marking.impact import carried
from autograder.nbgrader_bridge.desk import grades, marks, rubrics
from autograder.nbgrader_bridge.desk.model import Mark, QuestionAgreement, Slot, State


def draw(connection: Connection, question: str, share: float, seed: str) -> int:
    """Draw answers from the marked ones, low and high scores alike, and return how many wait for a second mark.

    The same share and seed draw the same answers from the same marks. Second marks that exist stay.
    """
    first = {key: mark for key, mark in marks.of_question(connection, question).items() if mark.state in marks.COUNTED}
    rows = grades.of_question(connection, question)
    chosen = sample({key: rows[key].score or 0.0 for key in first if key in rows}, share, seed, question)
    grades.lock(connection, chosen)
    second = marks.of_question(connection, question, Slot.SECOND)
    for grade_id in chosen:
        if grade_id not in second:
            mark = first[grade_id]
            marks.put(
                connection,
                Mark(
                    grade_id,
                    Slot.SECOND,
                    0,
                    mark.rubric_rev,
                    {},
                    0.0,
                    "",
                    "",
                    State.OPEN,
                    "",
                    "",
                    None,
                    "",
                    mark.answer_sha256,
                ),
            )
    return sum(mark.state is State.OPEN for mark in marks.of_question(connection, question, Slot.SECOND).values())


def measure(connection: Connection, question: str) -> QuestionAgreement:
    """Return how far the marks of a question agree, in points and by item. Marks of changed answers do not count."""
    rubric = rubrics.newest(connection, question)
    first = marks.of_question(connection, question)
    both = [
        (first[key], mark)
        for key, mark in sorted(marks.of_question(connection, question, Slot.SECOND).items())
        if mark.state in marks.COUNTED
        and key in first
        and first[key].state in marks.COUNTED
        and first[key].answer_sha256 == mark.answer_sha256
    ]
    points = max((row.max_points for row in grades.of_question(connection, question).values()), default=0.0)
    one = [mark.written_score or 0.0 for mark, _ in both]
    other = [mark.written_score or 0.0 for _, mark in both]
    items = {}
    if rubric is not None and rubric.scheme is not None:
        scheme = rubric.scheme
        shares = [[carried(scheme, mark.given) for mark in pair] for pair in both]
        scales = {**{key: item.steps for key, item in scheme.items.items()}, **dict.fromkeys(scheme.costs, (0.0, 1.0))}
        items = {
            key: kappa([a.get(key, 0.0) for a, _ in shares], [b.get(key, 0.0) for _, b in shares], scale)
            for key, scale in scales.items()
        }
    return QuestionAgreement(question, agreement(one, other, points), items)
