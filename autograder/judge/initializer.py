"""Measures an initializer's draws: moments, histograms and ratios that several criteria share, each computed once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.judge.dependence import Dependence, find_dependence
from autograder.judge.evidence import Draw, InitializerEvidence
from autograder.judge.families import Histogram
from autograder.judge.measure import Moments, draw_figures, family_of, finite, pool
from autograder.judge.repetition import Fresh, Repetition, find_repetition
from autograder.judge.structure import SORTED, clipped, shuffled
from autograder.judge.thresholds import DISTANCE

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
                shapes.append(tuple(draw_figures(kernel, layout, finite(array), evidence.law) for array in values))
        self.by_shape = tuple(shapes)

    def untouched(self, draw: Draw) -> bool:
        """Whether an in-place initializer left the passed tensor as it was."""
        return draw.passed is not None and bool(np.all(draw.passed == self.evidence.fill))

    def values(self, draw: Draw) -> Array | None:
        """Return the weights that ``draw`` gave, or None where it gave none of the right shape."""
        if draw.passed is not None and not self.untouched(draw):
            return draw.passed
        return draw.returned

    @cached_property
    def only_returned(self) -> bool:
        """Whether some call of an in-place initializer returned weights and left the passed tensor as it was."""
        return any(draw.returned is not None and self.untouched(draw) for draw in self.draws)

    @cached_property
    def misshapen(self) -> Draw | None:
        """The first draw that returned the right number of weights in another shape than asked for."""
        layout = self.evidence.layout
        return next((d for d in self.draws if d.returned is not None and d.shape != d.kernel.in_layout(layout)), None)

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
    def variances(self) -> tuple[Moments, ...]:
        """Moments of every kernel shape, with the variance that is judged.

        Where tails are heavy, of no known family, the sample's variance is a matter of a few weights. There it is the
        variance of weights clipped at four deviations, which are taken from the median absolute weight.
        """
        return tuple(pool([clipped(draw) for draw in draws]) for draws in self.by_shape) if self.heavy else self.moments

    @cached_property
    def heavy(self) -> bool:
        """Whether the weights follow none of the families that we know, so that their tails may be heavy."""
        return self.family is None and min(self.distances[name] for name in self.evidence.law.families) > DISTANCE

    @cached_property
    def dependence(self) -> Dependence | None:
        """What the weights of a draw depend on, if on anything."""
        return find_dependence(self.by_shape, in_law_units=self.in_law_units)

    @cached_property
    def repetition(self) -> Repetition | Fresh:
        """How calls repeat each other, if they do."""
        draws, rests_on = self.by_shape, None
        if self.dependence is not None:
            rests_on = self.dependence.rests_on
            if self.dependence.found.mistake is SORTED:
                # What is sorted is alike in every call. In an order of their own, only equal draws stay alike.
                draws = tuple(tuple(map(shuffled, each)) for each in draws)
        return find_repetition(draws, self.evidence.repeats, rests_on)

    @cached_property
    def rests_on(self) -> tuple[tuple[int, ...], int]:
        """Effective number of independent values: of each kernel shape, in the order of `by_shape`, and of them all."""
        shapes, in_all = tuple(m.n for m in self.moments), sum(m.n for m in self.moments)
        if self.dependence is not None:
            shapes, in_all = self.dependence.rests_on, self.dependence.in_all
        if isinstance(self.repetition, Repetition):
            # Nothing says how many streams there are; all shapes may share one.
            shapes = tuple(max(1, n // len(draws)) for n, draws in zip(shapes, self.by_shape, strict=True))
            in_all = min(in_all, *shapes)
        return shapes, in_all

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
        return family_of([draws[0] for draws in self.by_shape], self.histogram)

    def family_of(self, *, dense: bool) -> str | None:
        """Return the nearest family of dense or of convolution kernels alone, or None when none is near."""
        draws = [first for first, *_ in self.by_shape if first.kernel.is_dense == dense]
        return family_of(draws, self._of_kind[dense])
