"""Converts the judge's measurements to the small data from which reports draw figures."""

from __future__ import annotations

import math

import numpy as np

from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.measure import Moments
from autograder.judge.model import ModelMeasurements
from autograder.judge.thresholds import VARIANCE
from autograder.report.picture import Deviation, SignalPicture, WeightsPicture

_BARS = 48
#: Half the width of the histogram, in units of the larger of the two standard deviations, measured and expected.
_REACH = 3.5


def picture_weights(m: InitializerMeasurements) -> WeightsPicture | None:
    """Return a histogram of one kernel's weights, and the deviations of all kernels; None if nothing can be compared.

    Of the kernels with a wrong deviation, the histogram shows the one whose deviation is nearest to half or twice the
    right one, because histograms of very different widths are hard to compare.
    """
    shapes = m.moments
    if not shapes or not all(0.0 < s.variance < math.inf and math.isfinite(s.mean) for s in shapes):
        return None
    shown = min(range(len(shapes)), key=lambda i: _distance_from_half_or_twice(shapes[i]))
    kernel = shapes[shown]
    he = math.sqrt(2.0 / kernel.kernel.fan_in)
    draw = m.by_shape[shown][0]
    reach = _REACH * max(1.0, kernel.deviation)
    counts, edges = np.histogram(draw.centred, bins=_BARS, range=(-reach - draw.mean, reach - draw.mean))
    width = (edges[1] - edges[0]) * he
    return WeightsPicture(
        shown=shown,
        low=-reach * he,
        high=reach * he,
        density=tuple(float(f"{count / draw.centred.size / width:.4g}") for count in counts),
        mean=kernel.mean * he,
        truncated=m.distances["truncated normal"] < m.distances["normal"],
        shapes=tuple(Deviation(str(s.kernel), s.deviation * _he(s), _he(s)) for s in shapes),
    )


def _he(shape: Moments) -> float:
    return math.sqrt(2.0 / shape.kernel.fan_in)


def _distance_from_half_or_twice(shape: Moments) -> float:
    if abs(shape.variance - 1.0) <= VARIANCE:
        return 100.0
    return abs(abs(math.log(shape.deviation)) - math.log(2.0))


def picture_signal(m: ModelMeasurements) -> SignalPicture | None:
    """Return the mean square of the signal at each depth of each build, computed from its weights with ReLU.

    He's variance keeps it at 1 after each hidden layer (He et al., 2015, eq. 10). The last layer has no ReLU: it
    doubles the mean square, or multiplies it by 2·fan_in/(fan_in + fan_out) with Glorot's variance. The result is None
    if a build lacks layers of the right sizes, or if the signal vanishes.
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
    last = m.shapes[-1]
    glorot = 2.0 * last.fan_in / (last.fan_in + last.fan_out)
    predicted = (*(((1.0, 1.0),) * len(m.shapes)), (min(glorot, 2.0), 2.0))
    return SignalPicture((m.shapes[0].inputs, *(each.outputs for each in m.shapes)), tuple(builds), predicted)
