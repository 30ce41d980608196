"""Writes all marks and the log as lines of JSON, and reads them back into another gradebook of the same submissions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from autograder.marking.scheme import from_document
from autograder.nbgrader_bridge.desk import events, grades, marks
from autograder.nbgrader_bridge.desk.changes import Change, write
from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import Row
from autograder.nbgrader_bridge.desk.model import DeskProblem, Slot
from autograder.nbgrader_bridge.desk.tables import COMMENT, MARK, REQUEST, RUBRIC

SCHEMA = "autograder/marks/v1"


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield what is marked: a head, then mark schemes, marks, comments of the bank, requests and the log, each sorted.

    Students are named, because the random ids of one gradebook mean nothing in another one. In the log, an answer
    whose submission was removed keeps its id, because nobody knows any more whose it was.
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
            row = rows[request["grade_id"]]
            values = {key: value for key, value in request.items() if key not in ("id", "grade_id")}
            yield {"kind": "request", "student": row.student, "question": row.question, **values}
    numbers: dict[int, int] = {}
    for event in events.log(connection):
        numbers[event.id] = len(numbers) + 1
        whom = rows.get(event.grade_id)
        answer = {"student": whom.student, "question": whom.question} if whom else {"answer": event.grade_id}
        yield {
            "kind": "event",
            **answer,
            "at": event.at,
            "by": event.by,
            "action": event.action,
            "batch": numbers[event.batch],
            **({"undoes": numbers[event.undoes]} if event.undoes in numbers else {}),
            "before": _without_id(event.before),
            "after": _without_id(event.after),
        }


def _without_id(side: Mapping[str, Any]) -> dict[str, Any]:
    mark = side.get("mark")
    return {**side, "mark": {key: mark[key] for key in mark if key != "grade_id"}} if mark else dict(side)


def load(connection: Connection, lines: Iterable[Any]) -> int:
    """Write exported marks, with their scores, comments and log, and return how many there are.

    The log then ends with an entry of the import, which has all that the other gradebook had.

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
    changes: list[Change] = []
    batches: dict[int, int] = {}
    numbered = enumerate(lines, 1)
    head = next((line for _, line in numbered), None)
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        raise DeskProblem(f"line 1 is not the head of an export, which names {SCHEMA}")
    for number, line in numbered:
        try:
            values = dict(line)
            match values.pop("kind"):
                case "rubric":
                    from_document(values["document"])
                    connection.execute(insert(RUBRIC).values(**values))
                case "comment":
                    connection.execute(insert(COMMENT).values(**values))
                case "request":
                    connection.execute(insert(REQUEST).values(grade_id=_row(answers, values).grade_id, **values))
                case "mark":
                    _load_mark(connection, answers, values, changes)
                case "event":
                    _load_event(connection, answers, values, batches)
                case kind:
                    raise ValueError(f"kind {kind!r}")
        except DeskProblem as problem:
            raise DeskProblem(f"line {number}: {problem}") from None
        except (KeyError, TypeError, ValueError, msgspec.ValidationError) as problem:
            raise DeskProblem(f"line {number} is no line of {SCHEMA}: {type(problem).__name__} {problem}") from None
    write(connection, "import", now(), "import", changes)
    return len(changes)


def _row(answers: Mapping[tuple[str, str], Row], values: dict[str, Any]) -> Row:
    student, question = values.pop("student"), values.pop("question")
    if (student, question) not in answers:
        raise DeskProblem(f"the gradebook has no answer of {student!r} to {question!r}")
    return answers[student, question]


def _load_mark(
    connection: Connection, answers: Mapping[tuple[str, str], Row], values: dict[str, Any], changes: list[Change]
) -> None:
    row, gradebook = _row(answers, values), values.pop("gradebook", None)
    mark = marks.from_builtins({"grade_id": row.grade_id, **values})
    if gradebook is None:
        marks.put(connection, [mark])
    else:
        changes.append(Change(row, None, replace(row, **gradebook), mark))


def _load_event(
    connection: Connection, answers: Mapping[tuple[str, str], Row], values: dict[str, Any], batches: dict[int, int]
) -> None:
    """Add an entry to the log. ``batches`` has the ids of the batches that were added, by their numbers in the file."""
    grade_id = values.pop("answer") if "answer" in values else _row(answers, values).grade_id
    sides = {}
    for name in ("before", "after"):
        side = values.pop(name)
        sides[name] = {**side, "mark": {"grade_id": grade_id, **side["mark"]}} if side.get("mark") else side
    values["undoes"] = batches.get(values.pop("undoes", 0), 0)
    number = values.pop("batch")
    added = events.add(connection, batches.get(number, 0), {"grade_id": grade_id, **sides, **values})
    batches.setdefault(number, added)
