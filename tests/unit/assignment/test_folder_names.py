"""Doctor and nbgrader's commands warn of a course folder's name that nbgrader cannot work in, and of no other name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.assignment.folder_names import CONFIG, folder_problems
from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course

#: The release, autograding, feedback and the formgrader work in these: tried with nbgrader 0.9.6.
BORNE = (
    "a b", "ab ", "Übung", "U\u0308bung", "курс", "🎓", ".hidden", "a..", "~a", "-a", "a[b", "a]b", "a*b", "a{b}c",
    "a{b", "a{nbgrader_step}c", "a#b", "a%b", "100%", "a+b", "a\\b", "a\nb", "a\tb", "a'b", 'a"b', "a$HOMEb", "a&b;c",
    "a(b)c", "a:b", "a,b", "a@b", "a=b", "a|b", "a^b", "a<b>c",
)  # fmt: skip
#: In these they do not.
NOT_BORNE = {
    "[DL 2026] Übung": "finds no notebook",
    "a[bc]d/course": "finds no notebook",
    "[!a]b": "finds no notebook",
    "a?b": "keeps the gradebook elsewhere",
    "a%20b": "cannot open the gradebook",
    "a $HOME": "takes what follows a $",
    os.fsdecode(b"a\xffb"): "not UTF-8",
    "/".join(["d" * 200] * 3): "longer than SQLite's 504 bytes",
}


def course(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).touch()
    return folder


@pytest.mark.parametrize("name", BORNE, ids=ascii)
def test_what_nbgrader_bears_is_not_told_of(name: str, tmp_path: Path) -> None:
    assert folder_problems(course(tmp_path / name)) == []


@pytest.mark.parametrize("name", NOT_BORNE, ids=lambda name: ascii(name)[:20])
def test_what_nbgrader_cannot_bear_is_told_with_what_helps(name: str, tmp_path: Path) -> None:
    (problem,) = folder_problems(course(tmp_path / name))
    assert NOT_BORNE[name] in problem
    assert "Rename the folder" in problem


def test_pattern_that_another_course_fits_is_told_of(tmp_path: Path) -> None:
    other = course(tmp_path / "aXb")
    (problem,) = folder_problems(course(tmp_path / "a*b"))
    assert str(other) in problem


def test_gradebook_on_a_server_minds_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_GRADEBOOK", "postgresql+psycopg://localhost/course")
    assert folder_problems(course(tmp_path / "a%20b")) == []


@pytest.mark.slow
def test_doctor_and_nbgraders_commands_stop_there(autograder: Commands, tmp_path: Path) -> None:
    made = Course.make(tmp_path / "[DL 2026] Übung")
    said = made.nbgrader("generate_assignment", ASSIGNMENT, expect=2)
    assert said.strip().splitlines()[-1].startswith("autograder: nbgrader finds no notebook here")
    assert "Traceback" not in said
    run = autograder("doctor", cwd=made.folder)
    assert run.returncode == 3
    assert f"Rename the folder {made.folder}" in run.stdout
    # The folder is at fault, not the machine: grading without nbgrader is still confined.
    assert "--unconfined" not in run.stdout
    assert autograder("doctor", cwd=tmp_path).returncode == 0
