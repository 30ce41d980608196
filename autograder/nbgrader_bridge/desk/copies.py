"""Writes all marks as lines of JSON, and reads them back into another gradebook of the same submissions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from autograder.marking.scheme import from_document
from autograder.nbgrader_bridge.desk import events, grades, marks
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.model import DeskProblem, Mark, Slot
from autograder.nbgrader_bridge.desk.tables import COMMENT, MARK, REQUEST, RUBRIC

SCHEMA = "autograder/marks/v1"


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield what is marked: a head, then mark schemes, marks, comments of the bank and requests, each sorted.

    Students are named, because the random ids of one gradebook mean nothing in another one.
    """
    yield {"schema": SCHEMA}
    for rubric in connection.execute(select(RUBRIC).order_by(RUBRIC.c.question, RUBRIC.c.rev)).mappings():
        yield {"kind": "rubric", **rubric}
    rows = grades.of_question(connection)
    lines = []
    for mark in marks.every(connection):
        if mark.grade_id in rows:
            row = rows[mark.grade_id]
            values = msgspec.to_builtins(mark)
            del values["grade_id"]
            gradebook = {"score": row.score, "comment": row.comment, "needs_manual_grade": bool(row.needs_manual_grade)}
            lines.append(
                {"kind": "mark", "student": row.student, "question": row.question, **values}
                | ({"gradebook": gradebook} if mark.slot is Slot.FIRST else {})
            )
    yield from sorted(lines, key=lambda line: (line["student"], line["question"], line["slot"]))
    for comment in connection.execute(select(COMMENT).order_by(COMMENT.c.question, COMMENT.c.sha256)).mappings():
        yield {"kind": "comment", **comment}
    for request in connection.execute(select(REQUEST).order_by(REQUEST.c.id)).mappings():
        if request["grade_id"] in rows:
            whose = rows[request["grade_id"]]
            values = {key: value for key, value in request.items() if key not in ("id", "grade_id")}
            yield {"kind": "request", "student": whose.student, "question": whose.question, **values}


def load(connection: Connection, lines: Iterable[Any]) -> int:
    """Write exported marks, with their scores and comments, and return how many there are.

    Raises
    ------
    DeskProblem
        The lines are no export, the gradebook has marks already, or lacks an answer. Nothing is written then.
    """
    if connection.execute(select(MARK.c.grade_id).limit(1)).first() is not None:
        raise DeskProblem("this gradebook has marks already; import into one that has none, so that no mark is lost")
    answers = {(row.student, row.question): row for row in grades.of_question(connection).values()}
    grades.lock(connection, [row.grade_id for row in answers.values()])
    connection.execute(delete(RUBRIC))
    changes = []
    head = None
    for number, line in enumerate(lines, 1):
        try:
            if head is None:
                head = line["schema"]
                if head != SCHEMA:
                    raise DeskProblem(f"line {number}: this is {head!r}, and not {SCHEMA}")
                continue
            values = dict(line)
            kind = values.pop("kind")
            if kind == "rubric":
                from_document(values["document"])
                connection.execute(insert(RUBRIC).values(**values))
            elif kind == "comment":
                connection.execute(insert(COMMENT).values(**values))
            else:
                student, question = values.pop("student"), values["question"]
                row = answers.get((student, question))
                if row is None:
                    raise DeskProblem(f"line {number}: the gradebook has no answer of {student!r} to {question!r}")
                del values["question"]
                if kind == "request":
                    connection.execute(insert(REQUEST).values(grade_id=row.grade_id, **values))
                    continue
                gradebook = values.pop("gradebook", None)
                mark = msgspec.convert({"grade_id": row.grade_id, **values}, Mark)
                marks.put(connection, mark)
                if gradebook is not None:
                    after = replace(row, **gradebook)
                    grades.write(connection, [after])
                    changes.append((row.grade_id, events.side(row, None), events.side(after, mark)))
        except (KeyError, TypeError, ValueError) as problem:
            raise DeskProblem(f"line {number} is no line of {SCHEMA}: {type(problem).__name__} {problem}") from None
    events.record(connection, "import", now(), "import", changes)
    return len(changes)
