"""`autograder mark rubric` says whether the desk and the source notebook have the same mark schemes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli.mark.commands import app
from autograder.marking.scheme import from_document
from autograder.publishing.release_drift import SOURCE
from tests.support.desk import DeskCourse
from tests.support.samples import ROOT, SOLUTION


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskCourse:
    for name in ("nbgrader_config.py", "course.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / SOURCE).parent.mkdir(parents=True)
    shutil.copy(SOLUTION, tmp_path / SOURCE)
    monkeypatch.chdir(tmp_path)
    return DeskCourse.make(tmp_path, {})


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["rubric", *words])
    return result.exit_code, result.output


def test_a_change_at_the_desk_is_drift_until_it_is_written_back(course: DeskCourse) -> None:
    assert run("--check") == (0, "")
    status, printed = run("--json")
    schemes = [from_document(json.loads(line)) for line in printed.splitlines()]
    assert (status, [scheme.question for scheme in schemes]) == (0, ["q1", "q2", "q3", "q4", "q5", "q6"])
    assert "q4  10 points, 12 items, 5 false statements; revision 1" in run()[1]

    first, *others = schemes[3].mistakes
    store = course.store()
    store.change_rubric(replace(schemes[3], mistakes=(replace(first, points=-1.0), *others)), 1, "ann")
    store.close()
    assert "q4  10 points, 12 items, 5 false statements; revision 2, by ann" in run()[1]
    status, printed = run("--check")
    assert status == 1
    assert printed.startswith(f"autograder: q4: the desk and {SOURCE} have other mark schemes")

    before = (course.folder / SOURCE).read_text(encoding="utf-8").splitlines()
    assert run("--to-notebook") == (0, f"{SOURCE}: q4 written; run `make release`\n")
    after = (course.folder / SOURCE).read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line not in before] == [
        line.replace("−2 |", "−1 |") for line in before if first.text in line
    ]
    assert run("--check") == (0, "")
    assert run("--to-notebook") == (0, f"{SOURCE} is up to date.\n")
