"""Returns the figures that a cell drew as pixels, so that the grader never decodes an image file from a child.

Only the warm process imports Matplotlib. This module looks it up, so that importing the module stays cheap.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.protocol import MAX_FIGURES, MAX_SIDE


def take_figures() -> list[NDArray[np.float16]]:
    """Draw every open figure, close them all, and return their pixels: (height, width, 3), from 0 to 255.

    Half-precision floats hold these numbers exactly, and are among the few things that may leave a child.
    """
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    taken: list[NDArray[np.float16]] = []
    for number in pyplot.get_fignums()[:MAX_FIGURES]:
        # Drawing calls whatever the student hung into the figure: its failure costs the figure alone.
        with contextlib.suppress(Exception):
            taken.append(_pixels(pyplot.figure(number)))
    pyplot.close("all")
    return taken


def _pixels(figure: Any) -> NDArray[np.float16]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(min(float(figure.dpi), MAX_SIDE / float(max(figure.get_size_inches()))))
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    pixels: NDArray[np.float16] = np.asarray(canvas.buffer_rgba())[:MAX_SIDE, :MAX_SIDE, :3].astype(np.float16)
    return pixels
