"""Declares a statistical decision together with its error rate: no threshold exists without a bound.

A criterion declares its tests. One object both decides (`StatisticalTest.fails`) and states the error rate that the
budget sums (`StatisticalTest.error`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from autograder.assignment.kernels import KernelShape
from autograder.judge.bounds import mean_bound, variance_bound


@dataclass(frozen=True)
class Plan:
    """Minimum sample sizes of a grading.

    Attributes
    ----------
    kernels : tuple of KernelShape
        The initializers' kernels at their smallest.
    rounds : int
        Draws of each kernel.
    widths : tuple of int
        The models' layer widths, inputs first.
    builds : int
        Builds of each model.
    repeats : int
        Small draws of an initializer.
    criteria : tuple of str
        Criteria for an initializer and a model.
    frameworks : int
        Number of frameworks; each has one initializer and one model.
    """

    kernels: tuple[KernelShape, ...]
    rounds: int
    widths: tuple[int, ...]
    builds: int
    criteria: tuple[str, ...]
    repeats: int = 100
    frameworks: int = 2

    @property
    def smallest(self) -> int:
        """Weights of the smallest kernel."""
        return min(kernel.size for kernel in self.kernels)

    @property
    def of_a_shape(self) -> int:
        """Weights of all draws of the smallest kernel."""
        return self.rounds * self.smallest

    @property
    def pooled(self) -> int:
        """Weights of all draws of all kernels."""
        return self.rounds * sum(kernel.size for kernel in self.kernels)

    @property
    def layers(self) -> list[KernelShape]:
        """The kernels of a model, the output layer's last."""
        return [KernelShape(a, b) for a, b in pairwise(self.widths)]

    @property
    def draw_pairs(self) -> int:
        """Pairs of draws of one shape, over all shapes."""
        return len(self.kernels) * math.comb(self.rounds, 2)

    @property
    def shape_pairs(self) -> int:
        """Pairs of shapes drawn in one round, over all rounds."""
        return self.rounds * math.comb(len(self.kernels), 2)


@dataclass(frozen=True)
class ErrorRate:
    """Bound on the rate at which a right answer fails one kind of test.

    Attributes
    ----------
    n : int
        Smallest sample of one test.
    bound : float
        Upper bound on the probability of a false fail of one test at that sample size.
    count : int
        Number of tests of this kind for one framework.
    margin : float or None
        The threshold in standard deviations of a right draw's statistic; None if that has no meaning.
    """

    n: int
    bound: float
    count: int = 1
    margin: float | None = None


def mean_rate(n: int, limit: float, *, off: float, count: int = 1) -> ErrorRate:
    """Return the error rate of ``count`` means of n weights, in units of the measured deviation.

    The square of that deviation is at least 1 − ``off`` where the variance passes.
    """
    return ErrorRate(n, mean_bound(n, limit * math.sqrt(1.0 - off)), count, limit * math.sqrt(n))


def variance_rate(n: int, limit: float, *, mean: float, count: int = 1) -> ErrorRate:
    """Return the error rate of ``count`` variances of n weights, whose own mean is ``mean`` at most."""
    return ErrorRate(n, variance_bound(n, limit, mean**2), count, limit / math.sqrt(2.0 / n))


@dataclass(frozen=True, eq=False)
class StatisticalTest:
    """One kind of statistical decision.

    Attributes
    ----------
    statistic : str
        The computed statistic.
    fails_when : str
        When it fails, in words for people; ``{}`` becomes the threshold.
    threshold : float
        Largest magnitude that passes; smallest value, for a test that fails ``below``. Each lies in a gap: far from
        all right answers, and from every mistake worth catching.
    error : callable
        The least that a grading draws, and the threshold → the error rate. The README derives the bounds.
    below : bool
        True if the test fails below its threshold. A NaN fails a test only if this is False.

    Examples
    --------
    >>> bound = lambda plan, limit: ErrorRate(plan.pooled, math.exp(-2.0 * plan.pooled * limit**2))
    >>> StatisticalTest("|mean|", "> {} σ", 0.03, bound).fails(-0.05)
    True
    """

    statistic: str
    fails_when: str
    threshold: float
    error: Callable[[Plan, float], ErrorRate]
    below: bool = False

    def fails(self, value: float, *, at_least: float = 0.0) -> bool:
        """Decide: whether the statistic's ``value`` is beyond the threshold.

        Where a figure rests on few independent values, the threshold is ``at_least`` what chance alone gives. A wider
        threshold only lowers the error rate.
        """
        return value < self.threshold if self.below else not abs(value) <= max(self.threshold, at_least)

    def sample(self, plan: Plan) -> int:
        """Return the smallest sample of one test."""
        return self.error(plan, self.threshold).n
