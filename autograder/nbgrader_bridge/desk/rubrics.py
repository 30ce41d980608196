"""Keeps every revision of the mark schemes, and moves the scores that rest on a changed one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, insert, select

from autograder.marking.impact import Impact, Marked, carried, moves
from autograder.marking.revision import with_keys_of
from autograder.marking.scheme import Scheme, SchemeProblem, from_document, parse, render, to_document
from autograder.marking.source import Source, sources
from autograder.nbgrader_bridge.desk import grades, marks
from autograder.nbgrader_bridge.desk.changes import Change, write
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import Row, sha256
from autograder.nbgrader_bridge.desk.model import (
    Conflict,
    ConflictKind,
    DeskProblem,
    Event,
    Mark,
    Rubric,
    State,
)
from autograder.nbgrader_bridge.desk.tables import RUBRIC
from autograder.notebook import Notebook

#: Who wrote the revisions that come from the notebook.
NOTEBOOK = "the notebook"
#: Mark schemes that a server keeps in memory as they were read.
_KEPT = 64


@dataclass(frozen=True)
class FromNotebook:
    """The notebook's mark scheme of a question, as `make release` put it into the gradebook, or why it has none.

    ``sha256`` is the hash of its Markdown.
    """

    scheme: Scheme | None
    sha256: str
    problem: str


def from_notebook(connection: Connection) -> dict[str, FromNotebook]:
    """Return the notebook's mark schemes by question."""
    return _schemes(grades.released_notebook(connection))


def _schemes(released: Notebook) -> dict[str, FromNotebook]:
    return {source.question: _read(source) for source in sources(released)}


@lru_cache(maxsize=_KEPT)
def _read(source: Source) -> FromNotebook:
    try:
        scheme = parse(source.markdown, source.question, source.max_points)
    except SchemeProblem as said:
        return FromNotebook(None, "", str(said))
    return FromNotebook(scheme, sha256(render(scheme)), "")


@lru_cache(maxsize=_KEPT)
def _scheme(document: str) -> Scheme:
    """Return the scheme in a document's JSON. Reading one takes milliseconds, and each page needs one."""
    return from_document(json.loads(document))


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
            and latest.source_sha256 != found.sha256
            and not any(mark.given for mark in marks.of_question(connection, question).values())
        ):
            _add(connection, with_keys_of(latest.scheme, found.scheme), latest.rev + 1, NOTEBOOK)


def newest(connection: Connection, question: str) -> Rubric | None:
    """Return the newest revision as it was written; None if there is none."""
    return _revision(connection, question)


def _revision(connection: Connection, question: str, *conditions: ColumnElement[bool]) -> Rubric | None:
    """Return the newest revision for which the conditions hold."""
    wanted = (
        select(
            RUBRIC.c.rev, cast(RUBRIC.c.document, Text).label("text"), RUBRIC.c.by, RUBRIC.c.at, RUBRIC.c.source_sha256
        )
        .where(RUBRIC.c.question == question, *conditions)
        .order_by(RUBRIC.c.rev.desc())
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    return Rubric(question, row.rev, _scheme(row.text), row.by, row.at, source_sha256=row.source_sha256)


def current(connection: Connection, *questions: str) -> dict[str, Rubric]:
    """Return the revisions that count by question, with what is wrong with them."""
    released = grades.released_notebook(connection)
    points = {cell.grade_id: cell.metadata.get("points", 0.0) for cell in released.cells}
    notebook = _schemes(released)
    return {
        each: _current(each, newest(connection, each), notebook.get(each), points.get(each, 0.0)) for each in questions
    }


def _current(question: str, latest: Rubric | None, notebook: FromNotebook | None, points: float) -> Rubric:
    if latest is None or latest.scheme is None:
        problem = notebook.problem if notebook else ""
        return Rubric(question, 0, None, "", "", problem or f"{question}: the notebook has no mark scheme")
    if latest.scheme.max_points != points:
        return replace(
            latest,
            problem=f"{question}: the mark scheme gives {latest.scheme.max_points:g} points, and the gradebook "
            f"{points:g}; change the mark scheme first, or run `make release`",
            drift=True,
        )
    return replace(latest, drift=notebook is not None and notebook.sha256 != latest.source_sha256)


def continued(connection: Connection, scheme: Scheme) -> Scheme:
    """Return a scheme with the keys of the newest revision."""
    return with_keys_of(_old(connection, scheme.question), scheme)


def impact(connection: Connection, new: Scheme) -> Impact:
    """Return what a change to a scheme with the keys of the newest revision would do. Nothing is written.

    Raises
    ------
    DeskProblem
        The question has no mark scheme that could change, or the new one has other points.
    """
    rows = grades.of_question(connection, new.question)
    return _impact(connection, new, rows, marks.of_question(connection, new.question))


def _impact(connection: Connection, new: Scheme, rows: Mapping[str, Row], held: Mapping[str, Mark]) -> Impact:
    old = _old(connection, new.question)
    if grades.released_points(connection).get(new.question) != new.max_points:
        raise DeskProblem(
            f"{new.question}: the mark scheme gives {new.max_points:g} points, and the gradebook another number; "
            "points are changed in the notebook, and then with `make release`"
        )
    counted = {
        grade_id: Marked(carried(old, mark.given), mark.adjustment, marks.is_overruled(rows[grade_id], mark))
        for grade_id, mark in held.items()
        if grade_id in rows and mark.state in marks.COUNTED
    }
    return moves(old, new, counted)


def change(
    connection: Connection,
    new: Scheme,
    rev: int,
    by: str,
    writer: marks.Writer,
    action: str = "rubric",
    states: Mapping[str, State] = MappingProxyType({}),
    *,
    look: bool = False,
    undoes: int = 0,
) -> int:
    """Add a revision, move every score that rests on the one before, and return the id of the log's entry.

    Parameters
    ----------
    rev : int
        The revision that the person saw.
    action : str
        What the log calls it.
    states : mapping of str to State
        The states of marks from now on, by grade id. Without it, marks that somebody should look at wait for that.
    look : bool
        Put the answers that were marked without a new item or false statement on the list of those to look at again.
    undoes : int
        The batch of the log that this takes back; 0 if it takes back none.

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
    effect, at = _impact(connection, new, rows, held), now()
    document = _add(connection, new, rev + 1, by)
    again = {*effect.look, *(effect.without if look else ())}
    changes, untouched = [], []
    for grade_id, mark in sorted(held.items()):
        if grade_id not in rows or mark.state not in marks.COUNTED:
            continue
        row, state = rows[grade_id], states.get(grade_id, State.LOOK if grade_id in again else mark.state)
        row_after, after = writer.again(row, replace(mark, state=state, rubric_rev=rev + 1), new)
        if (row_after, after) == (row, replace(mark, rubric_rev=rev + 1)):
            untouched.append(after)  # and no page with it is out of date
        else:
            changes.append(Change(row, mark, row_after, replace(after, rev=mark.rev + 1)))
    marks.put(connection, untouched)
    head = ("", {"question": question, "rev": rev}, {"question": question, "rev": rev + 1, "document": document})
    return write(connection, by, at, action, changes, [head], undoes)


def undo(connection: Connection, batch: list[Event], by: str, writer: marks.Writer) -> int:
    """Put the mark scheme before a change back as a new revision; marks that waited for a look since wait no more."""
    question, rev = batch[0].before["question"], batch[0].before["rev"]
    old, made = (_of_revision(connection, question, each) for each in (rev, batch[0].after["rev"]))
    latest = newest(connection, question)
    if old is None or made is None or latest is None or latest.scheme is None or not _same(latest.scheme, made):
        raise DeskProblem(f"{question.upper()}: the mark scheme was changed again since; undo the later change first")
    taken = {*latest.scheme.items, *latest.scheme.costs, *latest.scheme.retired} - {*old.items, *old.costs}
    held = marks.of_question(connection, question)
    untouched = {
        each.grade_id: State(each.before["mark"]["state"])
        for each in batch[1:]
        if marks.stands(held.get(each.grade_id), each.after["mark"])
    }
    back = replace(old, retired=tuple(sorted(taken | {*old.retired})))
    return change(connection, back, latest.rev, by, writer, "undo", untouched, undoes=batch[0].batch)


def _of_revision(connection: Connection, question: str, rev: int) -> Scheme | None:
    found = _revision(connection, question, RUBRIC.c.rev == rev)
    return found.scheme if found else None


def _same(one: Scheme, other: Scheme) -> bool:
    """Whether two revisions say the same with the same keys: the later one can be the earlier one, put back."""
    return replace(one, retired=()) == replace(other, retired=())


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
