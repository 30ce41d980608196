"""Detects dependence between the entries of one draw: repetition, reflection, unequal groups, and forced evenness.

Each test bounds its false alarms for independent, identically distributed entries (`bounds` names the sources). The
tests of groups assume nothing else, so a wrong distribution alone does not count as dependence.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from autograder.assignment.kernels import Layout
from autograder.judge.bounds import (
    autocorrelation_bound,
    centredness_bound,
    correlation_bound,
    evenness_bound,
    self_convolution_bound,
    share_bound,
    union,
)
from autograder.judge.lessons import IID
from autograder.judge.measure import DrawFigures, signed
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import StatisticalTest
from autograder.judge.structure_tests import EVENNESS_GROUPS, StructureTests

Array = NDArray[np.floating[Any]]

REPEATED = Misconception("repeated", "a row, column, window or block that is repeated", IID)
_FOLLOWING = Misconception("following", "weights that are computed from other weights, as in a running sum", IID)
SORTED = Misconception("sorted", "weights that were sorted", IID)
_MIRRORED = Misconception("mirrored", "one half that mirrors the other", IID)
_SYMMETRIC = Misconception("symmetric", "a matrix that equals its transpose", IID)
RANK_ONE = Misconception("rank_one", "an outer product of two vectors", IID)
_UNEVEN_SCALE = Misconception("uneven_scale", "a scale that changes along an axis", IID)
_UNEVEN_MEAN = Misconception("uneven_mean", "a mean that changes along an axis", IID)
_UNIT_NORM = Misconception("unit_norm", "rows or columns that were normalized to one length", IID)
_CENTRED = Misconception("centred", "rows or columns whose mean was subtracted", IID)
#: What changes from group to group along an axis.
UNEVEN = (_UNEVEN_SCALE, _UNEVEN_MEAN)
#: Every dependence that can be found within a draw.
DEPENDENCES = (REPEATED, _FOLLOWING, SORTED, _MIRRORED, _SYMMETRIC, RANK_ONE, *UNEVEN, _UNIT_NORM, _CENTRED)

#: Relative residual of the best outer product below which a matrix is one.
_OUTER_PRODUCT = 0.05
#: Correlation above which lines are the same rather than multiples of one another.
_SAME = 0.8
#: Share of neighbours in one order above which a draw is sorted; of independent ones, half are.
_SORTED = 0.9
#: How near, in deviations, two weights are to count as equal.
_EQUAL = 1e-3
#: Deviations at which values are clipped before they are correlated.
_REACH = 4.0
#: Share of exact zeros below which they count as a mask over a draw.
_MASKED = 15 / 16
#: A normal's standard deviation over its median absolute value.
_NORMAL_BY_MEDIAN = 1.4826
#: How many draws are transformed together: single-precision numbers in the narrowest vector register.
_AT_A_TIME = 4
#: What of a draw its prefix holds at least, where draws share a length.
_LEAST_PREFIX = 0.95
#: Kurtosis below which even squares say nothing; the uniform has 1.8.
_LEAST_KURTOSIS = 1.5


@dataclass(frozen=True)
class Structure:
    """A detected dependence: the mistake, the message, the measured figure, its bound, and the test that decided.

    ``group`` is the number of entries in a group, if groups of entries along an axis are unlike.
    """

    mistake: Misconception
    says: str
    measured: float
    p_value: float
    by: StatisticalTest
    group: int = 1


@dataclass(frozen=True)
class Axis:
    """Groups of entries along one axis of a kernel.

    Attributes
    ----------
    name : str
        What a group belongs to: an output channel, an input channel, a place in the window.
    size : int
        Number of entries in a group.
    fold : callable
        Converts sums over the matrix's rows and over its columns into sums by group.
    """

    name: str
    size: int
    fold: Callable[[Array, Array], Array]


def axes(draw: DrawFigures) -> list[Axis]:
    """Return the axes of a draw's matrix: output channels, input channels, and the window where there is one."""
    kernel = draw.kernel
    # Rows of the matrix are window and inputs, in the order in which the layout has them.
    in_keras = draw.layout is Layout.KERAS
    shape = (kernel.area, kernel.inputs) if in_keras else (kernel.inputs, kernel.area)
    inputs, window = (1, 0) if in_keras else (0, 1)
    found = [
        Axis("output channel", kernel.fan_in, lambda rows, columns: columns),
        Axis("input channel", kernel.size // kernel.inputs, lambda rows, columns: rows.reshape(shape).sum(axis=window)),
    ]
    if kernel.area > 1:
        size = kernel.size // kernel.area
        found.append(Axis("place in the window", size, lambda rows, columns: rows.reshape(shape).sum(axis=inputs)))
    return found


def find_structure(
    draws: Sequence[DrawFigures], tests: StructureTests, *, in_law_units: bool
) -> list[Structure | None]:
    """Return, for each of ``draws``, the first dependence that is found among its entries, or None.

    Several draws cost less together than one by one (`largest_within`).

    Parameters
    ----------
    draws : sequence of DrawFigures
        Draws of about the same size.
    tests : StructureTests
        What decides.
    in_law_units : bool
        Whether mean and variance are known to be the law's; else the measured ones stand in for them.
    """
    tame = [_tame(draw, in_law_units=in_law_units) for draw in draws]
    return [
        _find_structure(draw, clipped, largest, tests, in_law_units=in_law_units)
        for draw, clipped, largest in zip(draws, tame, largest_within(tame), strict=True)
    ]


def _find_structure(
    draw: DrawFigures, tame: DrawFigures, largest: LargestWithin, tests: StructureTests, *, in_law_units: bool
) -> Structure | None:
    if not 0.0 < draw.second < math.inf:
        return None
    groups = _Groups(draw)
    repeats = [*_along_memory(tame, largest, tests), *_along_axes(tame, tests)]
    # What is the same explains the rest: repeated rows have even norms, too.
    found = next((f for f in repeats if abs(f.measured) > _SAME), None) or next(
        chain(_made_even(draw, groups, tests, in_law_units=in_law_units), repeats, _unlike(groups, tests.groups)), None
    )
    if found is not None and groups.is_outer_product and not groups.has_equal_lines:
        return replace(found, mistake=RANK_ONE, says="the matrix is the outer product of two vectors")
    if found is not None and _is_sorted(draw):
        return replace(found, mistake=SORTED, says="they are sorted")
    return found


def _is_sorted(draw: DrawFigures) -> bool:
    """Whether neighbours in the memory, or in the matrix's rows or columns, stand in one order nearly everywhere."""
    for lines in (draw.centred[np.newaxis], draw.matrix, draw.matrix.T):
        steps = np.diff(lines, axis=-1)
        if max(np.count_nonzero(steps > 0.0), np.count_nonzero(steps < 0.0)) > _SORTED * steps.size:
            return True
    return False


def _tame(draw: DrawFigures, *, in_law_units: bool) -> DrawFigures:
    """Return the draw clipped at four deviations: otherwise one or two outliers would be all that a correlation sees.

    In the law's units the deviation is known, and |clip(u)| ≤ |u| keeps the bounds.
    """
    return clipped(draw, 1.0) if in_law_units else clipped(draw)


def clipped(draw: DrawFigures, deviation: float | None = None) -> DrawFigures:
    """Return the draw clipped at four deviations, and centred anew: outliers move the mean, too.

    Without ``deviation``, it is estimated from the median absolute value of a sixteenth of the draw. Weights that are
    exactly 0, as under a mask, say nothing about it, unless nearly all weights are 0.
    """
    if deviation is None:
        sample = draw.centred[::16]
        masked = sample == -sample.dtype.type(draw.mean)
        if np.count_nonzero(masked) < _MASKED * sample.size:
            sample = sample[~masked]
        deviation = _NORMAL_BY_MEDIAN * float(np.median(np.abs(sample)))
    if not 0.0 < deviation < math.inf:
        return draw
    values = np.clip(draw.centred, -_REACH * deviation, _REACH * deviation)
    mean = np.mean(values)
    values -= mean
    squares = values * values
    second, fourth = float(np.sum(squares)) / values.size, float(np.dot(squares, squares)) / values.size
    return replace(draw, centred=values, mean=draw.mean + float(mean), second=second, fourth=fourth)


def shuffled(draw: DrawFigures) -> DrawFigures:
    """Return the draw in an order that its own values decide: equal draws stay equal."""
    generator = np.random.default_rng(zlib.crc32(draw.centred.tobytes()))
    return replace(draw, centred=generator.permutation(draw.centred))


@dataclass(frozen=True)
class LargestWithin:
    """The largest correlations of a draw with itself.

    Attributes
    ----------
    lag : int
        How many entries the draw was shifted by, round about.
    length : int
        How many entries of the draw were read, from its beginning.
    repeated : float
        The circular autocorrelation at that lag.
    mirrored : float
        The largest correlation of the draw with itself read backwards, about any centre.
    """

    lag: int = 0
    length: int = 0
    repeated: float = 0.0
    mirrored: float = 0.0


def largest_within(draws: Sequence[DrawFigures]) -> list[LargestWithin]:
    """Return the largest circular autocorrelation and the largest reflection of each draw.

    Both come from one spectrum X of a prefix of convenient length: the autocorrelation is the inverse of |X|², the
    self-convolution Σ x_i·x_(c−i) that of X². A prefix leaves out at most a few per cent. Draws of about the same size
    get one length, and are transformed four at a time: one vector instruction serves four.
    """
    found = [LargestWithin()] * len(draws)
    for places in _groups_of_four([draw.centred.size for draw in draws]):
        length = _length(draws[places[0]].centred.size)
        rows = [draws[place].centred[:length] for place in places]
        padding = rows[:1] * (_AT_A_TIME - len(rows) if len(rows) > 1 else 0)  # fewer are transformed one by one
        for place, largest in zip(places, _largest_within(np.stack(rows + padding)), strict=False):
            found[place] = largest
    return found


def _length(size: int) -> int:
    return int(scipy.fft.prev_fast_len(size, real=True))


def _groups_of_four(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Yield the places of ``sizes`` in groups of at most four whose prefixes may have one length, smallest first."""
    group: list[int] = []
    for place in sorted(range(len(sizes)), key=sizes.__getitem__):
        if group and (len(group) == _AT_A_TIME or _length(sizes[group[0]]) < _LEAST_PREFIX * sizes[place]):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _largest_within(values: Array) -> list[LargestWithin]:
    """Return the same of the rows of ``values``, (draws, length)."""
    length = values.shape[1]
    spectra = scipy.fft.rfft(values)
    lags = scipy.fft.irfft(spectra * spectra.conj(), length)  # of a real spectrum, SciPy would make one of doubles
    lags[:, 0] = 0.0
    reflected = scipy.fft.irfft(spectra * spectra, length)
    found = []
    for row, by_lag, by_centre in zip(values, lags, reflected, strict=True):
        total = float(np.dot(row, row))
        if not 0.0 < total < math.inf:
            found.append(LargestWithin())
            continue
        lag, centre = int(np.argmax(np.abs(by_lag))), int(np.argmax(np.abs(by_centre)))
        repeated, mirrored = float(by_lag[lag]) / total, float(by_centre[centre]) / total
        found.append(LargestWithin(min(lag, length - lag), length, _number(repeated), _number(mirrored)))
    return found


def _along_memory(draw: DrawFigures, largest: LargestWithin, tests: StructureTests) -> Iterator[Structure]:
    lag, r, mirrored, n = largest.lag, largest.repeated, largest.mirrored, draw.centred.size
    if tests.lag.fails(r):
        values = draw.centred[: largest.length] + draw.mean
        away = np.abs(values - math.copysign(1.0, r) * np.roll(values, lag))
        same = float(np.mean(away <= _EQUAL * math.sqrt(draw.second))) >= abs(r) / 2.0
        why = "A row, column, window or block is repeated" if same else "Some weights are computed from others"
        yield Structure(
            REPEATED if same else _FOLLOWING,
            f"weights {lag:,} places apart are correlated (r = {signed(r, 3)}). {why}",
            r,
            autocorrelation_bound(n, r),
            tests.lag,
        )
    if tests.centre.fails(mirrored):
        yield Structure(
            _MIRRORED,
            f"read backwards, they are correlated with themselves (r = {signed(mirrored, 3)})",
            mirrored,
            self_convolution_bound(n, mirrored),
            tests.centre,
        )


def _along_axes(draw: DrawFigures, tests: StructureTests) -> Iterator[Structure]:
    matrix, whole = draw.matrix, draw.second * draw.centred.size
    for along, lines in (("input", matrix), ("output", matrix.T)):
        half = lines.shape[0] // 2
        first, last = lines[:half], lines[len(lines) - half :][::-1]
        middle = lines[half : len(lines) - half]  # of an odd number, the line that would meet itself
        r = _number(2.0 * float(np.vdot(first, last)) / (whole - float(np.vdot(middle, middle)) or 1.0))
        if tests.flip.fails(r):
            yield Structure(
                _MIRRORED,
                f"one half mirrors the other along its {along} axis (r = {signed(r, 3)})",
                r,
                union(correlation_bound(first.size, r), 2),
                tests.flip,
            )
    if tests.transpose is not None and matrix.shape[0] == matrix.shape[1]:
        diagonal = np.diagonal(matrix)
        of_diagonal = float(np.dot(diagonal, diagonal))
        r = _number((float(np.vdot(matrix, matrix.T)) - of_diagonal) / (whole - of_diagonal or 1.0))
        if tests.transpose.fails(r):
            yield Structure(
                _SYMMETRIC,
                f"the matrix is correlated with its own transpose (r = {signed(r, 3)})",
                r,
                correlation_bound((matrix.size - diagonal.size) // 2, r),
                tests.transpose,
            )


def _number(r: float) -> float:
    """Return r, or 0 where products too large for a float have left no number: then nothing is known."""
    return 0.0 if math.isnan(r) else r


def _sums(values: Array) -> tuple[Array, Array]:
    """Return the sums of a matrix's rows and of its columns."""
    rows = values @ np.ones(values.shape[1], dtype=np.float32)
    return rows, np.ones(values.shape[0], dtype=np.float32) @ values


class _Groups:
    """Sums of a draw's values and squares, and counts of its large and its positive entries, by rows and columns."""

    def __init__(self, draw: DrawFigures) -> None:
        matrix = draw.matrix
        squares = matrix * matrix
        large = np.greater(squares, squares.dtype.type(draw.second)).astype(np.float32)
        positive = np.greater(matrix, matrix.dtype.type(-draw.mean)).astype(np.float32)
        self.axes = axes(draw)
        self.values, self.squares = _sums(matrix), _sums(squares)
        self.large, self.positive = _sums(large), _sums(positive)
        self._squares = squares

    @property
    def is_outer_product(self) -> bool:
        """Whether the squares are the outer product of their row and column sums: then so is the draw, up to signs."""
        rows, columns = self.squares
        product = np.outer(rows, columns) / max(float(np.sum(rows, dtype=np.float64)), 1e-30)
        residual = float(np.linalg.norm(self._squares - product))
        return residual < _OUTER_PRODUCT * float(np.linalg.norm(self._squares))

    @property
    def has_equal_lines(self) -> bool:
        """Whether all rows, or all columns, have the same sum of squares: in an outer product these are repeated."""
        return min(float(np.std(sums)) / (float(np.mean(sums)) or 1.0) for sums in self.squares) < _OUTER_PRODUCT


def _by_group(axis: Axis, sums: tuple[Array, Array]) -> Array:
    return axis.fold(*sums).astype(np.float64) / axis.size


def _unlike(groups: _Groups, test: StatisticalTest) -> Iterator[Structure]:
    for axis in groups.axes:
        for counts, mistake, what in ((groups.large, _UNEVEN_SCALE, "scale"), (groups.positive, _UNEVEN_MEAN, "mean")):
            shares = _by_group(axis, counts)
            overall = float(np.mean(shares))
            bound = share_bound(axis.size, shares, overall)
            if test.fails(bound):
                strayed = float(shares[np.argmax(np.abs(shares - overall))])
                says = f"their {what} changes from one {axis.name} to the next"
                yield Structure(mistake, says, strayed - overall, bound, test, axis.size)


def _made_even(draw: DrawFigures, groups: _Groups, tests: StructureTests, *, in_law_units: bool) -> Iterator[Structure]:
    # Entries of one size, ±σ, have even squares by themselves: that is their distribution, not their dependence.
    if draw.fourth <= _LEAST_KURTOSIS * draw.second * draw.second:
        return
    # In the law's units where the draws are right; a wrong scale or mean is another criterion's business.
    scale, mean = (1.0, draw.mean) if in_law_units else (draw.second, 0.0)
    for axis in groups.axes:
        mean_squares = _by_group(axis, groups.squares) / scale
        means = (_by_group(axis, groups.values) + mean) / math.sqrt(scale)
        count = means.size
        if count < EVENNESS_GROUPS:
            continue
        dispersion = float(np.mean((mean_squares - 1.0) ** 2)) * axis.size / 2.0
        if tests.norms is not None and tests.norms.fails(dispersion):
            yield Structure(
                _UNIT_NORM,
                f"the weights of each {axis.name} have the same norm; those of independent weights differ",
                dispersion,
                evenness_bound(count, axis.size, dispersion),
                tests.norms,
            )
        dispersion = float(np.mean(means**2)) * axis.size
        if tests.means is not None and tests.means.fails(dispersion):
            yield Structure(
                _CENTRED,
                f"the weights of each {axis.name} add up to 0; independent weights do not",
                dispersion,
                centredness_bound(count, dispersion),
                tests.means,
            )


def prefix_correlation(x: DrawFigures, y: DrawFigures) -> tuple[int, float]:
    """Return how many entries the shorter of two draws has, and Σxy/n over these, each in its own deviation."""
    n = min(x.centred.size, y.centred.size)
    scale = math.sqrt(x.second) * math.sqrt(y.second) if x.second > 0.0 and y.second > 0.0 else math.inf
    r = float(np.dot(x.centred[:n], y.centred[:n])) / n / scale
    return n, r if math.isfinite(r) else 0.0


def worst_correlation(pairs: list[tuple[int, float]]) -> tuple[float, float]:
    """Return r of the largest |r| among pairs (n, r), and the bound for the largest of so many."""
    n, r = max(pairs, key=lambda pair: abs(pair[1]))
    return r, union(correlation_bound(n, r), len(pairs))


def strength(r: float) -> float:
    """Return |r| without its rounding error, which is each processor's own: of equals, all of them name the first."""
    return round(abs(r), 6)
