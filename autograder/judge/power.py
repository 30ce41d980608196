"""Statistical power: bounds on missing each mistake, and the smallest effect that is detected at power 1 − 1e-9."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2, norm

from autograder.assignment.kernels import Layout
from autograder.judge.bounds import ks_bound, mean_bound, second_moment_bound
from autograder.judge.criteria.distribution import DISTANCE
from autograder.judge.criteria.mean import MEAN
from autograder.judge.criteria.variance import POOLED_VARIANCE, SHAPE_VARIANCE
from autograder.judge.families import FAMILIES
from autograder.judge.law import HE, TargetLaw
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import Plan

#: The promise for every mistake of the catalogue: it is missed with at most this probability.
MISS = 1e-9
#: Families for whose squares χ²'s bounds are proved: the README's lemma, and normals cut or clipped somewhere.
_DOMINATED = ("normal", "truncated normal", "normal cut at 3", "uniform", "clipped normal", "two values")
#: A triangular variable of unit variance reaches so far, squared.
_TRIANGULAR_REACH = 6.0
#: What measuring mean and deviation may add to a distance that is taken in measured units.
_MEASURED = 0.005


def _square_rate(cut: float, level: float) -> float:
    """Return Chernoff's rate of P(mean of z² ≥ level), z a standard normal cut at ±cut: sup_t t·level − ln E e^(t·z²).

    E e^(t·z²) = (1−2t)^(−½)·erf(c·√(½−t)) / erf(c/√2) for t < ½.
    """

    def minus(t: float) -> float:
        mass = math.erf(cut * math.sqrt(0.5 - t)) / math.erf(cut / math.sqrt(2.0))
        return -(t * level - math.log(mass / math.sqrt(1.0 - 2.0 * t)))

    return -float(minimize_scalar(minus, bounds=(0.0, 0.4), method="bounded").fun)


def _missed_by_variance(n: int, ratio: float, threshold: float) -> float:
    """Bound P(a variance ratio of n draws is measured within ``threshold`` of 1)."""
    if ratio > 1.0 + threshold:
        return second_moment_bound(n, (1.0 + threshold) * (1.0 + MEAN.threshold**2) / ratio - 1.0)
    if ratio < 1.0 - threshold:
        return second_moment_bound(n, (1.0 - threshold) / ratio - 1.0)
    return 1.0


def _missed_by_bounded_squares(n: int, ratio: float) -> float:
    """Bound the same for triangular draws (Hoeffding, 1963): squares of mean 1 that lie between 0 and 6."""
    low, high = 1.0 - SHAPE_VARIANCE.threshold, (1.0 + SHAPE_VARIANCE.threshold) * (1.0 + MEAN.threshold**2)
    room = max(low / ratio - 1.0, 1.0 - high / ratio, 0.0) / _TRIANGULAR_REACH
    return math.exp(-2.0 * n * room * room)


def miss_bound(entry: Misconception, plan: Plan, layout: Layout, law: TargetLaw = HE) -> float | None:
    """Bound the probability that the judge misses ``entry`` where ``law`` is asked for; None if it is not one of scale.

    The least over everything that could catch it: a shape's variance or mean, the pooled variance, and the
    distribution (Massart's inequality for the law that it does follow).

    Examples
    --------
    >>> from autograder.assignment.questions import KERNELS, WIDTHS
    >>> plan = Plan(KERNELS, rounds=3, widths=WIDTHS, builds=4, criteria=("output", "mean", "fresh"), frameworks=2)
    >>> from autograder.judge.catalogue import BY_NAME
    >>> miss_bound(BY_NAME["lecun"], plan, Layout.KERAS) < 1e-9
    True
    >>> miss_bound(BY_NAME["fixed_seed"], plan, Layout.KERAS) is None
    True
    """
    if entry.variance is None:
        return None
    bounds = [1.0]
    ratios = [entry.ratio_of(kernel, layout, law) for kernel in plan.kernels]
    if entry.simulated_as in _DOMINATED:
        for kernel, ratio in zip(plan.kernels, ratios, strict=True):
            bounds.append(_missed_by_variance(plan.rounds * kernel.size, ratio, SHAPE_VARIANCE.threshold))
        if max(ratios) - min(ratios) < 1e-12:
            bounds.append(_missed_by_variance(plan.pooled, ratios[0], POOLED_VARIANCE.threshold))
    if entry.simulated_as == "orthogonal" and any(abs(ratio - 1.0) > SHAPE_VARIANCE.threshold for ratio in ratios):
        bounds.append(0.0)  # the sum of an orthogonal matrix's squares is no random number
    if entry.simulated_as == "triangular":
        sizes = (plan.rounds * kernel.size for kernel in plan.kernels)
        bounds += [_missed_by_bounded_squares(n, ratio) for n, ratio in zip(sizes, ratios, strict=True)]
    if entry.simulated_as == "normal cut at 3":
        bounds.append(math.exp(-plan.pooled * _square_rate(3.0, 1.0 - POOLED_VARIANCE.threshold)))
    means = [entry.mean_of(kernel, layout, law) for kernel in plan.kernels]
    for kernel, ratio, mean in zip(plan.kernels, ratios, means, strict=True):
        if entry.simulated_as not in _DOMINATED:
            continue
        room = abs(mean or 0.0) / math.sqrt(ratio) - MEAN.threshold * 1.05
        if room > 0.0:
            bounds.append(mean_bound(plan.rounds * kernel.size, room))
    if entry.simulated_as in FAMILIES and entry.simulated_as not in law.families:
        distance = min(float(np.nanmax(np.abs(FAMILIES[entry.simulated_as] - FAMILIES[name]))) for name in law.families)
        if distance > DISTANCE.threshold + _MEASURED:
            bounds.append(ks_bound(plan.pooled, distance - DISTANCE.threshold - _MEASURED))
    return min(bounds)


def variance_power(n: int, threshold: float, ratio: float) -> float:
    """Return the exact power for normal draws: P(|χ²_n·ratio/n − 1| > threshold).

    Examples
    --------
    >>> round(variance_power(10_000, threshold=0.05, ratio=1.1), 3)
    0.999
    """
    low, high = n * (1.0 - threshold) / ratio, n * (1.0 + threshold) / ratio
    return float(chi2.cdf(low, n) + chi2.sf(high, n))


def mean_power(n: int, threshold: float, mean: float) -> float:
    """Return the exact power for normal draws: P(|mean of n draws| > threshold) about ``mean``, in deviations.

    Examples
    --------
    >>> round(mean_power(10_000, threshold=0.03, mean=0.05), 3)
    0.977
    """
    scale = math.sqrt(n)
    return float(norm.sf((threshold - mean) * scale) + norm.cdf((-threshold - mean) * scale))


def smallest_detectable(power: Callable[[float], float], probability: float = 1.0 - MISS) -> float:
    """Return the deviation, of 0.5 at most, at which ``power`` reaches ``probability``.

    Examples
    --------
    >>> round(smallest_detectable(lambda mean: mean_power(10_000, threshold=0.03, mean=mean)), 3)
    0.09
    """
    return float(brentq(lambda x: probability - power(x), 0.0, 0.5, xtol=1e-9))
