"""Draws answers for a second mark, puts both marks side by side, and measures how far they agree."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, null, select

from autograder.marking.agreement import agreement, kappa
from autograder.marking.draw import sample
from autograder.marking.impact import carried
from autograder.marking.scheme import Scheme
from autograder.marking.score import points
from autograder.nbgrader_bridge.desk import grades, marks, rubrics
from autograder.nbgrader_bridge.desk.model import DoubleMark, Judged, Mark, QuestionAgreement, Slot, State
from autograder.nbgrader_bridge.desk.tables import CELL, EVENT, GRADE, MARK

#: What the log calls it when somebody gives the mark that counts, or settles it.
_FIRST = ("save", "resolve", "take", "restore")
_MARKED = MARK.alias("marked")


def draw(connection: Connection, question: str, share: float, seed: str) -> int:
    """Draw answers from the marked ones, low and high scores alike, and return how many wait for a second mark.

    The same share and seed draw the same answers from the same marks. Second marks that exist stay.
    """
    first = {key: mark for key, mark in marks.of_question(connection, question).items() if mark.state in marks.COUNTED}
    chosen = sample({key: mark.written_score or 0.0 for key, mark in first.items()}, share, seed, question)
    grades.lock(connection, chosen)
    there = marks.some(connection, chosen, Slot.SECOND)
    marks.put(
        connection,
        [
            Mark(
                grade_id=grade_id,
                slot=Slot.SECOND,
                rev=0,
                rubric_rev=first[grade_id].rubric_rev,
                given={},
                adjustment=0.0,
                reason="",
                note="",
                state=State.OPEN,
                by="",
                at="",
                written_score=None,
                written_comment_sha256="",
                answer_sha256=first[grade_id].answer_sha256,
            )
            for grade_id in chosen
            if grade_id not in there
        ],
    )
    return len(waiting(connection, question))


def waiting(connection: Connection, question: str) -> frozenset[str]:
    """Return the answers that wait for a second mark."""
    return frozenset(connection.scalars(_seconds((question,), MARK.c.grade_id).where(MARK.c.state == State.OPEN)))


def waiting_for(connection: Connection, marker: str, *questions: str) -> dict[str, list[str]]:
    """Return by question the answers that wait for a marker's second mark.

    The marker did not give or settle a first mark of any of them, ever.
    """
    saved = exists().where(EVENT.c.grade_id == MARK.c.grade_id, EVENT.c.by == marker, EVENT.c.action.in_(_FIRST))
    first = (_MARKED.c.grade_id == MARK.c.grade_id, _MARKED.c.slot == Slot.FIRST, _MARKED.c.by == marker)
    wanted = _seconds(questions, CELL.c.name, MARK.c.grade_id)
    rows = connection.execute(wanted.where(MARK.c.state == State.OPEN, ~saved, ~exists().where(*first))).tuples().all()
    return {question: [grade_id for name, grade_id in rows if name == question] for question in questions}


def given(connection: Connection, question: str) -> tuple[int, int]:
    """Return how many second marks of a question were given, and how many there will be."""
    wanted = _seconds((question,), MARK.c.state, func.count()).group_by(MARK.c.state)
    numbers: dict[str, int] = dict(connection.execute(wanted).tuples().all())
    return sum(numbers.get(state, 0) for state in marks.COUNTED), sum(numbers.values())


def differing(connection: Connection, *questions: str) -> dict[str, list[str]]:
    """Return by question the answers whose two marks differ, and wait until somebody resolves them."""
    wanted = (
        _seconds(
            questions,
            CELL.c.name,
            MARK.c.grade_id,
            MARK.c.given,
            MARK.c.adjustment,
            MARK.c.resolves,
            _MARKED.c.given,
            _MARKED.c.adjustment,
        )
        .join(_MARKED, and_(_MARKED.c.grade_id == MARK.c.grade_id, _MARKED.c.slot == Slot.FIRST))
        .where(MARK.c.state.in_(marks.COUNTED), _MARKED.c.resolves.is_(null()))
    )
    among: dict[str, list[str]] = {question: [] for question in questions}
    for question, grade_id, given, adjustment, kept, first_given, first_adjustment in connection.execute(wanted):
        first = (kept["given"], kept["adjustment"]) if kept else (first_given, first_adjustment)
        if (given, adjustment) != first:
            among[question].append(grade_id)
    return {question: _open(connection, question, found) if found else [] for question, found in among.items()}


def _open(connection: Connection, question: str, among: Collection[str]) -> list[str]:
    rubric = rubrics.newest(connection, question)
    scheme = rubric.scheme if rubric else None
    return [each.grade_id for each in _both(connection, scheme, among) if each.open] if scheme else []


def _seconds(questions: Collection[str], *columns: ColumnElement[Any]) -> Select[Any]:
    joined = select(*columns).join_from(MARK, GRADE, GRADE.c.id == MARK.c.grade_id)
    joined = joined.join(CELL, CELL.c.id == GRADE.c.cell_id)
    return joined.where(CELL.c.name.in_(questions), MARK.c.slot == Slot.SECOND)


def measure(connection: Connection, question: str) -> QuestionAgreement:
    """Return how far the two marks of answers agree, in points and by item, as they were when the second was given.

    All scores are those of the mark scheme that counts now. Marks of answers that changed since are left out.
    """
    rubric = rubrics.newest(connection, question)
    scheme = rubric.scheme if rubric else None
    if scheme is None:
        return QuestionAgreement(question, agreement([], [], 0.0), {}, ())
    found = sorted(_both(connection, scheme), key=lambda each: each.grade_id)
    items = {
        key: kappa(
            [each.first.given.get(key, 0.0) for each in found],
            [each.second.given.get(key, 0.0) for each in found],
            scale,
        )
        for key, scale in scheme.shares.items()
    }
    overall = agreement([each.first.score for each in found], [each.second.score for each in found], scheme.max_points)
    found.sort(key=lambda each: (not each.open, -abs(each.first.score - each.second.score)))
    return QuestionAgreement(question, overall, items, tuple(found))


def _both(connection: Connection, scheme: Scheme, among: Collection[str] | None = None) -> Iterator[DoubleMark]:
    """Yield the answers with two marks: all, or those of ``among``."""

    def now(judged: Judged) -> Judged:
        given = carried(scheme, judged.given)
        return replace(judged, given=given, score=points(scheme, given, judged.adjustment))

    second = (
        marks.of_question(connection, scheme.question, Slot.SECOND)
        if among is None
        else marks.some(connection, among, Slot.SECOND)
    )
    counted = {key: mark for key, mark in second.items() if mark.state in marks.COUNTED}
    if not counted:
        return
    first, rows = marks.some(connection, counted), grades.known(connection, counted)
    for key, mark in counted.items():
        held = first.get(key)
        if held is None or held.state not in marks.COUNTED or held.answer_sha256 != mark.answer_sha256:
            continue
        one, other = now(mark.resolves or held.resolves or marks.judged(held)), now(marks.judged(mark))
        yield DoubleMark(
            grade_id=key,
            question=scheme.question,
            first=one,
            second=other,
            differ=tuple(each for each in scheme.shares if one.given.get(each, 0.0) != other.given.get(each, 0.0)),
            resolved_by=held.by if held.resolves else "",
            score=rows[key].score,
            by=held.by,
        )
