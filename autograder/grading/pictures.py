"""Converts the judge's measurements and decisions to the small data from which reports draw figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograder.assignment.kernels import KernelShape
from autograder.judge.criterion import Status
from autograder.judge.families import density
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.judging import Verdict
from autograder.judge.law import GLOROT
from autograder.judge.measure import Moments
from autograder.judge.model import ModelMeasurements
from autograder.report.picture import Deviation, SignalPicture, WeightsPicture

_BARS = 48
#: Points of the expected density: enough for the steps of a truncated normal to look upright.
_POINTS = 201
#: Half the width of the histogram, in units of the larger of the two standard deviations, measured and expected.
_REACH = 3.5


def picture_weights(m: InitializerMeasurements, verdicts: Sequence[Verdict]) -> WeightsPicture | None:
    """Return a histogram of one kernel's weights, and the deviations of all kernels; None if nothing can be compared.

    Of the kernels with a wrong deviation, the histogram shows the one whose deviation is nearest to half or twice the
    right one, because histograms of very different widths are hard to compare.
    """
    shapes = m.moments
    if not shapes or not all(0.0 < s.variance < math.inf and math.isfinite(s.mean) for s in shapes):
        return None
    wrong = _wrong(verdicts)
    shown = min(range(len(shapes)), key=lambda i: _rank(shapes[i], wrong=bool(wrong.get(shapes[i].kernel))))
    kernel, law = shapes[shown], m.evidence.law
    unit = law.deviation(kernel.kernel)
    draw = m.by_shape[shown][0]
    reach = _REACH * max(1.0, kernel.deviation)
    counts, edges = np.histogram(draw.centred, bins=_BARS, range=(-reach - draw.mean, reach - draw.mean))
    width = (edges[1] - edges[0]) * unit
    expected = density(min(law.families, key=m.distances.__getitem__), np.linspace(-reach, reach, _POINTS))
    failed = _failed(verdicts)
    return WeightsPicture(
        shown=shown,
        low=-reach * unit,
        high=reach * unit,
        density=tuple(float(f"{count / draw.centred.size / width:.4g}") for count in counts),
        expected=tuple(float(f"{value / unit:.4g}") for value in expected),
        mean=kernel.mean * unit,
        shapes=tuple(
            Deviation(str(s.kernel), s.deviation * math.sqrt(s.asked), math.sqrt(s.asked), wrong.get(s.kernel))
            for s in shapes
        ),
        mean_wrong="mean" in failed,
        family_wrong="distribution" in failed,
        unseen=tuple(name for name in failed if name not in ("mean", "distribution")),
    )


def _wrong(verdicts: Sequence[Verdict]) -> dict[KernelShape, bool]:
    """Return what the judge decided on each kernel's variance."""
    return {kernel: wrong for verdict in verdicts for kernel, wrong in verdict.finding.wrong.items()}


def _failed(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Return the failed criteria but those that judge each kernel: the figure shows what they decided.

    Such a criterion also fails, with half of its points, where its variance is right and another criterion failed.
    """
    return tuple(v.name for v in verdicts if v.status == Status.FAILED and not v.finding.wrong)


def _rank(shape: Moments, *, wrong: bool) -> float:
    return abs(abs(math.log(shape.deviation)) - math.log(2.0)) if wrong else 100.0


def picture_signal(m: ModelMeasurements, verdicts: Sequence[Verdict]) -> SignalPicture | None:
    """Return the mean square of the signal at each depth of each build, computed from its weights with ReLU.

    Each hidden layer multiplies it by Var(w)·fan_in/2 (He et al., 2015, eq. 9): by 1 with He's variance. The last
    layer has no ReLU, which doubles that; its variance may be the law's or Glorot's. The result is None if a build
    lacks layers of the right sizes, or if the signal vanishes.
    """
    if not m.builds or len(m.builds) < len(m.evidence.builds):
        return None
    builds = []
    for layers, inputs in zip(m.builds, m.evidence.inputs, strict=True):
        signal = inputs.astype(np.float64)
        squares = [float(np.mean(signal**2))]
        for number, layer in enumerate(layers, 1):
            signal = signal @ layer.kernel.astype(np.float64)
            if layer.bias is not None:
                signal = signal + layer.bias
            if number < len(layers):
                signal = np.maximum(signal, 0.0)
            squares.append(float(np.mean(signal**2)))
        builds.append(tuple(square / squares[0] for square in squares))
    if not all(0.0 < square < math.inf for squares in builds for square in squares):
        return None
    law, wrong = m.evidence.law, _wrong(verdicts)
    predicted = [(1.0, 1.0)]
    for shape in m.shapes[:-1]:
        kept = predicted[-1][0] * law.variance(shape) * shape.fan_in / 2.0
        predicted.append((kept, kept))
    last = m.shapes[-1]
    outputs = [predicted[-1][0] * last.fan_in * either.variance(last) for either in (law, GLOROT)]
    predicted.append((min(outputs), max(outputs)))
    failed = _failed(verdicts)
    return SignalPicture(
        law.title,
        (m.shapes[0].inputs, *(each.outputs for each in m.shapes)),
        tuple(builds),
        tuple(predicted),
        tuple(wrong.get(shape) for shape in m.shapes),
        failed,
        m.copies > 1,
        "forward" not in failed or _hides_with_relu(m),
    )


def _hides_with_relu(m: ModelMeasurements) -> bool:
    """Whether the model's outputs are those of ReLU in the hidden layers, whatever comes at the end."""
    found = m.activations
    return found is not None and set(found[0]) == {"ReLU"}
