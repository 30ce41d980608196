"""One mistake worth naming: what tells it apart, a line for the student, and the lesson in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.lessons import Lesson

#: A figure of one kernel in a layout, in units of He's.
Ratio = Callable[[KernelShape, Layout], float]


@dataclass(frozen=True)
class Misconception:
    """One mistake: of scale, with a ``ratio`` (all of them are in `laws`), or one that a criterion finds otherwise.

    Attributes
    ----------
    name : str
        Identifier, as results carry it.
    says : str
        Completes "that is …" in a student's feedback.
    lesson : Lesson
        What to learn from it, and where to read on.
    ratio : callable or None
        Var(W) / (2/fan_in) for a kernel in a layout; None for a mistake that is not one of scale.
    mean : callable or None
        E(W) / √(2/fan_in), for mistakes that move the mean.
    families : tuple of str
        Families of distributions that tell it from others of nearly the same ratio; empty where any will do.
    drawn : str
        The family that it is simulated with.
    of_windows : bool
        True if it concerns a convolution's window; it is left out where all kernels are dense.
    title : str
        Its name, as people use it, where help goes no further than naming; what it ``says`` where that is a name.
    """

    name: str
    says: str
    lesson: Lesson
    ratio: Ratio | None = None
    mean: Ratio | None = None
    families: tuple[str, ...] = ()
    drawn: str = "normal"
    of_windows: bool = False
    title: str = ""

    @property
    def called(self) -> str:
        """What completes "that looks like …"."""
        return self.title or self.says

    def ratio_of(self, kernel: KernelShape, layout: Layout) -> float:
        """Return Var(W) / (2/fan_in); raise `ValueError` for a mistake that is not one of scale."""
        if self.ratio is None:
            raise ValueError(f"{self.name} is not told by its variance")
        return self.ratio(kernel, layout)

    def mean_of(self, kernel: KernelShape, layout: Layout) -> float | None:
        """Return E(W) / √(2/fan_in), or None where the mistake says nothing of it."""
        return None if self.mean is None else self.mean(kernel, layout)
