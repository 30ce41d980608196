"""`independence`: nothing is repeated within a kernel, or from one shape to the next."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations

from autograder.assignment.kernels import KernelShape
from autograder.judge import bounds as t
from autograder.judge import lessons as learn
from autograder.judge.criterion import Failed, Finding, criterion
from autograder.judge.measure import InitializerMeasurements
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest
from autograder.judge.structure import (
    DEPENDENCES,
    EVENNESS_GROUPS,
    StructureTests,
    find_structure,
    prefix_correlation,
    strength,
    worst_correlation,
)

#: One draw's second moment after clipping is at least this, or its bound says how rarely it is not.
_SCALE = 0.9


def _within(bound: Callable[[int, float], float], n: int, limit: float) -> float:
    return t.measured_correlation_bound(bound, n, limit, scale=_SCALE, entries=n)


def _lag(plan: Plan, limit: float) -> ErrorRate:
    n = plan.smallest
    prefix = n * 95 // 100  # a spectrum leaves out less: `tests/test_bounds.py` looks
    return ErrorRate(n, _within(t.autocorrelation_bound, prefix, limit), len(plan.kernels), limit * math.sqrt(n))


def _centre(plan: Plan, limit: float) -> ErrorRate:
    n = plan.smallest
    bound = _within(t.self_convolution_bound, n * 95 // 100, limit)
    return ErrorRate(n, bound, len(plan.kernels), limit * math.sqrt(n / 2))


def _half(kernels: tuple[KernelShape, ...]) -> int:
    half = min(kernel.size - max(kernel.fan_in, kernel.outputs) for kernel in kernels) // 2
    # An axis of odd length leaves its middle line out; of a 7-row kernel, one row in seven.
    return min(half, min(k.size * (k.inputs // 2) // k.inputs for k in kernels) * 6 // 7)


def _halves(plan: Plan, limit: float, count: int) -> ErrorRate:
    half = _half(plan.kernels)
    bound = t.measured_correlation_bound(t.correlation_bound, half, limit, scale=_SCALE, entries=2 * half)
    return ErrorRate(half, bound, count, limit * math.sqrt(half))


def _flip(plan: Plan, limit: float) -> ErrorRate:
    return _halves(plan, limit, 2 * len(plan.kernels))


def _transpose(plan: Plan, limit: float) -> ErrorRate:
    return _halves(plan, limit, sum(kernel.fan_in == kernel.outputs for kernel in plan.kernels))


def _groups(plan: Plan, limit: float) -> ErrorRate:
    axes = sum(2 + (not kernel.is_dense) for kernel in plan.kernels)
    return ErrorRate(plan.smallest, limit, 2 * axes)


def _even(plan: Plan) -> list[tuple[int, int]]:
    """Return how many groups, and of what size, wherever there are enough of them."""
    return [
        (groups, kernel.size // groups)
        for kernel in plan.kernels
        for groups in (kernel.outputs, kernel.inputs)
        if groups >= EVENNESS_GROUPS
    ]


def _norms(plan: Plan, limit: float) -> ErrorRate:
    even = _even(plan)
    bound = max(t.evenness_bound(g, m, limit) for g, m in even)
    margin = min((1.0 - limit) / math.sqrt((2.0 + 12.0 / m) / g) for g, m in even)
    return ErrorRate(min(g * m for g, m in even), bound, len(even), margin)


def _means(plan: Plan, limit: float) -> ErrorRate:
    even = _even(plan)
    bound = max(t.centredness_bound(g, limit) for g, _ in even)
    margin = min((1.0 - limit) / math.sqrt(2.0 / g) for g, _ in even)
    return ErrorRate(min(g * m for g, m in even), bound, len(even), margin)


def two_draws(plan: Plan, limit: float, count: int) -> ErrorRate:
    """Return the error rate of ``count`` correlations of two draws."""
    n = plan.smallest
    bound = t.measured_correlation_bound(t.correlation_bound, n, limit, scale=_SCALE, entries=n, draws=2)
    return ErrorRate(n, bound, count, limit * math.sqrt(n))


def _beginnings(plan: Plan, limit: float) -> ErrorRate:
    return two_draws(plan, limit, plan.shape_pairs)


def _seeds(plan: Plan, limit: float) -> ErrorRate:
    return ErrorRate(1, t.TWO_COLLISIONS, math.comb(plan.shape_pairs, 2) + math.comb(plan.draw_pairs, 2))


TESTS = StructureTests(
    lag=StatisticalTest("|r| at any lag of a draw", "> {:.2f}", 0.10, _lag),
    centre=StatisticalTest("|r| about any centre of a draw", "> {:.2f}", 0.10, _centre),
    flip=StatisticalTest("|r| with a flipped axis", "> {:.2f}", 0.10, _flip),
    transpose=StatisticalTest("|r| with the transpose", "> {:.2f}", 0.10, _transpose),
    groups=StatisticalTest("unlike groups along an axis", "bound < {:g}", 1e-14, _groups, below=True),
    norms=StatisticalTest("group norms made even", "< {}", 0.02, _norms, below=True),
    means=StatisticalTest("group means made even", "< {}", 0.02, _means, below=True),
)
#: Largest correlation of two draws that passes: of the beginnings of two shapes here, of two calls in `fresh`.
CORRELATION = 0.05
BEGINNINGS = StatisticalTest("|r| of two shapes' beginnings", "> {}, twice", CORRELATION, _beginnings)
#: Unseeded Keras initializers draw their seeds from a billion, and so may collide: one pair, but not two.
SEEDS = StatisticalTest("Keras' own seeds collide", "any two pairs", 1, _seeds)
_SAME_STREAM = Misconception(
    "same_stream", "kernels of different shapes that begin with the same random numbers", learn.SEEDS
)


@criterion(
    "independence",
    needs=["output"],
    tests=[*TESTS.all, BEGINNINGS, SEEDS],
    mistakes=[*DEPENDENCES, _SAME_STREAM],
)
def independence(m: InitializerMeasurements) -> Finding:
    """Draw every weight on its own: nothing is repeated within a kernel or from one shape to the next."""
    for first, second, *_ in m.by_shape:
        found = find_structure(first, TESTS, in_he_units=m.in_he_units)
        # Confirmed by a fresh draw before it counts.
        if found is None or find_structure(second, TESTS, in_he_units=m.in_he_units) is None:
            continue
        raise Failed(
            Finding(
                f"The weights of a {first.kernel} kernel depend on one another: {found.says}.",
                measured=found.measured,
                expected=0.0,
                p_value=found.p_value,
                mistake=found.mistake,
            ),
            by=found.by,
        )
    if len(m.by_shape) < 2:
        return Finding("Nothing is repeated within a kernel.")
    pairs = list(combinations(range(len(m.by_shape)), 2))
    shared = [
        (i, j, *prefix_correlation(draws[i], draws[j])) for draws in zip(*m.by_shape, strict=True) for i, j in pairs
    ]
    strays = [each for each in shared if BEGINNINGS.fails(each[3])]
    if SEEDS.fails(len(strays)):
        i, j, n, r = max(strays, key=lambda each: strength(each[3]))
        raise Failed(
            Finding(
                f"The kernels {m.by_shape[i][0].kernel} and {m.by_shape[j][0].kernel} begin with the same random "
                f"numbers (r = {r:+.3f}); 0 is expected. A seed inside the function, or one initializer object "
                "used again, does that.",
                measured=r,
                expected=0.0,
                p_value=t.union(t.correlation_bound(n, r), len(shared)),
                mistake=_SAME_STREAM,
            ),
            by=BEGINNINGS,
        )
    r, bound = worst_correlation([(n, r) for _, _, n, r in shared])
    return Finding(
        f"No repetition within a kernel; the largest correlation between two shapes is {r:+.4f}.",
        measured=r,
        expected=0.0,
        p_value=bound,
    )
