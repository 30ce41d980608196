"""Data from which reports draw figures. It is small, because a result carries it from the judge to the reports.

What is wrong, the judge has decided: a report compares nothing with a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Deviation:
    """Standard deviation of one kernel shape's weights.

    Attributes
    ----------
    kernel : str
        The shape.
    measured, expected : float
        In units of the weights.
    wrong : bool or None
        What the judge decided; None if the shape's variance was not judged.
    """

    kernel: str
    measured: float
    expected: float
    wrong: bool | None

    @property
    def ratio(self) -> float:
        """Measured over expected; 1 is right."""
        return self.measured / self.expected


@dataclass(frozen=True)
class WeightsPicture:
    """An initializer's weights beside those that are asked for.

    Attributes
    ----------
    shown : int
        Position in ``shapes`` of the kernel whose weights ``density`` shows.
    low, high : float
        Limits of the histogram, in units of the weights.
    density : tuple of float
        Height of each bar: the share of the weights in it over its width.
    expected : tuple of float
        The density that is asked for, at equally spaced points from ``low`` to ``high``.
    mean : float
        Mean of the weights shown.
    shapes : tuple of Deviation
        Every returned kernel shape.
    mean_wrong, family_wrong : bool
        Whether the mean, and the shape of the distribution, failed.
    unseen : tuple of str
        Other criteria that failed. The figure cannot show why.
    """

    shown: int
    low: float
    high: float
    density: tuple[float, ...]
    expected: tuple[float, ...]
    mean: float
    shapes: tuple[Deviation, ...]
    mean_wrong: bool = False
    family_wrong: bool = False
    unseen: tuple[str, ...] = ()


# A tuple, so that a reader of stored results can tell it from the other: that one is stored by its fields' names.
class SignalPicture(NamedTuple):
    """Mean square of the signal through a model's weights and ReLU, in units of the inputs', by depth.

    Attributes
    ----------
    law : str
        Name of the law that is asked for.
    widths : tuple of int
        Layer widths, inputs first.
    builds : tuple of tuple of float
        For each build, the mean square at each depth: after ReLU in hidden layers, without ReLU at the end.
    predicted : tuple of (float, float)
        Smallest and largest right average at each depth. Single builds scatter about it, more at each layer.
    wrong : tuple of (bool or None)
        By layer, whether the judge found its weights wrong; None if it did not judge them.
    unseen : tuple of str
        Other criteria that failed. The figure cannot show why.
    alike : bool
        Whether the builds repeat the same weights: then their mean is that of one model.
    own : bool
        Whether this is the model's own signal: with other activations than ReLU in its hidden layers, it is not.
    """

    law: str
    widths: tuple[int, ...]
    builds: tuple[tuple[float, ...], ...]
    predicted: tuple[tuple[float, float], ...]
    wrong: tuple[bool | None, ...]
    unseen: tuple[str, ...] = ()
    alike: bool = False
    own: bool = True

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean over the models at each depth."""
        return tuple(sum(depth) / len(depth) for depth in zip(*self.builds, strict=True))


Picture = WeightsPicture | SignalPicture
