"""Lists the answers to a question, in a random order that stays, and says which one comes next for whom.

A class can have a thousand answers, and every save asks for the next one. The database therefore finds which answers a
list has, and everything else is read for the few that are shown.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, or_, select

from autograder.assignment.questions import WRITTEN
from autograder.errors import UserError
from autograder.marking.draw import in_order, rank
from autograder.nbgrader_bridge.desk import grades, marks, second_marks
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import Row
from autograder.nbgrader_bridge.desk.model import (
    AnswerState,
    Claim,
    Left,
    Mark,
    Neighbours,
    Slot,
    State,
    Wanted,
)
from autograder.nbgrader_bridge.desk.tables import ANSWER, CELL, CLAIM, GRADE, GROUP, MARK, META
from autograder.nbgrader_bridge.desk.typed import typed

_CLAIMED_FOR = timedelta(minutes=5)
_ASSIGNMENT = "assign:"
#: A score that was typed in the formgrader is a mark, too.
_UNMARKED = and_(or_(MARK.c.state.is_(None), MARK.c.state.not_in(marks.COUNTED)), GRADE.c.manual_score.is_(None))
Shares = Mapping[str, float]


class BadAssignment(UserError):
    """Answers cannot be assigned as was asked."""


def listed(connection: Connection, question: str, seed: str, what: Wanted, marker: str) -> list[str]:
    """Return the answers to a question that a list shows to a marker, in the question's random order."""
    return in_order(_found(connection, question, seed, what, marker), seed, question)


def _found(connection: Connection, question: str, seed: str, what: Wanted, marker: str) -> Collection[str]:
    every = _answers(question)
    match what:
        case Wanted.UNMARKED:
            return connection.scalars(every.where(_UNMARKED)).all()
        case Wanted.MINE:
            by = connection.scalars(every.where(MARK.c.by == marker, MARK.c.state != State.OPEN)).all()
            return {*by, *_assigned_to(connection, question, seed, (marker,), connection.scalars(every))}
        case Wanted.LOOK | Wanted.STALE:
            return connection.scalars(every.where(MARK.c.state == State(what))).all()
        case Wanted.OVERRULED:
            return [each.grade_id for each in typed(connection, question)]
        case Wanted.SECOND:
            return second_marks.waiting_for(connection, marker, question)[question]
        case Wanted.RESOLVE:
            return second_marks.differing(connection, question)[question]
    return connection.scalars(every).all()


def number(connection: Connection, question: str, seed: str, what: Wanted, marker: str) -> int:
    """Return how many answers a list has for a marker."""
    return len(_found(connection, question, seed, what, marker))


def _answers(question: str) -> Select[str]:
    """Return a query for the ids of the answers to a question; the first mark is joined."""
    first = and_(MARK.c.grade_id == GRADE.c.id, MARK.c.slot == Slot.FIRST)
    return grades.written(GRADE.c.id).join(MARK, first, isouter=True).where(CELL.c.name == question)


def next_of(connection: Connection, question: str, seed: str, what: Wanted, marker: str, after: str) -> str:
    """Return the answer of a list that comes after another one; after the last one, the first; "" if there is none.

    Of the unmarked answers, those are left out that are not read yet, that somebody else looks at, or that are assigned
    to somebody else.
    """
    found: Iterable[str]
    if what is Wanted.UNMARKED:
        claimed = select(CLAIM.c.grade_id).where(CLAIM.c.until >= now(), CLAIM.c.by != marker)
        free = (_UNMARKED, exists().where(ANSWER.c.grade_id == GRADE.c.id), GRADE.c.id.not_in(claimed))
        unmarked = connection.scalars(_answers(question).where(*free))
        found = _assigned_to(connection, question, seed, ("", marker), unmarked)
    else:
        found = _found(connection, question, seed, what, marker)
    return _beside(after, found, seed, question).after


def around(connection: Connection, question: str, seed: str, what: Wanted, marker: str, grade_id: str) -> Neighbours:
    """Return the answers of a list before and after another one. Before an unmarked answer comes any other answer,
    because a marker looks back at marked ones.
    """
    every = _found(connection, question, seed, Wanted.ALL if what is Wanted.UNMARKED else what, marker)
    beside = _beside(grade_id, every, seed, question)
    if what is not Wanted.UNMARKED:
        return beside
    return replace(beside, after=next_of(connection, question, seed, what, marker, grade_id))


def _beside(grade_id: str, keys: Iterable[str], seed: str, question: str) -> Neighbours:
    """Return which of ``keys`` come before and after an answer, in the question's order; "" stands before all others.

    Examples
    --------
    >>> in_order("abcd", "2026", "q1")
    ['c', 'a', 'b', 'd']
    >>> _beside("b", "acd", "2026", "q1")
    Neighbours(before='a', after='d', place=0, of=0)
    >>> _beside("a", "acd", "2026", "q1")
    Neighbours(before='c', after='d', place=2, of=3)
    >>> _beside("d", "cd", "2026", "q1"), _beside("", "abcd", "2026", "q1")
    (Neighbours(before='c', after='c', place=2, of=2), Neighbours(before='', after='c', place=0, of=0))
    """
    every = {*keys}
    order = sorted((rank(seed, question, key), key) for key in every - {grade_id})
    place = bisect(order, (rank(seed, question, grade_id),)) if grade_id else 0
    before = order[place - 1][1] if place else ""
    after = order[place % len(order)][1] if order else ""
    return Neighbours(before, after, place + 1, len(every)) if grade_id in every else Neighbours(before, after)


def states(connection: Connection, question: str, seed: str, grade_ids: Collection[str]) -> list[AnswerState]:
    """Return the states of these answers to a question, in their order."""
    rows, held = grades.known(connection, grade_ids), marks.some(connection, grade_ids)
    wanted = select(ANSWER.c.grade_id, ANSWER.c.words, ANSWER.c.remark).where(ANSWER.c.grade_id.in_(grade_ids))
    texts = {grade_id: (words, remark) for grade_id, words, remark in connection.execute(wanted).tuples()}
    leaders: dict[bool, dict[str, str]] = {True: {}, False: {}}
    places = select(GROUP.c.grade_id, GROUP.c.together, GROUP.c.leader).where(GROUP.c.grade_id.in_(grade_ids))
    for grade_id, together, leader in connection.execute(places).tuples():
        leaders[together][grade_id] = leader
    sizes: dict[str, int] = dict(
        connection.execute(
            select(GROUP.c.leader, func.count())
            .where(GROUP.c.together, GROUP.c.leader.in_({*leaders[True].values()}))
            .group_by(GROUP.c.leader)
        )
        .tuples()
        .all()
    )
    claims = {each.grade_id: each for each in _claims(connection)}
    shares, second = assigned(connection).get(question, {}), second_marks.waiting(connection, question)
    return [
        _state(
            rows[grade_id],
            held.get(grade_id),
            words=texts[grade_id][0] if grade_id in texts else 0,
            remark=texts[grade_id][1] if grade_id in texts else "",
            indexed=grade_id in texts,
            together=sizes[leaders[True][grade_id]] if grade_id in leaders[True] else 1,
            similar=leaders[False].get(grade_id, ""),
            claim=claims.get(grade_id),
            assigned=assignee(shares, seed, question, grade_id),
            second=grade_id in second,
        )
        for grade_id in grade_ids
    ]


def _state(
    row: Row,
    mark: Mark | None,
    *,
    remark: str,
    words: int,
    indexed: bool,
    together: int,
    similar: str,
    claim: Claim | None,
    assigned: str,
    second: bool,
) -> AnswerState:
    counted = mark is not None and mark.state in marks.COUNTED
    return AnswerState(
        grade_id=row.grade_id,
        question=row.question,
        state=mark.state if mark else State.OPEN,
        score=row.score,
        rev=mark.rev if mark else 0,
        by=mark.by if mark and mark.state is not State.OPEN else "",
        at=mark.at if mark and mark.state is not State.OPEN else "",
        remark=remark,
        words=words,
        overruled=marks.is_overruled(row, mark),
        comment_edited=marks.is_edited(row, mark),
        extra=row.extra_credit or 0.0,
        without_items=row.score is not None and not counted,
        assigned=assigned,
        claim=claim,
        together=together,
        similar=similar,
        indexed=indexed,
        second=second,
    )


def left(connection: Connection, question: str, seed: str, marker: str) -> Left:
    """Return why unmarked answers to a question are not offered to a marker."""
    unmarked = connection.scalars(_answers(question).where(_UNMARKED)).all()
    read = {*connection.scalars(select(ANSWER.c.grade_id).where(ANSWER.c.question == question))}
    shares = assigned(connection).get(question, {})
    claims = {each.grade_id: each.by for each in _claims(connection)}
    unread, others, open_ = 0, Counter[str](), Counter[str]()
    for grade_id in unmarked:
        whose = assignee(shares, seed, question, grade_id)
        if grade_id not in read:
            unread += 1
        elif whose not in ("", marker):
            others[whose] += 1
        elif claims.get(grade_id, marker) != marker:
            open_[claims[grade_id]] += 1
    return Left(unread, dict(sorted(others.items())), dict(sorted(open_.items())))


def leave(connection: Connection, grade_id: str, by: str) -> None:
    """Free an answer that somebody claimed and looks at no more. Other people's claims stay."""
    connection.execute(delete(CLAIM).where(CLAIM.c.grade_id == grade_id, CLAIM.c.by == by))


def claim(connection: Connection, grade_id: str, by: str) -> Claim:
    """Claim an answer for five minutes, or renew the claim. Somebody else's claim stays, and is returned."""
    grades.lock(connection, (grade_id,))
    grades.one(connection, grade_id)
    other = next((each for each in _claims(connection) if each.grade_id == grade_id and each.by != by), None)
    if other is not None:
        return other
    until = (datetime.now(UTC) + _CLAIMED_FOR).strftime("%Y-%m-%dT%H:%M:%SZ")
    connection.execute(delete(CLAIM).where(CLAIM.c.grade_id == grade_id))
    connection.execute(insert(CLAIM).values(grade_id=grade_id, by=by, until=until))
    return Claim(grade_id, by, until)


def _claims(connection: Connection) -> list[Claim]:
    return [Claim(**row) for row in connection.execute(select(CLAIM).where(CLAIM.c.until >= now())).mappings()]


def assign(connection: Connection, question: str, shares: Shares) -> None:
    """Assign the answers to a question to markers by shares; no shares take an assignment back.

    Raises
    ------
    BadAssignment
        The question is none, or a share is not above 0.
    """
    if question not in WRITTEN:
        raise BadAssignment(f"there is no written question {question}; there are {', '.join(WRITTEN)}")
    if any(not 0 < share < 1e6 for share in shares.values()):
        raise BadAssignment(f"{question}: a marker's share is a number above 0")
    connection.execute(delete(META).where(META.c.key == _ASSIGNMENT + question))
    if shares:
        connection.execute(insert(META).values(key=_ASSIGNMENT + question, value=json.dumps(shares, sort_keys=True)))


def assigned(connection: Connection) -> dict[str, Shares]:
    """Return the markers' shares by question."""
    rows = connection.execute(select(META.c.key, META.c.value).where(META.c.key.startswith(_ASSIGNMENT)))
    return {key.removeprefix(_ASSIGNMENT): json.loads(value) for key, value in rows.tuples()}


def _assigned_to(
    connection: Connection, question: str, seed: str, markers: Collection[str], keys: Iterable[str]
) -> Iterable[str]:
    """Return those of the answers that are assigned to one of these markers; "" stands for nobody."""
    shares = assigned(connection).get(question, {})
    return (key for key in keys if assignee(shares, seed, question, key) in markers)


def assignee(shares: Shares, seed: str, question: str, grade_id: str) -> str:
    """Return the marker of an answer, "" if nobody is. Answers that are submitted later change no earlier ones.

    Examples
    --------
    >>> assignee({"ann": 1, "bob": 1}, "2026", "q1", "a") in ("ann", "bob")
    True
    """
    if not shares:
        return ""
    digits = rank(seed, f"assign {question}", grade_id)[:12]
    left = int(digits, 16) / 16 ** len(digits) * sum(shares.values())
    for marker in sorted(shares):
        left -= shares[marker]
        if left < 0:
            return marker
    return ""
