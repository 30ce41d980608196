"""One pass over an initializer's draws: the figures that several criteria share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.judge.evidence import Draw, InitializerEvidence
from autograder.judge.fans import KernelShape
from autograder.judge.misconceptions import MeasuredRatio
from autograder.judge.tests import FAMILIES, ks_distances

Array = NDArray[np.floating[Any]]

#: Kolmogorov–Smirnov distance up to which a family counts as recognised.
RECOGNIZED = 0.0125


@dataclass(frozen=True)
class Moments:
    """Moments of all draws of one kernel shape, in units of He's deviation √(2/fan_in).

    Attributes
    ----------
    n : int
        Number of weights, all draws together.
    mean, variance : float
        Of u = w·√(fan_in/2): 0 and 1 for He.
    kurtosis : float
        Fourth central moment over the squared variance: 3 normal, 2.37 truncated, 1.8 uniform.
    """

    kernel: KernelShape
    n: int
    mean: float
    variance: float
    kurtosis: float

    @property
    def deviation(self) -> float:
        """Standard deviation in He's units."""
        return math.sqrt(self.variance)

    @property
    def standardized_mean(self) -> float:
        """The mean in units of the measured deviation, so that a wrong scale is not a wrong mean too."""
        return self.mean / self.deviation if self.variance > 0.0 else 0.0

    @property
    def ratio(self) -> MeasuredRatio:
        """The variance ratio with the standard error of its logarithm, √((κ−1)/n)."""
        kurtosis = self.kurtosis if math.isfinite(self.kurtosis) else 3.0
        return MeasuredRatio(self.kernel, self.variance, math.sqrt(max(kurtosis - 1.0, 0.1) / self.n))


def moments(kernel: KernelShape, arrays: list[Array]) -> Moments:
    """Return the pooled moments of ``arrays``, all of shape ``kernel``. Sums are kept in float64.

    Values too large for their fourth power become infinities and NaN, never an exception.
    """
    scale = math.sqrt(kernel.fan_in / 2.0)
    n = sum(a.size for a in arrays)
    mean = sum((a.sum(dtype=np.float64) for a in arrays), np.float64(0.0)) / n
    second = fourth = np.float64(0.0)
    for array in arrays:
        squares = (array.ravel() - array.dtype.type(mean)).astype(np.float64) ** 2
        second += squares.sum()
        fourth += np.dot(squares, squares)
    variance = second / n
    kurtosis = fourth / n / variance / variance if variance > 0.0 else 0.0
    return Moments(kernel, n, float(mean * scale), float(variance * scale * scale), float(kurtosis))


def nearest_family(distances: dict[str, float]) -> str | None:
    """Return the family with the least distance, or None when even that is above `RECOGNIZED`."""
    nearest = min(FAMILIES, key=distances.__getitem__)
    return nearest if distances[nearest] <= RECOGNIZED else None


class InitializerMeasurements:
    """Draws in, figures out, each computed once and only when asked for.

    Parameters
    ----------
    evidence : InitializerEvidence
        The draws. For an in-place initializer a draw's values are those of the passed tensor, unless it
        was left as it was and something else was returned.
    """

    def __init__(self, evidence: InitializerEvidence) -> None:
        self.evidence = evidence

    def untouched(self, draw: Draw) -> bool:
        """Whether an in-place initializer left the passed tensor as it was."""
        return draw.passed is not None and bool(np.all(draw.passed == self.evidence.fill))

    def values(self, draw: Draw) -> Array | None:
        """Return the weights that ``draw`` gave, or None where it gave none of the right shape."""
        if draw.passed is not None and not self.untouched(draw):
            return draw.passed
        return draw.returned

    @property
    def draws(self) -> Iterator[Draw]:
        """Every draw of every round."""
        for draws in self.evidence.rounds:
            yield from draws

    @cached_property
    def by_shape(self) -> tuple[tuple[KernelShape, list[Array]], ...]:
        """For each kernel shape that came back every time, the values of its draws in order."""
        shapes = []
        for draws in zip(*self.evidence.rounds, strict=True):
            values = [array for draw in draws if (array := self.values(draw)) is not None]
            if len(values) == len(draws):
                shapes.append((draws[0].kernel, values))
        return tuple(shapes)

    @cached_property
    def moments(self) -> tuple[Moments, ...]:
        """Moments of every kernel shape."""
        return tuple(moments(kernel, arrays) for kernel, arrays in self.by_shape)

    @cached_property
    def standardized(self) -> Array:
        """All weights pooled: in He's units where every variance is He's, else each shape in its own.

        A right initializer is read in the known units, so that the distribution's error bound needs no
        allowance for estimated ones; a wrong scale is not a wrong shape of distribution too.
        """
        right = all(abs(m.variance - 1.0) <= 0.05 and abs(m.standardized_mean) <= 0.03 for m in self.moments)
        parts = []
        for (kernel, arrays), m in zip(self.by_shape, self.moments, strict=True):
            factor = math.sqrt(kernel.fan_in / 2.0) / (1.0 if right else m.deviation or 1.0)
            shift = 0.0 if right else m.standardized_mean
            parts += [a.ravel() * a.dtype.type(factor) - a.dtype.type(shift) for a in arrays]
        return np.concatenate(parts)

    @cached_property
    def distances(self) -> dict[str, float]:
        """Kolmogorov–Smirnov distance to every family."""
        return ks_distances(self.standardized)

    @cached_property
    def family(self) -> str | None:
        """The nearest family, or None when none is near."""
        return nearest_family(self.distances)
