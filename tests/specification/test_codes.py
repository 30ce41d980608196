"""The corpus of codes: its rows are whole, the codes with an expected score get it, and instability is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest

from autograder.assignment.questions import TASKS, task
from calibration import stability
from tests.support.codes import Code, codes
from tests.support.commands import Commands
from tests.support.graders import Grader
from tests.support.samples import answered, write

CODES = codes()


def side_by_side() -> Iterator[tuple[Code, ...]]:
    """The codes with an expected score, each beside codes of the other stubs: one grading serves up to four."""
    expected = [code for code in CODES if code.score and code.base == "release" and not code.slow]
    by_part = [[code for code in expected if [*code.cells] == [part.stub]] for part in TASKS]
    for row in zip_longest(*by_part):
        yield tuple(code for code in row if code is not None)


@pytest.mark.parametrize("together", side_by_side(), ids=lambda together: "-".join(code.name for code in together))
def test_code_gets_its_expected_score(together: tuple[Code, ...], grader: Grader, tmp_path: Path) -> None:
    cells = {grade_id: source for code in together for grade_id, source in code.cells.items()}
    result = grader.grade(write(answered(cells), tmp_path / "codes.ipynb"), seed=7)
    questions = {question.task: question for question in result.questions}
    for code in together:
        (part,) = code.cells
        least, most = code.score
        found = questions[part]
        lost = [(c.name, c.message) for c in found.criteria if c.status != "passed"]
        assert least <= found.score <= most, (code.name, found.message, lost)


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
    assert "1 notebooks under 6 seeds" in run.stdout
    assert ("unstable: coin" in run.stdout) == (status == 1)
    assert (grey or "UNSTABLE") in run.stdout
