"""A gradebook that a command cannot use is named before the command begins, with what to do."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from autograder.nbgrader_bridge import gradebook_file
from autograder.nbgrader_bridge.gradebook_file import gradebook_problems, wait_for_other_programs

WRITING = ["nbgrader", "autograde", "weight_initialization"]
READING = ["nbgrader", "generate_feedback", "weight_initialization"]
OTHER = ["nbgrader", "db", "student", "add", "ann"]
STARTING = ["/venv/bin/jupyter-server", "--no-browser"]


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # unlike pytest's, it can be opened to other users
        yield Path(folder, "gradebook.db")


_A_GRADE = "INSERT INTO grade VALUES (1, hex(randomblob(1000)));"


@pytest.fixture
def gradebook(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(gradebook_file, "_PATIENCE", 0.1)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "BEGIN; CREATE TABLE assignment (name TEXT); INSERT INTO assignment VALUES ('weight_initialization');"
            f"CREATE TABLE grade (points REAL, comment TEXT); {_A_GRADE * 100} COMMIT;"
        )
    return path


def problems(path: Path, command: list[str]) -> list[str]:
    return list(gradebook_problems(f"sqlite:///{path}", command))


@pytest.mark.parametrize("command", [WRITING, READING, OTHER, STARTING])
def test_gradebook_in_order_is_no_problem(gradebook: Path, command: list[str]) -> None:
    before = gradebook.read_bytes()
    assert problems(gradebook, command) == []
    assert gradebook.read_bytes() == before


@pytest.mark.parametrize("command", [WRITING, READING, OTHER, STARTING])
@pytest.mark.parametrize("content", ["text", "torn", "foreign", "folder"])
def test_gradebook_that_is_damaged_or_none_is_named_for_every_command(
    gradebook: Path, command: list[str], content: str
) -> None:
    whole = gradebook.read_bytes()
    gradebook.unlink()
    if content == "text":
        gradebook.write_bytes(b"not a database, whatever its name says" * 100)
    elif content == "torn":
        gradebook.write_bytes(whole[:12288] + b"\xff" * 8192 + whole[20480:])
    elif content == "foreign":
        with closing(sqlite3.connect(gradebook)) as database:
            database.execute("CREATE TABLE photos (place TEXT)")
    else:
        gradebook.mkdir()
    (line,) = problems(gradebook, command)
    assert line.startswith(f"the gradebook {gradebook} cannot be used: ")
    assert ("your backup" in line) == (content != "folder")


@pytest.mark.parametrize(
    ("lock", "kept_out"), [("EXCLUSIVE", [WRITING, READING, OTHER, STARTING]), ("IMMEDIATE", [WRITING, STARTING])]
)
def test_gradebook_that_another_program_keeps_is_in_use(gradebook: Path, lock: str, kept_out: list[list[str]]) -> None:
    with closing(sqlite3.connect(gradebook, isolation_level=None)) as other:
        other.execute(f"BEGIN {lock}")
        for command in (WRITING, READING, OTHER, STARTING):
            lines = problems(gradebook, command)
            assert len(lines) == (command in kept_out)
            assert all("is in use by another program: close the formgrader" in line for line in lines)


def test_gradebook_that_cannot_be_written_is_enough_to_read(gradebook: Path) -> None:
    gradebook.chmod(0o444)
    gradebook.parent.chmod(0o555)
    me = os.geteuid()
    if me == 0:  # nothing is read-only for root
        os.seteuid(65534)
    try:
        assert problems(gradebook, READING) == []
        (line,) = problems(gradebook, WRITING)
    finally:
        os.seteuid(me)
        gradebook.parent.chmod(0o755)
    assert "cannot be written: give yourself the right to write it" in line


@pytest.mark.parametrize("there", [True, False])
def test_gradebook_without_the_assignment_is_enough_for_making_the_release_alone(path: Path, there: bool) -> None:
    if there:
        path.touch()
    for command in (WRITING, READING, ["nbgrader", "export"]):
        assert problems(path, command) == [
            f"the gradebook {path} does not know the assignment weight_initialization yet: run `make release`."
        ]
    for command in (OTHER, STARTING, ["nbgrader", "generate_assignment", "weight_initialization"]):
        assert problems(path, command) == []
    assert path.exists() == there


def test_other_databases_are_not_asked() -> None:
    assert list(gradebook_problems("postgresql+psycopg://grader@localhost/grades", WRITING)) == []
    assert list(gradebook_problems("sqlite:////nowhere/gradebook.db?timeout=9", WRITING)) == []


def test_command_that_has_begun_waits_while_another_program_writes(gradebook: Path) -> None:
    wait_for_other_programs()
    wait_for_other_programs()  # a second course's settings change nothing
    engine = create_engine(f"sqlite:///{gradebook}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 60_000
    engine.dispose()
