"""Output of a student's cell, in the form that reports show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.protocol import MAX_FIGURES, CellRan


@dataclass(frozen=True)
class CellOutput:
    """One cell's output.

    Attributes
    ----------
    stdout, stderr : str
        The beginning of the printed text. It has no control characters except line ends and tabs.
    figures : tuple of array
        (height, width, 3) pixels of each figure, uint8.
    problem : str or None
        The exception that it raised, or why it did not finish, in one line.
    left_out : int
        Number of its figures that are not kept.
    """

    stdout: str = ""
    stderr: str = ""
    figures: tuple[NDArray[np.uint8], ...] = ()
    problem: str | None = None
    left_out: int = 0


def output_of(ran: CellRan, most_figures: int = MAX_FIGURES) -> CellOutput:
    """Convert the child's answer to the output that reports show, with its first ``most_figures`` figures."""
    kept = ran.figures[:most_figures]
    figures = (np.nan_to_num(each, posinf=255.0, neginf=0.0).clip(0.0, 255.0) for each in kept)
    pictures = tuple(pixels.astype(np.uint8) for pixels in figures)
    return CellOutput(ran.stdout, ran.stderr, pictures, left_out=len(ran.figures) - len(kept))
