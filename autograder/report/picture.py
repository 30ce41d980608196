"""What a figure needs, as small data: it crosses from the judge to the reports, and is drawn only where it is shown."""

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
        Where the histogram begins and ends, in units of the weights.
    density : tuple of float
        Height of each bar: the share of the weights in it over its width.
    mean : float
        Mean of the weights shown.
    truncated : bool
        Whether the density to compare with is the truncated normal's; the normal's otherwise.
    shapes : tuple of Deviation
        Every kernel shape that came back.
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
        Of the layers, inputs first.
    builds : tuple of tuple of float
        For each model that was built, the mean square at each depth: after ReLU in hidden layers, bare at the end.
    predicted : tuple of (float, float)
        Least and largest that is right at each depth, on average over models.
    """

    widths: tuple[int, ...]
    builds: tuple[tuple[float, ...], ...]
    predicted: tuple[tuple[float, float], ...]

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean over the models at each depth."""
        return tuple(sum(depth) / len(depth) for depth in zip(*self.builds, strict=True))


Picture = WeightsPicture | SignalPicture
