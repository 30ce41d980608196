"""`mean`: an initializer's weights have mean 0."""

from __future__ import annotations

import math
from dataclasses import replace

from autograder.judge import lessons as learn
from autograder.judge import thresholds
from autograder.judge.bounds import mean_bound, union
from autograder.judge.criterion import Finding, criterion, fail
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.measure import signed
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest, mean_rate
from autograder.judge.thresholds import chance_of_mean


def _error(plan: Plan, limit: float) -> ErrorRate:
    return mean_rate(plan.of_a_shape, limit, off=thresholds.VARIANCE, count=len(plan.kernels))


MEAN = StatisticalTest("|mean| of a shape", "> {} σ", thresholds.MEAN, _error)
MEAN_NOT_ZERO = Misconception("mean_not_zero", "a mean that is not 0", learn.HE_MEAN)


@criterion("mean", needs=["output"], tests=[MEAN], mistakes=[MEAN_NOT_ZERO])
def mean(m: InitializerMeasurements) -> Finding:
    """Draw weights with mean 0."""
    chances = dict(zip((s.kernel for s in m.moments), map(chance_of_mean, m.rests_on[0]), strict=True))
    worst = max(m.moments, key=lambda s: _size(s.standardized_mean) / max(MEAN.threshold, chances[s.kernel]))
    off, allowed = worst.standardized_mean, max(MEAN.threshold, chances[worst.kernel])
    if not math.isfinite(off):
        raise fail(
            f"The weights of {worst.kernel.words} are so large that their mean cannot be computed.", MEAN_NOT_ZERO
        )
    # Two figures that are the same to a reader need no reason.
    cause = "weights depend on one another" if m.dependence else "some calls gave equal weights"
    why = f", not ±{MEAN.threshold}, because {cause}" if allowed > 1.02 * MEAN.threshold else ""
    accepted = f"accepted: ±{allowed:.2g}{why}"
    finding = Finding(
        f"The mean farthest from 0 is {signed(off, 4)} × std(w) ({accepted}).",
        measured=off,
        expected=0.0,
        p_value=union(mean_bound(worst.n, off), len(m.moments)),
    )
    if MEAN.fails(off, at_least=chances[worst.kernel]):
        positive = all(bool((draw.centred >= -draw.mean).all()) for draws in m.by_shape for draw in draws)
        hint = " No weight is negative: rand draws such numbers, and abs gives them." if positive else ""
        told = f"For {worst.kernel.words}, the mean is {signed(off, 4)} × std(w) ({accepted})."
        raise replace(finding, message=told + hint, mistake=MEAN_NOT_ZERO).failing(MEAN)
    return finding


def _size(value: float) -> float:
    """Return |value|, with what is no number as the largest."""
    return abs(value) if math.isfinite(value) else math.inf
