"""A task's law decides what is right: units, verdicts and names follow it, whichever it is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import TASKS
from autograder.grading.plan import PLAN
from autograder.judge.evidence import InitializerEvidence
from autograder.judge.judging import Verdict, judge
from autograder.judge.law import GLOROT, HE, LAWS, LECUN, TargetLaw
from autograder.judge.power import MISS, miss_bound
from autograder.judge.scales import SCALES, mistakes_of_scale
from calibration.samplers import mistakes
from calibration.simulate import initializer_evidence

CRITERIA = tuple(TASKS[0].weights)
BY_NAME = {entry.name: entry for entry in SCALES}
#: The catalogue's entry that is each law.
ENTRIES = {"he": "he_normal", "glorot": "glorot_normal", "lecun": "lecun"}


def evidence(drawn: str, asked: TargetLaw, layout: Layout = Layout.KERAS) -> InitializerEvidence:
    make = mistakes((BY_NAME[drawn],))[drawn]
    return replace(initializer_evidence(make, np.random.default_rng(1), layout), law=asked)


def failed(drawn: str, asked: TargetLaw) -> dict[str, Verdict]:
    return {v.name: v for v in judge(evidence(drawn, asked), CRITERIA) if v.status == "failed"}


@pytest.mark.parametrize(
    ("law", "variance"),
    [(HE, 2 / (3 * 5 * 7)), (GLOROT, 2 / (3 * 5 * 7 + 3 * 5 * 11)), (LECUN, 1 / (3 * 5 * 7))],
    ids=str,
)
def test_variance_of_a_kernel_is_the_papers(law: TargetLaw, variance: float) -> None:
    kernel = KernelShape(7, 11, (3, 5))
    assert law.variance(kernel) == pytest.approx(variance)
    assert law.deviation(kernel) == pytest.approx(math.sqrt(variance))


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("law", LAWS.values(), ids=str)
def test_law_that_is_asked_for_is_right(law: TargetLaw, layout: Layout) -> None:
    verdicts = judge(evidence(ENTRIES[law.name], law, layout), CRITERIA)
    assert {v.status for v in verdicts} == {"passed"}


@pytest.mark.parametrize("asked", LAWS.values(), ids=str)
def test_another_law_is_named_and_the_one_asked_for_is_told(asked: TargetLaw) -> None:
    for drawn in LAWS.values():
        if drawn is asked:
            continue
        variance = failed(ENTRIES[drawn.name], asked)["variance"]
        assert variance.finding.diagnosis == ENTRIES[drawn.name]
        assert drawn.formula in variance.finding.message
        assert variance.asks == f"Give the weights of dense kernels the variance {asked.formula}."


def test_lesson_speaks_of_the_law_that_is_asked_for() -> None:
    lesson = failed("he_normal", GLOROT)["variance"].lesson
    assert lesson is not None
    assert lesson.formula == "std(w) = √(2/(fan_in+fan_out))"
    assert "Glorot and Bengio" in lesson.look_up


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("law", LAWS.values(), ids=str)
def test_every_mistake_is_missed_with_probability_at_most_1e_9_under_every_law(law: TargetLaw, layout: Layout) -> None:
    for entry in mistakes_of_scale(law):
        bound = miss_bound(entry, PLAN, layout, law)
        assert bound is not None
        assert bound <= MISS, entry.name
