"""Declares the statistical tests of independence within a draw, with their error rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograder.assignment.kernels import KernelShape
from autograder.judge import bounds as t
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest

#: Fewest groups for which evenness is judged.
EVENNESS_GROUPS = 240
#: Bound on the probability of the worst group's share along one axis, below which groups count as unlike.
_GROUPS = 1e-14
#: Dispersion of groups' mean squares, or of their means, below which they count as made even; 1 for normal draws.
_EVENNESS = 0.02


@dataclass(frozen=True)
class StructureTests:
    """The tests that decide whether the entries of a draw depend on one another.

    Attributes
    ----------
    lag, centre, flip : StatisticalTest
        Correlation of the draw with itself: shifted by any lag, reversed about any centre, flipped along an axis.
    groups : StatisticalTest
        Bound on the worst group's share along an axis.
    transpose : StatisticalTest or None
        Correlation of a square matrix with its transpose; None if no matrix is square.
    norms, means : StatisticalTest or None
        Evenness of the groups' mean squares and of their means; None if there are too few groups.
    """

    lag: StatisticalTest
    centre: StatisticalTest
    flip: StatisticalTest
    groups: StatisticalTest
    transpose: StatisticalTest | None
    norms: StatisticalTest | None
    means: StatisticalTest | None

    @property
    def all(self) -> tuple[StatisticalTest, ...]:
        """Those that are applied."""
        tests = (self.lag, self.centre, self.flip, self.transpose, self.groups, self.norms, self.means)
        return tuple(test for test in tests if test is not None)


def structure_tests(
    subject: str,
    drawn: Callable[[Plan], Sequence[KernelShape]],
    half: Callable[[Sequence[KernelShape]], int],
    *,
    within: float,
    scale: float,
    confirmed: str = "",
    every: bool = False,
) -> StructureTests:
    """Declare the tests of one kind of draw.

    Parameters
    ----------
    subject : str
        What one draw is called.
    drawn : callable
        The kernels that a grading draws, at their smallest.
    half : callable
        Of these kernels, the fewest products of one half with the other.
    within : float
        Largest correlation within a draw that passes.
    scale : float
        One draw's second moment after clipping is at least this, or its bound says how rarely it is not.
    confirmed : str
        Said of tests that count only when they fail twice.
    every : bool
        True where some kernels are square matrices, and some have `EVENNESS_GROUPS` channels.
    """

    def correlation(what: str, error: Callable[[Plan, float], ErrorRate]) -> StatisticalTest:
        return StatisticalTest(f"|r| {what}", "> {:.2f}" + confirmed, within, error)

    def anywhere(bound: Callable[[int, float], float], share: int) -> Callable[[Plan, float], ErrorRate]:
        def error(plan: Plan, limit: float) -> ErrorRate:
            kernels = drawn(plan)
            n = min(kernel.size for kernel in kernels)
            prefix = n * 95 // 100  # a spectrum leaves out less: `tests/unit/judge/test_bounds.py` looks
            found = t.measured_correlation_bound(bound, prefix, limit, scale=scale, entries=prefix)
            return ErrorRate(n, found, len(kernels), limit * math.sqrt(n / share))

        return error

    def halves(count: Callable[[Sequence[KernelShape]], int]) -> Callable[[Plan, float], ErrorRate]:
        def error(plan: Plan, limit: float) -> ErrorRate:
            kernels = drawn(plan)
            n = half(kernels)
            found = t.measured_correlation_bound(t.correlation_bound, n, limit, scale=scale, entries=2 * n)
            return ErrorRate(n, found, count(kernels), limit * math.sqrt(n))

        return error

    def unlike(plan: Plan, limit: float) -> ErrorRate:
        kernels = drawn(plan)
        axes = sum(2 + (not kernel.is_dense) for kernel in kernels)
        return ErrorRate(min(kernel.size for kernel in kernels), limit, 2 * axes)

    def evenness(
        what: str, bound: Callable[[int, int, float], float], deviation: Callable[[int, int], float]
    ) -> StatisticalTest | None:
        def error(plan: Plan, limit: float) -> ErrorRate:
            even = _even(drawn(plan))
            margin = min((1.0 - limit) / deviation(g, m) for g, m in even)
            return ErrorRate(min(g * m for g, m in even), max(bound(g, m, limit) for g, m in even), len(even), margin)

        return StatisticalTest(f"group {what} made even", "< {}", _EVENNESS, error, below=True) if every else None

    square = halves(lambda kernels: sum(kernel.fan_in == kernel.outputs for kernel in kernels))
    return StructureTests(
        lag=correlation(f"at any lag of a {subject}", anywhere(t.autocorrelation_bound, 1)),
        centre=correlation(f"about any centre of a {subject}", anywhere(t.self_convolution_bound, 2)),
        flip=correlation("with a flipped axis", halves(lambda kernels: 2 * len(kernels))),
        groups=StatisticalTest("unlike groups along an axis", "bound < {:g}" + confirmed, _GROUPS, unlike, below=True),
        transpose=correlation("with the transpose", square) if every else None,
        norms=evenness("norms", t.evenness_bound, lambda g, m: math.sqrt((2.0 + 12.0 / m) / g)),
        means=evenness("means", lambda g, m, limit: t.centredness_bound(g, limit), lambda g, m: math.sqrt(2.0 / g)),
    )


def _even(kernels: Sequence[KernelShape]) -> list[tuple[int, int]]:
    """Return how many groups, and of what size, wherever there are enough of them."""
    return [
        (groups, kernel.size // groups)
        for kernel in kernels
        for groups in (kernel.outputs, kernel.inputs)
        if groups >= EVENNESS_GROUPS
    ]
