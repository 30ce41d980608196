"""The share of a variance's points that a near miss earns."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.judge.thresholds import VARIANCE, chance_of_variance

#: Largest factor by which each kernel's variance may be off and is near: it is 0.7 to 1.43 times the right one.
NEAR_FACTOR = 1.0 / 0.7
#: Largest factor by which the variance may be off on all kernels alike.
CONSTANT_FACTOR = 2.4
#: Credit for each.
NEAR, CONSTANT = 0.5, 0.25


def near_miss(ratios: Sequence[float], rests_on: Sequence[int]) -> float:
    """Return the credit for variances that are wrong: ½ where they are near, ¼ where only the constant is wrong.

    A variance is near if it is 0.7 to 1.43 times the right one on every kernel. The constant alone is wrong if all
    kernels are off by one factor, up to 2.4: then the formula has the right fan.

    Parameters
    ----------
    ratios : sequence of float
        Each kernel's variance in units of what is asked for.
    rests_on : sequence of int
        The effective number of independent values of each.

    Examples
    --------
    >>> near_miss([0.77, 0.78], [100_000, 100_000])
    0.5
    >>> near_miss([0.5, 0.5], [100_000, 100_000])
    0.25
    >>> near_miss([0.5, 1.0], [100_000, 100_000])
    0.0
    """
    if not all(0.0 < ratio < math.inf for ratio in ratios):
        return 0.0
    logs = [math.log(ratio) for ratio in ratios]
    if all(abs(log) <= math.log(NEAR_FACTOR) for log in logs):
        return NEAR
    common = sum(n * log for n, log in zip(rests_on, logs, strict=True)) / sum(rests_on)
    alike = all(abs(log - common) <= VARIANCE + chance_of_variance(n) for n, log in zip(rests_on, logs, strict=True))
    if not alike or abs(common) > math.log(CONSTANT_FACTOR):
        return 0.0
    return NEAR if abs(common) <= math.log(NEAR_FACTOR) else CONSTANT


def credit_text(credit: float) -> str:
    """Return what a student reads about the ``credit`` of a near miss: a sentence after a space, or nothing."""
    return {
        NEAR: " It earns half, because it is near.",
        CONSTANT: " It earns a quarter, because only the constant is wrong.",
    }.get(credit, "")
