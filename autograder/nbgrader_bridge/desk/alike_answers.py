"""Which answers are alike: groups that may get one mark, similar answers, and pairs that somebody should look at.

Comparing a large class takes seconds. What was found is therefore kept, with a hash of all that it was found from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from autograder.marking import alike
from autograder.marking.alike import ALGORITHM, Place, Tier
from autograder.nbgrader_bridge.desk import grades, marks
from autograder.nbgrader_bridge.desk.grades import sha256
from autograder.nbgrader_bridge.desk.model import Member, Pair, State
from autograder.nbgrader_bridge.desk.tables import ANSWER, GRADE, GROUP, META, PAIR

_FOUND_FROM = "alike:"


@dataclass(frozen=True)
class Compared:
    """The answers to a question that are to be compared, by grade id; the released cells; the hash of both."""

    question: str
    answers: dict[str, str]
    release: tuple[str, ...]
    sha256: str


def to_compare(connection: Connection, question: str) -> Compared | None:
    """Return the answers to a question, unless what was found last time still holds."""
    release = tuple(cell.source for cell in grades.released_notebook(connection).cells)
    now = _hash_of(connection, question, release)
    if now == _found_from(connection, question):
        return None
    return Compared(question, _texts(connection, question), release, now)


def keep(connection: Connection, compared: Compared, groups: list[dict[str, Any]], pairs: list[dict[str, Any]]) -> None:
    """Keep what `found` returned. If an answer changed meanwhile, `to_compare` returns the question again."""
    for table, rows in ((GROUP, groups), (PAIR, pairs)):
        connection.execute(delete(table).where(table.c.question == compared.question))
        if rows:
            connection.execute(insert(table), rows)
    key = _FOUND_FROM + compared.question
    connection.execute(delete(META).where(META.c.key == key))
    connection.execute(insert(META).values(key=key, value=compared.sha256))


def found(compared: Compared) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Compare the answers, and return the rows of `GROUP` and of `PAIR`. It takes seconds for a large class."""
    question, answers = compared.question, compared.answers
    groups = [
        {
            "grade_id": grade_id,
            "together": together,
            "question": question,
            "tier": int(place.tier),
            "leader": place.leader,
        }
        for together, places in ((True, _together(compared)), (False, alike.similar(answers)))
        for grade_id, place in sorted(places.items())
    ]
    # What stands in the released notebook counts for nothing.
    pairs = [
        {"one": pair.one, "other": pair.other, "question": question, "share": pair.share}
        for pair in alike.pairs(answers, compared.release)
    ]
    return groups, pairs


def members(connection: Connection, grade_id: str) -> tuple[Member, ...]:
    """Return the answers that may get one mark with this one, itself included, as grouped; the leader first."""
    leader = _leader(connection, grade_id)
    if leader is None:
        return ()
    wanted = (
        select(GROUP.c.grade_id, GROUP.c.tier, ANSWER.c.source, GRADE.c.manual_score)
        .join_from(GROUP, ANSWER, ANSWER.c.grade_id == GROUP.c.grade_id)
        .join(GRADE, GRADE.c.id == GROUP.c.grade_id)
        .where(GROUP.c.leader == leader, GROUP.c.together)
    )
    rows = connection.execute(wanted).all()
    held = marks.some(connection, [row.grade_id for row in rows])
    group = []
    for row in rows:
        mark = held.get(row.grade_id)
        state, rev, by = (mark.state, mark.rev, mark.by) if mark else (State.OPEN, 0, "")
        group.append(Member(row.grade_id, Tier(row.tier), state, row.source, row.manual_score, rev, by))
    return tuple(sorted(group, key=lambda member: (member.grade_id != leader, member.tier, member.grade_id)))


def led_by(connection: Connection, leader: str) -> frozenset[str]:
    """Return the answers that are similar to the one that leads their group, itself included."""
    return frozenset(connection.scalars(select(GROUP.c.grade_id).where(GROUP.c.leader == leader, ~GROUP.c.together)))


def members_now(connection: Connection, question: str, grade_id: str) -> frozenset[str]:
    """Return the answers that may get one mark with this one, compared again if an answer changed since."""
    compared = to_compare(connection, question)
    if compared is None:
        leader = select(GROUP.c.leader).where(GROUP.c.grade_id == grade_id, GROUP.c.together).scalar_subquery()
        found = select(GROUP.c.grade_id).where(GROUP.c.leader == leader, GROUP.c.together)
        return frozenset(connection.scalars(found))
    places = _together(compared)
    if grade_id not in places:
        return frozenset()
    return frozenset(key for key, place in places.items() if place.leader == places[grade_id].leader)


def pairs(connection: Connection, question: str, start: int, most: int | None) -> tuple[Pair, ...]:
    """Return pairs to look at, the most alike first: at most ``most``, after the first ``start``."""
    wanted = select(PAIR.c.question, PAIR.c.one, PAIR.c.other, PAIR.c.share).where(PAIR.c.question == question)
    order = (PAIR.c.share.desc(), PAIR.c.one, PAIR.c.other)
    return tuple(Pair(*row) for row in connection.execute(wanted.order_by(*order).offset(start).limit(most)))


def number_of_pairs(connection: Connection, question: str) -> int:
    """Return how many pairs of answers to a question there are to look at."""
    return connection.scalar(select(func.count()).where(PAIR.c.question == question)) or 0


def _leader(connection: Connection, grade_id: str) -> str | None:
    return connection.scalar(select(GROUP.c.leader).where(GROUP.c.grade_id == grade_id, GROUP.c.together))


def _texts(connection: Connection, question: str) -> dict[str, str]:
    wanted = select(ANSWER.c.grade_id, ANSWER.c.source).where(ANSWER.c.question == question)
    return dict(connection.execute(wanted).tuples().all())


def _hash_of(connection: Connection, question: str, release: tuple[str, ...]) -> str:
    wanted = select(ANSWER.c.grade_id, ANSWER.c.sha256).where(ANSWER.c.question == question)
    answers = sorted(map(tuple, connection.execute(wanted)))  # rows compare slowly
    return sha256("\0".join((ALGORITHM, *release, *(part for answer in answers for part in answer))))


def _found_from(connection: Connection, question: str) -> str | None:
    return connection.scalar(select(META.c.value).where(META.c.key == _FOUND_FROM + question))


def _together(compared: Compared) -> dict[str, Place]:
    return alike.groups(compared.answers, alike.words(compared.release))
