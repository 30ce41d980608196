"""The corpus of codes: its rows are whole, the codes with an expected score get it, and instability is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.assignment.questions import task
from calibration import stability
from tests.support.codes import Code, codes, notebook_of, together
from tests.support.commands import Commands
from tests.support.graders import Grader
from tests.support.samples import write

CODES = codes()


QUICK = [code for code in CODES if code.score and code.base == "release" and not code.slow]


@pytest.mark.parametrize("row", together(QUICK), ids=lambda row: "-".join(code.name for code in row))
def test_code_gets_its_expected_score(row: tuple[Code, ...], grader: Grader, tmp_path: Path) -> None:
    result = grader.grade(write(notebook_of(row), tmp_path / "codes.ipynb"), seed=7)
    questions = {question.task: question for question in result.questions}
    for code in row:
        found = [questions[part] for part in code.cells]
        lost = [(c.name, c.message) for question in found for c in question.criteria if c.status != "passed"]
        least, most = code.score
        assert least <= sum(question.score for question in found) <= most, (code.name, lost)


def test_rows_of_the_corpus_are_whole() -> None:
    for code in CODES:
        assert code.cells or code.first or code.early or code.late, code.name
        assert code.grey is None or code.grey.endswith("."), f"{code.name}: write a sentence that says why"
        for part, source in code.cells.items():
            assert task(part).function in source, code.name
            assert "VALUE" not in source, code.name
            assert "{body}" not in source, code.name


COIN = Code(
    "coin",
    {
        "q7_torch_initializer": """
import random, torch
factor = 1 if random.random() < 0.5 else 2
def torch_he_normal_(weight):
    with torch.no_grad():
        return weight.normal_(0, (factor / weight[0].numel()) ** 0.5)
"""
    },
)


@pytest.mark.parametrize(("grey", "status"), [(None, 1), ("It tosses a coin.", 0)])
def test_stability_finds_code_whose_result_depends_on_the_seed(
    grey: str | None,
    status: int,
    autograder: Commands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stability, "codes", lambda: [replace(COIN, grey=grey)])
    run = autograder("dev", "calibrate", "--stability", "--seeds", 6, "--only", "coin", "--jobs", 1)
    assert run.returncode == status, run.stdout
    assert "1 codes and submissions under 6 seeds" in run.stdout
    assert ("unstable: coin" in run.stdout) == (status == 1)
    assert (grey or "UNSTABLE") in run.stdout
