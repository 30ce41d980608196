"""One notebook, one outcome: whichever command grades it gives the same points and the same remarks."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.course import ASSIGNMENT, Course
from tests.notebook_cases import CASES, Case
from tests.samples import ENVIRONMENT, RELEASE

pytestmark = [pytest.mark.slow, pytest.mark.frameworks]

#: All that were made from this course's release.
OURS = [case for case in CASES if case.release == RELEASE]
#: Points for Q7, and what was remarked.
Outcome = tuple[float, list[str]]
Roads = dict[str, dict[str, Outcome]]


def autograder(*arguments: str | Path) -> None:
    command = ["autograder", *map(str, arguments)]
    run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def of_result(document: dict[str, Any]) -> Outcome:
    return document["score"], [remark["text"] for remark in document["remarks"]]


def by_grade(folder: Path, course: Course) -> dict[str, Outcome]:
    autograder("grade", *[course.submission(case.name) for case in OURS], "--json", folder / "results.json")
    documents = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {case.name: of_result(document) for case, document in zip(OURS, documents, strict=True)}


def by_class(folder: Path, course: Course) -> dict[str, Outcome]:
    autograder("class", course.folder / "submitted", "--out", folder)
    return {
        path.stem: of_result(json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("results/*.json")
    }


def by_nbgrader(folder: Path, course: Course) -> dict[str, Outcome]:
    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.autograde()
    totals = {
        student: sum(points or 0.0 for name, (points, _, _) in scores.items() if name.startswith("q7"))
        for student, scores in course.scores().items()
    }
    return {case.name: (totals[case.name], shown_remarks(course, case)) for case in OURS}


def shown_remarks(course: Course, case: Case) -> list[str]:
    """What the notebook that graders open says of the file."""
    first = course.autograded(case.name).cells[0]
    return [line.removeprefix("- ") for line in first.source.splitlines()[2:]] if first.id == "remarks" else []


ROADS: dict[str, Callable[[Path, Course], dict[str, Outcome]]] = {
    "grade": by_grade,
    "class": by_class,
    "nbgrader autograde": by_nbgrader,
}


@pytest.fixture(scope="module")
def roads(need_confinement: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roads]:
    course = Course.make(tmp_path_factory.mktemp("course"))
    for case in OURS:
        course.submit(case.name, case.path.read_bytes())
    yield {road: take(tmp_path_factory.mktemp("road"), course) for road, take in ROADS.items()}
    shutil.rmtree(course.folder)


@pytest.mark.parametrize("road", ROADS)
def test_every_notebook_earns_what_a_fair_teacher_gives(road: str, roads: Roads) -> None:
    assert {name: points for name, (points, _) in roads[road].items()} == {case.name: case.score for case in OURS}


@pytest.mark.parametrize("road", [road for road in ROADS if road != "grade"])
def test_every_notebook_is_remarked_on_in_the_same_words(road: str, roads: Roads) -> None:
    told = {name: remarks for name, (_, remarks) in roads[road].items()}
    assert told == {name: remarks for name, (_, remarks) in roads["grade"].items()}
    assert {name: len(remarks) for name, remarks in told.items()} == {case.name: len(case.remarks) for case in OURS}


@pytest.mark.usefixtures("need_confinement")
def test_gradescope_is_told_the_same(roads: Roads, tmp_path: Path) -> None:
    """Its script grades one notebook at a time, by the command that the other road takes: one shows it."""
    (case,) = [case for case in OURS if case.name == "a12_both_sides"]
    autograder("grade", "--gradescope", tmp_path / "results.json", "--", case.path)
    document = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (sum(test["score"] for test in document["tests"]), case.score) == (40.0, 40.0)
    assert of_result(document["extra_data"]["result"]) == roads["grade"][case.name]
    assert "both sides of a merge" in document["output"]
