"""`autograder dev calibrate` and `autograder dev judge` give the committed page, in a reduced run with a fixed seed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading.judge_pages import budget_page
from autograder.grading.plan import PLAN
from autograder.judge.budget import rows, total
from autograder.judge.catalogue import MISCONCEPTIONS
from tests.support.samples import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.frameworks]

PAGE = ROOT / "docs/calibration.md"


def autograder(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "autograder", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    out = tmp_path_factory.mktemp("calibration")
    run = autograder(
        "dev", "calibrate", "--right", 30, "--frameworks", 4, "--mistakes", 1, "--seed", 3, "--jobs", 2, "--out", out
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, out


def test_reduced_calibration_has_no_false_fail_and_no_miss(reduced: tuple[str, Path]) -> None:
    text, _ = reduced
    assert re.search(r"^0 false fails in 68 gradings", text, re.M)
    caught, runs, named = map(
        int, re.search(r"^(\d+) of (\d+) wrong initializers were caught and (\d+)", text, re.M).groups()
    )
    assert caught == named == runs
    caught, runs = map(int, re.search(r"(\d+) of (\d+) models whose", text).groups())
    assert caught == runs > 0
    assert re.search(r"^\| right answers with a false fail +\| +0 \| +0 of 68 \|$", text, re.M)
    assert re.search(rf"^\| mistakes named rightly +\| +99 % \| +{named} of {named}: 100.00% \|$", text, re.M)


def test_calibration_shows_what_common_practice_misses_on_the_same_draws(reduced: tuple[str, Path]) -> None:
    rules = {
        tuple(cell.strip() for cell in line.split("|")[1:3]): [cell.strip() for cell in line.split("|")[3:-1]]
        for line in reduced[0].splitlines()
        if line.startswith("| ") and line.count("|") > 8
    }
    *_, always, _ = rules["variance ±10 %", "one dense kernel"]
    assert int(always) > 20
    *_, always, _ = rules["**this judge**", "everything"]
    assert int(always) == 0
    right_truncated = rules["PyTorch's: Kolmogorov–Smirnov, p > 1e-4", "one dense kernel"][1]
    assert right_truncated == "20 of 20"


def test_calibration_writes_its_page_and_figures(reduced: tuple[str, Path]) -> None:
    text, out = reduced
    assert (out / "calibration.md").read_text(encoding="utf-8").strip() == text.strip()
    for name in ("gap.png", "power.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")


def test_judge_prints_its_budget_and_its_catalogue() -> None:
    run = autograder("dev", "judge", "--budget")
    assert run.returncode == 0, run.stderr
    assert f"with probability at most **{total(rows(PLAN)):.1e}** (promised: 1e-09)" in run.stdout
    assert "| always passes" in run.stdout
    run = autograder("dev", "judge", "--catalogue")
    assert all(f"`{entry.name}`" in run.stdout for entry in MISCONCEPTIONS)


def test_committed_calibration_is_of_the_full_size_without_a_false_fail_and_has_todays_budget() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert int(re.search(r"^0 false fails in ([\d,]+) gradings", page, re.M)[1].replace(",", "")) >= 20_000
    assert int(re.search(r"--mistakes (\d+)", page)[1]) >= 200
    assert budget_page(rows(PLAN)) in page
