"""Data type of a mistake that the judge can name: how to recognize it, what to say, and its lesson."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.law import HE, TargetLaw
from autograder.judge.lessons import Lesson

#: A figure of one kernel in a layout, in units of the weights.
Figure = Callable[[KernelShape, Layout], float]


@dataclass(frozen=True)
class Misconception:
    """A mistake. One of scale has a ``variance`` and is listed in `scales`; all others are declared by a criterion.

    Attributes
    ----------
    name : str
        Identifier in results.
    says : str
        Completes "Var(W) is …" for a mistake of scale, and "that is …" for any other.
    lesson : Lesson
        Why the mistake matters, and what to read.
    variance : callable or None
        Var(W) of a kernel in a layout; None if this is not a mistake of scale.
    mean : callable or None
        E(W), for mistakes that move the mean.
    families : tuple of str
        Families of distributions in which the mistake occurs; empty if it occurs in all of them.
    simulated_as : str
        Family that the calibration simulates the mistake with.
    of_windows : bool
        True if the mistake concerns a convolution's window. It is ignored if all kernels are dense.
    rare : bool
        True if few students make the mistake: another one that fits as well is likelier.
    also_cut : bool
        True if the mistake is common enough to be met with a truncated normal that was not rescaled, too.
    title : str
        Short name, for summaries and for the help level that only names mistakes. Empty if ``says`` serves for that,
        too. It may have the placeholder ``{law.title}``.
    """

    name: str
    says: str
    lesson: Lesson
    variance: Figure | None = None
    mean: Figure | None = None
    families: tuple[str, ...] = ()
    simulated_as: str = "normal"
    of_windows: bool = False
    rare: bool = False
    also_cut: bool = False
    title: str = ""

    def called(self, law: TargetLaw = HE) -> str:
        """Return what completes "this looks like …" where ``law`` is asked for."""
        return self.title.format(law=law) or self.says

    def variance_of(self, kernel: KernelShape, layout: Layout) -> float:
        """Return Var(W); raise `ValueError` for a mistake that is not one of scale."""
        if self.variance is None:
            raise ValueError(f"{self.name} is not told by its variance")
        return self.variance(kernel, layout)

    def ratio_of(self, kernel: KernelShape, layout: Layout, law: TargetLaw = HE) -> float:
        """Return Var(W) over the variance that ``law`` asks for."""
        return self.variance_of(kernel, layout) / law.variance(kernel)

    def mean_of(self, kernel: KernelShape, layout: Layout, law: TargetLaw = HE) -> float | None:
        """Return E(W) in units of ``law``'s deviation, or None where the mistake says nothing of it."""
        return None if self.mean is None else self.mean(kernel, layout) / law.deviation(kernel)
