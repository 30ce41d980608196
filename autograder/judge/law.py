"""The laws that a task can ask for, as data: the variance of a kernel, and the distributions that it may have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from autograder.assignment.kernels import KernelShape


@dataclass(frozen=True)
class TargetLaw:
    """What an initializer should draw from. All figures of the judge are in units of this law's deviation.

    Attributes
    ----------
    name : str
        Key in `LAWS`, which a task names.
    title : str
        Name for people.
    variance : callable
        Kernel → variance of one weight.
    formula : str
        The variance as students read it.
    source : str
        Paper and equations.
    why : str
        Why the law has this variance, in one or two sentences for students.
    keeps : str or None
        The kind of layer whose signal keeps its mean square under this law; None if no kind does for every shape.
    families : tuple of str
        Families of distributions that are accepted.

    Examples
    --------
    >>> HE.variance(KernelShape(50, 10))
    0.04
    >>> HE.deviation(KernelShape(2, 10, window=(3, 3))) == math.sqrt(2 / 18)
    True
    """

    name: str
    title: str
    variance: Callable[[KernelShape], float]
    formula: str
    source: str
    why: str
    keeps: str | None = None
    families: tuple[str, ...] = ("normal", "truncated normal")

    def deviation(self, kernel: KernelShape) -> float:
        """Return the standard deviation of one weight of ``kernel``."""
        return math.sqrt(self.variance(kernel))

    def __str__(self) -> str:
        return self.title


# Named, so that evidence can be pickled.
def _he(kernel: KernelShape) -> float:
    return 2.0 / kernel.fan_in


def _glorot(kernel: KernelShape) -> float:
    return 2.0 / (kernel.fan_in + kernel.fan_out)


def _lecun(kernel: KernelShape) -> float:
    return 1.0 / kernel.fan_in


HE = TargetLaw(
    "he",
    "He",
    _he,
    "2/fan_in",
    "He et al. (2015), section 2.2, equation 10",
    "ReLU sets half of its inputs to 0 and so halves the signal's mean square. A variance of 2/fan_in makes up for "
    "exactly that, whatever the layer's size.",
    keeps="ReLU layer",
)
GLOROT = TargetLaw(
    "glorot",
    "Glorot",
    _glorot,
    "2/(fan_in+fan_out)",
    "Glorot and Bengio (2010), equation 12",
    "A variance of 1/fan_in keeps the signal's mean square on its way forward, and 1/fan_out that of the gradients on "
    "their way back. 2/(fan_in+fan_out) is the compromise between the two.",
)
LECUN = TargetLaw(
    "lecun",
    "LeCun",
    _lecun,
    "1/fan_in",
    "LeCun et al. (1998), “Efficient BackProp”, section 4.6",
    "One output unit sums over fan_in inputs. A variance of 1/fan_in keeps the mean square of that sum at the inputs'.",
    keeps="linear layer",
)

#: Every law by its name.
LAWS = {law.name: law for law in (HE, GLOROT, LECUN)}
