"""Lists the answers to a question, in a random order that stays, and says which one comes next for whom."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from autograder.assignment.questions import WRITTEN
from autograder.errors import UserError
from autograder.marking.draw import in_order, rank
from autograder.nbgrader_bridge.desk import grades, marks, second_marks
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import Row
from autograder.nbgrader_bridge.desk.model import (
    AnswerState,
    Claim,
    Mark,
    State,
    Wanted,
)
from autograder.nbgrader_bridge.desk.tables import ANSWER, CLAIM, GROUP, META

_CLAIMED_FOR = timedelta(minutes=5)
_ASSIGNMENT = "assign:"
Shares = Mapping[str, float]


class BadAssignment(UserError):
    """Answers cannot be assigned as was asked."""


def states(connection: Connection, question: str, seed: str) -> list[AnswerState]:
    """Return the state of every answer to a question, in the question's random order."""
    rows, held = grades.of_question(connection, question), marks.of_question(connection, question)
    return _states(connection, question, seed, rows, held)


def state(connection: Connection, grade_id: str, seed: str) -> AnswerState:
    """Return the state of one answer."""
    row, held = grades.one(connection, grade_id), marks.some(connection, (grade_id,))
    (found,) = _states(connection, row.question, seed, {grade_id: row}, held)
    return found


def _states(
    connection: Connection, question: str, seed: str, rows: Mapping[str, Row], held: Mapping[str, Mark]
) -> list[AnswerState]:
    """Return the states of the answers in ``rows``, all of which belong to ``question``."""
    texts = {
        row.grade_id: row
        for row in connection.execute(
            select(ANSWER.c.grade_id, ANSWER.c.words, ANSWER.c.remark).where(ANSWER.c.question == question)
        )
    }
    groups = connection.execute(
        select(GROUP.c.grade_id, GROUP.c.together, GROUP.c.leader).where(GROUP.c.question == question)
    ).all()
    leaders = {each.grade_id: each.leader for each in groups if each.together}
    sizes = Counter(leaders.values())
    similar = {each.grade_id: each.leader for each in groups if not each.together}
    claims = {each.grade_id: each for each in _claims(connection)}
    shares, second = assigned(connection).get(question, {}), second_marks.waiting(connection, question)
    return [
        _state(
            rows[grade_id],
            held.get(grade_id),
            remark=texts[grade_id].remark if grade_id in texts else "",
            words=texts[grade_id].words if grade_id in texts else 0,
            indexed=grade_id in texts,
            together=sizes[leaders[grade_id]] if grade_id in leaders else 1,
            similar=similar.get(grade_id, ""),
            claim=claims.get(grade_id),
            assigned=assignee(shares, seed, question, grade_id),
            second=grade_id in second,
        )
        for grade_id in in_order(rows.keys(), seed, question)
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
        comment_edited=counted and marks.is_edited(row, mark),
        without_items=row.score is not None and not counted,
        assigned=assigned,
        claim=claim,
        together=together,
        similar=similar,
        indexed=indexed,
        second=second,
    )


def wanted(every: Iterable[AnswerState], what: Wanted, marker: str) -> list[AnswerState]:
    """Return those of the answers that a list shows."""
    return [each for each in every if _is_wanted(each, what, marker)]


def _is_wanted(each: AnswerState, what: Wanted, marker: str) -> bool:
    match what:
        case Wanted.UNMARKED:
            return is_unmarked(each)
        case Wanted.MINE:
            return marker in (each.assigned, each.by)
        case Wanted.LOOK:
            return each.state is State.LOOK
        case Wanted.STALE:
            return each.state is State.STALE
        case Wanted.OVERRULED:
            return each.overruled or each.comment_edited
        case Wanted.SECOND:
            return each.second and each.by != marker
    return True


def is_unmarked(each: AnswerState) -> bool:
    """Whether an answer waits for a person. A score that was typed in the formgrader is one, too."""
    return each.state not in marks.COUNTED and not each.without_items


def next_unmarked(every: Sequence[AnswerState], after: str, marker: str) -> str | None:
    """Return the unmarked answer that comes next after ``after``, or from the start again; None if all are marked.

    Answers that are not read yet, that somebody else looks at, or that are assigned to somebody else, are left out.
    """
    place = next((i for i, each in enumerate(every) if each.grade_id == after), -1)
    for each in (*every[place + 1 :], *every[: max(place, 0)]):
        claimed = each.claim is not None and each.claim.by != marker
        if is_unmarked(each) and each.indexed and not claimed and each.assigned in ("", marker):
            return each.grade_id
    return None


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


def assignee(shares: Shares, seed: str, question: str, grade_id: str) -> str:
    """Return the marker of an answer, "" if nobody is. Answers that are submitted later change no earlier ones.

    Examples
    --------
    >>> assignee({"ann": 1, "bob": 1}, "2026", "q1", "a") in ("ann", "bob")
    True
    """
    digits = rank(seed, f"assign {question}", grade_id)[:12]
    left = int(digits, 16) / 16 ** len(digits) * sum(shares.values())
    for marker in sorted(shares):
        left -= shares[marker]
        if left < 0:
            return marker
    return ""
