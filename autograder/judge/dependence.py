"""Finds out whether the weights of an initializer depend on one another, and how many independent values they hold.

The tests of one draw are those of `structure`. Two more look for a small pool of values from which all weights are
taken, and for a scale that changes from call to call. Weights that depend on something say less about a variance: each
figure rests on an effective number of independent values, and thresholds widen with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape
from autograder.judge.bounds import repeats_bound, steadiness_bound, union
from autograder.judge.lessons import IID
from autograder.judge.measure import DrawFigures
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest
from autograder.judge.structure import RANK_ONE, REPEATED, SORTED, UNEVEN, Structure, find_structure
from autograder.judge.structure_tests import structure_tests

Array = NDArray[np.floating[Any]]

#: One draw's second moment after clipping is at least this, or its bound says how rarely it is not.
SCALE = 0.9
#: Values of one draw among which repeated values are looked for.
_SAMPLE = 4_096
#: Values that stand out by their number, such as 0 or the limits of clipped weights. They are an atom and no pool.
_ATOMS = 3
#: Share of equal neighbouring gaps between sorted values above which these are on a grid; of a pool's, one in forty is.
_EQUAL_GAPS = 0.06

#: Kurtosis up to which tails are light; 6 for Laplace draws.
_LIGHT = 9.0

FEW_VALUES = Misconception("few_values", "a small pool of values from which all weights are taken", IID)
UNSTEADY_SCALE = Misconception("unsteady_scale", "a scale that changes from call to call", IID)


def _half(kernels: Sequence[KernelShape]) -> int:
    half = min(kernel.size - max(kernel.fan_in, kernel.outputs) for kernel in kernels) // 2
    # An axis of odd length leaves its middle line out; of a 7-row kernel, one row in seven.
    return min(half, min(k.size * (k.inputs // 2) // k.inputs for k in kernels) * 6 // 7)


def _repeats(plan: Plan, limit: float) -> ErrorRate:
    return ErrorRate(_SAMPLE, repeats_bound(_SAMPLE, limit), len(plan.kernels))


def _steadiness(plan: Plan, limit: float) -> ErrorRate:
    calls = plan.rounds * len(plan.kernels)
    return ErrorRate(plan.smallest, steadiness_bound(plan.smallest, calls, limit))


TESTS = structure_tests("draw", lambda plan: plan.kernels, _half, within=0.10, scale=SCALE, every=True)
REPEATS = StatisticalTest(f"repeated values among {_SAMPLE:,} of a draw", "> {}, twice", 40, _repeats)
STEADINESS = StatisticalTest("mean |second moment of a call / of its shape − 1|", "> {:.1%}", 0.034, _steadiness)


@dataclass(frozen=True)
class Dependence:
    """What the weights of an initializer's draws depend on.

    Attributes
    ----------
    kernel : KernelShape
        A kernel whose weights show it.
    found : Structure
        The mistake, the message and the figures.
    rests_on : tuple of int
        For each kernel shape, the effective number of independent values among all of its draws.
    in_all : int
        The same of all shapes together.
    """

    kernel: KernelShape
    found: Structure
    rests_on: tuple[int, ...]
    in_all: int


def find_dependence(by_shape: Sequence[Sequence[DrawFigures]], *, in_law_units: bool) -> Dependence | None:
    """Return the first dependence that a second draw confirms, or None.

    Parameters
    ----------
    by_shape : sequence of sequence of DrawFigures
        For each kernel shape, its draws: one at least.
    in_law_units : bool
        Whether mean and variance are known to be right; else the measured ones stand in for them.
    """
    first = find_structure([draws[0] for draws in by_shape], TESTS, in_law_units=in_law_units)
    structures = [
        found if found is None or _confirmed(draws, in_law_units=in_law_units) else None
        for draws, found in zip(by_shape, first, strict=True)
    ]
    shapes = [len(draws) * draws[0].centred.size for draws in by_shape]
    if (place := next((i for i, found in enumerate(structures) if found is not None), None)) is not None:
        found = structures[place]
        assert found is not None
        rests_on = [len(draws) * _independent(draws[0], each) for draws, each in zip(by_shape, structures, strict=True)]
        return Dependence(by_shape[place][0].kernel, found, tuple(rests_on), _together(shapes, rests_on))
    return _few_values(by_shape, shapes) or _unsteady(by_shape, shapes)


def _confirmed(draws: Sequence[DrawFigures], *, in_law_units: bool) -> bool:
    return len(draws) < 2 or find_structure([draws[1]], TESTS, in_law_units=in_law_units) != [None]


def _independent(draw: DrawFigures, found: Structure | None) -> int:
    """Return how many independent values a draw holds in which ``found`` was found.

    What is found first may be the lesser dependence, so the least of what all figures say counts.
    """
    size, (rows, columns) = draw.centred.size, draw.matrix.shape
    mistake = found.mistake if found is not None else None
    few = mistake is REPEATED or REPEATS.fails(repeated_values(draw.centred))
    counts = [_distinct(draw.centred) if few else size]
    if mistake is RANK_ONE:
        counts.append(rows * columns // (rows + columns))
    elif found is not None and mistake is not SORTED:
        counts.append(independent_by_spread(draw))
        if mistake is not REPEATED:
            counts.append(size // (found.group if mistake in UNEVEN else 2))
    return max(1, min(counts))


def independent_by_spread(draw: DrawFigures) -> int:
    """Return how many independent normal values would have rows and columns whose mean squares spread as widely.

    The mean square of n independent normal values has the variance 2σ⁴/n. So if G groups of m values have mean squares
    that vary by v·σ⁴, the draw's own mean square is as uncertain as that of 2·G/v independent values; where nothing
    depends on anything, v is 2/m. The lesser of rows and columns counts, and no more than there are.
    """
    squares = draw.matrix * draw.matrix
    least = draw.centred.size
    for axis in (0, 1):
        of_groups = np.mean(squares, axis=axis, dtype=np.float64)
        mean, spread = float(np.mean(of_groups)), float(np.var(of_groups))
        # Without a spread, or with numbers too large for one, nothing says that the values are fewer.
        if 2.0 * of_groups.size * mean * mean < least * spread:
            least = int(2.0 * of_groups.size * mean * mean / spread)
    return max(1, least)


def _distinct(values: Array) -> int:
    return int(np.unique(np.abs(values)).size)


def _together(sizes: Sequence[int], rests_on: Sequence[int]) -> int:
    """Return the effective number for the mean over shapes, weighted by their sizes: of Var = Σ (size/total)²/nᵢ."""
    total = sum(sizes)
    return int(1.0 / sum((size / total) ** 2 / max(n, 1) for size, n in zip(sizes, rests_on, strict=True)))


def _few_values(by_shape: Sequence[Sequence[DrawFigures]], shapes: Sequence[int]) -> Dependence | None:
    """Return the dependence of weights that are drawn with replacement from a small pool."""
    flagged = [all(REPEATS.fails(repeated_values(draw.centred)) for draw in draws[:2]) for draws in by_shape]
    if not any(flagged):
        return None
    place = flagged.index(True)
    # A pool may be the same for every call and every shape: then more calls hold no more values.
    rests_on = [
        _distinct(draws[0].centred) if few else n for n, draws, few in zip(shapes, by_shape, flagged, strict=True)
    ]
    count = repeated_values(by_shape[place][0].centred)
    says = f"{count:,} of {_SAMPLE:,} weights have the same value as another one. All come from a small pool of values"
    found = Structure(FEW_VALUES, says, count, union(repeats_bound(_SAMPLE, count), len(by_shape)), REPEATS)
    of_the_pool = max(n for n, few in zip(rests_on, flagged, strict=True) if few)
    return Dependence(by_shape[place][0].kernel, found, tuple(rests_on), of_the_pool)


def repeated_values(values: Array) -> int:
    """Return how many of a sample of ``values``, (n,), repeat another one; 0 where they were rounded to a grid.

    Rounded numbers repeat as well, and are independent all the same.
    """
    step = max(1, values.size // _SAMPLE)
    found, counts = np.unique(values[::step][:_SAMPLE], return_counts=True)
    repeats = int(np.sort(counts - 1)[: max(found.size - _ATOMS, 0)].sum())
    return 0 if REPEATS.fails(2.0 * repeats) and on_a_grid(values) else repeats


def on_a_grid(values: Array) -> bool:
    """Whether ``values``, (n,), lie on a grid, as decimals, integers and numbers of half precision do.

    Many neighbouring distinct values are then equally far apart.
    """
    gaps = np.diff(np.unique(values).astype(np.float64))
    if gaps.size < 2:
        return True
    by_chance = 5.0 * math.sqrt(_EQUAL_GAPS / 2.0 / gaps.size)
    return float(np.mean(np.abs(gaps[1:] - gaps[:-1]) < 0.05 * gaps[:-1])) > _EQUAL_GAPS + by_chance


def _unsteady(by_shape: Sequence[Sequence[DrawFigures]], shapes: Sequence[int]) -> Dependence | None:
    """Return the dependence of weights whose scale changes from call to call."""
    calls = [len(draws) for draws in by_shape]
    offs = [_offs(draws) for draws in by_shape]
    if min(calls, default=0) < 2 or not all(map(_light, chain.from_iterable(by_shape))):
        return None
    off = sum(map(sum, offs)) / sum(calls)
    if not STEADINESS.fails(off):
        return None
    place = max(range(len(offs)), key=lambda i: max(offs[i]))
    says = f"the variance of a call is {off:.0%} off the mean of its kernel's calls, on average"
    n = min(draw.centred.size for draw in chain.from_iterable(by_shape))
    found = Structure(UNSTEADY_SCALE, says, off, steadiness_bound(n, sum(calls), off), STEADINESS)
    return Dependence(by_shape[place][0].kernel, found, tuple(calls), _together(shapes, calls))


def _offs(draws: Sequence[DrawFigures]) -> list[float]:
    """Return by what share the second moment of each draw is off their mean."""
    seconds = [draw.second + draw.mean * draw.mean for draw in draws]
    whole = sum(seconds) / len(seconds)
    return [abs(second / whole - 1.0) if 0.0 < whole < math.inf else 0.0 for second in seconds]


def _light(draw: DrawFigures) -> bool:
    """Whether the draw's tails are so light that second moments are steady by themselves."""
    return draw.fourth <= _LIGHT * draw.second * draw.second
