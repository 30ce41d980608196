"""Figures of a result, as PNG with a text for those who cannot see them. Colours are told apart by the colour-blind."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from autograder.report.result import QuestionResult, points_text

#: From Okabe and Ito's palette; what was lost is hatched besides, for those who print in grey.
_EARNED, _LOST = "#0072B2", "#E69F00"
_Bar = tuple[str, str, float, float]


@dataclass(frozen=True)
class Figure:
    """A picture, and in words what it shows."""

    png: bytes
    alt: str


def points_figure(question: QuestionResult) -> Figure | None:
    """Draw the points of each criterion, earned and lost; None where nothing was measured."""
    if not question.criteria:
        return None
    bars = tuple((c.name, c.status, c.points, c.max_points) for c in question.criteria)
    said = "; ".join(f"{name} {status}, {points_text(got)} of {points_text(most)}" for name, status, got, most in bars)
    return Figure(_points_png(bars), f"Bar chart of the points for each criterion: {said}.")


@lru_cache(maxsize=256)  # a class has few patterns of points, and drawing one takes longer than judging it
def _points_png(bars: tuple[_Bar, ...]) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    style: Any = {"font.size": 8.0, "font.family": "DejaVu Sans", "axes.spines.top": False, "axes.spines.right": False}
    with mpl.rc_context(style):
        # Not pyplot: its global state is the notebook's, and no window is ever wanted.
        figure = Canvas(figsize=(5.2, 0.5 + 0.24 * len(bars)), dpi=100, layout="constrained")
        axes = figure.subplots()
        names = [name.replace("_", " ") for name, *_ in bars]
        earned = [got for _, _, got, _ in bars]
        lost = [most - got for _, _, got, most in bars]
        axes.barh(names, earned, color=_EARNED, label="earned")
        axes.barh(names, lost, left=earned, color=_LOST, hatch="///", edgecolor="white", label="lost")
        for row, (_, status, got, most) in enumerate(bars):
            axes.text(most, row, f" {points_text(got)} / {points_text(most)}  {status}", va="center")
        axes.invert_yaxis()
        axes.set_xlim(0.0, max(most for *_, most in bars) * 1.45)
        axes.set_xlabel("points")
        axes.legend(loc="lower right", frameon=False)
        file = io.BytesIO()
        FigureCanvasAgg(figure)
        # No date and no version inside: the same points, the same bytes.
        figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
