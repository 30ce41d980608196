"""Detects gradebooks that nbgrader cannot use, before a command begins: nbgrader itself shows pages of tracebacks.

`nbgrader_config.py` asks for every command. This module imports nothing of nbgrader's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.assignment.questions import NAME

SQLITE = "sqlite:///"
#: Seconds to wait for another program before a command begins. A grade that is saved takes milliseconds.
_PATIENCE = 5.0
#: Seconds to wait during a command, which would lose what it has not saved.
_LONG_PATIENCE = 60
_WRITERS = frozenset({"autograde", "generate_assignment", "regrade"})
_NEED_A_RELEASE = frozenset({"autograde", "generate_feedback", "export"})


def what_to_do(cause: str) -> str:
    """Return why a database cannot be used and what to do, from what the database says.

    Examples
    --------
    >>> what_to_do("database is locked")
    'is in use by another program: close the formgrader and other commands that use it, and run this again'
    """
    if "locked" in cause:
        return "is in use by another program: close the formgrader and other commands that use it, and run this again"
    if "readonly" in cause:
        return "cannot be written: give yourself the right to write it and its folder, and run this again"
    if "unable to open" in cause:
        return f"cannot be used: {cause}; give yourself the right to read and write it, and its folder"
    return f"cannot be used: {cause}; put back a copy from your backup, or move the file away and begin again"


def gradebook_problems(url: str, command: Sequence[str]) -> Iterator[str]:
    """Yield why a command cannot use the gradebook and what to do, as one sentence.

    PostgreSQL, and addresses with options, are not asked.

    Parameters
    ----------
    url : str
        The gradebook's SQLAlchemy address.
    command : sequence of str
        The program and its arguments, as ``sys.argv`` has them.
    """
    if not url.startswith(SQLITE) or "?" in url:
        return
    path = Path(url.removeprefix(SQLITE))
    words = set(command[1:])
    writes = bool(words & _WRITERS) or Path(command[0]).name.startswith("jupyter")
    try:
        known = path.exists() and _knows_the_assignment(path, writes=writes)
    except sqlite3.Error as problem:
        yield f"the gradebook {path} {what_to_do(str(problem))}."
        return
    if not known and words & _NEED_A_RELEASE:
        yield f"the gradebook {path} does not know the assignment {NAME} yet: run `make release`."


def wait_for_other_programs() -> None:
    """Have every gradebook that this process opens wait a minute for other programs, and not five seconds."""
    if not event.contains(Engine, "connect", _wait):
        event.listen(Engine, "connect", _wait)


def _wait(connection: object, record: object) -> None:
    del record
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout = {1000 * _LONG_PATIENCE}")


def _knows_the_assignment(path: Path, *, writes: bool) -> bool:
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "assignment" not in tables:
            raise sqlite3.DatabaseError("it is a database, but not of nbgrader")
        ((found,),) = database.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise sqlite3.DatabaseError("it is damaged")
        if writes:
            database.execute("BEGIN IMMEDIATE")
            database.execute("PRAGMA user_version = 0")  # fails where nothing can be written
            database.execute("ROLLBACK")
        return bool(tables and database.execute("SELECT 1 FROM assignment WHERE name = ?", (NAME,)).fetchall())
