"""A criterion is declared in one file with all statistical tests that may fail it, and these are in the budget."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import TASKS, Task, task
from autograder.grading.plan import PLAN
from autograder.grading.scoring import score_task
from autograder.judge import criteria
from autograder.judge.budget import decided_by_draws, rows, total
from autograder.judge.criteria import CRITERIA
from autograder.judge.criterion import Criterion, Failed, Finding, Status, criterion
from autograder.judge.evidence import Draw, InitializerEvidence
from autograder.judge.judging import judge
from autograder.judge.law import HE
from autograder.judge.statistical_test import ErrorRate, StatisticalTest
from autograder.report.github import variances
from calibration.samplers import Initializer, Maker, came_back, right
from calibration.simulate import initializer_evidence
from tests.support import contributing

TASK = task("q7_tf_initializer")


@pytest.fixture
def signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Criterion]:
    """The new criterion of CONTRIBUTING.md, found in its file as those of the package are."""
    module = contributing.module("autograder/judge/criteria/signs.py", tmp_path)
    for name, found in criteria.declared_in(vars(module)).items():
        monkeypatch.setitem(CRITERIA, name, found)
    return CRITERIA["signs"]


def exponential(rng: np.random.Generator) -> Initializer:
    """Wrong: mean 0 and He's variance, but 37 % of the weights are positive."""

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        values = (rng.exponential(size=kernel.in_layout(layout)) - 1.0) * HE.deviation(kernel)
        return came_back(kernel, layout, values.astype(np.float32))

    return initializer


def evidence(make: Maker) -> InitializerEvidence:
    return initializer_evidence(make, np.random.default_rng(1), Layout.KERAS)


def test_new_criterion_is_judged_after_its_file_and_its_weight_alone(signs: Criterion) -> None:
    weights = {**TASK.weights, "signs": 4}
    *_, passed = judge(evidence(right("normal")), tuple(weights))
    *_, failed = judge(evidence(exponential), tuple(weights))
    assert (passed.name, passed.status) == ("signs", Status.PASSED)
    assert isinstance(passed.finding.p_value, float)
    assert (failed.name, failed.status, failed.finding.diagnosis) == ("signs", Status.FAILED, "lopsided")
    assert failed.asks == "Draw as many positive weights as negative ones."


def test_new_criterion_is_in_the_budget_after_its_file_and_its_weight_alone(signs: Criterion) -> None:
    before = replace(PLAN, criteria=tuple(name for name in PLAN.criteria if name != "signs"))
    plan = replace(before, criteria=(*before.criteria, "signs"))
    row = rows(plan)[-1]
    assert (row.criteria, row.statistic, row.threshold) == (
        ("signs",),
        "share of positive weights",
        "off a half by > 0.02",
    )
    assert row.share == pytest.approx(4.0 * math.exp(-2.0 * plan.pooled * 0.02**2))
    assert total(rows(plan)) == pytest.approx(total(rows(before)) + row.share)
    assert decided_by_draws(plan) == (*decided_by_draws(before), "signs")


def test_new_criterion_takes_its_share_of_the_points_and_explains_itself(signs: Criterion) -> None:
    asked = replace(TASK, weights={**TASK.weights, "signs": 4})
    result = score_task(asked, evidence(exponential), 14.0)
    worth = 14.0 * 4 / sum(asked.weights.values())
    *_, last = result.criteria
    assert (last.name, last.points, last.max_points) == ("signs", 0.0, worth)
    assert last.look_up == signs.mistakes[0].lesson.of(HE, TASK.layout).look_up
    assert score_task(asked, evidence(right("normal")), 14.0).score == 14.0


def test_new_criterion_of_a_variance_is_a_bar_of_the_chart_under_its_own_name() -> None:
    question = score_task(TASK, evidence(right("normal")), 12.0)
    named = tuple(replace(c, name="variance_depthwise") if c.name == "variance_conv" else c for c in question.criteria)
    bars = variances(SimpleNamespace(questions=[replace(question, criteria=named)]))
    assert [label for label, _ in bars] == ["TensorFlow dense", "TensorFlow depthwise"]


def test_every_module_of_the_folder_declares_a_criterion_that_is_found() -> None:
    declared = {each.find.__module__.rpartition(".")[2] for each in CRITERIA.values()}
    assert declared == {path.stem for path in Path(criteria.__file__).parent.glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("each", TASKS, ids=lambda t: t.stub)
def test_every_criterion_of_a_task_follows_those_that_it_needs(each: Task) -> None:
    names = list(each.weights)
    for number, name in enumerate(names):
        assert set(CRITERIA[name].needs) <= set(names[:number])


def test_criterion_before_one_that_it_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="mean needs output judged before it"):
        judge(evidence(right("normal")), ("mean", "output"))


# --- no statistical decision without a stated error rate -------------------------------------------------

CHANCE = StatisticalTest("a coin", "> {}", 0.5, lambda plan, limit: ErrorRate(1, 0.5))


def test_failure_that_chance_can_give_needs_the_test_that_decided() -> None:
    with pytest.raises(ValueError, match="needs the statistical test"):
        Failed(Finding("One in twenty right answers strays so far.", p_value=0.05), by=None)


def test_test_that_a_criterion_does_not_declare_cannot_fail_it() -> None:
    @criterion("coin")
    def coin(measured: object) -> Finding:
        """Show heads."""
        raise Failed(Finding("Tails.", p_value=0.5), by=CHANCE)

    with pytest.raises(LookupError, match="coin was failed by a test that it does not declare: a coin"):
        judge(evidence(right("normal")), ["coin"], {"coin": coin})


@pytest.mark.parametrize(
    ("below", "value", "fails"),
    [
        (False, 0.5, False),
        (False, -0.51, True),
        (False, math.inf, True),
        (False, math.nan, True),
        (True, 0.5, False),
        (True, 0.49, True),
        (True, math.nan, False),
    ],
)
def test_decision_is_the_threshold_that_the_budget_bounds(below: bool, value: float, fails: bool) -> None:
    assert replace(CHANCE, below=below).fails(value) is fails
