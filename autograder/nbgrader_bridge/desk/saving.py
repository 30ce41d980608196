"""Saves marks and takes them back: one transaction for score, comment, mark and log, whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select

from autograder.assignment.settings import Show
from autograder.marking.impact import carried
from autograder.marking.scheme import Scheme
from autograder.marking.score import points
from autograder.nbgrader_bridge.desk import alike_answers, grades, marks, rubrics
from autograder.nbgrader_bridge.desk.changes import Change, write
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import Row
from autograder.nbgrader_bridge.desk.marks import Writer
from autograder.nbgrader_bridge.desk.model import (
    Conflict,
    ConflictKind,
    DeskProblem,
    Event,
    Judged,
    Mark,
    SaveMark,
    Slot,
    State,
    name,
)
from autograder.nbgrader_bridge.desk.tables import ANSWER

_TAKEN = "The score that was typed in the formgrader."
#: What is left of a mark that is taken back, where none was before: its revision goes on.
_NOTHING: Mapping[str, Any] = MappingProxyType(
    {
        "given": {},
        "adjustment": 0.0,
        "reason": "",
        "note": "",
        "state": State.OPEN,
        "written_score": None,
        "resolves": None,
    }
)


def save(connection: Connection, wish: SaveMark, show: Show) -> int:
    """Save a mark, for a group too, and return the id of the log's entry.

    A mark that resolves two keeps the first one: agreement is measured with what the markers gave by themselves.

    Raises
    ------
    Conflict
        Something changed since the marker's page was loaded.
    DeskProblem, BadMark
        The mark cannot be saved as it is.
    """
    marks.check(wish)
    ids = (wish.grade_id, *wish.also)
    if wish.grade_id in wish.also:
        raise DeskProblem("an answer is named twice")
    if wish.also and (wish.slot is not Slot.FIRST or wish.resolves):
        raise DeskProblem("second marks are given, and resolved, one by one")
    if wish.resolves and wish.slot is not Slot.FIRST:
        raise DeskProblem("a second mark resolves nothing; the mark that counts does")
    grades.lock(connection, ids)
    rows, held = grades.some(connection, ids), marks.some(connection, ids, wish.slot)
    question = rows[wish.grade_id].question
    scheme = _scheme(connection, rows[wish.grade_id], wish.rubric_rev)
    hashes = _hashes(connection, ids)
    _check_unchanged(wish, rows[wish.grade_id], held.get(wish.grade_id), hashes.get(wish.grade_id))
    kept: Judged | None = None
    if wish.slot is Slot.SECOND:
        kept = _first_of(connection, held.get(wish.grade_id), wish.grade_id, hashes[wish.grade_id])
        if kept is not None and kept.by == wish.by:
            raise DeskProblem("the second mark of an answer is given by another marker than the first")
    elif wish.resolves:
        kept = _resolved(connection, held.get(wish.grade_id))
    if wish.also:
        _check_group(connection, question, wish, rows, held)
    score, at = points(scheme, wish.given, wish.adjustment), now()
    changes = []
    for grade_id in ids:
        row, before = rows[grade_id], held.get(grade_id)
        mark = Mark(
            grade_id=grade_id,
            slot=wish.slot,
            rev=(before.rev if before else 0) + 1,
            rubric_rev=wish.rubric_rev,
            given={key: float(share) for key, share in sorted(wish.given.items()) if share},
            adjustment=wish.adjustment,
            reason=wish.reason,
            note=wish.note,
            state=wish.state,
            by=wish.by,
            at=at,
            written_score=score,
            written_comment_sha256="",
            answer_sha256=hashes.get(grade_id, ""),
            resolves=kept if wish.resolves or wish.slot is Slot.SECOND else _resolves(before),
        )
        after = row
        if wish.slot is Slot.FIRST:
            keep = _keeps_comment(wish, row, before)
            after, mark = Writer(show).new(row, mark, scheme, keep_comment=keep)
        changes.append(Change(row, before, after, mark))
    action = "second" if wish.slot is Slot.SECOND else "resolve" if wish.resolves else "save"
    return write(connection, wish.by, at, action, changes)


def _keeps_comment(wish: SaveMark, row: Row, before: Mark | None) -> bool:
    """Return whether an answer keeps a comment that was typed in the formgrader.

    Raises
    ------
    DeskProblem
        It does, and the marker wrote a note, which nobody would read.
    """
    alone = row.grade_id == wish.grade_id
    if (alone and wish.compose) or not marks.is_edited(row, before):
        return False
    if alone and wish.note.strip() != (before.note.strip() if before else ""):
        raise DeskProblem(
            "the comment of the formgrader stays. Choose *Replace the comment of the formgrader with the desk's* first"
        )
    if not alone and wish.note.strip():
        raise DeskProblem(
            f"answer {name(row.grade_id)} has a comment of the formgrader, and would not get yours. Leave it out, and "
            "mark it alone"
        )
    return True


def _first_of(connection: Connection, second: Mark | None, grade_id: str, answer_sha256: str) -> Judged | None:
    """Return what a second mark keeps of the first one: how it was when the first of the second ones was given."""
    if second and second.resolves and second.answer_sha256 == answer_sha256:
        return second.resolves
    first = marks.some(connection, (grade_id,)).get(grade_id)
    return marks.judged(first) if first and first.state in marks.COUNTED else None


def _resolves(before: Mark | None) -> Judged | None:
    """Return what a later mark keeps of a resolution: nothing, if the answer is another one now."""
    return before.resolves if before and before.state in marks.COUNTED else None


def _resolved(connection: Connection, first: Mark | None) -> Judged:
    """Return what a resolution keeps: the first marker's mark, also if somebody resolved the two before."""
    second = marks.some(connection, (first.grade_id,), Slot.SECOND).get(first.grade_id) if first else None
    if first is None or second is None or not {first.state, second.state} <= {*marks.COUNTED}:
        raise DeskProblem("this answer does not have two marks that could be resolved")
    return second.resolves or first.resolves or marks.judged(first)


def undo(connection: Connection, batch: list[Event], by: str, show: Show) -> int:
    """Take the saves of a batch back, and return the id of the new entry.

    Raises
    ------
    Conflict
        One of the marks or scores is another one than the batch left.
    """
    ids = [each.grade_id for each in batch]
    slot = Slot(batch[0].after["mark"]["slot"])
    grades.lock(connection, ids)
    rows, held = grades.some(connection, ids), marks.some(connection, ids, slot)
    changes = []
    for each in batch:
        row, mark = rows[each.grade_id], held.get(each.grade_id)
        if mark is None or not marks.stands(mark, each.after["mark"]):
            raise _cannot_undo(ConflictKind.MARK, row, mark, each.after["mark"]["by"])
        if slot is Slot.FIRST and marks.is_overruled(row, mark):
            raise _cannot_undo(ConflictKind.FORMGRADER, row, mark)
        before = each.before["mark"]
        earlier = replace(mark, **_NOTHING) if before is None else marks.from_builtins(before)
        earlier = replace(earlier, rev=mark.rev + 1)
        after = row
        if slot is Slot.FIRST:
            after = replace(row, score=each.before["score"], needs_manual_grade=each.before["needs_manual_grade"])
            if not marks.is_edited(row, mark):
                after = replace(after, comment=each.before["comment"])
            rubric = rubrics.newest(connection, row.question)
            if rubric and rubric.scheme and rubric.rev != earlier.rubric_rev and earlier.state in marks.COUNTED:
                after, earlier = Writer(show).again(after, replace(earlier, rubric_rev=rubric.rev), rubric.scheme)
        changes.append(Change(row, mark, after, earlier))
    return write(connection, by, now(), "undo", changes, undoes=batch[0].batch)


def settle(connection: Connection, grade_id: str, by: str, show: Show, *, take: bool) -> int:
    """Settle a score that was typed in the formgrader: take it as an adjustment, or restore what the items say.

    Raises
    ------
    DeskProblem
        The score is not overruled, or no adjustment reaches it.
    """
    grades.lock(connection, (grade_id,))
    row, mark = grades.one(connection, grade_id), marks.some(connection, (grade_id,)).get(grade_id)
    if mark is None or not marks.is_overruled(row, mark):
        raise DeskProblem("the score of this answer is the desk's; load the page again")
    scheme = _scheme(connection, row, mark.rubric_rev)
    given = carried(scheme, mark.given)
    if take:
        if row.score is None or not 0 <= row.score <= row.max_points:
            raise DeskProblem(
                f"no adjustment gives the score of the formgrader ({row.score}); restore the desk's score"
            )
        earned = points(scheme, given)
        mark_after = replace(mark, adjustment=row.score - earned, reason=mark.reason or _TAKEN)
    else:
        mark_after = mark
    mark_after = replace(mark_after, given=given, rev=mark.rev + 1, by=by, at=now())
    after, mark_after = Writer(show).new(row, mark_after, scheme, keep_comment=marks.is_edited(row, mark))
    return write(connection, by, now(), "take" if take else "restore", [Change(row, mark, after, mark_after)])


def _scheme(connection: Connection, row: Row, rev: int) -> Scheme:
    rubric = rubrics.current(connection, row.question)[row.question]
    if rubric.scheme is None or rubric.problem:
        raise DeskProblem(rubric.problem)
    if rubric.rev != rev:
        raise Conflict(
            ConflictKind.RUBRIC,
            f"{rubric.by} changed the mark scheme of {row.question} meanwhile; nothing was saved. Load the page again",
            grade_id=row.grade_id,
            by=rubric.by,
            at=rubric.at,
            score=row.score,
            rev=rubric.rev,
        )
    return rubric.scheme


def _hashes(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    wanted = select(ANSWER.c.grade_id, ANSWER.c.sha256).where(ANSWER.c.grade_id.in_(list(ids)))
    return dict(connection.execute(wanted).tuples().all())


def _check_unchanged(wish: SaveMark, row: Row, mark: Mark | None, sha256: str | None) -> None:
    if (mark.rev if mark else 0) != wish.rev:
        raise _mark_conflict(row, mark)
    if sha256 is None or sha256 != wish.answer_sha256:
        raise Conflict(
            ConflictKind.ANSWER,
            "the student submitted again, and this is another answer than the one you read; nothing was saved. "
            "Load the page again",
            grade_id=row.grade_id,
            score=row.score,
            rev=mark.rev if mark else 0,
        )
    if wish.slot is Slot.FIRST and row.score != wish.seen:
        raise _formgrader_conflict(row, mark)


def _check_group(
    connection: Connection, question: str, wish: SaveMark, rows: Mapping[str, Row], held: Mapping[str, Mark]
) -> None:
    together = alike_answers.members_now(connection, question, wish.grade_id)
    for grade_id in wish.also:
        if rows[grade_id].question != question or grade_id not in together:
            raise DeskProblem("only identical answers, and those that differ by slips, can be marked together")
        mark = held.get(grade_id)
        counted = mark is not None and mark.state in marks.COUNTED
        if mark is not None and counted and mark.rev != wish.also[grade_id]:
            raise _mark_conflict(rows[grade_id], mark)
        if marks.is_overruled(rows[grade_id], mark) if counted else rows[grade_id].score is not None:
            raise _formgrader_conflict(rows[grade_id], mark)


def _cannot_undo(kind: ConflictKind, row: Row, mark: Mark | None, mine: str = "") -> Conflict:
    who = "somebody typed another score in the formgrader later"
    if kind is ConflictKind.MARK:
        who = f"{mark.by} marked it later" if mark and mark.by != mine else "it, or its mark scheme, changed later"
    return Conflict(
        kind,
        f"{row.question.upper()}, answer {name(row.grade_id)}: {who}. Nothing was undone",
        grade_id=row.grade_id,
        by=mark.by if mark else "",
        at=mark.at if mark else "",
        score=row.score,
        given=mark.given if mark else None,
        rev=mark.rev if mark else 0,
    )


def _mark_conflict(row: Row, mark: Mark | None) -> Conflict:
    by = mark.by if mark else ""
    score = mark.written_score if mark and mark.slot is Slot.SECOND else row.score
    gave = "nothing" if score is None else f"{score:g}"
    return Conflict(
        ConflictKind.MARK,
        f"somebody else marked this: {by} gave {gave}. Nothing was saved",
        grade_id=row.grade_id,
        by=by,
        at=mark.at if mark else "",
        score=score,
        given=mark.given if mark else None,
        rev=mark.rev if mark else 0,
    )


def _formgrader_conflict(row: Row, mark: Mark | None) -> Conflict:
    score = "no score any more" if row.score is None else f"a score of {row.score:g}"
    return Conflict(
        ConflictKind.FORMGRADER,
        f"somebody used the formgrader: this answer has {score} there. Nothing was saved",
        grade_id=row.grade_id,
        score=row.score,
        given=mark.given if mark else None,
        rev=mark.rev if mark else 0,
    )
