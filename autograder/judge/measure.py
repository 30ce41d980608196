"""Measures one draw, and the moments of several draws of one kernel, in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.families import ORTHOGONAL, Histogram
from autograder.judge.law import HE, TargetLaw
from autograder.judge.naming import MeasuredRatio
from autograder.judge.thresholds import MEAN, VARIANCE

Array = NDArray[np.floating[Any]]


#: Ratios that differ by no more than this factor are those of one constant.
_ALIKE = 1.05
#: Powers of ten from here on are written as powers.
_IN_FULL = 4.0
#: Columns that are looked at for orthogonality, and the largest cosine of two that are orthogonal. Of independent
#: columns, some cosine is beyond it: each has a standard deviation of 0.01 for the longest columns.
_COLUMNS, _ORTHOGONAL = 16, 1e-3
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def signed(value: float, digits: int) -> str:
    """Return ``value`` with its sign, a minus sign and no hyphen, as sentences show it.

    Examples
    --------
    >>> signed(-0.0312, 3), signed(0.5, 1)
    ('−0.031', '+0.5')
    """
    return f"{value:+.{digits}f}".replace("-", "−")


#: Share of numbers that are not finite up to which the others are judged without them.
RARE = 1e-3


def not_finite(array: Array) -> int:
    """Return how many numbers of ``array`` are NaN or infinite."""
    if math.isfinite(float(np.add.reduce(array, axis=None))):
        return 0  # a sum that is finite has finite terms, and is quicker to find
    return array.size - int(np.count_nonzero(np.isfinite(array)))


def finite(array: Array) -> Array:
    """Return ``array`` with 0 in place of NaN and infinities, if these are rare."""
    return np.where(np.isfinite(array), array, 0.0) if 0 < not_finite(array) <= RARE * array.size else array


@dataclass(frozen=True)
class DrawFigures:
    """Figures of one draw in units of the law's deviation, u = w/√Var; for He, w·√(fan_in/2).

    Attributes
    ----------
    kernel : KernelShape
        The drawn shape.
    layout : Layout
        Memory layout of the draw.
    centred : array
        (n,) u minus its mean, in memory order. float32, or float64 if the draw was float64.
    mean : float
        Mean of u.
    second, fourth : float
        Means of the second and fourth powers of ``centred``.
    law : TargetLaw
        The law.
    """

    kernel: KernelShape
    layout: Layout
    centred: Array
    mean: float
    second: float
    fourth: float
    law: TargetLaw = HE

    @property
    def matrix(self) -> Array:
        """The centred values as (window and inputs, outputs), a view: one column an output unit."""
        rows = self.kernel.fan_in
        if self.layout is Layout.KERAS:
            return self.centred.reshape(rows, self.kernel.outputs)
        return self.centred.reshape(self.kernel.outputs, rows).T

    @property
    def is_orthogonal(self) -> bool:
        """Whether the matrix's columns, or its rows if these are fewer, are orthogonal to one another."""
        matrix = self.matrix if self.kernel.fan_in >= self.kernel.outputs else self.matrix.T
        some = matrix[:, :_COLUMNS] + self.mean
        products = some.T @ some
        squares = np.diag(products)
        largest = np.max(np.abs(products - np.diag(squares)))
        return squares.size > 1 and bool(np.min(squares) > 0.0 and largest <= _ORTHOGONAL * np.min(squares))


def family_of(draws: Sequence[DrawFigures], histogram: Histogram) -> str | None:
    """Return the family of weights: that of their ``histogram``, unless these ``draws`` are orthogonal matrices."""
    return ORTHOGONAL if draws and all(draw.is_orthogonal for draw in draws) else histogram.family


def draw_figures(kernel: KernelShape, layout: Layout, array: Array, law: TargetLaw = HE) -> DrawFigures:
    """Measure one draw in units of ``law``; ``array`` has the kernel's shape and any float dtype.

    float32 is enough for what float32 holds: rounding moves a mean of 50,000 products by less than 1e-4 of itself, and
    no threshold is nearer than 1e-2 to anything that matters. Only float64, which is a wrong answer, may hold more.
    Values whose squares are too large become infinities and NaN, never an exception.
    """
    dtype = np.dtype(np.float64 if array.dtype == np.float64 else np.float32).type
    centred = array.astype(dtype, copy=False).ravel() * dtype(1.0 / law.deviation(kernel))
    mean = float(np.add.reduce(centred, dtype=np.float64)) / centred.size
    centred -= dtype(mean)
    squares = centred * centred
    second = float(np.add.reduce(squares, dtype=np.float64)) / centred.size
    fourth = float(np.dot(squares, squares)) / centred.size
    return DrawFigures(kernel, layout, centred, mean, second, fourth, law)


@dataclass(frozen=True)
class Moments:
    """Moments of all draws of one kernel shape, in units of the law's deviation.

    Attributes
    ----------
    kernel : KernelShape
        The drawn shape.
    n : int
        Number of weights in all draws of the shape together.
    mean, variance : float
        0 and 1 are right.
    kurtosis : float
        Fourth central moment over the squared variance: 3 for a normal, 2.37 truncated, 1.8 uniform.
    law : TargetLaw
        The law.
    """

    kernel: KernelShape
    n: int
    mean: float
    variance: float
    kurtosis: float
    law: TargetLaw = HE

    @property
    def deviation(self) -> float:
        """Standard deviation in the law's units; 1 where it is 0 or no number."""
        return math.sqrt(self.variance) if 0.0 < self.variance < math.inf else 1.0

    @property
    def standardized_mean(self) -> float:
        """The mean in units of the measured deviation, so that a wrong scale is not a wrong mean too."""
        return self.mean / self.deviation

    @property
    def is_right(self) -> bool:
        """Whether mean and variance are the law's, so that the draws can be read in the law's units."""
        return abs(self.variance - 1.0) <= VARIANCE and abs(self.standardized_mean) <= MEAN

    @property
    def asked(self) -> float:
        """Var(W) that the law asks for, in units of the weights."""
        return self.law.variance(self.kernel)

    @property
    def ratio(self) -> MeasuredRatio:
        """The variance ratio and the mean with their standard errors: √((κ−1)/n) of the ratio's logarithm."""
        kurtosis = self.kurtosis if math.isfinite(self.kurtosis) else 3.0
        error = math.sqrt(max(kurtosis - 1.0, 0.1) / self.n)
        return MeasuredRatio(self.kernel, self.variance, error, self.mean, self.deviation / math.sqrt(self.n), self.law)


def consequence(ratios: Sequence[float], law: TargetLaw = HE) -> str | None:
    """Say what weights of such variances, in units of the law's, do to a signal; None where nothing worth saying.

    Each layer of the kind whose signal the law keeps multiplies the signal's mean square by its ratio. Ten layers do
    so ten times only if the ratio is the same for every shape; of other ratios, nothing is said.
    """
    least, most = min(ratios), max(ratios)
    if law.keeps is None or not 0.0 < least <= most < math.inf or max(-math.log(least), math.log(most)) < 0.02:
        return None
    if most / least > _ALIKE:
        return None
    factor = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
    exponent = 10.0 * math.log10(factor)
    if abs(exponent) >= _IN_FULL:
        amount = "about 10" + f"{exponent:.0f}".translate(_RAISED)
    else:
        after = factor**10
        amount = f"{after:,.0f}" if after >= 10.0 else f"{after:.2g}"
    left = f"after ten, {amount} of it is left" if factor < 1.0 else f"after ten it has grown {amount}-fold"
    return f"A {law.keeps} of such weights multiplies the signal's mean square by {factor:.3g}; {left}."


def consequence_together(ratios: Sequence[float], law: TargetLaw = HE) -> str | None:
    """Say what a model's hidden layers do to a signal together, with such variances in units of the law's."""
    product = math.prod(ratios)
    if law.keeps is None or not 0.0 < product < math.inf:
        return None
    return f"In theory, these layers multiply the signal's mean square by the product of these numbers, {product:.3g}."


def pool(draws: Sequence[DrawFigures]) -> Moments:
    """Return the moments of several draws of one kernel shape together."""
    n = sum(draw.centred.size for draw in draws)
    weights = [draw.centred.size / n for draw in draws]
    mean = sum(w * draw.mean for w, draw in zip(weights, draws, strict=True))
    between = (w * (draw.mean - mean) * (draw.mean - mean) for w, draw in zip(weights, draws, strict=True))
    variance = sum(w * draw.second for w, draw in zip(weights, draws, strict=True)) + sum(between)
    fourth = sum(w * draw.fourth for w, draw in zip(weights, draws, strict=True))
    # Products, not powers: Python's powers raise where these become infinite or 0.
    kurtosis = fourth / (variance * variance) if 0.0 < variance * variance < math.inf else math.nan
    return Moments(draws[0].kernel, n, mean, variance, kurtosis, draws[0].law)
