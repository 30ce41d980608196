"""Which answers are alike: groups that may get one mark, similar answers, and pairs that somebody should look at."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from autograder.marking import alike
from autograder.marking.alike import ALGORITHM, Place, Tier
from autograder.nbgrader_bridge.desk import grades, marks
from autograder.nbgrader_bridge.desk.model import Member, Pair, State
from autograder.nbgrader_bridge.desk.tables import ANSWER, GROUP


def texts(connection: Connection, question: str) -> dict[str, str]:
    """Return the answers to a question by grade id."""
    wanted = select(ANSWER.c.grade_id, ANSWER.c.source).where(ANSWER.c.question == question)
    return dict(connection.execute(wanted).tuples().all())


def regroup(connection: Connection, question: str) -> None:
    """Group the answers to a question again."""
    answers = texts(connection, question)
    connection.execute(delete(GROUP).where(GROUP.c.question == question))
    rows = [
        {
            "grade_id": grade_id,
            "together": together,
            "question": question,
            "tier": int(place.tier),
            "leader": place.leader,
            "algorithm": ALGORITHM,
        }
        for together, places in ((True, _together(connection, answers)), (False, alike.similar(answers)))
        for grade_id, place in sorted(places.items())
    ]
    if rows:
        connection.execute(insert(GROUP), rows)


def members(connection: Connection, grade_id: str) -> tuple[Member, ...]:
    """Return the answers that may get one mark with this one, itself included, as grouped; the leader first."""
    leader = connection.scalar(select(GROUP.c.leader).where(GROUP.c.grade_id == grade_id, GROUP.c.together))
    if leader is None:
        return ()
    wanted = (
        select(GROUP.c.grade_id, GROUP.c.tier, ANSWER.c.source)
        .join_from(GROUP, ANSWER, ANSWER.c.grade_id == GROUP.c.grade_id)
        .where(GROUP.c.leader == leader, GROUP.c.together)
    )
    rows = connection.execute(wanted).all()
    held = marks.some(connection, [row.grade_id for row in rows])
    found = [
        Member(
            row.grade_id,
            Tier(row.tier),
            held[row.grade_id].state if row.grade_id in held else State.OPEN,
            row.source,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda member: (member.grade_id != leader, member.tier, member.grade_id)))


def members_now(connection: Connection, question: str, grade_id: str) -> frozenset[str]:
    """Return the answers that may get one mark with this one, compared at this moment."""
    places = _together(connection, texts(connection, question))
    if grade_id not in places:
        return frozenset()
    return frozenset(key for key, place in places.items() if place.leader == places[grade_id].leader)


def pairs(connection: Connection, questions: tuple[str, ...]) -> tuple[Pair, ...]:
    """Return the pairs to look at. What stands in the released notebook counts for nothing."""
    known = [cell.source for cell in grades.released_notebook(connection).cells]
    return tuple(
        Pair(question, pair.one, pair.other, pair.share)
        for question in questions
        for pair in alike.pairs(texts(connection, question), known)
    )


def _together(connection: Connection, answers: dict[str, str]) -> dict[str, Place]:
    vocabulary = alike.words(cell.source for cell in grades.released_notebook(connection).cells)
    return alike.groups(answers, vocabulary)
