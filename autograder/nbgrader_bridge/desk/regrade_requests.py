"""Students' requests for another look: checked one by one, and answered by another marker than the first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update

from autograder.assignment.questions import WRITTEN
from autograder.assignment.settings import Show, time_text
from autograder.marking.impact import carried
from autograder.nbgrader_bridge.desk import grades, marks, rubrics, saving
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import sha256
from autograder.nbgrader_bridge.desk.model import DeskProblem, Event, Request, RequestState, SaveMark, State
from autograder.nbgrader_bridge.desk.tables import REQUEST
from autograder.text import one_line

#: Labels of a request's parts in the issue form ``regrade.yml`` and in a student's file. They become headings there.
LABELS = ("Student", "Question", "Item", "Reason")
_MOST = 2_000
#: How a text begins that a spreadsheet may run as a formula.
_FORMULA = re.compile(r"[=@\t\r]|[+-]\S")


@dataclass(frozen=True)
class Asked:
    """A request as a file has it. ``item`` is the item's key, or empty for the whole answer.

    People may write ``Q1`` for ``q1``, ``1a`` for ``q1.1a``, and ``1`` for the only item of row 1. ``place`` says where
    in the file it stands, such as "line 3".
    """

    place: str
    student: str
    question: str
    item: str
    reason: str


def add(connection: Connection, asked: Sequence[Asked], until: datetime | None) -> list[str]:
    """Add requests to the queue, and return one line for each that was refused.

    A request that is there already is not added again.

    Parameters
    ----------
    until : datetime or None
        When the window closes; None if it does not.

    Raises
    ------
    DeskProblem
        The window is closed. Nothing is added then.
    """
    if until is not None and datetime.now(UTC) > until:
        raise DeskProblem(f"students could ask until {time_text(until)}")
    rows = {(row.student, row.question): row for row in grades.of_question(connection).values()}
    students = {student for student, _ in rows}
    held = marks.some(connection, [row.grade_id for row in rows.values()])
    refused = []
    for each in (_as_named(connection, each) for each in asked):
        problem = _problem(connection, each, students)
        row = rows.get((each.student, each.question))
        if not problem and row is None:
            problem = "this student submitted nothing"
        if problem or row is None:
            refused.append(f"{each.place}: {problem}")
            continue
        values = {"grade_id": row.grade_id, "item": each.item, "source_sha256": sha256(each.reason)}
        same = [REQUEST.c[name] == value for name, value in values.items()]
        if connection.scalar(select(REQUEST.c.id).where(*same)) is None:
            first = held[row.grade_id].by if row.grade_id in held else ""
            new = {"text": each.reason, "state": RequestState.OPEN, "reply": "", "by": "", "first_marker": first}
            connection.execute(insert(REQUEST).values(**values, **new, at=now()))
    return refused


def _as_named(connection: Connection, asked: Asked) -> Asked:
    """Return a request with the question's name and the item's key."""
    question, item = asked.question.lower(), asked.item.lower()
    rubric = rubrics.newest(connection, question) if item else None
    scheme = rubric.scheme if rubric else None
    if scheme is None:
        return replace(asked, question=question)
    names = {str(n): row.items[0].key for n, row in enumerate(scheme.rows, 1) if len(row.items) == 1}
    names |= {key: key for key in scheme.shares}
    names |= {key.removeprefix(f"{question}."): key for key in scheme.shares}
    return replace(asked, question=question, item=names.get(item, asked.item))


def _problem(connection: Connection, each: Asked, students: set[str]) -> str:
    if any(_FORMULA.match(text) for text in (each.student, each.question, each.item, each.reason)):
        return "a field begins like a formula of a spreadsheet"
    if each.student not in students:
        return f"there is no student {one_line(each.student, 40)!r} with a submission"
    if each.question not in WRITTEN:
        return f"there is no written question {one_line(each.question, 20)!r}; there are {', '.join(WRITTEN)}"
    rubric = rubrics.newest(connection, each.question)
    scheme = rubric.scheme if rubric else None
    shares = scheme.shares if scheme else {}
    if each.item and each.item not in shares:
        items = ", ".join(key.removeprefix(f"{each.question}.") for key in shares)
        return f"the mark scheme of {each.question} has no item {one_line(each.item, 20)!r}; it has {items}"
    if not each.reason.strip():
        return "it gives no reason"
    if len(each.reason) > _MOST:
        return f"its reason has {len(each.reason):,} characters; at most {_MOST:,} are read"
    return ""


def every(connection: Connection, grade_id: str | None = None) -> tuple[Request, ...]:
    """Return the requests about an answer, or about all; the oldest comes first."""
    about = [] if grade_id is None else [REQUEST.c.grade_id == grade_id]
    rows = connection.execute(select(REQUEST).where(*about).order_by(REQUEST.c.id)).all()
    answers = grades.known(connection, {row.grade_id for row in rows})
    held = marks.some(connection, list(answers))
    return tuple(
        Request(
            id=row.id,
            grade_id=row.grade_id,
            question=answers[row.grade_id].question,
            item=row.item,
            text=row.text,
            state=RequestState(row.state),
            reply=row.reply,
            by=row.by,
            at=row.at,
            first_marker=row.first_marker or (held[row.grade_id].by if row.grade_id in held else ""),
        )
        for row in rows
        if row.grade_id in answers
    )


def answer(
    connection: Connection,
    number: int,
    by: str,
    reply: str,
    wish: SaveMark | None,
    show: Show,
    *,
    compose: bool = False,
) -> int:
    """Answer a request, and return the id of the log's entry. The reply becomes a part of the comment.

    Parameters
    ----------
    wish : SaveMark or None
        The changed mark; None keeps the mark.
    compose : bool
        As in `SaveMark`, where the mark is kept.

    Raises
    ------
    DeskProblem
        The request is answered already, its answer has no mark, or the student asks about this marker's mark.
    Conflict
        As `autograder.nbgrader_bridge.desk.saving.save`.
    """
    found = next((each for each in every(connection) if each.id == number), None)
    if found is None:
        raise DeskProblem(f"there is no request {number}")
    grades.lock(connection, (found.grade_id,))
    found = next(each for each in every(connection) if each.id == number)
    if found.state is not RequestState.OPEN:
        raise DeskProblem(f"{found.by} answered this request already")
    if not reply.strip():
        raise DeskProblem("a request needs a reply; the student reads it")
    row, mark = grades.one(connection, found.grade_id), marks.some(connection, (found.grade_id,)).get(found.grade_id)
    if mark is None or mark.state not in marks.COUNTED:
        raise DeskProblem("this answer has no mark yet; mark it first")
    if found.first_marker == by:
        raise DeskProblem("a request is answered by another marker than the one about whose mark the student asks")
    if marks.is_overruled(row, mark):
        raise DeskProblem("the score was changed in the formgrader; take it or restore the desk's before you answer")
    if wish is not None and wish.grade_id != found.grade_id:
        raise DeskProblem("the mark is one of another answer than the request")
    rubric = rubrics.newest(connection, row.question)
    scheme = rubric.scheme if rubric else None
    if scheme is None:
        raise DeskProblem(f"{row.question} has no mark scheme")
    kept = SaveMark(
        grade_id=found.grade_id,
        rev=mark.rev,
        rubric_rev=mark.rubric_rev,
        given=carried(scheme, mark.given),
        by=by,
        answer_sha256=mark.answer_sha256,
        seen=row.score,
        adjustment=mark.adjustment,
        reason=mark.reason,
        note=mark.note,
        state=State.DONE,
        compose=compose,
    )
    chosen = wish or kept
    said = _said(found.item or found.question, reply.strip())
    event = saving.save(connection, replace(chosen, note=f"{chosen.note}\n\n{said}".strip()), show)
    state = RequestState.KEPT if wish is None else RequestState.ACCEPTED
    at = marks.some(connection, (found.grade_id,))[found.grade_id].at  # by which `reopen` knows it
    connection.execute(
        update(REQUEST).where(REQUEST.c.id == number).values(state=state, reply=reply.strip(), by=by, at=at)
    )
    return event


def _said(about: str, reply: str) -> str:
    return f"About {about}: {reply}"


def reopen(connection: Connection, batch: Sequence[Event], question: str) -> tuple[int, str, str]:
    """Open the request again that a batch of the log answered. Its mark was taken back, and the reply with it.

    Returns
    -------
    tuple of int, str and str
        The request, its reply, and what the reply added to the note; 0 and empty if the batch answered none.
    """
    first = batch[0]
    by_it = (REQUEST.c.grade_id == first.grade_id, REQUEST.c.by == first.by, REQUEST.c.at == first.at)
    found = connection.execute(select(REQUEST).where(*by_it, REQUEST.c.state != RequestState.OPEN)).first()
    if found is None:
        return 0, "", ""
    opened = {"state": RequestState.OPEN, "reply": "", "by": ""}
    connection.execute(update(REQUEST).where(REQUEST.c.id == found.id).values(opened))
    return found.id, found.reply, _said(found.item or question, found.reply)
