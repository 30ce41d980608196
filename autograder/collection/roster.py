"""Reads the map from what platforms call students to their ids in the course: a CSV file, one line for each student.

For pull requests, it is the roster. If it is unclear whose a file is, `autograder collect` writes such a file, who.csv.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.assignment.submitted import same_student
from autograder.collection.identity import fit
from autograder.collection.members import CannotCollect
from autograder.collection.tables import read_table

_COLUMNS = {
    "github": "github",
    "github_login": "github",
    "login": "user",
    "username": "user",
    "student": "student",
    "student_id": "student",
    "id": "student",
    "email": "email",
    "pull_request": "pull_request",
    "platform_id": "platform_id",
    "lms_user_id": "platform_id",
    "name": "name",
    "source": "source",
}
#: Stands in the place of a student's id for what is not to be collected.
LEFT_OUT = "-"
#: `int` also reads -1, 1_0 and the digits of other scripts.
_NUMBER = re.compile("#?[1-9][0-9]{0,9}")
#: What spreadsheets make of long numbers.
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Roster:
    """Student ids by what may be known of a submission.

    Logins (GitHub's), users (the university's) and e-mail addresses are in lower case; names as `plain_name` returns
    them. An id of ``-`` stands for what is not to be collected, and an empty one for a source of several students,
    whose platform ids tell them apart.
    """

    by_login: dict[str, str] = field(default_factory=dict)
    by_email: dict[str, str] = field(default_factory=dict)
    by_pull_request: dict[int, str] = field(default_factory=dict)
    by_platform_id: dict[str, str] = field(default_factory=dict)
    by_source: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, set[str]] = field(default_factory=dict)
    by_user: dict[str, str] = field(default_factory=dict)

    @cached_property
    def students(self) -> set[str]:
        """Everybody in it."""
        known = (self.by_login, self.by_user, self.by_email, self.by_pull_request, self.by_platform_id, self.by_source)
        one = {student for each in known for student in each.values()}
        return (one | {student for named in self.by_name.values() for student in named}) - {LEFT_OUT, ""}

    def login(self, student: str) -> str | None:
        """Return a student's login in lower case, or None if it is unknown."""
        return next((login for login, whose in self.by_login.items() if whose == student), None)


def plain_name(name: str) -> str:
    """Return a name without what differs between two ways to write it: case, spaces, and how letters are encoded.

    Examples
    --------
    >>> plain_name("  Jose\\u0301  Lee ") == plain_name("JOS\\u00c9 LEE")
    True
    """
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def load_roster(path: Path, *, for_pull_requests: bool = False) -> Roster:
    """Read a roster.

    Its first line names the columns: ``student``, and at least one of ``github``, ``email`` (of the student's commits,
    or at the platform), ``pull_request`` (a number, or several with spaces between), ``platform_id``, ``name`` and
    ``source`` (a file or folder of what is collected).

    Raises
    ------
    CannotCollect
        When it cannot be read, lacks a column, has two that mean the same, says two things of one login, address,
        pull request, file or student, or nothing of a student by which to know a submission.
    """
    lines = read_table(path, "the roster")
    if not lines:
        raise CannotCollect(f"the roster {path} is empty")
    head = lines[0][1]
    columns = [_COLUMNS.get(name.strip().lower().replace(" ", "_").replace("-", "_"), "") for name in head]
    _check_columns(path, head, columns, for_pull_requests=for_pull_requests)
    roster = Roster()
    looks: dict[str, str] = {}
    for number, line in lines[1:]:
        row = {column: value.strip() for column, value in zip(columns, line, strict=False) if column}
        if "github" not in columns:  # then the user may be GitHub's
            row["github"] = row.get("user", "")
        if any(row.values()):
            _add(roster, row, looks, f"line {number} of the roster {path}")
    return roster


def _check_columns(path: Path, head: list[str], columns: list[str], *, for_pull_requests: bool) -> None:
    needed = ("github", "student") if for_pull_requests else ("student",)
    for each in needed:
        if each not in columns and not (each == "github" and "user" in columns):
            line = "github,student" if for_pull_requests else "student,platform_id,name"
            raise CannotCollect(f"the roster {path} has no column {each!r}: begin it with the line {line}")
    if not set(columns) - {"student", ""}:
        raise CannotCollect(
            f"the roster {path} has no column to know students by: add github, email, platform_id, name or source"
        )
    for meaning in dict.fromkeys(filter(None, columns)):
        same = [name.strip() for name, column in zip(head, columns, strict=True) if column == meaning]
        if len(same) > 1:
            raise CannotCollect(f"the roster {path} has columns that mean the same, {', '.join(same)}: leave one")


def _add(roster: Roster, row: dict[str, str], looks: dict[str, str], where: str) -> None:
    student = row.get("student", "")
    about = next((row[each] for each in ("source", "name", "platform_id") if row.get(each)), "")
    if not student and about:
        raise CannotCollect(
            f"{where} has no student id for {about!r}: write it, or {LEFT_OUT} to leave the submission out"
        )
    if student != LEFT_OUT and (not student or fit(student) != student):
        raise CannotCollect(
            f"{where} has the student id {student!r}: it names a folder: use letters, digits, and . @ + - _ inside"
        )
    login = row.get("github", "").lstrip("@").lower()
    if not any(
        [login, *(row.get(each) for each in ("user", "email", "pull_request", "platform_id", "name", "source"))]
    ):
        raise CannotCollect(
            f"{where} has no GitHub login for {student}, nor an email or a pull_request to know a pull request by"
        )
    known = roster.login(student)
    if login and student != LEFT_OUT and known not in (None, login):
        raise CannotCollect(f"{where} gives {student} the login {login}, and another line {known}")
    if student != LEFT_OUT:
        other = looks.setdefault(same_student(student), student)
        if other != student:
            raise CannotCollect(f"{where} has the student id {student}, and another line {other}: they look the same")
    if _SHORTENED.fullmatch(row.get("platform_id", "")):
        raise CannotCollect(
            f"{where} has the platform_id {row['platform_id']}: a spreadsheet shortened a long number; format the "
            "column as text"
        )
    _put(roster.by_login, [login] if login else [], student, where)
    _put(roster.by_email, [row["email"].lower()] if row.get("email") else [], student, where)
    _put(roster.by_user, [row["user"].lower()] if row.get("user") else [], student, where)
    numbers = row.get("pull_request", "").split()
    if not all(_NUMBER.fullmatch(each) for each in numbers):
        raise CannotCollect(f"{where} has {row['pull_request']!r} for a pull request's number")
    _put(roster.by_pull_request, [int(each.lstrip("#")) for each in numbers], student, where)
    _put(roster.by_platform_id, [row["platform_id"]] if row.get("platform_id") else [], student, where)
    if source := row.get("source"):
        # Everybody of a group has the group's file; the platform's ids say who they are.
        other = roster.by_source.get(source, student)
        if row.get("platform_id") and other != student and other in {"", *roster.by_platform_id.values()}:
            roster.by_source[source] = ""
        else:
            _put(roster.by_source, [source], student, where)
    if row.get("name"):
        roster.by_name.setdefault(plain_name(row["name"]), set()).add(student)


def _put(known: dict[Any, str], keys: Iterable[Any], student: str, where: str) -> None:
    for key in keys:
        if known.setdefault(key, student) != student:
            raise CannotCollect(f"{where} gives {key} to {student}, and another line to {known[key]}")
