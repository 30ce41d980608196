"""Finds out whether the calls of an initializer repeat each other: copies, one stream for all shapes, few seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge import bounds as t
from autograder.judge.dependence import SCALE
from autograder.judge.lessons import KEPT
from autograder.judge.lessons import SEEDS as SEEDS_LESSON
from autograder.judge.measure import DrawFigures, signed
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest
from autograder.judge.structure import Structure, prefix_correlation, strength, worst_correlation
from autograder.judge.thresholds import chance_of_correlation

Array = NDArray[np.floating[Any]]

#: Largest correlation of two draws that passes.
CORRELATION = 0.05
#: Correlation above which two draws are called the same.
_SAME = 0.9
#: Different tensors of many calls that may as well be kept ones, returned in turn.
_KEPT = 2


def two_draws(plan: Plan, limit: float, count: int) -> ErrorRate:
    """Return the error rate of ``count`` correlations of two draws."""
    n = plan.smallest
    bound = t.measured_correlation_bound(t.correlation_bound, n, limit, scale=SCALE, entries=n, draws=2)
    return ErrorRate(n, bound, count, limit * math.sqrt(n))


def _draws(plan: Plan, limit: float) -> ErrorRate:
    return two_draws(plan, limit, plan.draw_pairs)


def _beginnings(plan: Plan, limit: float) -> ErrorRate:
    return two_draws(plan, limit, plan.shape_pairs)


def _collisions(plan: Plan, limit: float) -> ErrorRate:
    calls = plan.rounds * len(plan.kernels)
    return ErrorRate(calls, t.collisions_bound(calls, int(limit) + 1))


def _equal_calls(plan: Plan, limit: float) -> ErrorRate:
    return ErrorRate(plan.repeats, t.collisions_bound(plan.repeats, int(limit) + 1))


DRAWS = StatisticalTest("|r| of two draws of a shape", "> {}, three times", CORRELATION, _draws)
BEGINNINGS = StatisticalTest("|r| of two shapes' beginnings", "> {}, three times", CORRELATION, _beginnings)
#: Pairs of draws that may be correlated. Unseeded Keras initializers draw their seeds from a billion, and so may
#: collide. A pool of a thousand seeds gives a pair in one grading of sixteen, and whether it does must not decide.
SEEDS = StatisticalTest("pairs of draws that repeat each other", "> {}", 2, _collisions)
#: Pairs of equal small draws: a pool of 100 seeds gives about 50 among 100 calls, a pool of 1,000 about 5.
EQUAL_CALLS = StatisticalTest("pairs of equal draws among the small ones", "> {}", 15, _equal_calls)

FIXED_SEED = Misconception("fixed_seed", "the same random numbers in every call", SEEDS_LESSON)
#: What gives the same random numbers in every call. Only Keras has initializer objects, which draw alike in each call.
_REASONS = {
    Layout.KERAS: "There are two possible reasons: a seed that is set inside the function, or one Keras initializer "
    "object that all calls share. Look for both.",
    Layout.TORCH: "The reason is a seed inside the function.",
}
CACHED_TENSOR = Misconception("cached_tensor", "a tensor that is kept from the first call for each shape", KEPT)
SAME_STREAM = Misconception(
    "same_stream", "kernels of different shapes that begin with the same random numbers", SEEDS_LESSON
)
FEW_SEEDS = Misconception("few_seeds", "a seed that is set inside the function, out of few", SEEDS_LESSON)
CORRELATED_CALLS = Misconception("correlated_calls", "calls whose weights are correlated", KEPT)


class Repetition(Structure):
    """How the calls of an initializer repeat each other. ``measured`` is a correlation, or a number of equal pairs."""


@dataclass(frozen=True)
class Fresh:
    """The largest correlation of two calls, and its bound, where calls do not repeat each other."""

    r: float
    bound: float


@dataclass(frozen=True)
class _Pair:
    one: KernelShape
    other: KernelShape
    n: int
    r: float


def find_repetition(
    by_shape: Sequence[Sequence[DrawFigures]], repeats: Array | None, rests_on: Sequence[int] | None = None
) -> Repetition | Fresh:
    """Return how calls repeat each other, or the largest correlation of two calls if they do not.

    Parameters
    ----------
    by_shape : sequence of sequence of DrawFigures
        For each kernel shape, its draws, as many for each.
    repeats : array or None
        (calls, n): the values of many calls for one small kernel, if these calls gave any.
    rests_on : sequence of int, optional
        For each kernel shape, the effective number of independent values among all of its draws, if its weights depend
        on one another.
    """
    chances = dict.fromkeys((draws[0].kernel for draws in by_shape), 0.0)
    for draws, n in zip(by_shape, rests_on or (), strict=False):
        chances[draws[0].kernel] = chance_of_correlation(n / len(draws))
    same_shape = [
        _Pair(x.kernel, x.kernel, *prefix_correlation(x, y)) for draws in by_shape for x, y in combinations(draws, 2)
    ]
    same_round = [
        _Pair(x.kernel, y.kernel, *prefix_correlation(x, y))
        for draws in zip(*by_shape, strict=True)
        for x, y in combinations(draws, 2)
    ]
    again = [pair for pair in same_shape if DRAWS.fails(pair.r, at_least=chances[pair.one])]
    shared = [
        pair for pair in same_round if BEGINNINGS.fails(pair.r, at_least=max(chances[pair.one], chances[pair.other]))
    ]
    tried = same_shape + same_round
    strays = len(again) + len(shared)
    repeated = SEEDS.fails(strays) or 0 < strays == len(tried)
    # Of a pool of seeds, some pairs repeat. A fixed seed, a kept tensor, or one stream for a round repeats all of them.
    everywhere = 0 < len(again) == len(same_shape) or 0 < len(shared) == len(same_round)
    if repeats is not None and not (repeated and everywhere) and (few := _few_seeds(repeats)) is not None:
        return few
    if repeated:
        return _repetition(again, shared, len(tried), by_shape[0][0].layout)
    return Fresh(*worst_correlation([(pair.n, pair.r) for pair in tried])) if tried else Fresh(0.0, 1.0)


def _few_seeds(repeats: Array) -> Repetition | None:
    counts = Counter(row.tobytes() for row in repeats)
    equal = sum(math.comb(count, 2) for count in counts.values())
    if not EQUAL_CALLS.fails(equal) or len(counts) <= _KEPT:
        return None
    says = f"{len(repeats)} calls gave only {len(counts)} different tensors: the function sets a seed, one of few."
    return Repetition(FEW_SEEDS, says, float(equal), t.collisions_bound(len(repeats), equal), EQUAL_CALLS)


def _repetition(again: Sequence[_Pair], shared: Sequence[_Pair], tried: int, layout: Layout) -> Repetition:
    worst = max([*again, *shared], key=lambda pair: strength(pair.r))
    bound = t.union(t.correlation_bound(worst.n, worst.r), tried)
    if abs(worst.r) < _SAME:
        says = f"The weights of two calls are correlated: r = {signed(worst.r, 3)} (accepted: up to ±{CORRELATION})."
        return Repetition(CORRELATED_CALLS, says, worst.r, bound, DRAWS if again else BEGINNINGS)
    if not again:
        says = (
            f"The kernels {worst.one} and {worst.other} (inputs→outputs) begin with the same random numbers. "
            f"{_REASONS[layout]}"
        )
        return Repetition(SAME_STREAM, says, worst.r, bound, BEGINNINGS)
    worst = max(again, key=lambda pair: strength(pair.r))
    begun = f"Several calls gave the same weights, for example for {worst.one.words}."
    if shared:
        says = f"{begun} {_REASONS[layout]}"
        return Repetition(FIXED_SEED, says, worst.r, bound, DRAWS)
    says = (
        f"{begun} There are two possible reasons: a tensor that is kept from an earlier call, or a seed that is made "
        "from the shape. Look for both."
    )
    return Repetition(CACHED_TENSOR, says, worst.r, bound, DRAWS)
