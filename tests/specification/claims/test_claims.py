r"""Every number in the notebook's prose is computed here, or falls under a rule for numbers that claim nothing.

A row quotes the words around a number from one cell. What stands in ⟦ ⟧ is compared with what the row computes, to the
precision in which it is written: ⟦0.236⟧ means 0.2355 to 0.2365, ⟦10^{-13}⟧ its order of magnitude, ⟦1/4⟧ exactly that.
A row without ⟦ ⟧ computes whether its words hold. A number that neither a row nor a rule covers fails the last test:
to add a claim, add its row.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

from autograder.assignment.questions import ANY_RANDOM_DRAW, TASKS, WIDTHS, WRITTEN
from autograder.grading.points import IN_FULL_FROM
from autograder.judge.near_miss import CONSTANT_FACTOR, NEAR_FACTOR
from tests.specification.claims.claims import Expected, Row, about, above, below, parse
from tests.specification.claims.theory import (
    batch_normalized,
    gains,
    glorot_tanh,
    gradient_along_the_weights,
    keeps,
    largest,
    normal_mean,
    power_growth,
    product_variance,
    rectified,
    rectified_cosine,
    recurrent_factor,
    root_mean_square,
    scaled_gradient,
    selu_moment,
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


def spectral_radius(matrix: Any) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def clipped_at() -> float:
    """The norm to which Q4's second cell shortens gradients."""
    found = re.search(r'"scale 3, clipped", 3, ([\d.]+)\)', cell(read(RELEASE), "q4_see_clipping").source)
    assert found
    return float(found[1])


def read_out_states() -> np.ndarray:
    """What the read-out of Q4's second cell is applied to, before any training at scale 3."""
    recurrent, inputs, _ = named("q4_see_clipping", "start")
    states: np.ndarray = named("q4_see_clipping", "last_state")(3 * recurrent, inputs).numpy()
    return states


def read_out_step() -> float:
    """Learning rate times the largest curvature of Q4's loss in the read-out. Gradient descent is stable below 2."""
    assert "lr=0.1)" in cell(read(RELEASE), "q4_see_clipping").source
    states = read_out_states()
    return float(0.1 * 2 * np.linalg.eigvalsh(states.T @ states / len(states)).max())


def read_out_losses() -> list[float]:
    """Losses of Q4's second training if the read-out alone is trained."""
    states, target = read_out_states(), named("q4_see_clipping", "target").numpy()
    read_out, losses = named("q4_see_clipping", "start")[2].numpy(), []
    for _ in range(150):
        error = states @ read_out - target
        losses.append(float(np.mean(error**2)))
        read_out = read_out - 0.1 * 2 * states.T @ error / len(states)
    return losses


def first_gradients(start: str) -> np.ndarray:
    """Norms of the gradient of Q5's summed output in each layer's weights, before any training."""
    names = measured("q5_see").names
    names["torch"].manual_seed(4)
    points, _ = names["points"](200)
    sizes = [8, *[names["width"]] * names["depth"], 1]
    pairs = itertools.pairwise(sizes)
    weights = [names["random_weights"](names["starts"][start], *pair).requires_grad_() for pair in pairs]
    names["outputs"](weights, points, False).sum().backward()
    return np.array([float(layer.grad.norm()) for layer in weights])


def plateau(draw: int) -> int:
    """For how many steps the loss of Q5 stays above 0.65 from Glorot's weights, in another draw of these."""
    names = measured("q5_see").names

    def weights(n_in: int, n_out: int) -> Any:
        if n_in == 8:
            names["torch"].manual_seed(draw)
        return names["random_weights"](1, n_in, n_out)

    losses, _ = names["train"](weights)
    return int(np.argmax(np.array(losses) < 0.65))


def grown(kind: str, c: float) -> float:
    """Mean square of the signal after 50 layers of a kind, for one c of the last measuring cell."""
    return float(measured("yours_see_choice").curve(kind)[named("yours_see_choice", "choices").index(c)])


def crossing(kind: str) -> float:
    """The c at which a kind of layer keeps the signal in the last measuring cell."""
    logarithms = np.log(np.maximum(measured("yours_see_choice").curve(kind), 1e-30))
    return float(np.interp(0, logarithms, named("yours_see_choice", "choices")))


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
claim("q2_seen", "about $⟦3 \\times 10^{-4}⟧$ with naive", about(lambda: float(np.mean(weight_gradients("naive")))))
claim(
    "q2_seen",
    "and ⟦420⟧ to ⟦520⟧ with Glorot's",
    about(lambda: min(weight_gradients("Glorot"))),
    about(lambda: max(weight_gradients("Glorot"))),
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

claim("q4_open", "over ⟦50⟧ time steps", size("q4_see", "steps"))
claim(
    "q4_open",
    "have mean ⟦0⟧ and standard deviation $s/\\sqrt{n}$, for ⟦four⟧ values",
    lambda: float(named("q4_see", "W").mean()),
    lambda: sum(c.marks for c in measured("q4_see").panels[0]),
)
claim(
    "q4_seen",
    "Over the ⟦50⟧ steps, the norm falls to about $⟦10^{-6}⟧$ of its first value",
    size("q4_see", "steps"),
    lambda: measured("q4_see").curve("scale 1")[-1],
)
claim("q4_seen", "to less than ⟦half⟧ at scale 1.5", below(lambda: measured("q4_see").curve("scale 1.5")[-1]))
claim("q4_seen", "several hundred times this", lambda: 200 < measured("q4_see").curve("scale 2")[-1] < 1000)
claim("q4_seen", "between $10^{6}$ and $10^{7}$", lambda: 1e6 < measured("q4_see").curve("scale 3")[-1] < 1e7)
claim("q4_seen", "⟦three⟧ times, on the same data", lambda: len(named("q4_see_clipping", "losses")))
claim("q4_seen", "longer than ⟦0.1⟧ to norm ⟦0.1⟧", clipped_at, clipped_at)
claim("q4_seen_clipping", "over ⟦150⟧ training steps", lambda: len(measured("q4_see_clipping").curve("scale 1")))
claim("q4_seen_clipping", "has a norm of ⟦62⟧", lambda: measured("q4_see_clipping").curve("scale 3", 1)[0])
claim(
    "q4_seen_clipping",
    "the loss runs off the top of the plot, and both end as NaN",
    lambda: (
        np.nanmax(measured("q4_see_clipping").curve("scale 3")) > 1e3
        and all(np.isnan(measured("q4_see_clipping").curve("scale 3", panel)[-1]) for panel in (0, 1))
    ),
)
claim("q4_seen_clipping", "stays above ⟦10⟧", above(lambda: min(measured("q4_see_clipping").curve("scale 3, c", 1))))
claim(
    "q4_seen_clipping",
    "it begins at ⟦0.063⟧ and ends near ⟦0.05⟧",
    lambda: measured("q4_see_clipping").curve("scale 3, c")[0],
    about(lambda: np.mean(measured("q4_see_clipping").curve("scale 3, c")[-20:]), 0.3),
)
claim("q4_seen_clipping", "the norm stays below 1", lambda: measured("q4_see_clipping").curve("scale 1", 1).max() < 1)
claim(
    "q4_seen_clipping",
    "falls from ⟦0.031⟧ to ⟦0.004⟧",
    lambda: measured("q4_see_clipping").curve("scale 1")[0],
    lambda: measured("q4_see_clipping").curve("scale 1")[-1],
)
claim(
    "q4_prompt",
    "it is above 1 at every scale, and yet the gradient vanishes at scale 1 and does not grow at scale 1.5",
    lambda: all(measured("q4_see").curve(f"scale {scale:g}")[-1] < 1 for scale in (1.0, 1.5)),
)
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
claim("q4", "at scale 1 the largest singular value is about ⟦2⟧", lambda: 2 * 1.0)
claim("q4", "At scale 1.5 it is about ⟦3⟧", lambda: 2 * 1.5)
claim("q4", "the predicted factor is ⟦0.98⟧", lambda: recurrent_factor(1.5))
claim(
    "q4",
    "At scale 2 and at scale 3 the factors per step, ⟦1.13⟧ and ⟦1.35⟧, exceed 1",
    lambda: recurrent_factor(2.0),
    lambda: recurrent_factor(3.0),
)
claim(
    "q4",
    "This *spectral radius* is about $s$ here, ⟦half⟧ of the largest singular value",
    about(lambda: spectral_radius(named("q4_see", "W")) / np.linalg.norm(named("q4_see", "W"), 2), 0.1),
)
claim(
    "q4",
    "$W^k$, which grows if an eigenvalue of $W$ exceeds 1 in modulus",
    lambda: all((power_growth(scale) > 1) == (scale > 1) for scale in (0.8, 0.9, 1.2)),
)
claim(
    "q4",
    "above $1/\\gamma$ ($\\gamma = ⟦1⟧$ for tanh, $⟦1/4⟧$ for the sigmoid)",
    lambda: largest(tanh_slope),
    lambda: largest(sigmoid_slope),
)
claim(
    "q4",
    "its largest curvature times the learning rate is ⟦0.75⟧, which is less than 2",
    read_out_step,
)
claim("q4", "gradient descent on $v$ alone is stable", lambda: np.all(np.diff(read_out_losses()) < 0))
claim(
    "q4",
    "$g \\leftarrow g \\cdot \\min(1, \\tau / \\lVert g \\rVert)$",
    lambda: all(math.isclose(min(1, 0.1 / norm) * norm, min(norm, 0.1)) for norm in (0.05, 7.0)),
)
claim(
    "q4",
    "more than a hundred times longer than 0.1 throughout",
    lambda: measured("q4_see_clipping").curve("scale 3, c", 1).min() > 100 * clipped_at(),
)
claim(
    "q4",
    "all of whose singular values are ⟦1⟧",
    lambda: np.linalg.norm(np.linalg.qr(np.random.default_rng(1).normal(size=(30, 30)))[0], 2),
)

claim("q5_open", "⟦10⟧ ReLU layers of ⟦64⟧ units", size("q5_see", "depth"), size("q5_see", "width"))
claim("q5_open", "on 1,024 made-up points", lambda: "points(1024)" in cell(read(RELEASE), "q5_network").source)
claim("q5_open", "with ⟦8⟧ features", lambda: named("q5_see", "points")(3)[0].shape[1])
claim("q5_open", "⟦six⟧ times", lambda: len(named("q5_see", "starts")))
claim("q5_open", "with $c = 0$ (zero)", lambda: named("q5_see", "starts")["zero"] == 0)
claim("q5_seen", "over ⟦150⟧ training steps", lambda: len(measured("q5_see").curve("He")))
claim("q5_seen", "$\\ln 2 \\approx ⟦0.69⟧$", lambda: math.log(2))
claim(
    "q5_seen",
    "the loss stays on this line",
    lambda: all(
        np.abs(measured("q5_see").curve(n) - math.log(2)).max() < 1e-3 for n in ("zero", "tiny", "PyTorch's default")
    ),
)
claim(
    "q5_seen",
    "stays there for about ⟦half⟧ of the steps, and then falls",
    about(lambda: np.argmax(measured("q5_see").curve("Glorot") < 0.65) / 150, 0.2),
)
claim("q5_seen", "to below ⟦0.01⟧", below(lambda: measured("q5_see").curve("He")[-1]))
claim(
    "q5_seen",
    "its first value is about $⟦10^{9}⟧$, and after one step the loss is NaN",
    lambda: measured("q5_see").curve("huge")[0],
)
claim("q5_seen", "after one step the loss is NaN", lambda: np.isnan(measured("q5_see").curve("huge")[1]))
claim("q5_seen", "of 4,000 new points", lambda: "points(4000)" in cell(read(RELEASE), "q5_network").source)
claim("q5_seen", "the larger class gets ⟦56⟧ %", lambda: 100 * named("q5_see", "correct")["zero"])
claim("q5_seen", "Why do the ⟦six⟧ behave", lambda: len(named("q5_see", "starts")))
claim("q5_prompt", "the ⟦six⟧ starts", lambda: len(named("q5_see", "starts")))
claim("q6_open", "from the same ⟦six⟧ starts", lambda: len(named("q6_see", "starts")))
claim("q5_seen", "for ⟦four⟧ values of $c$", lambda: sum(c.marks for c in measured("q5_see_signal").panels[0]))
claim("q5_seen", "a ReLU network of ⟦50⟧ layers", lambda: len(named("q5_see_signal", "layers")) - 1)
claim(
    "q5_seen_signal",
    "($c = ⟦1/3⟧$) it falls along a straight line to about $⟦10^{-39}⟧$, for Glorot ($c = 1$) to about $⟦10^{-15}⟧$",
    lambda: 3 * uniform_variance(1 / math.sqrt(3)),
    lambda: measured("q5_see_signal").curve("PyTorch")[-1],
    lambda: measured("q5_see_signal").curve("Glorot")[-1],
)
claim(
    "q5_seen_signal",
    "it stays between 0.1 and 2",
    lambda: np.all(np.abs(measured("q5_see_signal").curve("He") - 1.05) < 0.95),
)
claim(
    "q5_seen_signal",
    "for $c = 4$ it rises along a straight line to about $⟦10^{15}⟧$",
    lambda: measured("q5_see_signal").curve("c = 4")[-1],
)
for quote in ("ReLU sets about ⟦half⟧ of the units", "ReLU keeps ⟦half⟧ of it", "keeps ⟦half⟧ of it, and every layer"):
    claim("q5_prompt", quote, about(lambda: rectified(lambda i, o: 1 / i), 0.03))
for quote in ("Glorot loses ⟦half⟧ of the mean square a layer", "Glorot loses ⟦half⟧ in each layer"):
    claim("q5_prompt", quote, about(lambda: rectified(lambda i, o: 1 / i), 0.03))
claim("q5_prompt", "which cuts off ⟦half⟧ of its input", lambda: stats.norm.cdf(0))
claim("q5_prompt", "so the variance must be twice as large", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)
for quote in (f"Glorot for tanh, ${_BOTH}$", "Xavier, Var = 2/(fan_in + fan_out)"):
    claim("q5_prompt", quote, lambda: np.allclose(gains(lambda i, o: 2 / (i + o), 400, 400), 1, atol=0.02))
claim("q5_prompt", f"or ${_IN}$ as a version of it", lambda: keeps(0, lambda i, o: 1 / i))
for quote in (
    "He for ReLU, $2/n_{\\text{in}}$",
    "The reason for the factor 2",
    "He, Var = 2/fan_in",
    "He (c = 2) keeps",
):
    claim("q5_prompt", quote, lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)
for where, quote in (
    *((where, "$(c/2)^") for where in ("q5_prompt", "q5_seen_signal", "q5")),
    ("q5_prompt", "each layer multiplies by $c/2$"),
    ("q5_prompt", "every layer multiplies by c/2"),
):
    claim(where, quote, lambda: all(abs(rectified(lambda i, o, c=c: c / i) * 2 / c - 1) < 0.03 for c in (1, 2, 4)))
claim("q5", "the flat curve at $\\ln 2$", lambda: abs(measured("q5_see").curve("zero")[-1] - math.log(2)) < 1e-6)
claim("q5", "ReLU keeps ⟦half⟧ its second moment", about(lambda: rectified(lambda i, o: 1 / i), 0.03))
claim("q5", "= \\tfrac{1}{2} \\mathrm{Var}(z)$", lambda: abs(normal_mean(lambda z: max(z, 0) ** 2) - 0.5) < 1e-6)
claim(
    "q5",
    "q_l = \\tfrac{1}{2} \\, n_{\\text{in}} \\, \\mathrm{Var}(w)",
    lambda: abs(rectified(lambda i, o: 3 / i) - 1.5) < 0.05,
)
claim("q5", "\\mathrm{Var}(w) = \\frac{2}{n_{\\text{in}}}", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)
claim("q5", "and $L = 50$ it gives $⟦8.9 \\times 10^{-16}⟧$", lambda: 0.5**50)
claim("q5", "the same argument gives $2/n_{\\text{out}}$", lambda: abs(gains(lambda i, o: 2 / o)[1] / 2 - 1) < 0.02)
claim("q5", "In the first figure $L = ⟦10⟧$", size("q5_see", "depth"))
claim("q5", "$2^{-10} \\approx ⟦0.00098⟧$", lambda: 2.0**-10)
claim(
    "q5",
    "so it is weaker by a factor of $2^5 = ⟦32⟧$",
    lambda: float(np.mean(first_gradients("He") / first_gradients("Glorot"))),
)
claim("q5", "each of them smaller by $\\sqrt{2}$ than He's", lambda: math.isclose((2 / 1) ** 0.5, math.sqrt(2)))
claim(
    "q5",
    "How long it lasts depends on the random draw",
    lambda: np.ptp([plateau(draw) for draw in (1, 2, 3)]) > 10,
)
claim("q5", "PyTorch's default leaves $6^{-10} \\approx ⟦1.7 \\times 10^{-8}⟧$", lambda: 6.0**-10)
claim(
    "q5",
    "$c = ⟦0.01⟧$, leave $(0.005)^{10} \\approx ⟦9.8 \\times 10^{-24}⟧$",
    lambda: named("q5_see", "starts")["tiny"],
    lambda: (0.01 / 2) ** 10,
)
claim("q5", "⟦150⟧ steps do nothing", lambda: len(measured("q5_see").curve("tiny")))
claim(
    "q5",
    "$c = ⟦100⟧$, give $50^{10} \\approx ⟦9.8 \\times 10^{16}⟧$",
    lambda: named("q5_see", "starts")["huge"],
    lambda: (100 / 2.0) ** 10,
)
claim(
    "q5",
    "from tiny or Glorot's weights it is of the same order of magnitude in all hidden layers",
    lambda: all(first_gradients(n)[1:-1].max() < 10 * first_gradients(n)[1:-1].min() for n in ("tiny", "Glorot")),
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
claim(
    "q5",
    "both classify about ⟦85⟧ % of the new points correctly",
    about(lambda: 50 * (named("q5_see", "correct")["He"] + named("q5_see", "correct")["Glorot"]), 0.05),
)

claim("q6_seen", "over ⟦150⟧ training steps", lambda: len(measured("q6_see").curve("He")))
claim(
    "q6_seen",
    "those of zero weights, tiny weights and PyTorch's default stay at $\\ln 2$",
    lambda: all(
        np.abs(measured("q6_see").curve(n) - math.log(2)).max() < 1e-3 for n in ("zero", "tiny", "PyTorch's default")
    ),
)
claim("q6_seen", "the curves of all ⟦five⟧ random starts fall", lambda: len(named("q6_see", "starts")) - 1)
claim(
    "q6_seen",
    "They end in the order of the weights' scale",
    lambda: np.all(np.diff([measured("q6_see").curve(n, 1)[-1] for n in named("q6_see", "starts") if n != "zero"]) > 0),
)
claim(
    "q6_seen",
    "lowest, below ⟦0.002⟧, then PyTorch's default, Glorot, He, and huge weights highest, near ⟦0.1⟧",
    below(lambda: measured("q6_see").curve("tiny", 1)[-1]),
    about(lambda: measured("q6_see").curve("huge", 1)[-1], 0.3),
)
claim(
    "q6_seen",
    "Zero weights stay at $\\ln 2$ as before",
    lambda: np.abs(measured("q6_see").curve("zero", 1) - math.log(2)).max() < 1e-3,
)
for where, quote in (("q6_seen", "He's curve ends higher with"), ("q6", "the loss ends higher with BN than without")):
    claim(where, quote, lambda: measured("q6_see").curve("He", 1)[-1] > measured("q6_see").curve("He")[-1])
claim("q6_seen", "deeper networks, of ⟦30⟧ layers", lambda: len(named("q6_see_depth", "layers")))
claim(
    "q6_seen_depth",
    "from ⟦1⟧ in layer ⟦30⟧ to between $10^{4}$ and $10^{5}$ in layer 1",
    lambda: measured("q6_see_depth").curve("He")[-1],
    lambda: len(named("q6_see_depth", "layers")),
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
for quote in ("becomes $1/a$ of what it was", "is 1/a of the one with respect to W"):
    claim("q6_prompt", quote, lambda: math.isclose(scaled_gradient(3.0), 1 / 3, rel_tol=1e-4))
claim(
    "q6_prompt",
    "$\\pi/(\\pi - 1)$ a layer",
    lambda: abs((measured("q6_see_depth").curve("He")[0]) ** (1 / 29) / _BN - 1) < 0.01,
)
claim("q6", "= \\frac{1}{a} \\,", lambda: math.isclose(scaled_gradient(3.0), 1 / 3, rel_tol=1e-4))
claim("q6", "ten times either", lambda: np.allclose(batch_normalized(10 * np.eye(5)), batch_normalized(np.eye(5))))
claim("q6", "all ⟦five⟧ random starts fit the training data", lambda: len(named("q6_see", "starts")) - 1)
claim(
    "q6",
    "in proportion to $1/\\lVert W \\rVert^2$",
    lambda: math.isclose(scaled_gradient(3.0) / 3, 1 / 9, rel_tol=1e-4),
)
claim("q6", "the higher the loss after ⟦150⟧ steps", lambda: len(measured("q6_see").curve("He", 1)))
claim("q6", "the gradient is orthogonal to $W$", lambda: abs(gradient_along_the_weights()) < 1e-6)
claim(
    "q6",
    "He's network is right in ⟦84⟧ % without BN, and in ⟦69⟧ % with it",
    lambda: 100 * named("q5_see", "correct")["He"],
    lambda: 100 * named("q6_see", "correct")["He"],
)
claim("q6", "$\\pi/(\\pi - 1) \\approx ⟦1.47⟧$", lambda: _BN)
claim(
    "q6",
    "about $⟦7 \\times 10^4⟧$ from layer 30 to layer 1 in the figure, and $⟦2 \\times 10^8⟧$ over 50 layers",
    lambda: _BN**29,
    lambda: _BN**50,
)

claim(
    "yours_open",
    "sends 100 inputs through the ⟦50⟧ ReLU layers",
    lambda: len(named("yours_see_signal", "layers")) - 1,
)
claim(
    "yours_open", "sends 100 inputs", lambda: "torch.randn(100, 256" in cell(read(RELEASE), "yours_see_signal").source
)
claim("yours_seen_signal", "over ⟦50⟧ layers", lambda: len(named("yours_see_signal", "layers")) - 1)
claim(
    "yours_seen_signal",
    "both of your curves stay near 1: they wander between 0.01 and 100",
    lambda: all(
        np.all(np.abs(np.log10(measured("yours_see_signal").curve(n, panel))) < 2)
        for n in ("your tf_he_normal", "your torch_he_normal_")
        for panel in (0, 1)
    ),
)
for panel, end in ((0, -1), (1, 0)):
    claim(
        "yours_seen_signal",
        "its curves fall to about $⟦10^{-15}⟧$",
        lambda panel=panel, end=end: measured("yours_see_signal").curve("Keras", panel)[end],
    )
    claim(
        "yours_seen_signal",
        "its curves fall to about $⟦10^{-39}⟧$",
        lambda panel=panel, end=end: measured("yours_see_signal").curve("PyTorch", panel)[end],
    )
claim(
    "yours_seen_signal",
    "a variance of $1/(3n)$, one sixth of He's",
    lambda: math.isclose(uniform_variance(1 / math.sqrt(50)), 2 / 50 / 6),
)
claim("yours_seen_signal", "the same ⟦four⟧ starts", lambda: len(named("yours_see_training", "draws")))
claim("yours_seen_training", "over ⟦150⟧ training steps", lambda: len(measured("yours_see_training").curve("Keras")))
claim(
    "yours_seen_training",
    "it falls from the first steps on from your weights",
    lambda: all(
        measured("yours_see_training").curve(n)[30] < 0.6 for n in ("your tf_he_normal", "your torch_he_normal_")
    ),
)
claim(
    "yours_seen_training",
    "at $\\ln 2$ for about half of the steps or longer",
    lambda: np.argmax(measured("yours_see_training").curve("Keras") < 0.65) > 60,
)
claim(
    "yours_seen_training",
    "from PyTorch's default it stays there throughout",
    lambda: np.abs(measured("yours_see_training").curve("PyTorch") - math.log(2)).max() < 2e-3,
)
claim(
    "yours_seen_training", "and $0.2 \\, z$ otherwise", lambda: "0.2)" in cell(read(RELEASE), "yours_see_choice").source
)
claim("yours_seen_training", "this mean square is ⟦1⟧", lambda: selu_moment(2))
claim("yours_seen_training", "and the mean is 0", lambda: abs(selu_moment(1)) < 1e-6)
claim("yours_seen_choice", "after ⟦50⟧ layers", lambda: named("yours_see_choice", "number") + 1)
claim("yours_seen_choice", "marks the value ⟦1⟧", lambda: measured("yours_see_choice").predicted()[0][0])
claim(
    "yours_seen_choice",
    "Leaky ReLU crosses it near $c = ⟦1.92⟧$, and SELU at $c = ⟦1⟧$",
    about(lambda: crossing("leaky"), 0.05),
    about(lambda: crossing("SELU"), 0.1),
)
claim(
    "yours_seen_choice",
    "lies above it for every $c$",
    lambda: np.all(measured("yours_see_choice").curve("residual") > 1),
)
claim(
    "yours_seen_choice",
    "at $c = ⟦0.02⟧$ the signal has grown less than ⟦fourfold⟧, at $c = 1$ to more than $10^{14}$",
    lambda: measured("yours_see_choice").panels[0][0].x[0],
    below(lambda: measured("yours_see_choice").curve("residual")[0]),
)
claim("yours_seen_choice", "to more than $10^{14}$", lambda: grown("residual", 1) > 1e14)
claim(
    "yours_seen_choice",
    "Leaky ReLU with slope 0.2 keeps $(1 + 0.2^2)/2 = ⟦0.52⟧$ of the mean square, and $1/0.52 \\approx ⟦1.92⟧$",
    lambda: normal_mean(lambda z: max(z, 0.2 * z) ** 2),
    lambda: 1 / 0.52,
)
claim("yours_seen_choice", "SELU is made for $c = 1$", lambda: abs(selu_moment(2) - 1) < 1e-6)
claim(
    "yours_seen_choice",
    "multiplies the mean square by $1 + c$: with $c = 1$ every block ⟦doubles⟧ it",
    about(lambda: grown("residual", 1) ** (1 / 50)),
)
claim(
    "yours_seen_choice",
    "with $c = 1/L$ all $L$ blocks together multiply it by less than $\\mathrm{e} \\approx ⟦2.72⟧$",
    lambda: math.e,
)
claim("yours_seen_choice", "by less than $\\mathrm{e}", lambda: math.e > (1 + 1 / 50) ** 50)
claim("yours_practice", f"${_IN}$ for SELU", lambda: abs(selu_moment(2) - 1) < 1e-6)


claim("q7_prompt", "(⟦40⟧ points)", lambda: sum(POINTS[t.check] for t in TASKS))
claim(
    "q7_prompt",
    "\\mathrm{Var}(w) = \\frac{2}{\\mathrm{fan}_{\\mathrm{in}}}",
    lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03,
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
claim("q7_prompt", "2 / fan_in on dense kernels", lambda: abs(rectified(lambda i, o: 2 / i) - 1) < 0.03)
claim(
    "yours_seen_choice",
    "A printed ⟦0⟧ is",
    lambda: float(re.findall(r"leaky .*c = 0\.02: mean square (\S+)", measured("yours_see_choice").printed)[0]),
)
claim(
    "yours_seen_choice",
    "The plot ends at $⟦10^{-9}⟧$ and at $⟦10^{9}⟧$",
    *(
        lambda n=number: float(
            re.findall(r"ylim=\((\S+), (\S+)\)", cell(read(RELEASE), "yours_see_choice").source)[0][n]
        )
        for number in (0, 1)
    ),
)

claim("q7_prompt", "⟦0.7⟧ to ⟦1.43⟧ times the right one", lambda: 1 / NEAR_FACTOR, lambda: NEAR_FACTOR)
claim("q7_prompt", "off by a factor of at most ⟦2.4⟧", lambda: CONSTANT_FACTOR)
claim("q7_prompt", "at least ⟦40⟧ % of their points", lambda: 100 * IN_FULL_FROM)
claim("q7_prompt", "So ⟦five⟧ criteria", lambda: len(ANY_RANDOM_DRAW))


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
    "part of a row's points": r"[Hh]alf (?:of this|of a point|for another|for two)|first half|points for four starts",
    "a part of the notebook, by its number": r"Part \d",
    "points of a criterion, which a test of the release compares": r"^\| [a-z_]+ \|(?: [\d.–]+ \|)+.*\|$",
    "points that a test of fair points computes": r"^\| .* \| (?:half|a quarter) \|$|it loses only half of",
    "a wrong statement, and what it costs": r"^\| .* \| −\d \|$",
    "how long an answer should be": r"Expected length: \d+ – \d+ words",
    "a year": r"\b(?:19|20)\d\d\b",
    "a journal's volume and issue": r"\*[^*]+\* \d+\(\d+\)",
    "a numbered list": r"^\d\. |\*\*\d\. ",
    "one more, or one less, in an index or a bound of a product": r"[a-zA-Z][+-]1\}|[a-z] ?= ?1(?:\}|, \\dots)",
    "a square": r"\^2",
    "the step before training": r"at step 0|step 0 only",
    "what divides shrinking from growing": r"(?:below|above|exceeds?) 1\b|\\gamma < 1",
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
AGREEMENT = {"q4_see": 1.5, "q5_see_signal": 4.0, "q6_see_depth": 1.25}


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
