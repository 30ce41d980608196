"""Every command and platform gives one notebook the same points and the same remarks."""

from __future__ import annotations

import csv
import html
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster
from typer.testing import CliRunner

from autograder.cli.app import app
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.sandbox import Sandbox
from autograder.submission.reader import read_submission
from autograder.submission.remarks import RemarkKind
from tests.support import gradescope_image
from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course
from tests.support.graders import one_warm_sandbox
from tests.support.notebook_cases import CASES, Case
from tests.support.samples import RELEASE

pytestmark = [pytest.mark.slow, pytest.mark.frameworks]

#: All that were made from this course's release, of today or earlier.
ALL = [case for case in CASES if case.release == RELEASE]
#: One of every kind, for every road: of those with equal points and remarks of the same kinds, the first.
OURS = [
    *{
        (case.score, case.refused, bool(case.waits), case.earlier, *sorted({k for _, k in case.remarks})): case
        for case in ALL[::-1]
    }.values()
][::-1]


@cache
def with_code_of_their_own() -> list[Case]:
    """Return, for the first road, OURS and of all others the first of those that run the same code for equal points."""
    first: dict[object, Case] = {}
    for case in (*OURS, *ALL):
        if case.refused is None:
            submission = read_submission(read_notebook(case.path), read_notebook(case.release))
            first.setdefault((*(cell.source for cell in submission.code), submission.untouched, case.score), case)
    return [case for case in ALL if case in OURS or case in first.values()]


@dataclass(frozen=True)
class Outcome:
    """What a road makes of a file.

    Attributes
    ----------
    score : float or None
        Points for Q7; None where the file cannot be read.
    remarks : list of str
        What the reader remarked on; of a file that cannot be read, the reason alone.
    shown : str
        What people see on this road, in one line, without what Markdown and HTML escape.
    """

    score: float | None
    remarks: list[str]
    shown: str


Road = dict[str, Outcome]


def reason(case: Case) -> str | None:
    """Return why the reader refuses a file; None where it reads it."""
    try:
        read_submission(read_notebook(case.path), read_notebook(case.release))
    except UnreadableNotebook as problem:
        return problem.problem  # what to do about it is said to students alone
    return None


def plain(text: str) -> str:
    return " ".join(html.unescape(text.replace("\\", "").replace("\u2060", "")).split())


def outcome(case: Case, document: dict[str, Any] | None, shown: str) -> Outcome:
    """Return what a road said: by the result's JSON, or, where there is none, by what it shows of a refusal."""
    if document is not None:
        return Outcome(document["score"], [remark["text"] for remark in document["remarks"]], plain(shown))
    told = reason(case)
    return Outcome(None, [told] if told and told in plain(shown) else [], plain(shown))


def autograder(*arguments: str | Path, **environment: str) -> tuple[int, str]:
    run = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "2000", **environment})
    assert run.exit_code in (0, 2), run.output
    return run.exit_code, run.output


def document_in(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def by_grade(folder: Path, course: Course) -> Road:
    cases = with_code_of_their_own()
    _, said = autograder("grade", *(case.path for case in cases), "--json", folder / "results.json")
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    documents = {document["submission"]["path"]: document for document in found}
    return {case.name: outcome(case, documents.get(str(case.path)), said) for case in cases}


def by_check(folder: Path, course: Course) -> Road:
    road = {}
    for case in OURS:
        written = folder / f"{case.name}.json"
        _, said = autograder("check", course.submission(case.name), "--json", written)
        road[case.name] = outcome(case, document_in(written), said)
    return road


def by_class(folder: Path, course: Course, *more: str) -> Road:
    _, said = autograder("class", course.folder / "submitted", "--out", folder, "--csv", folder / "scores.csv", *more)
    with (folder / "scores.csv").open(encoding="utf-8-sig", newline="") as table:
        shown = said + " ".join(cell for row in csv.reader(table) for cell in row)
    return {case.name: outcome(case, document_in(folder / f"results/{case.name}.json"), shown) for case in OURS}


def by_dask(folder: Path, course: Course) -> Road:
    one = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp", "dashboard_address": None}
    with LocalCluster(**one) as cluster:
        return by_class(folder, course, "--scheduler", cluster.scheduler_address)


def by_gradescope(folder: Path, course: Course) -> Road:
    road = {}
    root = gradescope_image.make(folder)
    command = gradescope_image.WarmCommand(root, course.commands)
    for number, case in enumerate(OURS):
        # Students upload a file under the assignment's name or any other.
        uploaded = root / "submission" / ("weight_initialization.ipynb" if number % 2 else f"{case.name} (1).ipynb")
        uploaded.write_bytes(case.path.read_bytes())
        assert command.run() == 0
        document = gradescope_image.results(root)
        result = document["extra_data"].get("result")
        road[case.name] = outcome(case, result, document["output"])
        assert (
            document.get("score", sum(test["score"] for test in document["tests"])) == (result or {"score": 0})["score"]
        )
        uploaded.unlink()
        (root / "results/results.json").unlink()
    return road


def by_pull_request(folder: Path, course: Course) -> Road:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
        subprocess.run(["git", "-C", folder / "clone", *identity, *arguments], check=True, capture_output=True)

    (folder / "clone").mkdir()
    git("init", "--quiet")
    for case in OURS:
        (folder / f"clone/{case.name}.ipynb").write_bytes(case.path.read_bytes())
    git("add", ".")
    git("commit", "--quiet", "--message", "Answer")
    road = {}
    for case in OURS:
        taken, written, summary = (folder / case.name / name for name in ("taken", "result.json", "summary.md"))
        autograder("take", f"{case.name}.ipynb", "--repository", folder / "clone", "--out", taken)
        pull_request, notebook = taken / "pull-request.json", taken / f"{case.name}.ipynb"
        command = ("grade", "--github", "--pull-request", pull_request, "--json", written, notebook)
        autograder(*command, GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(folder / "outputs"))
        road[case.name] = outcome(case, document_in(written), summary.read_text(encoding="utf-8"))
    return road


def by_nbgrader(folder: Path, course: Course) -> Road:
    course.nbgrader("generate_assignment", ASSIGNMENT)
    log = course.autograde()
    road = {}
    for student, scores in course.scores().items():
        first = course.autograded(student).cells[0]
        lines = [line.removeprefix("- ") for line in first.source.splitlines()[2:]]
        total = sum(points or 0.0 for name, (points, _, _) in scores.items() if name.startswith("q7"))
        (case,) = [case for case in OURS if case.name == student]
        if first.id == "unreadable":
            assert total == 0.0
            road[student] = outcome(case, None, first.source + log)
        else:
            road[student] = Outcome(total, lines if first.id == "remarks" else [], plain(first.source))
            waiting = {name for name, (_, _, needs_a_person) in scores.items() if needs_a_person}
            assert waiting >= {*case.answers, *case.waits}
    return road


ROADS: dict[str, Callable[[Path, Course], Road]] = {
    "grade": by_grade,
    "check": by_check,
    "class": by_class,
    "class on Dask": by_dask,
    "Gradescope's script": by_gradescope,
    "pull request": by_pull_request,
    "nbgrader autograde": by_nbgrader,
}


@pytest.fixture(scope="module")
def roads(sandbox: Sandbox, need_clone: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Road]]:
    """Send every notebook along every road, in one warm sandbox."""
    course = Course.make(tmp_path_factory.mktemp("course"), commands=Commands(lambda: sandbox))
    for case in OURS:
        course.submit(case.name, case.path.read_bytes())
    with one_warm_sandbox(sandbox):
        yield {road: take(tmp_path_factory.mktemp("road"), course) for road, take in ROADS.items()}


@pytest.mark.parametrize("road", ROADS)
def test_every_notebook_earns_what_a_fair_teacher_gives(road: str, roads: dict[str, Road]) -> None:
    scores = {name: found.score for name, found in roads[road].items()}
    assert scores == {case.name: case.score for case in (with_code_of_their_own() if road == "grade" else OURS)}


@pytest.mark.parametrize("road", ROADS)
def test_every_notebook_is_remarked_on_in_the_same_words(road: str, roads: dict[str, Road]) -> None:
    remarks = {name: found.remarks for name, found in roads[road].items()}
    assert remarks == {name: roads["grade"][name].remarks for name in remarks}
    expected = {case.name: 1 if case.refused else len(case.remarks) for case in CASES}
    assert {name: len(told) for name, told in remarks.items()} == {name: expected[name] for name in remarks}


# A misnamed file is one in nbgrader's folders, which not every road has: see test_misnamed.py. None of these notebooks
# reads the clock: tests/unit/sandbox/test_seeding.py has code that does.
@pytest.mark.parametrize("kind", [k for k in RemarkKind if k not in (RemarkKind.MISNAMED, RemarkKind.CLOCK)])
@pytest.mark.parametrize("road", ROADS)
def test_people_on_every_road_see_remarks_of_every_kind(road: str, kind: RemarkKind, roads: dict[str, Road]) -> None:
    of_this_kind = [case for case in OURS if kind in {found for _, found in case.remarks}]
    assert of_this_kind != []
    for case in of_this_kind:
        found = roads[road][case.name]
        assert [text for text in found.remarks if text not in found.shown] == []
