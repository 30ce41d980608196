"""Reads the roster: a CSV file with one line for each student, from GitHub login to the id in the gradebook."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.assignment.submitted import same_student
from autograder.collection.files import CannotCollect
from autograder.collection.identity import fit

_COLUMNS = {
    "github": "github",
    "login": "github",
    "github_login": "github",
    "student": "student",
    "student_id": "student",
    "id": "student",
    "email": "email",
    "pull_request": "pull_request",
}
#: `int` also reads -1, 1_0 and the digits of other scripts.
_NUMBER = re.compile("#?[1-9][0-9]{0,9}")


@dataclass(frozen=True)
class Roster:
    """Student ids by GitHub login and by e-mail address (both in lower case), and by pull request number."""

    by_login: dict[str, str]
    by_email: dict[str, str]
    by_pull_request: dict[int, str]

    @property
    def students(self) -> set[str]:
        """Everybody in it."""
        return {*self.by_login.values(), *self.by_email.values(), *self.by_pull_request.values()}

    def login(self, student: str) -> str | None:
        """Return a student's login in lower case, or None if it is unknown."""
        return next((login for login, whose in self.by_login.items() if whose == student), None)


def load_roster(path: Path) -> Roster:
    """Read a roster.

    Its first line names the columns: ``github`` and ``student``, and, where wanted, ``email`` (of the student's
    commits) and ``pull_request`` (a number, or several with spaces between).

    Raises
    ------
    CannotCollect
        When it cannot be read, lacks a column, has two that mean the same, says two things of one login, address,
        pull request or student, or nothing of a student by which to know a pull request.
    """
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise CannotCollect(f"the roster {path} cannot be read: {problem}") from None
    if not lines:
        raise CannotCollect(f"the roster {path} is empty")
    columns = [_COLUMNS.get(name.strip().lower().replace(" ", "_"), "") for name in lines[0]]
    for needed in ("github", "student"):
        if needed not in columns:
            raise CannotCollect(f"the roster {path} has no column {needed!r}: begin it with the line github,student")
    for meaning in dict.fromkeys(filter(None, columns)):
        same = [name.strip() for name, column in zip(lines[0], columns, strict=True) if column == meaning]
        if len(same) > 1:
            raise CannotCollect(f"the roster {path} has columns that mean the same, {', '.join(same)}: leave one")
    roster = Roster({}, {}, {})
    for number, line in enumerate(lines[1:], 2):
        row = {column: value.strip() for column, value in zip(columns, line, strict=False) if column}
        if any(row.values()):
            _add(roster, row, f"line {number} of the roster {path}")
    return roster


def _add(roster: Roster, row: dict[str, str], where: str) -> None:
    student = row.get("student", "")
    if not student or fit(student) != student:
        raise CannotCollect(
            f"{where} has the student id {student!r}: it names a folder: use letters, digits, and . @ + - _ inside"
        )
    login = row.get("github", "").lstrip("@").lower()
    if not (login or row.get("email") or row.get("pull_request")):
        raise CannotCollect(
            f"{where} has no GitHub login for {student}, nor an email or a pull_request to know a pull request by"
        )
    known = roster.login(student)
    if login and known not in (None, login):
        raise CannotCollect(f"{where} gives {student} the login {login}, and another line {known}")
    for other in roster.students - {student}:
        if same_student(other) == same_student(student):
            raise CannotCollect(f"{where} has the student id {student}, and another line {other}: they look the same")
    _put(roster.by_login, [login] if login else [], student, where)
    _put(roster.by_email, [row["email"].lower()] if row.get("email") else [], student, where)
    numbers = row.get("pull_request", "").split()
    if not all(_NUMBER.fullmatch(each) for each in numbers):
        raise CannotCollect(f"{where} has {row['pull_request']!r} for a pull request's number")
    _put(roster.by_pull_request, [int(each.lstrip("#")) for each in numbers], student, where)


def _put(known: dict[Any, str], keys: Iterable[Any], student: str, where: str) -> None:
    for key in keys:
        if known.setdefault(key, student) != student:
            raise CannotCollect(f"{where} gives {key} to {student}, and another line to {known[key]}")
