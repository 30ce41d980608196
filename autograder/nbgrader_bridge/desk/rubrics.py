"""Keeps every revision of the mark schemes, and moves the scores that rest on a changed one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select

from autograder.marking.impact import Impact, Marked, carried, moves
from autograder.marking.revision import with_keys_of
from autograder.marking.scheme import Scheme, SchemeProblem, from_document, parse, render, to_document
from autograder.marking.source import Source, sources
from autograder.nbgrader_bridge.desk import events, grades, marks
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import sha256
from autograder.nbgrader_bridge.desk.model import (
    Conflict,
    ConflictKind,
    DeskProblem,
    Event,
    Rubric,
    State,
)
from autograder.nbgrader_bridge.desk.tables import RUBRIC

#: Who wrote the revisions that come from the notebook.
NOTEBOOK = "the notebook"


@dataclass(frozen=True)
class FromNotebook:
    """The notebook's mark scheme of a question, as `make release` put it into the gradebook, or why it has none."""

    source: Source | None
    scheme: Scheme | None
    problem: str


def from_notebook(connection: Connection) -> dict[str, FromNotebook]:
    """Return the notebook's mark schemes by question."""
    found = {}
    for source in sources(grades.released_notebook(connection)):
        try:
            scheme, problem = parse(source.markdown, source.question, source.max_points), ""
        except SchemeProblem as said:
            scheme, problem = None, str(said)
        found[source.question] = FromNotebook(source, scheme, problem)
    return found


def adopt(connection: Connection) -> None:
    """Make the notebook's mark schemes the first revisions, or the newest ones of questions that nobody marked yet.

    Once there are marks, a new release moves no score by itself: `Rubric.drift` says that the two differ.
    """
    for question, found in from_notebook(connection).items():
        if found.scheme is None:
            continue
        latest = newest(connection, question)
        if latest is None:
            _add(connection, found.scheme, 1, NOTEBOOK)
        elif (
            latest.scheme is not None
            and latest.by == NOTEBOOK
            and render(latest.scheme) != render(found.scheme)
            and not any(mark.given for mark in marks.of_question(connection, question).values())
        ):
            _add(connection, with_keys_of(latest.scheme, found.scheme), latest.rev + 1, NOTEBOOK)


def newest(connection: Connection, question: str) -> Rubric | None:
    """Return the newest revision; None if there is none."""
    row = connection.execute(
        select(RUBRIC).where(RUBRIC.c.question == question).order_by(RUBRIC.c.rev.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Rubric(question, row.rev, from_document(row.document), row.by, row.at)


def current(connection: Connection, question: str, notebook: FromNotebook | None, max_points: float) -> Rubric:
    """Return the revision that counts, with what is wrong with it."""
    latest = newest(connection, question)
    problem = "" if notebook is None else notebook.problem
    if latest is None or latest.scheme is None:
        return Rubric(question, 0, None, "", "", problem or f"{question}: the notebook has no mark scheme")
    if latest.scheme.max_points != max_points:
        return replace(
            latest,
            problem=f"{question}: the mark scheme gives {latest.scheme.max_points:g} points, and the gradebook "
            f"{max_points:g}; change the mark scheme first, or run `make release`",
            drift=True,
        )
    differs = notebook is not None and (notebook.scheme is None or render(notebook.scheme) != render(latest.scheme))
    return replace(latest, drift=differs)


def history(connection: Connection, question: str) -> list[Rubric]:
    """Return all revisions, the oldest first."""
    rows = connection.execute(select(RUBRIC).where(RUBRIC.c.question == question).order_by(RUBRIC.c.rev))
    return [Rubric(question, row.rev, from_document(row.document), row.by, row.at) for row in rows]


def continued(connection: Connection, scheme: Scheme) -> Scheme:
    """Return a scheme with the keys of the newest revision."""
    return with_keys_of(_old(connection, scheme.question), scheme)


def impact(connection: Connection, new: Scheme) -> Impact:
    """Return what a change to a scheme with the keys of the newest revision would do. Nothing is written.

    Raises
    ------
    DeskProblem
        The question has no mark scheme that could change.
    """
    old, held = _old(connection, new.question), marks.of_question(connection, new.question)
    rows = grades.of_question(connection, new.question)
    if any(row.max_points != new.max_points for row in rows.values()):
        raise DeskProblem(
            f"{new.question}: the mark scheme gives {new.max_points:g} points, and the gradebook another number; "
            "points are changed in the notebook, and then with `make release`"
        )
    return moves(
        old,
        new,
        {
            grade_id: Marked(carried(old, mark.given), mark.adjustment, marks.is_overruled(rows[grade_id], mark))
            for grade_id, mark in held.items()
            if grade_id in rows and mark.state in marks.COUNTED
        },
    )


def change(connection: Connection, new: Scheme, rev: int, by: str, write: marks.Writer, action: str = "rubric") -> int:
    """Add a revision, move every score that rests on the one before, and return the id of the log's entry.

    Parameters
    ----------
    rev : int
        The revision that the person saw.

    Raises
    ------
    Conflict
        There is a newer revision.
    """
    question = new.question
    grades.lock(connection, grades.of_question(connection, question))
    latest = newest(connection, question)
    if latest is None or latest.rev != rev:
        raise Conflict(
            ConflictKind.RUBRIC,
            f"{question}: somebody changed the mark scheme meanwhile; load the page again",
            grade_id="",
            by=latest.by if latest else "",
            at=latest.at if latest else "",
            rev=latest.rev if latest else 0,
        )
    rows, held = grades.of_question(connection, question), marks.of_question(connection, question)
    effect, at = impact(connection, new), now()
    document = _add(connection, new, rev + 1, by)
    changes = [("", {"question": question, "rev": rev}, {"question": question, "rev": rev + 1, "document": document})]
    for grade_id, mark in sorted(held.items()):
        if grade_id not in rows or mark.state not in marks.COUNTED:
            continue
        looked = replace(mark, state=State.LOOK) if grade_id in effect.look else mark
        before = events.side(rows[grade_id], mark)
        row, moved = write.again(rows[grade_id], replace(looked, rubric_rev=rev + 1), new)
        if (row, moved) == (rows[grade_id], replace(mark, rubric_rev=rev + 1)):
            marks.put(connection, moved)  # of a mark that the change leaves alone, no page is out of date
            continue
        moved = replace(moved, rev=mark.rev + 1)
        grades.write(connection, [row])
        marks.put(connection, moved)
        changes.append((grade_id, before, events.side(row, moved)))
    return events.record(connection, by, at, action, changes)


def undo(connection: Connection, batch: list[Event], by: str, write: marks.Writer) -> int:
    """Put the mark scheme before a change back as a new revision; marks that waited for a look since wait no more."""
    question, rev = batch[0].before["question"], batch[0].before["rev"]
    old = next(each.scheme for each in history(connection, question) if each.rev == rev)
    latest = newest(connection, question)
    if old is None or latest is None or latest.scheme is None or latest.rev != batch[0].after["rev"]:
        raise DeskProblem(f"{question}: the mark scheme was changed again since; undo the later change first")
    taken = {*latest.scheme.items, *latest.scheme.costs, *latest.scheme.retired} - {*old.items, *old.costs}
    held = marks.of_question(connection, question)
    untouched = {
        each.grade_id: State(each.before["mark"]["state"])
        for each in batch[1:]
        if each.grade_id in held and held[each.grade_id].rev == each.after["mark"]["rev"]
    }
    event = change(
        connection, replace(old, retired=tuple(sorted(taken | {*old.retired}))), latest.rev, by, write, "undo"
    )
    for grade_id, mark in marks.of_question(connection, question).items():
        if grade_id in untouched:
            marks.put(connection, replace(mark, state=untouched[grade_id]))
    return event


def _old(connection: Connection, question: str) -> Scheme:
    latest = newest(connection, question)
    if latest is None or latest.scheme is None:
        raise DeskProblem(f"{question}: there is no mark scheme that could change; write one into the notebook first")
    return latest.scheme


def _add(connection: Connection, scheme: Scheme, rev: int, by: str) -> dict[str, Any]:
    source = sha256(render(scheme))
    document = to_document(scheme, rev, source)
    connection.execute(
        insert(RUBRIC).values(
            question=scheme.question, rev=rev, document=document, source_sha256=source, by=by, at=now()
        )
    )
    return document
