"""`mean`: an initializer's weights have mean 0."""

from __future__ import annotations

import math
from dataclasses import replace

from autograder.judge import lessons as learn
from autograder.judge import thresholds
from autograder.judge.bounds import mean_bound, union
from autograder.judge.criterion import Failed, Finding, criterion, fail
from autograder.judge.measure import InitializerMeasurements
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest


def _error(plan: Plan, limit: float) -> ErrorRate:
    # The mean is in units of the measured deviation, whose square is at least this where the variance passes.
    least = 1.0 - thresholds.VARIANCE
    n = plan.of_a_shape
    return ErrorRate(n, mean_bound(n, limit * math.sqrt(least)), len(plan.kernels), limit * math.sqrt(n))


MEAN = StatisticalTest("|mean| of a shape", "> {} σ", thresholds.MEAN, _error)
MEAN_NOT_ZERO = Misconception("mean_not_zero", "a mean that is not 0", learn.HE_MEAN)


@criterion("mean", needs=["output"], tests=[MEAN], mistakes=[MEAN_NOT_ZERO])
def mean(m: InitializerMeasurements) -> Finding:
    """Draw weights with mean 0."""
    worst = max(m.moments, key=lambda s: _size(s.standardized_mean))
    off = worst.standardized_mean
    if not math.isfinite(off):
        raise fail(f"The weights of a {worst.kernel} kernel are too large for a mean.", MEAN_NOT_ZERO)
    finding = Finding(
        f"The mean of {worst.n:,} weights ({worst.kernel}) is {off:+.4f} standard deviations; 0 is expected.",
        measured=off,
        expected=0.0,
        p_value=union(mean_bound(worst.n, off), len(m.moments)),
    )
    if MEAN.fails(off):
        positive = all(bool((draw.centred >= -draw.mean).all()) for draws in m.by_shape for draw in draws)
        hint = " No weight is negative: were they drawn with rand, where randn is the normal?" if positive else ""
        raise Failed(replace(finding, message=finding.message + hint, mistake=MEAN_NOT_ZERO), by=MEAN)
    return finding


def _size(value: float) -> float:
    """Return |value|, with what is no number as the largest."""
    return abs(value) if math.isfinite(value) else math.inf
