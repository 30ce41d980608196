"""Data from which reports draw figures. It is small, because a result carries it from the judge to the reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Deviation:
    """Standard deviation of one kernel shape's weights, as measured and as He's rule gives it."""

    kernel: str
    measured: float
    expected: float

    @property
    def ratio(self) -> float:
        """Measured over expected; 1 is right."""
        return self.measured / self.expected


@dataclass(frozen=True)
class WeightsPicture:
    """An initializer's weights beside those that He's rule gives.

    Attributes
    ----------
    shown : int
        Position in ``shapes`` of the kernel whose weights ``density`` shows.
    low, high : float
        Limits of the histogram, in units of the weights.
    density : tuple of float
        Height of each bar: the share of the weights in it over its width.
    mean : float
        Mean of the weights shown.
    truncated : bool
        Whether the expected density is the truncated normal's. If False, it is the normal's.
    shapes : tuple of Deviation
        Every returned kernel shape.
    """

    shown: int
    low: float
    high: float
    density: tuple[float, ...]
    mean: float
    truncated: bool
    shapes: tuple[Deviation, ...]


# A tuple, so that a reader of stored results can tell it from the other: that one is stored by its fields' names.
class SignalPicture(NamedTuple):
    """Mean square of the signal through a model, in units of the inputs', by depth.

    Attributes
    ----------
    widths : tuple of int
        Layer widths, inputs first.
    builds : tuple of tuple of float
        For each build, the mean square at each depth: after ReLU in hidden layers, without ReLU at the end.
    predicted : tuple of (float, float)
        Smallest and largest right value at each depth, on average over builds.
    """

    widths: tuple[int, ...]
    builds: tuple[tuple[float, ...], ...]
    predicted: tuple[tuple[float, float], ...]

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean over the models at each depth."""
        return tuple(sum(depth) / len(depth) for depth in zip(*self.builds, strict=True))


Picture = WeightsPicture | SignalPicture
