"""Reads students' requests for another look from files: a table, JSON, or the Markdown of the issue form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from autograder.collection.tables import read_table
from autograder.nbgrader_bridge.desk.model import DeskProblem
from autograder.nbgrader_bridge.desk.regrade_requests import LABELS, Asked
from autograder.text import one_line

#: What a request says, in the order of a table's columns.
COLUMNS = ("student", "question", "item", "reason")
#: What GitHub writes where somebody left a field empty.
_EMPTY = "_No response_"
_HEADING = re.compile(rf"^### ({'|'.join(LABELS)})$", re.MULTILINE)
_MOST_BYTES = 10_000_000
_FORMS = (
    f"requests are a table (.csv) that must begin with the line {','.join(COLUMNS)}, JSON (.json) that must have a "
    "list of objects with these keys, or an issue (.md)"
)


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One request in JSON. ``body`` stands for all others: it is that of an issue, as `gh issue list` prints it."""

    student: str = ""
    question: str = ""
    item: str = ""
    reason: str = ""
    body: str = ""


def read_requests(file: Path) -> list[Asked]:
    """Return the requests in a file. Its name says what it is: ``.json``, ``.md``, or a table.

    Raises
    ------
    DeskProblem, CannotCollect
        The file cannot be read, is too long, or has another form.
    """
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DeskProblem(f"{file} has more than {_MOST_BYTES // 1_000_000} MB; that is no list of requests")
        match file.suffix.lower():
            case ".json":
                return list(_of_json(file))
            case ".md":
                return [_of_issue("the issue", file.read_text(encoding="utf-8-sig"))]
    except (OSError, UnicodeDecodeError) as problem:
        raise DeskProblem(f"{file} cannot be read: {one_line(str(problem), 120)}") from None
    return list(_of_table(file))


def _of_json(file: Path) -> Iterator[Asked]:
    try:
        entries = msgspec.json.decode(file.read_bytes(), type=list[_Entry])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise DeskProblem(f"{file} is no JSON of requests ({one_line(str(problem), 120)}); {_FORMS}") from None
    for number, entry in enumerate(entries, 1):
        place = f"entry {number}"
        if entry.body:
            yield _of_issue(place, entry.body)
        else:
            yield Asked(place, *(getattr(entry, name).strip() for name in COLUMNS))


def _of_issue(place: str, body: str) -> Asked:
    """Return the request in an issue; what its author left out is empty, and refused later by its name."""
    parts = _HEADING.split(body.replace("\r\n", "\n"))
    said = {label: text.strip() for label, text in zip(parts[1::2], parts[2::2], strict=True)}
    return Asked(place, *("" if said.get(label) == _EMPTY else said.get(label, "") for label in LABELS))


def _of_table(file: Path) -> Iterator[Asked]:
    rows = read_table(file, "the list of requests")
    if not rows or tuple(name.strip().lower() for name in rows[0][1]) != COLUMNS:
        raise DeskProblem(f"{file} is no table of requests; {_FORMS}")
    for number, row in rows[1:]:
        if any(map(str.strip, row)):
            yield Asked(f"line {number}", *(text.strip() for text in [*row, "", "", "", ""][: len(COLUMNS)]))
