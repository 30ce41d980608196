"""A notebook with a wrong file name is graded for its student, or a message says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course
from tests.support.samples import ROOT, SOLUTION, answered, write

#: Two right submissions; beside bob's stands a notebook of his own.
CASE = ROOT / "tests/specification/cases/n1_scratch_beside/submitted"
#: Students with one notebook alone, under another name; and one with two.
MISNAMED = {"eve": "WMS q3.ipynb", "fay": f"{ASSIGNMENT} (1).ipynb"}
SEVERAL = ("gus", ("a.ipynb", "b.ipynb"))

pytestmark = [pytest.mark.slow, pytest.mark.frameworks, pytest.mark.usefixtures("need_confinement")]


@pytest.fixture(scope="module")
def course(autograder: Commands, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course.make(tmp_path_factory.mktemp("course"), commands=autograder)
    course.nbgrader("generate_assignment", ASSIGNMENT)
    shutil.copytree(CASE, course.folder / "submitted")
    for student, name in MISNAMED.items():
        write(answered({}, SOLUTION), course.submission(student).with_name(name))
    for name in SEVERAL[1]:
        write(answered({}, SOLUTION), course.submission(SEVERAL[0]).with_name(name))
    return course


@pytest.fixture(scope="module")
def said(course: Course) -> str:
    return course.autograde()


REMARK = f"The file should be named {ASSIGNMENT}.ipynb."


def line_with(text: str, said: str) -> str:
    (line,) = [line for line in said.splitlines() if text in line]
    return line


def test_the_only_notebook_of_a_student_is_graded_whatever_its_name(course: Course, said: str) -> None:
    assert course.totals() == {"ann": 40.0, "bob": 40.0, "eve": 40.0, "fay": 40.0}
    for student, name in MISNAMED.items():
        line = line_with(f"{student}/{ASSIGNMENT}/{name} is graded as", said)
        assert f"is graded as {ASSIGNMENT}.ipynb: it is the only notebook in its folder" in line
        assert not course.submission(student).exists(), "the student's folder is the student's"
        result = course.record(student)["result"]
        assert result["submission"]["path"].endswith(name)
        assert [remark["kind"] for remark in result["remarks"]] == ["misnamed"]
        assert REMARK in course.autograded(student).cells[0].source
    assert course.record("ann")["result"]["remarks"] == []


def test_no_notebook_of_another_name_costs_a_neighbour_the_score(course: Course, said: str) -> None:
    assert "Traceback" not in said
    beside = line_with("scratch.ipynb", said)
    assert f"is not graded: the submission is {ASSIGNMENT}.ipynb beside it" in beside
    assert "name one of them so, then autograde again" in line_with(f"gus/{ASSIGNMENT} holds 2 notebooks", said)


@pytest.mark.usefixtures("said")
def test_whoever_grades_by_hand_or_exports_grades_reads_who_is_missing(course: Course, autograder: Commands) -> None:
    triage = autograder("course", "triage", cwd=course.folder, COLUMNS="160")
    told = line_with(f"gus/{ASSIGNMENT} holds 2 notebooks", triage.stdout + triage.stderr)
    assert told.startswith("autograder: gus: ")
    for exporter in ("QuestionsExport", "CanvasExport"):
        told = course.nbgrader("export", f"--exporter=autograder.nbgrader_bridge.export.{exporter}", "--to=grades.csv")
        assert "gus has no grade for Q7" in line_with("holds 2 notebooks", told)


def test_asking_for_one_that_nobody_can_tell_fails_in_a_line(course: Course) -> None:
    told = course.autograde("--student=gus", expect=1)
    assert "Traceback" not in told
    assert "holds 2 notebooks, none of them" in told


def test_class_says_the_same_of_everybody(course: Course, autograder: Commands, tmp_path: Path) -> None:
    run = autograder("class", "submitted", "--out", tmp_path, "--csv", "scores.csv", cwd=course.folder)
    assert run.returncode == 2
    rows = (course.folder / "scores.csv").read_text(encoding="utf-8").splitlines()[1:]
    graded = [[who, "graded", "40"] for who in ("ann", "bob", "eve", "fay")]
    assert [row.split(",")[:3] for row in rows] == [*graded, ["gus", "unreadable", ""]]
    assert [REMARK in row for row in rows] == [False, False, True, True, False]
