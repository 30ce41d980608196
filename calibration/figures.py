"""Draws two figures: the gap around each threshold, and statistical power against deviation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from autograder.grading.plan import PLAN
from autograder.judge.budget import decided_by_draws, rows
from autograder.judge.criteria.mean import MEAN
from autograder.judge.criteria.variance import POOLED_VARIANCE, SHAPE_VARIANCE
from autograder.judge.criteria.variance_hidden import LAYER_VARIANCE
from autograder.judge.power import mean_power, variance_power
from autograder.report.palette import BLACK, BLUE, GREEN, VERMILION
from calibration.simulate import Tallies

#: −log₁₀ of the smallest probability that a float holds: where the figures end.
_FLOOR = 320.0
_STYLE: Any = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "calibration"}


def _depth(p: float) -> float:
    """Return −log₁₀ p, with what is beyond a float's reach at the edge of the figure."""
    return min(-math.log10(p), _FLOOR) if p > 0.0 else _FLOOR


def gap(tallies: Tallies, path: Path) -> None:
    """Draw, by criterion, the smallest bound of any right answer, the threshold's, and the largest of a mistake."""
    right: dict[str, float] = {}
    wrong: dict[str, float] = {}
    for (kind, _, _), tally in tallies.items():
        if kind in ("right", "framework"):
            for name, p in tally.passed_p.items():
                right[name] = max(right.get(name, 0.0), _depth(p))
        else:
            for name, p in tally.failed_p.items():
                wrong[name] = min(wrong.get(name, _FLOOR), _depth(p))
    allowed: dict[str, float] = {}
    for row in rows(PLAN):
        for name in row.criteria:
            if row.margin is not None:
                allowed[name] = min(allowed.get(name, _FLOOR), _depth(row.bound))
    names = [name for name in decided_by_draws(PLAN) if name in right]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(8.0, 4.2), layout="constrained")
        axes = figure.subplots()
        for y, name in enumerate(reversed(names)):
            axes.plot([0.01, right[name]], [y, y], color=BLUE, linewidth=6, solid_capstyle="butt")
            if name in wrong:
                axes.plot([wrong[name], _FLOOR], [y, y], color=VERMILION, linewidth=6, solid_capstyle="butt")
            axes.plot([allowed[name]] * 2, [y - 0.32, y + 0.32], color=BLACK, linewidth=2)
        axes.set_xscale("symlog", linthresh=10)
        axes.set_xlim(0, _FLOOR)
        axes.set_xticks([0, 5, 10, 30, 100, 300], ["1", "1e-5", "1e-10", "1e-30", "1e-100", "1e-300"])
        axes.set_yticks(range(len(names)), list(reversed(names)))
        axes.set_xlabel("bound on the probability that a right answer strays as far (smaller to the right)")
        axes.plot([], [], color=BLUE, linewidth=6, label="right answers, all of them")
        axes.plot([], [], color=BLACK, linewidth=2, label="threshold (the weakest of its tests)")
        axes.plot([], [], color=VERMILION, linewidth=6, label="mistakes, where this criterion failed them")
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, 1.16), ncols=3, frameon=False, fontsize=9)
        figure.savefig(path, dpi=130, bbox_inches="tight", metadata={"Software": None})


def power(path: Path) -> None:
    """Draw the probability of detection against the deviation, exact for normal draws, with mistakes marked."""
    ratios = np.linspace(0.88, 1.12, 961)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
        for label, test, colour, style in (
            ("all shapes alike, pooled", POOLED_VARIANCE, BLUE, "-"),
            ("one shape alone", SHAPE_VARIANCE, VERMILION, "--"),
            ("one hidden layer of a model", LAYER_VARIANCE, GREEN, "-."),
        ):
            n = test.sample(PLAN)
            left.plot(ratios, [variance_power(n, test.threshold, r) for r in ratios], style, color=colour, label=label)
        marks = (
            ("cut at 3σ", 0.9733),
            ("slope 0.1", 1 / 1.01),
            ("slope 0.2", 1 / 1.04),
            ("slope 0.3", 1 / 1.09),
        )
        for text, ratio in marks:
            left.axvline(ratio, color="0.75", linewidth=0.8, zorder=0)
            left.text(ratio, 1.03, text, rotation=60, fontsize=8, ha="left", va="bottom")
        left.set_xlabel("Var(W) / (2/fan_in)")
        left.set_ylabel("probability of detection")
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=3, frameon=False, fontsize=9)
        means = np.linspace(0.0, 0.06, 400)
        right.plot(means, [mean_power(MEAN.sample(PLAN), MEAN.threshold, m) for m in means], color=BLUE)
        right.set_xlabel("mean of one shape, in standard deviations")
        for axes in (left, right):
            axes.set_ylim(-0.02, 1.02)
        figure.savefig(path, dpi=130, bbox_inches="tight", metadata={"Software": None})
