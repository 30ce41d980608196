"""The examples in CONTRIBUTING.md work, and the commands, files and names in it exist."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import KERNELS, TASKS, task
from autograder.cli.app import app
from autograder.judge import scales
from autograder.report.formats import Outcomes
from autograder.report.result import Provenance, QuestionResult, QuestionStatus, Result, Unreadable
from calibration import samplers
from tests.support import contributing
from tests.support.samples import ROOT

#: What the page has a developer write.
NEW = ("autograder/judge/criteria/signs.py", "autograder/report/formats/tap.py")


@pytest.mark.parametrize("path", NEW)
def test_examples_pass_lint_and_are_formatted(path: str) -> None:
    for command in (["check"], ["format", "--diff"]):
        ruff = [str(Path(sys.executable).parent / "ruff"), *command, "--stdin-filename", str(ROOT / path), "-"]
        run = subprocess.run(ruff, input=contributing.file(path), cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


def test_example_of_a_mistake_gives_the_variance_of_its_code() -> None:
    (law,) = eval(contributing.lines("_law("), vars(scales).copy())
    written = eval("{" + contributing.lines('"lecun_limit_as_std"') + "}", {"math": math})
    for kernel in KERNELS:
        variance = written[law.name](kernel.in_layout(Layout.KERAS), kernel.fan_in, kernel.fan_out) ** 2
        assert law.ratio_of(kernel, Layout.KERAS) == pytest.approx(variance / (2 / kernel.fan_in))


def test_example_of_a_wrong_implementation_has_he_s_variance_and_more_negative_weights() -> None:
    made = eval("{" + contributing.lines('"lopsided": _changed') + "}", vars(samplers).copy())
    values = made["lopsided"](np.random.default_rng(1))(KERNELS[0], Layout.KERAS).returned
    assert values.dtype == np.float32
    assert values.var() == pytest.approx(2 / KERNELS[0].fan_in, rel=0.05)
    assert (values > 0).mean() == pytest.approx(math.exp(-1), abs=0.01)


def test_example_of_a_format_has_a_line_for_each_criterion_and_each_thing_that_was_not_graded(tmp_path: Path) -> None:
    made = contributing.module("autograder/report/formats/tap.py", tmp_path).FORMAT
    question = QuestionResult.of(task("q7_tf_model"), QuestionStatus.TIMEOUT, 0.0, 8.0, "Too slow.")
    provenance = Provenance("0.2.0", "1" * 64, 7, "3.11", "2.4", "2.13", "2.21", "3.14", ("landlock",))
    result = Result("ann.ipynb", "0" * 64, "graded", (question,), (), (), provenance)
    fault = Result("cy.ipynb", "0" * 64, "fault", fault="Broken.")
    outcomes = Outcomes([result, fault], [Unreadable(Path("bob.ipynb"), "is empty")], single=False)
    assert made.render(outcomes).splitlines() == [
        "TAP version 13",
        "1..3",
        "not ok 1 - q7_tf_model timeout",
        "not ok 2 - cy.ipynb: Broken.",
        "not ok 3 - bob.ipynb is empty",
    ]


def test_files_and_folders_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", contributing.PAGE)
    paths = re.findall(r"(?:^|[\s`(])((?:tests|docs|autograder|calibration)/[\w./-]+\.\w+)", contributing.PAGE)
    assert len(named) > 10
    missing = {path for path in (*named, *paths) if not (ROOT / path).exists()}
    assert missing <= set(NEW)


def test_names_of_code_that_the_page_uses_exist() -> None:
    for name, file in {
        "_TF_INITIALIZER": "autograder/assignment/questions.py",
        "STRUCTURES": "calibration/samplers.py",
        "SHOWN_ELSEWHERE": "tests/unit/judge/test_bounds.py",
        "test_mistake_costs_its_own_criteria_and_no_other": "tests/unit/judge/test_judge.py",
        "DEVIATIONS": "tests/specification/test_mistakes_in_code.py",
        "Plan": "autograder/judge/statistical_test.py",
        "_SCALES": "autograder/judge/scales.py",
        "WRITTEN": "tests/unit/judge/test_scales.py",
        "UPDATE_MESSAGES": "tests/specification/test_messages.py",
    }.items():
        assert name in contributing.PAGE
        assert re.search(rf"\b{name}\b", (ROOT / file).read_text(encoding="utf-8")), f"{file} has no {name}"
    assert all("output" in each.weights for each in TASKS if each.stub.endswith("initializer"))


def test_commands_of_the_page_exist() -> None:
    commands = re.findall(r"\.venv/bin/autograder ([a-z -]+?)(?= -- | --|`| [a-z]+/)", contributing.PAGE)
    assert commands
    for words in map(str.split, commands):
        command = typer.main.get_command(app)
        for word in words:
            command = command.commands[word]  # type: ignore[attr-defined]
