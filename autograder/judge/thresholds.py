"""Thresholds that several modules need, and how far chance alone leads where figures rest on few independent values.

`measure` and `initializer` choose a draw's units by the thresholds of mean, variance and distribution. Every other
threshold stands beside its test.
"""

from __future__ import annotations

import math

#: |mean| of one kernel shape, in units of the measured deviation.
MEAN = 0.03
#: |variance ratio − 1| of one kernel shape.
VARIANCE = 0.05
#: Kolmogorov–Smirnov distance to the nearer accepted family, pooled over everything.
DISTANCE = 0.0125

#: Standard deviations that chance alone is granted where figures rest on fewer independent values than were drawn.
_CHANCE = 7.5
#: Correlation above which draws are copies, however few values they rest on.
_COPIES = 0.999


def chance_of_mean(n: float) -> float:
    """Return how far the mean of n independent values may be off by chance, in deviations."""
    return _CHANCE / math.sqrt(n)


def chance_of_variance(n: float) -> float:
    """Return by what share the variance of n independent values may be off by chance."""
    return _CHANCE * math.sqrt(2.0 / n)


def chance_of_correlation(n: float) -> float:
    """Return how far the correlation of n pairs of independent values may be from 0 by chance; that of copies is 1."""
    return min(_CHANCE / math.sqrt(n), _COPIES)


def chance_of_distance(n: float) -> float:
    """Return how far the distribution function of n independent values may be off by chance.

    √n times the Kolmogorov–Smirnov distance has mean 0.8687 and deviation 0.2603.
    """
    return (0.8687 + _CHANCE * 0.2603) / math.sqrt(n)
