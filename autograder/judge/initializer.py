"""Measures an initializer's draws: moments, histograms and ratios that several criteria share, each computed once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.judge.evidence import Draw, InitializerEvidence
from autograder.judge.families import Histogram
from autograder.judge.measure import Moments, draw_figures, pool

Array = NDArray[np.floating[Any]]


class InitializerMeasurements:
    """All figures of an initializer's draws, each computed once.

    Parameters
    ----------
    evidence : InitializerEvidence
        The draws. The values of an in-place initializer are those of the passed tensor, unless the call left that
        tensor unchanged and returned another one.

    Attributes
    ----------
    by_shape : tuple of tuple of DrawFigures
        For each kernel shape that was returned in every round, its draws in order.
    """

    def __init__(self, evidence: InitializerEvidence) -> None:
        self.evidence = evidence
        shapes = []
        for draws in zip(*evidence.rounds, strict=True):
            values = [array for draw in draws if (array := self.values(draw)) is not None]
            if len(values) == len(draws):
                kernel, layout = draws[0].kernel, evidence.layout
                shapes.append(tuple(draw_figures(kernel, layout, array, evidence.law) for array in values))
        self.by_shape = tuple(shapes)

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
    def moments(self) -> tuple[Moments, ...]:
        """Moments of every kernel shape, in the order of `by_shape`."""
        return tuple(pool(draws) for draws in self.by_shape)

    @cached_property
    def in_law_units(self) -> bool:
        """Whether every shape has the law's mean and variance.

        A right initializer is read in the known units, so that no error bound needs an allowance for estimated
        ones; a wrong scale is not a wrong shape of distribution too, and each shape is read in its own.
        """
        return all(m.is_right for m in self.moments)

    @cached_property
    def histogram(self) -> Histogram:
        """All weights pooled, counted in the units that `in_law_units` says."""
        return self._of_kind[True] + self._of_kind[False]

    @cached_property
    def _of_kind(self) -> dict[bool, Histogram]:
        """The same of the dense kernels' weights, and of the others'."""
        kinds = {True: Histogram(), False: Histogram()}
        for draws, m in zip(self.by_shape, self.moments, strict=True):
            factor, mean = (1.0, 0.0) if self.in_law_units else (1.0 / m.deviation, m.mean)
            for draw in draws:
                kinds[m.kernel.is_dense].add(draw.centred, factor, (draw.mean - mean) * factor)
        return kinds

    @cached_property
    def distances(self) -> dict[str, float]:
        """Kolmogorov–Smirnov distance to every family."""
        return self.histogram.distances()

    @cached_property
    def family(self) -> str | None:
        """The nearest family, or None when none is near."""
        return self.histogram.family

    def family_of(self, *, dense: bool) -> str | None:
        """Return the nearest family of dense or of convolution kernels alone, or None when none is near."""
        return self._of_kind[dense].family
