"""`independence`: the weights of a kernel do not depend on one another, and no shape repeats another's weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from autograder.assignment.kernels import KernelShape
from autograder.judge import bounds as t
from autograder.judge import lessons as learn
from autograder.judge.criterion import Finding, criterion
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest
from autograder.judge.structure import DEPENDENCES, find_structure, prefix_correlation, strength, worst_correlation
from autograder.judge.structure_tests import structure_tests

#: One draw's second moment after clipping is at least this, or its bound says how rarely it is not.
_SCALE = 0.9


def _half(kernels: Sequence[KernelShape]) -> int:
    half = min(kernel.size - max(kernel.fan_in, kernel.outputs) for kernel in kernels) // 2
    # An axis of odd length leaves its middle line out; of a 7-row kernel, one row in seven.
    return min(half, min(k.size * (k.inputs // 2) // k.inputs for k in kernels) * 6 // 7)


def two_draws(plan: Plan, limit: float, count: int) -> ErrorRate:
    """Return the error rate of ``count`` correlations of two draws."""
    n = plan.smallest
    bound = t.measured_correlation_bound(t.correlation_bound, n, limit, scale=_SCALE, entries=n, draws=2)
    return ErrorRate(n, bound, count, limit * math.sqrt(n))


def _beginnings(plan: Plan, limit: float) -> ErrorRate:
    return two_draws(plan, limit, plan.shape_pairs)


def _seeds(plan: Plan, limit: float) -> ErrorRate:
    return ErrorRate(1, t.TWO_COLLISIONS, math.comb(plan.shape_pairs, 2) + math.comb(plan.draw_pairs, 2))


TESTS = structure_tests("draw", lambda plan: plan.kernels, _half, within=0.10, scale=_SCALE, every=True)
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
    structures = find_structure([first for first, *_ in m.by_shape], TESTS, in_law_units=m.in_law_units)
    for (first, second, *_), found in zip(m.by_shape, structures, strict=True):
        # Confirmed by a fresh draw before it counts.
        if found is None or find_structure([second], TESTS, in_law_units=m.in_law_units) == [None]:
            continue
        raise Finding(
            f"The weights of a {first.kernel} kernel depend on one another: {found.says}.",
            measured=found.measured,
            expected=0.0,
            p_value=found.p_value,
            mistake=found.mistake,
        ).failing(found.by)
    if len(m.by_shape) < 2:
        return Finding("Nothing is repeated within a kernel.")
    pairs = list(combinations(range(len(m.by_shape)), 2))
    shared = [
        (i, j, *prefix_correlation(draws[i], draws[j])) for draws in zip(*m.by_shape, strict=True) for i, j in pairs
    ]
    strays = [each for each in shared if BEGINNINGS.fails(each[3])]
    if SEEDS.fails(len(strays)):
        i, j, n, r = max(strays, key=lambda each: strength(each[3]))
        raise Finding(
            f"The kernels {m.by_shape[i][0].kernel} and {m.by_shape[j][0].kernel} begin with the same random "
            f"numbers (r = {r:+.3f}); 0 is expected. A seed inside the function, or one initializer object "
            "used again, does that.",
            measured=r,
            expected=0.0,
            p_value=t.union(t.correlation_bound(n, r), len(shared)),
            mistake=_SAME_STREAM,
        ).failing(BEGINNINGS)
    r, bound = worst_correlation([(n, r) for _, _, n, r in shared])
    return Finding(
        f"No repetition within a kernel; the largest correlation between two shapes is {r:+.4f}.",
        measured=r,
        expected=0.0,
        p_value=bound,
    )
