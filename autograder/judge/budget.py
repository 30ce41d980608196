"""The error budget: every statistical test of a whole grading, its bound on a false fail, and their sum.

A grading judges an initializer and a model in each framework. Each row holds at the smallest sample that a
grading may draw; allowances stand beside the thresholds that they belong to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autograder.assignment.kernels import KernelShape
from autograder.judge import bounds as t
from autograder.judge import thresholds as limit

#: What a whole grading may fail wrongly: the promise that `total` is held against.
PROMISE = 1e-9
#: Keras draws the seed of an unseeded initializer from so many.
_KERAS_SEEDS = 1e9
#: A right shape's variance is within `thresholds.VARIANCE` of 1, all its draws together: a mean in units of the
#: measured deviation may be so much larger than in He's.
_SCALE = math.sqrt(1.0 - limit.VARIANCE)
#: One draw's, and one build's layer's, second moment after clipping is at least so much: `_correlation` adds the
#: probability that it is not. A correlation is measured in units of it.
_DRAW_SCALE, _LAYER_SCALE = 0.9, 0.77
#: What clipping at four deviations may take of that.
_CLIPPED = 0.03
#: What centring by a measured mean, the whole draw's on a part of it, may add to a correlation.
_CENTRED = 0.002
#: Centring a variance takes at most the square of the largest mean that passes.
_CENTRING = limit.MEAN**2


@dataclass(frozen=True)
class Plan:
    """The least that a grading draws.

    Attributes
    ----------
    kernels : tuple of KernelShape
        The initializers' kernels at their smallest.
    rounds : int
        Draws of each.
    widths : tuple of int
        The models' layer widths, inputs first.
    builds : int
        Builds of each model.
    frameworks : int
        How many initializers and models are judged.
    """

    kernels: tuple[KernelShape, ...]
    rounds: int
    widths: tuple[int, ...]
    builds: int
    frameworks: int = 2

    @property
    def smallest(self) -> int:
        """Weights of the smallest kernel."""
        return min(kernel.size for kernel in self.kernels)

    @property
    def pooled(self) -> int:
        """Weights of all draws of all kernels."""
        return self.rounds * sum(kernel.size for kernel in self.kernels)


@dataclass(frozen=True)
class Row:
    """One kind of test.

    Attributes
    ----------
    criterion, statistic : str
        What it belongs to, and what it looks at.
    threshold : str
        When it fails, as people write it.
    n : int
        Sample of one test.
    bound : float
        Bound on a false fail of one test.
    count : int
        Tests of this kind in a whole grading.
    margin : float or None
        Threshold in standard deviations of a right draw's statistic; None where that has no meaning.
    """

    criterion: str
    statistic: str
    threshold: str
    n: int
    bound: float
    count: int
    margin: float | None = None

    @property
    def share(self) -> float:
        """Bound on a false fail of any of the tests of this kind."""
        return self.bound * self.count


def _measured(
    bound: Callable[[int, float], float], n: int, limit_and_scale: tuple[float, float], entries: int, draws: int = 1
) -> float:
    """Bound P(a correlation of ``n`` products, in the second moment of each draw's ``entries``, is over its limit)."""
    threshold, scale = limit_and_scale
    off = t.second_moment_bound(entries, scale + _CLIPPED - 1.0) + t.clipping_bound(entries, _CLIPPED)
    return bound(n, threshold * scale - _CENTRED) + draws * off


def _both_sides(n: int, threshold: float, allowance: float) -> float:
    return t.second_moment_bound(n, threshold) + t.second_moment_bound(n, allowance - threshold)


def _initializer_rows(plan: Plan) -> list[Row]:
    kernels, n, many = len(plan.kernels), plan.smallest, plan.pooled
    shape = plan.rounds * n
    pairs = kernels * (kernels - 1) // 2
    axes = sum(2 + (not kernel.is_dense) for kernel in plan.kernels)
    square = sum(kernel.fan_in == kernel.outputs for kernel in plan.kernels)
    even = [
        (groups, kernel.size // groups)
        for kernel in plan.kernels
        for groups in (kernel.outputs, kernel.inputs)
        if groups >= limit.EVENNESS_GROUPS
    ]
    half = min(kernel.size - max(kernel.fan_in, kernel.outputs) for kernel in plan.kernels) // 2
    # An axis of odd length leaves its middle line out; of a 7-row kernel, one row in seven.
    half = min(half, min(k.size * (k.inputs // 2) // k.inputs for k in plan.kernels) * 6 // 7)
    within, across = (limit.WITHIN, _DRAW_SCALE), (limit.CORRELATION, _DRAW_SCALE)
    prefix = n * 95 // 100  # a spectrum leaves out less: `tests/test_bounds.py` looks
    shapes_compared, draws_compared = plan.rounds * pairs, kernels * plan.rounds * (plan.rounds - 1) // 2
    collisions = math.comb(shapes_compared, 2) + math.comb(draws_compared, 2)
    return [
        Row("mean", "|mean| of a shape", f"> {limit.MEAN} σ", shape, t.mean_bound(shape, limit.MEAN * _SCALE), kernels,
            limit.MEAN * math.sqrt(shape)),
        Row("variance, variance_conv", "|variance − 1| of a shape", f"> {limit.VARIANCE:.0%}", shape,
            _both_sides(shape, limit.VARIANCE, _CENTRING), kernels, limit.VARIANCE / math.sqrt(2.0 / shape)),
        Row("variance, variance_conv", "|variance − 1|, pooled", f"> {limit.POOLED_VARIANCE:.1%}",
            many, _both_sides(many, limit.POOLED_VARIANCE, _CENTRING), 1,
            limit.POOLED_VARIANCE / math.sqrt(2.0 / many)),
        Row("distribution", "Kolmogorov–Smirnov distance, pooled", f"> {limit.DISTANCE}", many,
            t.ks_bound(many, limit.DISTANCE), 1, (limit.DISTANCE * math.sqrt(many) - 0.8687) / 0.2603),
        Row("independence", "|r| at any lag of a draw", f"> {limit.WITHIN:.2f}", n,
            _measured(t.autocorrelation_bound, prefix, within, prefix), kernels, limit.WITHIN * math.sqrt(n)),
        Row("independence", "|r| about any centre of a draw", f"> {limit.WITHIN:.2f}", n,
            _measured(t.self_convolution_bound, prefix, within, prefix), kernels, limit.WITHIN * math.sqrt(n / 2)),
        Row("independence", "|r| with a flipped axis", f"> {limit.WITHIN:.2f}", half,
            _measured(t.correlation_bound, half, within, 2 * half), 2 * kernels, limit.WITHIN * math.sqrt(half)),
        Row("independence", "|r| with the transpose", f"> {limit.WITHIN:.2f}", half,
            _measured(t.correlation_bound, half, within, 2 * half), square, limit.WITHIN * math.sqrt(half)),
        Row("independence", "unlike groups along an axis", f"bound < {limit.GROUPS:g}", n, limit.GROUPS, 2 * axes),
        Row("independence", "group norms made even", f"< {limit.EVENNESS}", min(g * m for g, m in even),
            max(t.evenness_bound(g, m, limit.EVENNESS) for g, m in even), len(even),
            min((1.0 - limit.EVENNESS) / math.sqrt((2.0 + 12.0 / m) / g) for g, m in even)),
        Row("independence", "group means made even", f"< {limit.EVENNESS}", min(g * m for g, m in even),
            max(t.centredness_bound(g, limit.EVENNESS) for g, _ in even), len(even),
            min((1.0 - limit.EVENNESS) / math.sqrt(2.0 / g) for g, _ in even)),
        Row("independence", "|r| of two shapes' beginnings", f"> {limit.CORRELATION}, twice", n,
            _measured(t.correlation_bound, n, across, n, 2), shapes_compared, limit.CORRELATION * math.sqrt(n)),
        Row("fresh", "|r| of two draws of a shape", f"> {limit.CORRELATION}, twice", n,
            _measured(t.correlation_bound, n, across, n, 2), draws_compared, limit.CORRELATION * math.sqrt(n)),
        Row("independence, fresh", "Keras' own seeds collide", "any two pairs", 1, _KERAS_SEEDS**-2, collisions),
    ]  # fmt: skip


def _model_rows(plan: Plan) -> list[Row]:
    layers = [KernelShape(a, b) for a, b in pairwise(plan.widths)]
    hidden, last = layers[:-1], layers[-1]
    one = min(layer.size for layer in hidden)
    layer, both, output = plan.builds * one, plan.builds * sum(s.size for s in hidden), plan.builds * last.size
    within = (limit.WITHIN_LAYER, _LAYER_SCALE)
    prefix = one * 95 // 100
    scale = math.sqrt(1.0 - limit.HIDDEN)
    axes = 2 * len(hidden)
    return [
        Row("variance_hidden", "|mean| of a layer", f"> {limit.HIDDEN_MEAN} σ", layer,
            t.mean_bound(layer, limit.HIDDEN_MEAN * scale), len(hidden), limit.HIDDEN_MEAN * math.sqrt(layer)),
        Row("variance_hidden", "|variance − 1| of a layer", f"> {limit.HIDDEN:.0%}", layer,
            _both_sides(layer, limit.HIDDEN, limit.HIDDEN_MEAN**2), len(hidden), limit.HIDDEN / math.sqrt(2.0 / layer)),
        Row("variance_hidden", "|variance − 1|, both layers", f"> {limit.POOLED_HIDDEN:.0%}", both,
            _both_sides(both, limit.POOLED_HIDDEN, limit.HIDDEN_MEAN**2), 1,
            limit.POOLED_HIDDEN / math.sqrt(2.0 / both)),
        Row("variance_hidden", "|r| at any lag of a layer", f"> {limit.WITHIN_LAYER}, twice", one,
            _measured(t.autocorrelation_bound, prefix, within, prefix), len(hidden),
            limit.WITHIN_LAYER * math.sqrt(one)),
        Row("variance_hidden", "|r| about any centre of a layer", f"> {limit.WITHIN_LAYER}, twice", one,
            _measured(t.self_convolution_bound, prefix, within, prefix), len(hidden),
            limit.WITHIN_LAYER * math.sqrt(one / 2)),
        Row("variance_hidden", "|r| with a flipped axis", f"> {limit.WITHIN_LAYER}, twice", one // 2,
            _measured(t.correlation_bound, one // 2, within, one), axes, limit.WITHIN_LAYER * math.sqrt(one / 2)),
        Row("variance_hidden", "unlike groups along an axis", f"bound < {limit.GROUPS:g}, twice", one, limit.GROUPS,
            2 * axes),
        Row("variance_hidden", "Keras' own seeds collide", "any two pairs", 1, _KERAS_SEEDS**-2,
            math.comb(len(hidden) * math.comb(plan.builds, 2), 2)),
        Row("variance_output", "variance beside He's or Glorot's", f"by {limit.OUTPUT:.0%}", output,
            _both_sides(output, limit.OUTPUT, limit.OUTPUT_MEAN**2), 1, limit.OUTPUT / math.sqrt(2.0 / output)),
        Row("variance_output", "|mean|", f"> {limit.OUTPUT_MEAN} σ", output,
            t.mean_bound(output, limit.OUTPUT_MEAN * math.sqrt(1.0 - limit.OUTPUT)), 1,
            limit.OUTPUT_MEAN * math.sqrt(output)),
    ]  # fmt: skip


def rows(plan: Plan) -> list[Row]:
    """Return every kind of test of a whole grading, with its count over all frameworks."""
    return [
        Row(r.criterion, r.statistic, r.threshold, r.n, r.bound, r.count * plan.frameworks, r.margin)
        for r in (*_initializer_rows(plan), *_model_rows(plan))
    ]


def total(table: Sequence[Row]) -> float:
    """Return the family-wise bound: the probability that a right submission loses anything at all (Boole)."""
    return sum(row.share for row in table)
