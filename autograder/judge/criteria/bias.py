"""`bias`: a model's biases start at 0."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograder.assignment.kernels import Layout
from autograder.judge import lessons as learn
from autograder.judge.criterion import Finding, criterion, fail
from autograder.judge.misconception import Misconception
from autograder.judge.model import ModelMeasurements

_NO_BIAS = Misconception("no_bias", "a layer without a bias", learn.NO_BIAS)
_DEFAULT = Misconception("bias_default", "biases left at PyTorch's default", learn.BIASES)
_NOT_ZERO = Misconception("bias_not_zero", "biases that are not 0", learn.BIASES)


@criterion("bias", needs=["layers"], mistakes=[_NO_BIAS, _DEFAULT, _NOT_ZERO])
def bias(m: ModelMeasurements) -> Finding:
    """Give every layer a bias, and start it at exactly 0."""
    for built in m.builds:
        wrong = [n for n, layer in enumerate(built, 1) if layer.bias is not None and (layer.bias != 0.0).any()]
        for number, layer in enumerate(built, 1):
            if layer.bias is None:
                raise fail(f"Layer {number} has no bias; one that starts at 0 is asked for.", _NO_BIAS)
            if not (layer.bias == 0.0).all():
                largest = float(np.max(np.abs(layer.bias)))
                limit = 1.0 / math.sqrt(layer.kernel.shape[0])
                default = m.evidence.layout is Layout.TORCH and 0.5 * limit < largest <= limit * 1.0001
                told = (
                    f" That is PyTorch's default, uniform between ±{limit:.3f}: your code has not set them."
                    if default
                    else ""
                )
                raise Finding(
                    f"All biases should be 0, and those of {_layers(wrong)} are not. In layer {number} they go up to "
                    f"{largest:.4g}.{told}",
                    measured=largest,
                    expected=0.0,
                    mistake=_DEFAULT if default else _NOT_ZERO,
                ).failing()
    return Finding("Every bias is exactly 0.")


def _layers(numbers: Sequence[int]) -> str:
    *most, last = map(str, numbers)
    return f"layers {', '.join(most)} and {last}" if most else f"layer {last}"
