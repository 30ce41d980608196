"""Runs the notebook's measuring cells in this process, and returns their variables and the curves that they draw."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

import numpy as np
from nbformat import NotebookNode
from numpy.typing import NDArray

from autograder.nbgrader_bridge.submitted_outputs import measures
from tests.support.samples import RELEASE, SOLUTION, cell, read

#: Cells that measure something, by grade id, in their order.
MEASURING = tuple(
    c.metadata.nbgrader.grade_id for c in read(RELEASE).cells if c.cell_type == "code" and measures(c.source)
)

#: Cells that measure nothing: they define what the measuring cells below them use.
DEFINING = ("q5_network", "yours_draws")
#: Functions of Q7 that cells at the end of the notebook look at.
_LOOKED_AT = ("q7_tf_initializer", "q7_torch_initializer")


def without_measuring(notebook: NotebookNode) -> NotebookNode:
    """Drop the measuring cells, for tests of something else that would have to wait for them."""
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in MEASURING]
    return notebook


@dataclass(frozen=True)
class Curve:
    """One line of a figure, or a row of marks; matplotlib calls either's absence "None"."""

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    marker: str
    linestyle: str

    @property
    def marks(self) -> bool:
        return self.marker != "None"


@dataclass(frozen=True)
class Measured:
    """What a cell left behind."""

    names: dict[str, Any]
    panels: tuple[tuple[Curve, ...], ...]
    axes: tuple[dict[str, str], ...]
    printed: str

    def curve(self, label: str, panel: int = 0) -> NDArray[np.float64]:
        """Return the values of the curve whose label begins with this."""
        return next(curve.y for curve in self.panels[panel] if curve.label.startswith(label))

    def predicted(self, panel: int = 0) -> list[NDArray[np.float64]]:
        """Return the values of the curves without marks, in the order in which they were drawn."""
        return [curve.y for curve in self.panels[panel] if not curve.marks]


@cache
def _set_up() -> dict[str, Any]:
    import matplotlib as mpl

    mpl.use("agg")
    names: dict[str, Any] = {}
    exec(cell(read(RELEASE), "setup").source, names)
    return names


def names_above(grade_id: str, notebook: NotebookNode) -> dict[str, Any]:
    """Run the set-up cell, and what the notebook defines above a cell: the defining cells, and Q7's initializers."""
    names = dict(_set_up())
    for above in takewhile(lambda c: c.metadata.nbgrader.grade_id != grade_id, notebook.cells):
        if above.metadata.nbgrader.grade_id in DEFINING + _LOOKED_AT:
            exec(above.source, names)
    return names


@cache
def measured(grade_id: str) -> Measured:
    """Run a measuring cell of the release after what is defined above it, with the initializers of the solutions."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    names = names_above(grade_id, read(SOLUTION))
    printed = io.StringIO()
    with mpl.rc_context(), contextlib.redirect_stdout(printed):
        exec(cell(read(RELEASE), grade_id).source, names)
        drawn = plt.gcf().axes
        panels = tuple(tuple(_curve(line) for line in axes.lines) for axes in drawn)
        labels = tuple({"title": a.get_title(), "xlabel": a.get_xlabel(), "ylabel": a.get_ylabel()} for a in drawn)
        plt.close("all")
    return Measured(names, panels, labels, printed.getvalue())


def _curve(line: Any) -> Curve:
    x, y = (np.asarray(values, dtype=np.float64) for values in line.get_data())
    return Curve(str(line.get_label()), x, y, str(line.get_marker()) or "None", str(line.get_linestyle()))
