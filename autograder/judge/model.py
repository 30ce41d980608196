"""Reads the layers from a model's builds, measures them, and computes the forward pass that their weights give."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, ndtr, softmax

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.evidence import ModelBuild, ModelEvidence, Parameter
from autograder.judge.families import Histogram, nearest
from autograder.judge.measure import DrawFigures, Moments, draw_figures, pool
from autograder.judge.naming import Diagnosis, diagnose

#: Largest difference of outputs, relative to their largest magnitude; float32 rounding gives about 1e-6.
FORWARD = 1e-3
#: The same for models that compute in 16 bits. In 240 passes of right models, rounding gave at most 0.0015 in float16
#: and 0.012 in bfloat16. The nearest other activations differ by 0.0067 (leaky ReLU, which bfloat16 does not show) and
#: by 0.088 (GELU).
FORWARD_IN_16_BITS = {"float16": 4e-3, "bfloat16": 3e-2}
Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class DenseLayer:
    """One dense layer of one build: kernel (in, out), and bias (out,) or None."""

    kernel: Array
    bias: Array | None


def owner(name: str) -> str:
    """Return the part of a parameter's name that it shares with its layer's other parameters."""
    return name[: max(name.rfind("."), name.rfind("/"), 0)]


class ModelMeasurements:
    """All figures of a model's builds, each computed once.

    Parameters
    ----------
    evidence : ModelEvidence
        Several builds of one model.
    """

    def __init__(self, evidence: ModelEvidence) -> None:
        self.evidence = evidence

    @cached_property
    def shapes(self) -> tuple[KernelShape, ...]:
        """The dense kernels that the assignment asks for."""
        widths = self.evidence.widths
        return tuple(KernelShape(a, b) for a, b in pairwise(widths))

    def layers(self, build: ModelBuild) -> list[DenseLayer] | None:
        """Return the dense layers of ``build``, or None when its matrices are not those asked for.

        Told by their shapes, which all differ: a framework lists parameters as they were made, not as they are used.
        """
        parameters = [p for p in build.parameters or () if p.values is not None]
        kernels = [p for p in parameters if len(p.shape) == 2]
        found: list[DenseLayer] = []
        for shape in self.shapes:
            fitting = [p for p in kernels if self._canonical(p).shape == (shape.inputs, shape.outputs)]
            if len(fitting) != 1:
                return None
            biases = [p for p in parameters if p.shape == (shape.outputs,) and owner(p.name) == owner(fitting[0].name)]
            found.append(DenseLayer(self._canonical(fitting[0]), biases[0].values if biases else None))
        return found if len(kernels) == len(found) else None

    def _canonical(self, parameter: Parameter) -> Array:
        assert parameter.values is not None
        return parameter.values.T if self.evidence.layout is Layout.TORCH else parameter.values

    @cached_property
    def builds(self) -> list[list[DenseLayer]]:
        """The layers of every build. Only for criteria that come after `layers`."""
        return [layers for build in self.evidence.builds if (layers := self.layers(build)) is not None]

    @cached_property
    def draws(self) -> tuple[tuple[DrawFigures, ...], ...]:
        """For every layer, its kernel in each build. Canonical, (in, out), in both frameworks."""
        return tuple(
            tuple(draw_figures(shape, Layout.KERAS, layers[i].kernel, self.evidence.law) for layers in self.builds)
            for i, shape in enumerate(self.shapes)
        )

    @cached_property
    def moments(self) -> tuple[Moments, ...]:
        """Moments of every layer's kernel, all builds pooled."""
        return tuple(pool(draws) for draws in self.draws)

    def family(self, numbers: Sequence[int]) -> str | None:
        """Family of these layers' weights, each layer in its own units; None when not recognised."""
        histogram = Histogram()
        for i in numbers:
            m = self.moments[i]
            for draw in self.draws[i]:
                histogram.add(draw.centred, 1.0 / m.deviation, (draw.mean - m.mean) / m.deviation)
        return nearest(histogram.distances())

    def diagnose(self, numbers: Sequence[int]) -> Diagnosis | None:
        """Return the mistake that these layers' variances fit, or None."""
        ratios = [self.moments[i].ratio for i in numbers]
        return diagnose(ratios, self.evidence.layout, self.family(numbers))

    def fits(self, hidden: Sequence[str], last: str) -> bool:
        """Whether the outputs of all builds are those of their weights, with these activations."""
        cases = zip(self.evidence.builds, self.evidence.inputs, self.builds, strict=True)
        return all(
            self._agrees(build, inputs, LAST_ACTIVATIONS[last](hidden_pass(layers, inputs, hidden)))
            for build, inputs, layers in cases
        )

    def _agrees(self, build: ModelBuild, inputs: Array, expected: Array) -> bool:
        return (
            build.outputs is not None
            and build.outputs.shape == (inputs.shape[0], self.evidence.widths[-1])
            and relative_difference(build.outputs, expected) <= FORWARD_IN_16_BITS.get(build.computes_in or "", FORWARD)
        )

    def activations(self) -> tuple[tuple[str, ...], str] | None:
        """Return the known activations, hidden and last, that explain the outputs; None if none do."""
        build, inputs, layers = self.evidence.builds[0], self.evidence.inputs[0], self.builds[0]
        for hidden in product(HIDDEN_ACTIVATIONS, repeat=len(self.shapes) - 1):
            signal = hidden_pass(layers, inputs, hidden)
            for last, ending in LAST_ACTIVATIONS.items():
                if self._agrees(build, inputs, ending(signal)) and self.fits(hidden, last):
                    return hidden, last
        return None


HIDDEN_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "ReLU": lambda z: np.maximum(z, 0.0),
    "no activation": lambda z: z,
    "sigmoid": expit,
    "tanh": np.tanh,
    "leaky ReLU": lambda z: np.where(z > 0.0, z, 0.01 * z),
    "leaky ReLU (slope 0.2)": lambda z: np.where(z > 0.0, z, 0.2 * z),
    "ELU": lambda z: np.where(z > 0.0, z, np.expm1(np.minimum(z, 0.0))),
    "GELU": lambda z: z * ndtr(z),
    "GELU (tanh)": lambda z: 0.5 * z * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (z + 0.044715 * z**3))),
    "softplus": lambda z: np.logaddexp(z, 0.0),
    "SiLU": lambda z: z * expit(z),
}
LAST_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "logits": lambda z: z,
    "softmax": lambda z: softmax(z, axis=-1),
    "softmax over the batch": lambda z: softmax(z, axis=0),
    "log-softmax": lambda z: log_softmax(z, axis=-1),
    "sigmoid": expit,
    "ReLU": lambda z: np.maximum(z, 0.0),
}


def hidden_pass(layers: Sequence[DenseLayer], inputs: Array, hidden: Sequence[str]) -> Array:
    """Return the last layer's output without activation for ``inputs`` (batch, features), computed in float64.

    ``hidden`` names the activation after each layer but the last.
    """
    signal: Array = inputs.astype(np.float64)
    for i, layer in enumerate(layers):
        signal = signal @ layer.kernel.astype(np.float64)
        if layer.bias is not None:
            signal = signal + layer.bias
        signal = HIDDEN_ACTIVATIONS[hidden[i]](signal) if i < len(layers) - 1 else signal
    return signal


def relative_difference(found: Array, expected: Array) -> float:
    """Return max |found − expected| / max |expected|; infinite when anything is not finite."""
    scale = float(np.max(np.abs(expected))) or 1.0
    difference = float(np.max(np.abs(found.astype(np.float64) - expected))) / scale
    return difference if math.isfinite(difference) else math.inf
