"""A notebook with another name than the release's: whose it is, what to do, and nobody else's grade."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.course import ASSIGNMENT, Course
from tests.samples import ROOT, SOLUTION, answered, write

#: Two right submissions; beside bob's stands a notebook of his own.
CASE = ROOT / "tests/cases/n1_scratch_beside/submitted"
MISNAMED = {"eve": "WMS q3.ipynb", "fay": f"{ASSIGNMENT} (1).ipynb"}

pytestmark = pytest.mark.usefixtures("need_confinement")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course.make(tmp_path_factory.mktemp("course"))
    course.nbgrader("generate_assignment", ASSIGNMENT)
    shutil.copytree(CASE, course.folder / "submitted")
    for student, name in MISNAMED.items():
        write(answered({}, SOLUTION), course.submission(student).with_name(name))
    return course


def test_no_notebook_of_another_name_costs_a_neighbour_the_score(course: Course) -> None:
    said = course.autograde()
    assert course.totals() == {"ann": 40.0, "bob": 40.0}
    assert "Traceback" not in said
    (beside,) = [line for line in said.splitlines() if "scratch.ipynb" in line]
    assert f"is not graded: the submission is {ASSIGNMENT}.ipynb beside it" in beside
    for student, name in MISNAMED.items():
        (line,) = [line for line in said.splitlines() if name in line]
        assert f"{student}/{ASSIGNMENT}/{name} is not graded: rename it to {ASSIGNMENT}.ipynb" in line

    # Nor at the next run, when there is nothing else left to do; and once the file is renamed, it counts.
    course.submission("fay").with_name(MISNAMED["fay"]).rename(course.submission("fay"))
    again = course.autograde()
    assert course.totals() == {"ann": 40.0, "bob": 40.0, "fay": 40.0}
    assert MISNAMED["eve"] in again


def test_asking_for_a_misnamed_one_alone_fails_in_a_line(course: Course) -> None:
    said = course.autograde("--student=eve", expect=1)
    assert "Traceback" not in said
    assert f"{MISNAMED['eve']} is not graded: rename it to {ASSIGNMENT}.ipynb" in said


def test_class_grades_the_right_one_of_two_and_the_only_one_whatever_its_name(course: Course, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "autograder", "class", "submitted", "--out", str(tmp_path), "--csv", "scores.csv")
    course.run(*command)
    rows = (course.folder / "scores.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split(",")[:3] for row in rows] == [[who, "graded", "40"] for who in ("ann", "bob", "eve", "fay")]
