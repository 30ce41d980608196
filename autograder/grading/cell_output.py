"""What a student's cell put out: bounded text and pixels from the child, checked before anybody shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.child.figures import MAX_FIGURES, MAX_SIDE
from autograder.sandbox.wire import Message
from autograder.text import plain_text

_MAX_TEXT = 4_000


@dataclass(frozen=True)
class CellOutput:
    """One cell's output.

    Attributes
    ----------
    stdout, stderr : str
        The beginning of what it printed; no control characters but line ends and tabs.
    figures : tuple of array
        (height, width, 3) pixels of each figure, uint8.
    problem : str or None
        What it raised, or why it did not finish, in one line.
    """

    stdout: str = ""
    stderr: str = ""
    figures: tuple[NDArray[np.uint8], ...] = ()
    problem: str | None = None


def read_output(answer: Message) -> CellOutput:
    """Read a cell's output from the child's answer; what is not of the expected form is left out."""
    return CellOutput(
        stdout=_text(answer.header.get("stdout")),
        stderr=_text(answer.header.get("stderr")),
        figures=tuple(pixels for array in answer.arrays[:MAX_FIGURES] if (pixels := _pixels(array)) is not None),
    )


def _text(value: object) -> str:
    return plain_text(value, _MAX_TEXT) if isinstance(value, str) else ""


def _pixels(array: NDArray[np.floating]) -> NDArray[np.uint8] | None:
    if array.ndim != 3 or array.shape[2] != 3 or not 0 < min(array.shape[:2]) <= max(array.shape[:2]) <= MAX_SIDE:
        return None
    pixels: NDArray[np.uint8] = np.nan_to_num(array, posinf=255.0, neginf=0.0).clip(0.0, 255.0).astype(np.uint8)
    return pixels
