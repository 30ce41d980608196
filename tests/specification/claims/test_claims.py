r"""Every number in the notebook's prose is computed here, or falls under a rule for numbers that claim nothing.

A row quotes the words around a number from one cell. What stands in ⟦ ⟧ is compared with what the row computes, to the
precision in which it is written: ⟦0.236⟧ means 0.2355 to 0.2365, ⟦10^{-13}⟧ its order of magnitude, ⟦1/4⟧ exactly that.
A row without ⟦ ⟧ computes whether its words hold. A number that neither a row nor a rule covers fails the last test:
to add a claim, add its row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

from autograder.assignment.questions import TASKS, WIDTHS, WRITTEN
from tests.specification.claims.claims import Expected, Row, about, above, below, parse
from tests.specification.claims.theory import (
    batch_normalized,
    gains,
    glorot_tanh,
    keeps,
    largest,
    normal_mean,
    product_variance,
    rectified,
    rectified_cosine,
    recurrent_factor,
    root_mean_square,
    scaled_gradient,
    share_below,
    sigmoid,
    sigmoid_factor,
    sigmoid_slope,
    sigmoid_variance,
    tanh_slope,
    uniform_variance,
    wandering,
)
from tests.support.figures import MEASURING, measured
from tests.support.samples import RELEASE, SOLUTION, cell, read

pytestmark = [pytest.mark.slow, pytest.mark.frameworks]

PROSE = {
    c.metadata.nbgrader.grade_id: c.source
    for c in read(SOLUTION).cells
    if c.cell_type == "markdown" and not c.metadata.nbgrader.grade_id.startswith("closing")
}
POINTS = {
    c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points for c in read(RELEASE).cells if c.metadata.nbgrader.grade
}


ROWS: list[Row] = []


def claim(grade_id: str, quote: str, *computed: Expected | Callable[[], Any]) -> None:
    ROWS.append(Row(grade_id, quote, computed))


def named(grade_id: str, name: str) -> Any:
    return measured(grade_id).names[name]


def size(grade_id: str, name: str) -> Callable[[], float]:
    return lambda: float(named(grade_id, name))


def later_gain(name: str) -> float:
    """By how much each of the last twenty layers multiplies the variance of activations, on average."""
    variances = measured("q2_see").curve(name)
    return float((variances[30] / variances[10]) ** (1 / 20))


def scheme_points(grade_id: str, part: str) -> int:
    """The points of the rows of one part, in a question's mark scheme."""
    return sum(int(row) for row in re.findall(rf"^\| (\d) \| \*{part}\.\* ", PROSE[grade_id], re.MULTILINE))


def weight_gradients(name: str) -> list[float]:
    """The norms of the gradients with respect to W that Q2's cell prints."""
    (line,) = re.findall(rf"{name}: .*: (.*)", measured("q2_see").printed)
    return [float(norm) for norm in line.split(", ")]


_BN = math.pi / (math.pi - 1)
_IN = "1/n_{\\text{in}}"
_BOTH = "2/(n_{\\text{in}} + n_{\\text{out}})"

# --- The claims, cell by cell ---------------------------------------------------------------------------

claim("intro", "⟦6⟧ × ⟦10⟧ = ⟦60⟧", lambda: len(WRITTEN), lambda: POINTS["q1"], lambda: sum(POINTS[q] for q in WRITTEN))
claim(
    "intro",
    "⟦12⟧ + ⟦8⟧ + ⟦12⟧ + ⟦8⟧ = ⟦40⟧",
    *(lambda t=t: POINTS[t.check] for t in TASKS),
    lambda: sum(POINTS[t.check] for t in TASKS),
)
claim("intro", "**⟦100⟧**", lambda: sum(POINTS.values()))
claim(
    "intro",
    "The *core* of a question, ⟦6⟧ points, asks what a first course teaches: definitions, causes and remedies. "
    "The *depth*, ⟦4⟧ points",
    lambda: scheme_points("q1_prompt", "Core"),
    lambda: scheme_points("q1_prompt", "Depth"),
)
claim("intro", "$\\mathrm{Var}(w h) = \\mathrm{Var}(w) \\, \\mathrm{E}[h^2]$", product_variance)

claim(
    "q1_open",
    "a network of ⟦20⟧ sigmoid layers, each ⟦256⟧ units wide. It sends ⟦100⟧ inputs",
    size("q1_see", "depth"),
    size("q1_see", "width"),
    lambda: len(named("q1_see", "h")),
)
claim(
    "q1_open",
    "with mean ⟦0⟧ and variance ⟦1/256⟧",
    lambda: float(np.mean(named("q1_see", "weights")[0])),
    about(lambda: float(np.var(named("q1_see", "weights")[0])), 0.02),
)
claim("q1_seen", "in each of the ⟦20⟧ layers", lambda: len(measured("q1_see").curve("measured")))
claim(
    "q1_seen",
    "from about $⟦10^{-1}⟧$ in layer ⟦20⟧, next to the loss, down to about $⟦10^{-13}⟧$ in layer ⟦1⟧",
    lambda: measured("q1_see").curve("measured")[-1],
    size("q1_see", "depth"),
    lambda: measured("q1_see").curve("measured")[0],
    lambda: measured("q1_see").panels[0][0].x[0],
)
claim(
    "q1_prompt",
    "This factor is about ⟦0.24⟧: a typical sigmoid slope, at most ⟦1/4⟧, times the weights' gain of about ⟦1⟧",
    sigmoid_factor,
    lambda: largest(sigmoid_slope),
    lambda: gains(lambda i, o: 1 / i)[0],
)
claim("q1_prompt", "$(1/4)^{20} \\approx ⟦10^{-12}⟧$", lambda: 0.25**20)
claim("q1", "derivative never exceeds $⟦1/4⟧$", lambda: largest(sigmoid_slope))
claim("q1", "over ⟦20⟧ layers", size("q1_see", "depth"))
claim("q1", "$(1/4)^{20} \\approx ⟦9.1 \\times 10^{-13}⟧$", lambda: 0.25**20)
claim(
    "q1",
    "With $n \\, \\mathrm{Var}(w) = ⟦1⟧$ the weights",
    lambda: named("q1_see", "width") * float(np.var(named("q1_see", "weights"))),
)
claim("q1", "a variance of only ⟦0.265⟧", sigmoid_variance)
claim("q1", "$0.236^{19} \\approx ⟦1.2 \\times 10^{-12}⟧$", lambda: sigmoid_factor() ** 19)
claim("q1", "mean-field theory gives a factor of ⟦0.236⟧", sigmoid_factor)
claim(
    "q1",
    "the factor is ⟦0.41⟧ for $s = 2$ and reaches ⟦0.99⟧ for $s = 10$",
    lambda: sigmoid_factor(2),
    lambda: sigmoid_factor(10),
)
claim("q1", "For still larger weights the gradient explodes", lambda: sigmoid_factor(12) > 1.05)
claim(
    "q1",
    "about two thirds of all slopes are below 0.05",
    lambda: abs(share_below(0.05, sigmoid_slope, math.sqrt(sigmoid_variance(10))) - 2 / 3) < 0.05,
)
claim("q1", "the activations stay near $⟦1/2⟧$", about(lambda: float(np.mean(named("q1_see", "h")))))
claim("q1", "ReLU has slope ⟦1⟧ for active units", lambda: measured("q3_see").curve("ReLU")[-1])

claim("q2_open", "a network of ⟦30⟧ tanh layers", size("q2_see", "depth"))
claim("q2_open", "weights of variance $1/(3n)$", lambda: "1 / 3" in cell(read(RELEASE), "q2_see").source)
claim("q2_open", "which is $1/n$ when", lambda: 2 / (7 + 7) == 1 / 7)
claim(
    "q2_seen",
    "to the last layer, by about ⟦fifteen⟧ orders of magnitude",
    about(lambda: -math.log10(measured("q2_see").curve("naive")[-1])),
)
claim(
    "q2_seen",
    "again by about ⟦fifteen⟧ orders",
    about(lambda: -math.log10(measured("q2_see").curve("naive", 1)[0])),
)
claim(
    "q2_seen",
    "it falls to about a ⟦fiftieth⟧: fastest in the first layers, then ever more slowly",
    about(lambda: measured("q2_see").curve("Glorot")[-1], 0.35),
)
claim(
    "q2_seen",
    "fastest in the first layers, then ever more slowly",
    lambda: np.all(np.diff(np.diff(np.log(measured("q2_see").curve("Glorot")))[[0, 2, 5, 10, 20]]) > 0),
)
claim(
    "q2_seen",
    "it falls to about a ⟦fiftieth⟧: on their way back",
    about(lambda: measured("q2_see").curve("Glorot", 1)[0], 0.35),
)
claim(
    "q2_seen",
    "the gradients lose little in the last layers and most in the first ones",
    lambda: np.all(np.diff(np.diff(np.log(measured("q2_see").curve("Glorot", 1)))[[0, 2, 5, 10, 20]]) < 0),
)
claim("q2_seen", "the line of Glorot's weights stays at ⟦1⟧", lambda: float(measured("q2_see").predicted()[1][-1]))
for where in ("q2_prompt", "q2"):
    claim(where, f"$\\mathrm{{Var}}(w) = {_IN}$", lambda: keeps(0, lambda i, o: 1 / i))
    claim(where, "$1/n_{\\text{out}}$", lambda: keeps(1, lambda i, o: 1 / o))
    claim(where, "n \\, \\mathrm{Var}(w) = ⟦1/3⟧$", lambda: 50 * uniform_variance(1 / math.sqrt(50)))
claim("q2_prompt", f"${_BOTH}$", lambda: np.allclose(gains(lambda i, o: 2 / (i + o), 400, 400), 1, atol=0.02))
claim(
    "q2_prompt",
    "uniform on $\\pm\\sqrt{6/(n_{\\text{in}} + n_{\\text{out}})}$",
    lambda: math.isclose(uniform_variance(math.sqrt(6 / 1200)), 2 / 1200),
)
claim(
    "q2_prompt",
    "Glorot's gain is near ⟦1⟧ in each layer",
    about(lambda: later_gain("Glorot"), 0.08),
)
claim(
    "q2",
    "\\mathrm{Var}(w) = \\frac{2}{n_{\\text{in}} + n_{\\text{out}}}",
    lambda: np.allclose(gains(lambda i, o: 2 / (i + o), 400, 400), 1, atol=0.02),
)
claim(
    "q2",
    "\\mathcal{N}\\!\\left(0, \\frac{2}{n_{\\text{in}} + n_{\\text{out}}}\\right)",
    lambda: np.allclose(gains(lambda i, o: 2 / (i + o), 400, 400), 1, atol=0.02),
)
claim(
    "q2",
    "a = \\sqrt{\\frac{6}{n_{\\text{in}} + n_{\\text{out}}}}",
    lambda: math.isclose(uniform_variance(math.sqrt(6 / 1200)), 2 / 1200),
)
claim("q2", "has variance $a^2/3$", lambda: math.isclose(uniform_variance(1.7), 1.7**2 / 3))
claim("q2", "For a $256 \\to 128$ layer, $a = \\sqrt{6/384} = ⟦0.125⟧$", lambda: math.sqrt(6 / (256 + 128)))
claim(
    "q2",
    "$\\mathcal{U}[-1/\\sqrt{n}, 1/\\sqrt{n}]$ has",
    lambda: math.isclose(uniform_variance(1 / math.sqrt(50)), 1 / (3 * 50)),
)
claim(
    "q2",
    "divides the variance by ⟦3⟧, forwards",
    about(lambda: 1 / later_gain("naive"), 0.02),
)
claim("q2", "over ⟦30⟧ layers by $3^{30} \\approx ⟦2.1 \\times 10^{14}⟧$", size("q2_see", "depth"), lambda: 3.0**30)
claim(
    "q2",
    "and by a little more in the first layers",
    lambda: 3.0**-31.5 < measured("q2_see").curve("naive")[-1] < 3.0**-30,
)
claim(
    "q2",
    "gain of all but the first layers is near ⟦1⟧ in both directions",
    about(lambda: later_gain("Glorot"), 0.08),
)
claim("q2", "roughly $1/(2l)$ after $l$ layers", lambda: abs(glorot_tanh(400) * 2 * 400 - 1) < 0.05)
claim("q2", "for $l = 30$ is ⟦0.017⟧", lambda: 1 / (2 * 30))
claim("q2", "for $l = 30$ is ⟦0.017⟧", about(lambda: measured("q2_see").curve("Glorot")[-1], 0.25))
claim("q2_prompt", "multiplies the signal or the gradient by about ⟦1⟧", about(lambda: later_gain("Glorot"), 0.08))
claim("q2_prompt", f"The forward pass alone, ${_IN}$", lambda: keeps(0, lambda i, o: 1 / i))
claim(
    "q2_prompt", "a factor of ⟦1/3⟧ a layer, forwards and backwards", lambda: 50 * uniform_variance(1 / math.sqrt(50))
)
claim("q2", "in layer 15 about ⟦half⟧ is left", about(lambda: measured("q2_see").curve("Glorot", 1)[15], 0.25))
claim(
    "q2",
    "layer $k$ multiplies the variance by about $1 - 1/k$",
    lambda: abs(root_mean_square(tanh_slope, math.sqrt(glorot_tanh(100))) ** 2 - (1 - 1 / 100)) < 0.002,
)
claim(
    "q2",
    "equally small in *all* layers",
    lambda: max(weight_gradients("naive")) < 1.15 * min(weight_gradients("naive")),
)
claim(
    "q2",
    "about a millionth of what it is with Glorot's weights",
    lambda: 5e-7 < np.mean(weight_gradients("naive")) / np.mean(weight_gradients("Glorot")) < 2e-6,
)
claim("q2", "slope at most $⟦1/4⟧$ and outputs around $⟦1/2⟧$", lambda: largest(sigmoid_slope), lambda: sigmoid(0.0))
claim("q2", "a little more than a factor of ⟦4⟧ per layer", above(lambda: 1 / sigmoid_factor()))
claim("q2", "a little more than a factor of ⟦4⟧ per layer", about(lambda: 1 / sigmoid_factor()))
claim("q2", "ReLU ⟦halves⟧ the second moment", about(lambda: rectified(lambda i, o: 1 / i), 0.03))
claim("q2", "$2^{-L}$ of it after $L$ layers", lambda: abs(rectified(lambda i, o: 1 / i) - 0.5) < 0.02)
claim("q2", "use $2/n_{\\text{in}}$", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)

claim(
    "q3_open",
    "sends ⟦200⟧ inputs through one layer of ⟦256⟧ units",
    *(lambda k=k: named("q3_see", "inputs").shape[k] for k in (0, 1)),
)
claim("q3_open", "for ⟦seven⟧ scales", lambda: len(named("q3_see", "scales")))
claim("q3_open", "the slopes of ⟦three⟧ functions", lambda: len(named("q3_see", "functions")))
claim(
    "q3_seen",
    "ReLU's step from 0 to 1 at $z = 0$",
    lambda: set(np.round(measured("q3_see").curve("ReLU"), 3)) == {0.0, 1.0},
)
claim(
    "q3_seen",
    "it falls from ⟦0.25⟧ to ⟦0.06⟧. That of tanh falls from ⟦0.95⟧ to ⟦0.18⟧. ReLU's stays at ⟦0.71⟧",
    *(lambda s=s, scale=scale: root_mean_square(s, scale) for s in (sigmoid_slope, tanh_slope) for scale in (0.25, 16)),
    lambda: root_mean_square(lambda z: float(z > 0), 1.0),
)
claim(
    "q3_seen",
    "The sigmoid's is lowest at every scale",
    lambda: all(
        np.all(measured("q3_see").curve("sigmoid", 1) < measured("q3_see").curve(f, 1)) for f in ("tanh", "ReLU")
    ),
)
claim("q3_seen", "networks of ⟦50⟧ ReLU layers", size("q3_see_dead", "depth"))
claim("q3_seen", "*every one* of ⟦200⟧ inputs", lambda: len(named("q3_see_dead", "h")))
claim("q3_seen_dead", "zero for all ⟦200⟧ inputs", lambda: len(named("q3_see_dead", "h")))
claim("q3_seen_dead", "for ⟦three⟧ random networks", lambda: sum(c.marks for c in measured("q3_see_dead").panels[0]))
claim(
    "q3_seen_dead",
    "It is ⟦0⟧ in the first layers",
    lambda: max(c.y[:2].max() for c in measured("q3_see_dead").panels[0][:3]),
)
claim("q3_seen_dead", "the line at ⟦50⟧ %", lambda: measured("q3_see_dead").curve("predicted")[0])
claim("q3_seen_dead", "⟦half⟧ of them, on average", lambda: stats.norm.cdf(0))
claim("q3_seen", "it is ⟦1⟧ if all signals have the same direction", lambda: math.cos(0))
claim("q3_prompt", "$\\sigma(1-\\sigma) \\le ⟦1/4⟧$", lambda: largest(sigmoid_slope))
claim("q3_prompt", "$1 - \\tanh^2 \\le ⟦1⟧$", lambda: largest(tanh_slope))
claim("q3_prompt", "the cosine tends to ⟦1⟧", about(lambda: rectified_cosine(400), 0.001))
claim("q3_prompt", "each of the ⟦three⟧ functions", lambda: len(named("q3_see", "functions")))
claim("q3_prompt", "its slope is at most ⟦1/4⟧ even unsaturated", lambda: largest(sigmoid_slope))
claim("q3_prompt", "ReLU, whose slope is ⟦1⟧ for $z > 0$", lambda: measured("q3_see").curve("ReLU")[-1])
claim(
    "q3",
    "$\\sigma(z) = 1/(1 + e^{-z})$ | $\\sigma(z)(1 - \\sigma(z))$ | $⟦1/4⟧$, at $z = 0$",
    lambda: max(sigmoid_slope(0), largest(sigmoid_slope)),
)
claim(
    "q3",
    "$\\sigma(z)(1 - \\sigma(z))$",
    lambda: math.isclose((sigmoid(1 + 1e-6) - sigmoid(1 - 1e-6)) / 2e-6, sigmoid_slope(1), rel_tol=1e-6),
)
claim("q3", "both tails; $⟦0.0066⟧$ at $z = \\pm 5$", lambda: sigmoid_slope(5))
claim("q3", "$1 - \\tanh^2(z)$ | $⟦1⟧$, at $z = 0$", lambda: max(tanh_slope(0), largest(tanh_slope)))
claim(
    "q3",
    "$1 - \\tanh^2(z)$",
    lambda: math.isclose((math.tanh(1 + 1e-6) - math.tanh(1 - 1e-6)) / 2e-6, tanh_slope(1), rel_tol=1e-6),
)
claim("q3", "both tails; $⟦0.00018⟧$ at $z = \\pm 5$", lambda: tanh_slope(5))
claim(
    "q3",
    "$⟦0⟧$ for $z < 0$, $⟦1⟧$ for $z > 0$ | $⟦1⟧$ |",
    *(lambda k=k: measured("q3_see").curve("ReLU")[k] for k in (0, -1, -1)),
)
claim("q3", "its slope shrinks the gradient at least ⟦fourfold⟧", lambda: 1 / largest(sigmoid_slope))
claim("q3", "with slope ⟦1⟧ at the origin", lambda: tanh_slope(0))
claim(
    "q3",
    "the root mean square of the slope is ⟦0.21⟧ (sigmoid) and ⟦0.68⟧ (tanh); at scale 4 it is ⟦0.13⟧ and ⟦0.36⟧",
    *(lambda s=s, scale=scale: root_mean_square(s, scale) for scale in (1, 4) for s in (sigmoid_slope, tanh_slope)),
)
claim(
    "q3",
    "ReLU's is $\\sqrt{1/2} \\approx ⟦0.71⟧$ at every scale",
    lambda: root_mean_square(lambda z: float(z > 0), 4.0),
)
claim(
    "q3",
    "orthogonal inputs have ⟦0.32⟧ after one layer, ⟦0.87⟧ after ten and ⟦0.99⟧ after 50",
    *(lambda layers=layers: rectified_cosine(layers) for layers in (1, 10, 50)),
)
claim("q3", "never falls", lambda: all(rectified_cosine(1, c) >= c for c in np.linspace(-1, 1, 201)))
claim(
    "q3",
    "about ⟦40⟧ % of the units are dead",
    about(lambda: np.mean([c.y[-10:] for c in measured("q3_see_dead").panels[0][:3]])),
)

claim("q4_open", "for ⟦50⟧ steps", size("q4_see", "steps"))
claim(
    "q4_open",
    "have mean ⟦0⟧ and standard deviation $s/\\sqrt{n}$, for ⟦four⟧ values",
    lambda: float(named("q4_see", "W").mean()),
    lambda: sum(c.marks for c in measured("q4_see").panels[0]),
)
claim("q4_seen", "⟦four⟧ sets of marks", lambda: sum(c.marks for c in measured("q4_see").panels[0]))
claim("q4_seen", "At scale 1 the norm falls to about $⟦10^{-6}⟧$", lambda: measured("q4_see").curve("scale 1.0")[-1])
claim(
    "q4_seen",
    "at scale 1.5 it stays within a factor of ⟦three⟧",
    below(lambda: np.exp(np.abs(np.log(measured("q4_see").curve("scale 1.5"))).max())),
)
claim(
    "q4_seen",
    "at scale 2 it grows almost a ⟦thousandfold⟧",
    about(lambda: measured("q4_see").curve("scale 2.0")[-1], 0.3),
)
claim("q4_seen", "at scale 3 to about $⟦10^{7}⟧$", lambda: measured("q4_see").curve("scale 3.0")[-1])
claim(
    "q4_seen",
    "such a network of scale ⟦2⟧ twice",
    lambda: float("W, U, v = 2 * torch.randn" in cell(read(RELEASE), "q4_see_clipping").source) * 2,
)
claim("q4_seen", "longer than 0.1 shortened to norm ⟦0.1⟧", size("q4_see_clipping", "clip"))
claim("q4_seen_clipping", "over ⟦150⟧ training steps", lambda: len(measured("q4_see_clipping").curve("no clipping")))
claim(
    "q4_seen_clipping",
    "leaves the picture upwards within ⟦twenty⟧ steps, and overflows",
    below(lambda: np.argmax(measured("q4_see_clipping").curve("no clipping") > 1e3)),
)
claim(
    "q4_seen_clipping",
    "and overflows in the end",
    lambda: not np.isfinite(measured("q4_see_clipping").curve("no clipping")[-1]),
)
claim(
    "q4_seen_clipping",
    "falls from ⟦0.29⟧ to below ⟦0.02⟧",
    lambda: measured("q4_see_clipping").curve("clipped")[0],
    below(lambda: max(measured("q4_see_clipping").curve("clipped")[-10:])),
)
claim("q4_prompt", "the curve of scale 1.5\n", lambda: measured("q4_see").curve("scale 1.5").size > 0)
claim("q4_prompt", "as the curve of scale 1.5 shows", lambda: measured("q4_see").curve("scale 1.5")[-1] < 1)
claim(
    "q4",
    "$\\mathrm{Var}(w) = 4/n_{\\text{in}}$ ⟦double⟧ the expected squared gradient per layer, "
    "a factor of $2^{50} \\approx ⟦1.1 \\times 10^{15}⟧$ after 50 layers",
    about(lambda: rectified(lambda i, o: 4 / i), 0.03),
    lambda: 2.0**50,
)
claim(
    "q4",
    "a largest singular value of about $2s$",
    lambda: abs(np.linalg.norm(named("q4_see", "W"), 2) / (2 * 3.0) - 1) < 0.05,
)
claim("q4", "already at scale 1 the largest singular value is ⟦2⟧", lambda: 2 * 1.0)
claim("q4", "at scale 1.5 it is ⟦3⟧, and the gradient is about kept", lambda: 2 * 1.5)
claim("q4", "and the gradient is about kept", lambda: abs(recurrent_factor(1.5) - 1) < 0.02)
claim(
    "q4",
    "From scale 2 on, the factors per step, ⟦1.13⟧ at scale 2 and ⟦1.35⟧ at scale 3",
    lambda: recurrent_factor(2.0),
    lambda: recurrent_factor(3.0),
)
claim(
    "q4",
    "above $1/\\gamma$ ($\\gamma = ⟦1⟧$ for tanh, $⟦1/4⟧$ for the sigmoid)",
    lambda: largest(tanh_slope),
    lambda: largest(sigmoid_slope),
)
claim(
    "q4",
    "$g \\leftarrow g \\cdot \\min(1, \\tau / \\lVert g \\rVert)$",
    lambda: all(math.isclose(min(1, 0.1 / norm) * norm, min(norm, 0.1)) for norm in (0.05, 7.0)),
)
claim(
    "q4",
    "all of whose singular values are ⟦1⟧",
    lambda: np.linalg.norm(np.linalg.qr(np.random.default_rng(1).normal(size=(30, 30)))[0], 2),
)

claim("q5_open", "⟦10⟧ ReLU layers of ⟦64⟧ units", size("q5_see", "depth"), size("q5_see", "width"))
claim("q5_open", "⟦five⟧ times", lambda: len(named("q5_see", "starts")))
claim(
    "q5_open",
    "tiny (⟦0.01⟧), Glorot's, He's, and huge (⟦1⟧)",
    *(lambda name=name: named("q5_see", "starts")[name] for name in ("tiny", "huge")),
)
claim("q5_seen", "over ⟦150⟧ training steps", lambda: len(measured("q5_see").curve("He")))
claim("q5_seen", "near $\\ln 2 \\approx ⟦0.69⟧$", lambda: math.log(2))
claim(
    "q5_seen",
    "near $\\ln 2 \\approx ⟦0.69⟧$",
    *[about(lambda: np.mean([measured("q5_see").curve(n)[0] for n in ("zero", "tiny", "Glorot", "He")]))],
)
claim(
    "q5_seen",
    "Zero and tiny weights stay there",
    lambda: all(np.abs(measured("q5_see").curve(n) - math.log(2)).max() < 1e-3 for n in ("zero", "tiny")),
)
claim(
    "q5_seen",
    "Glorot's stay there for most of the time, and then fall",
    lambda: measured("q5_see").curve("Glorot")[75] > 0.65 and measured("q5_see").curve("Glorot")[-1] < 0.1,
)
claim("q5_seen", "to below ⟦0.001⟧", below(lambda: measured("q5_see").curve("He")[-1]))
claim(
    "q5_seen",
    "at tens of millions: after one step, the loss is not a number",
    lambda: 1e7 < measured("q5_see").curve("huge")[0] < 1e8 and np.isnan(measured("q5_see").curve("huge")[1]),
)
claim("q5_seen", "Why do the ⟦five⟧ behave", lambda: len(named("q5_see", "starts")))
claim("q5_prompt", "the ⟦five⟧ curves", lambda: len(measured("q5_see").panels[0]))
claim("q5_prompt", "each of the ⟦five⟧ starts", lambda: len(named("q5_see", "starts")))
claim("q6_open", "from the same ⟦five⟧ starts", lambda: named("q6_see", "starts") == named("q5_see", "starts") and 5)
claim("q5_seen", "for ⟦three⟧ values of $c$", lambda: sum(c.marks for c in measured("q5_see_signal").panels[0]))
claim("q5_seen", "a ReLU network of ⟦50⟧ layers", size("q5_see_signal", "depth"))
claim(
    "q5_seen_signal",
    "For $c = 1$ it falls along a straight line to about $⟦10^{-15}⟧$",
    lambda: measured("q5_see_signal").curve("c = 1")[-1],
)
claim(
    "q5_seen_signal",
    "for $c = 2$ it stays near ⟦1⟧",
    about(lambda: np.exp(np.mean(np.log(measured("q5_see_signal").curve("c = 2")))), 0.5),
)
claim(
    "q5_seen_signal",
    "for $c = 4$ it rises along a straight line to about $⟦10^{15}⟧$",
    lambda: measured("q5_see_signal").curve("c = 4")[-1],
)
claim(
    "q5_prompt",
    "by $\\tfrac12 n_{\\text{in}} \\mathrm{Var}(w)$ for ReLU",
    lambda: abs(rectified(lambda i, o: 3 / i) - 1.5) < 0.05,
)
claim(
    "q5_prompt",
    "Glorot's loses ⟦half⟧ of the second moment a layer",
    about(lambda: rectified(lambda i, o: 1 / i), 0.03),
)
claim(
    "q5_prompt",
    "He with $2/n_{\\text{in}}$ for ReLU, with the factor 2 explained",
    lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03,
)
for where in ("q5_prompt", "q5_seen_signal", "q5"):
    claim(where, "$(c/2)^", lambda: all(abs(rectified(lambda i, o, c=c: c / i) * 2 / c - 1) < 0.03 for c in (1, 2, 4)))
claim("q5", "the flat line at $\\ln 2$", lambda: abs(measured("q5_see").curve("zero")[-1] - math.log(2)) < 1e-6)
claim("q5", "ReLU keeps ⟦half⟧ its second moment", about(lambda: rectified(lambda i, o: 1 / i), 0.03))
claim("q5", "= \\tfrac{1}{2} \\mathrm{Var}(z)$", lambda: abs(normal_mean(lambda z: max(z, 0) ** 2) - 0.5) < 1e-6)
claim(
    "q5",
    "q_l = \\tfrac{1}{2} \\, n_{\\text{in}} \\, \\mathrm{Var}(w)",
    lambda: abs(rectified(lambda i, o: 3 / i) - 1.5) < 0.05,
)
claim("q5", "\\mathrm{Var}(w) = \\frac{2}{n_{\\text{in}}}", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)
claim("q5", "for $c = 1$, which is Glorot at equal widths, and $L = 50$ by $⟦8.9 \\times 10^{-16}⟧$", lambda: 0.5**50)
claim("q5", "the same argument gives $2/n_{\\text{out}}$", lambda: abs(gains(lambda i, o: 2 / o)[1] / 2 - 1) < 0.02)
claim("q5", "In the first figure $L = ⟦10⟧$", size("q5_see", "depth"))
claim("q5", "$2^{-10} \\approx ⟦0.00098⟧$", lambda: 2.0**-10)
claim(
    "q5",
    "$c = 64 \\cdot 0.01^2 = ⟦0.0064⟧$ and leave $(0.0032)^{10} \\approx ⟦1.1 \\times 10^{-25}⟧$",
    lambda: named("q5_see", "width") * named("q5_see", "starts")["tiny"] ** 2,
    lambda: (0.0064 / 2) ** 10,
)
claim("q5", "⟦150⟧ steps do nothing", lambda: len(measured("q5_see").curve("tiny")))
claim(
    "q5",
    "have $c = ⟦64⟧$ and give $32^{10} \\approx ⟦1.1 \\times 10^{15}⟧$",
    lambda: named("q5_see", "width") * named("q5_see", "starts")["huge"] ** 2,
    lambda: (64 / 2.0) ** 10,
)
claim("q5", f"Glorot, ${_BOTH}$", lambda: np.allclose(gains(lambda i, o: 2 / (i + o), 400, 400), 1, atol=0.02))
claim("q5", "| He, $2/n_{\\text{in}}$ |", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)
claim(
    "q5",
    "$2/((1 + \\alpha^2) \\, n_{\\text{in}})$",
    lambda: abs(rectified(lambda i, o: 2 / (1 + 0.3**2) / i, slope=0.3) - 1) < 0.03,
)
claim("q5", "$s = \\sigma / ⟦0.8796⟧\\ldots$ *truncated* at $\\pm 2s$", lambda: stats.truncnorm(-2, 2).std())
claim(
    "q5",
    "the variance is still $\\sigma^2 = 2/n_{\\text{in}}$",
    lambda: math.isclose(
        stats.truncnorm(-2, 2, scale=math.sqrt(2 / 50) / 0.87962566103423978).var(), 2 / 50, rel_tol=1e-6
    ),
)
claim("q5", "increasingly with $\\sum_l 1/n_l$", lambda: wandering(64) > 2 * wandering(1024))


claim("q6_seen", "over ⟦150⟧ training steps", lambda: len(measured("q6_see").curve("He")))
claim(
    "q6_seen",
    "zero and tiny weights stay at $\\ln 2$",
    lambda: all(np.abs(measured("q6_see").curve(n) - math.log(2)).max() < 1e-3 for n in ("zero", "tiny")),
)
claim(
    "q6_seen",
    "all ⟦four⟧ random starts fall to below ⟦0.02⟧ within the ⟦150⟧ steps",
    lambda: len(named("q6_see", "starts")) - 1,
    below(lambda: max(measured("q6_see").curve(n, 1)[-1] for n in ("tiny", "Glorot", "He", "huge"))),
    lambda: len(measured("q6_see").curve("He", 1)),
)
claim(
    "q6_seen",
    "zero weights stay at $\\ln 2$ as before",
    lambda: np.abs(measured("q6_see").curve("zero", 1) - math.log(2)).max() < 1e-3,
)
claim("q6_seen", "deeper networks, of ⟦30⟧ layers", size("q6_see_depth", "depth"))
claim(
    "q6_seen_depth",
    "from ⟦1⟧ in layer ⟦30⟧ to between $10^{4}$ and $10^{5}$ in layer 1",
    lambda: measured("q6_see_depth").curve("He")[-1],
    size("q6_see_depth", "depth"),
)
claim(
    "q6_seen_depth",
    "between $10^{4}$ and $10^{5}$",
    lambda: all(1e4 < measured("q6_see_depth").curve(n)[0] < 1e5 for n in ("tiny", "He", "huge")),
)
claim(
    "q6_seen_depth",
    "a factor of $\\pi/(\\pi - 1)$",
    lambda: abs((measured("q6_see_depth").curve("He")[0]) ** (1 / 29) / _BN - 1) < 0.01,
)
claim("q6_prompt", "becomes $1/a$ of what it was", lambda: math.isclose(scaled_gradient(3.0), 1 / 3, rel_tol=1e-4))
claim("q6_prompt", "⟦four⟧ starts of the first figure", lambda: len(named("q6_see", "starts")) - 1)
claim("q6", "= \\frac{1}{a} \\,", lambda: math.isclose(scaled_gradient(3.0), 1 / 3, rel_tol=1e-4))
claim("q6", "ten times either", lambda: np.allclose(batch_normalized(10 * np.eye(5)), batch_normalized(np.eye(5))))
claim("q6", "all ⟦four⟧ random starts learn", lambda: len(named("q6_see", "starts")) - 1)
claim(
    "q6",
    "in proportion to $1/\\lVert W \\rVert^2$",
    lambda: math.isclose(scaled_gradient(3.0) / 3, 1 / 9, rel_tol=1e-4),
)
claim("q6", "$\\pi/(\\pi - 1) \\approx ⟦1.47⟧$", lambda: _BN)
claim(
    "q6",
    "about $⟦7 \\times 10^4⟧$ from layer 30 to layer 1 in the figure, and $⟦2 \\times 10^8⟧$ over 50 layers",
    lambda: _BN**29,
    lambda: _BN**50,
)

claim("q7_prompt", "(⟦40⟧ points)", lambda: sum(POINTS[t.check] for t in TASKS))
claim(
    "q7_prompt", "\\mathrm{Var}(w) = \\frac{2}{\\text{fan-in}}", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03
)
for number, task in enumerate(TASKS, 1):
    row = next(line for line in PROSE["q7_prompt"].splitlines() if line.startswith(f"| {number} | "))
    worth = re.fullmatch(r"(\| )(\d)( \| .* \| )(\d+)( \|)", row)
    assert worth
    claim("q7_prompt", "{}⟦{}⟧{}⟦{}⟧{}".format(*worth.groups()), lambda n=number: n, lambda t=task: POINTS[t.check])
    heading = PROSE[f"{task.stub}_prompt"].splitlines()[0]
    part = re.fullmatch(r"(### Part )(\d)( · .* \()(\d+)( points\))", heading)
    assert part
    claim(
        f"{task.stub}_prompt",
        "{}⟦{}⟧{}⟦{}⟧{}".format(*part.groups()),
        lambda n=number: n,
        lambda t=task: POINTS[t.check],
    )
claim("q7_prompt", "⟦64⟧ inputs → dense ⟦128⟧, ReLU → dense ⟦64⟧, ReLU → dense ⟦10⟧", *(lambda w=w: w for w in WIDTHS))
claim("q7_prompt", "its ⟦three⟧ linear layers", lambda: len(WIDTHS) - 1)
claim("q7_prompt", "**The ⟦four⟧ parts**", lambda: len(TASKS))
claim("q7_prompt", "the ⟦three⟧ layers above", lambda: len(WIDTHS) - 1)
claim("q7_prompt", "2 / fan-in on dense kernels", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)


# --- Numbers that claim nothing -------------------------------------------------------------------------

_NUMBER = re.compile(
    r"\d+(?:\.\d+)?|\b(?:half|halves|halved|doubles?|doubled|twice|third|quarter|dozen|hundred|million|three|four|five"
    r"|six|seven|eight|nine|ten|fifteen|twenty|fiftieth|\w+fold)\b"
)
#: What a number may be without claiming anything, as a pattern of the words around it.
NO_CLAIM = {
    "a question, by its name": r"\bQ\d\b",
    "points of a question": r"\(\d+ points\)",
    "points, in a mark scheme": r"^\| \d+ \||\(\d(?=\)|; )|\(\d each\)|half a point|(?:down to|never below) 0",
    "a graded answer, and its points": r"^\*An answer of \d points:\* .*$",
    "points of a part of an answer, in a prompt": r"\(\d, (?:core|depth)\)",
    "points of a criterion, which a test of the release compares": r"^\| [a-z_]+ \|(?: [\d.–]+ \|)+.*\|$",
    "when a criterion earns part": r"^- (?:A variance within|Every random draw|If your model) .*$",
    "a wrong statement, and what it costs": r"^\| .* \| −\d \|$",
    "how long an answer should be": r"Expected length: \d+ – \d+ words",
    "a year": r"\b(?:19|20)\d\d\b",
    "a journal's volume and issue": r"\*[^*]+\* \d+\(\d+\)",
    "a numbered list": r"^\d\. |\*\*\d\. ",
    "one more, or one less, in an index or a bound of a product": r"[a-zA-Z][+-]1\}|[a-z] ?= ?1(?:\}|, \\dots)",
    "a square": r"\^2",
    "the step before training": r"at step 0|step 0 only",
    "what divides shrinking from growing": r"(?:below|above|exceed) 1\b|\\gamma < 1",
    "the origin, or a limit there": r"[<>] ?0\b|(?:around|near|from|to) 0\b|\\to 0\b|\\max\(0, z\)",
    "half precision, the name of a number format": r"half precision",
    "what a paper reports or proves": r"He et al\. report a 30-layer|with probability tending to 1",
    "the mean that the task asks for": r"\\mathrm\{E\}\[w\] = 0",
    "a setting of the cell above, by its name": r"\b(?:scale|layer|slope below) \d+(?:\.\d+)?|\$[cL] = \d+\$",
    "part of a name in code": r"fc\d`|float32",
}
_NO_CLAIM = [re.compile(pattern, re.MULTILINE) for pattern in NO_CLAIM.values()]


def uncovered(text: str, covered: list[tuple[int, int]]) -> Iterator[str]:
    """Yield, with the words around it, each number of the text outside of these stretches."""
    for found in _NUMBER.finditer(text):
        if not any(start <= found.start() and found.end() <= end for start, end in covered):
            before, after = text[max(0, found.start() - 40) : found.start()], text[found.end() : found.end() + 30]
            yield f"…{before}⟦{found[0]}⟧{after}…"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.grade_id}: {row.words[:60]}")
def test_a_claimed_number_is_the_computed_one(row: Row) -> None:
    assert row.words in PROSE[row.grade_id], "these words are not in the cell any more: correct the row"
    if not row.marked:
        (holds,) = row.computed
        assert holds()
        return
    for text, computed in zip(row.marked, row.computed, strict=True):
        expected = computed if isinstance(computed, Expected) else Expected(computed)
        assert expected.agrees(parse(text)), f"{text} is written, and what is computed is {float(expected.value())!r}"


@pytest.mark.parametrize("grade_id", PROSE)
def test_no_number_is_claimed_without_a_row(grade_id: str) -> None:
    text = PROSE[grade_id]
    covered = [found.span() for pattern in _NO_CLAIM for found in pattern.finditer(text)]
    for row in ROWS:
        if row.grade_id == grade_id:
            covered += [found.span() for found in re.finditer(re.escape(row.words), text)]
    assert list(uncovered(text, covered)) == []


@pytest.mark.parametrize("pattern", NO_CLAIM.values(), ids=NO_CLAIM)
def test_every_rule_for_numbers_without_a_claim_is_needed(pattern: str) -> None:
    assert any(re.search(pattern, text, re.MULTILINE) for text in PROSE.values())


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The factor is 0.24.", True),
        ("It halves the variance.", True),
        ("Glorot and Bengio (2010) say so.", False),
        ("As in Q1.", False),
    ],
)
def test_a_new_number_is_noticed(sentence: str, found: bool) -> None:
    covered = [span.span() for pattern in _NO_CLAIM for span in pattern.finditer(sentence)]
    assert bool(list(uncovered(sentence, covered))) == found


@pytest.mark.parametrize(
    ("text", "value", "same", "other"),
    [
        ("0.236", 0.236, 0.2364, 0.2366),
        ("9.1 \\times 10^{-13}", 9.1e-13, 9.14e-13, 9.16e-13),
        ("10^{-13}", 1e-13, 3e-13, 4e-13),
        ("1/4", 0.25, 0.25, 0.251),
        ("30", 30.0, 30.4, 30.6),
        ("halves", 0.5, 0.5, 0.51),
    ],
)
def test_a_number_means_what_its_digits_say(text: str, value: float, same: float, other: float) -> None:
    said = parse(text)
    assert said.value == pytest.approx(value)
    assert said.rounds(same)
    assert not said.rounds(other)


#: How far marks may be from the predicted line, as a factor; what theory leaves out at finite width.
AGREEMENT = {"q4_see": 4.0, "q5_see_signal": 4.0, "q6_see_depth": 1.25}


@pytest.mark.parametrize("grade_id", AGREEMENT)
def test_measurement_and_prediction_agree(grade_id: str) -> None:
    compared = 0
    for panel in measured(grade_id).panels:
        marks, lines = [c for c in panel if c.marks], [c for c in panel if not c.marks]
        for number, curve in enumerate(marks):
            predicted = lines[number if len(lines) > 1 else 0]
            np.testing.assert_array_equal(curve.x, predicted.x)
            assert np.abs(np.log(curve.y / predicted.y)).max() < math.log(AGREEMENT[grade_id]), curve.label
            compared += 1
    assert compared


def test_sigmoid_layers_shrink_the_gradient_by_the_factor_of_mean_field_theory() -> None:
    norms = measured("q1_see").curve("measured")
    predicted = norms[-1] * sigmoid_factor() ** np.arange(len(norms) - 1, -1, -1)
    assert np.abs(np.log(norms / predicted)).max() < math.log(1.5)


def test_naive_tanh_layers_shrink_signals_and_gradients_nearly_as_linear_ones_would() -> None:
    for panel in (0, 1):
        marks, line = measured("q2_see").curve("naive", panel), measured("q2_see").predicted(panel)[0]
        assert np.abs(np.log(marks / line)).max() < math.log(5)


def test_predicted_sizes_of_slopes_are_the_measured_ones() -> None:
    panel = measured("q3_see").panels[1]
    for marks, line in zip(panel[:3], panel[3:], strict=True):
        assert (marks.marks, line.marks) == (True, False)
        assert np.abs(marks.y - line.y).max() < 0.01


@pytest.mark.parametrize("grade_id", MEASURING)
def test_figure_has_labelled_axes_and_can_be_read_without_colours(grade_id: str) -> None:
    import matplotlib.pyplot as plt

    figure = measured(grade_id)
    for axes in figure.axes:
        assert axes["title"]
        assert axes["ylabel"]
    assert figure.axes[-1]["xlabel"]
    for panel in figure.panels:
        # Predicted lines look alike: each runs through its marks.
        looks = [(curve.marker, curve.linestyle) for curve in panel if curve.marks and len(curve.x) > 2]
        assert len(looks) == len(set(looks)), f"two curves differ in colour alone: {looks}"
    assert not plt.get_fignums()
