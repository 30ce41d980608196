"""The criteria for `build_tf_model` and `CustomModel`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, ndtr, softmax

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.bounds import mean_bound, second_moment_bound, union
from autograder.judge.evidence import ModelBuild, ModelEvidence, Parameter
from autograder.judge.families import Histogram, nearest
from autograder.judge.measure import DrawFigures, Moments, consequence, draw_figures, pool
from autograder.judge.naming import Diagnosis, diagnose
from autograder.judge.structure import find_structure, prefix_correlation
from autograder.judge.thresholds import (
    FORWARD,
    HIDDEN,
    HIDDEN_MEAN,
    OUTPUT,
    OUTPUT_MEAN,
    POOLED_HIDDEN,
    WITHIN_LAYER,
)
from autograder.judge.verdict import Criteria, Failed, Finding, Skipped, Verdict, fail

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class DenseLayer:
    """One dense layer of one build: kernel (in, out), and bias (out,) or None."""

    kernel: Array
    bias: Array | None


def _owner(name: str) -> str:
    """Return the part of a parameter's name that it shares with its layer's other parameters."""
    return name[: max(name.rfind("."), name.rfind("/"), 0)]


class ModelMeasurements:
    """Builds in, layers and figures out.

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
            biases = [
                p for p in parameters if p.shape == (shape.outputs,) and _owner(p.name) == _owner(fitting[0].name)
            ]
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
            tuple(draw_figures(shape, Layout.KERAS, layers[i].kernel) for layers in self.builds)
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
            self._agrees(build, inputs, _LAST[last](hidden_pass(layers, inputs, hidden)))
            for build, inputs, layers in cases
        )

    def _agrees(self, build: ModelBuild, inputs: Array, expected: Array) -> bool:
        return (
            build.outputs is not None
            and build.outputs.shape == (inputs.shape[0], self.evidence.widths[-1])
            and relative_difference(build.outputs, expected) <= FORWARD
        )

    def activations(self) -> tuple[tuple[str, ...], str] | None:
        """Return the activations, hidden and last, that do give the outputs; None where none that we know do."""
        build, inputs, layers = self.evidence.builds[0], self.evidence.inputs[0], self.builds[0]
        for hidden in product(_HIDDEN, repeat=len(self.shapes) - 1):
            signal = hidden_pass(layers, inputs, hidden)
            for last, ending in _LAST.items():
                if self._agrees(build, inputs, ending(signal)) and self.fits(hidden, last):
                    return hidden, last
        return None


_HIDDEN: dict[str, Callable[[Array], Array]] = {
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
_LAST: dict[str, Callable[[Array], Array]] = {
    "logits": lambda z: z,
    "softmax": lambda z: softmax(z, axis=-1),
    "softmax over the batch": lambda z: softmax(z, axis=0),
    "log-softmax": lambda z: log_softmax(z, axis=-1),
    "sigmoid": expit,
    "ReLU": lambda z: np.maximum(z, 0.0),
}


def hidden_pass(layers: Sequence[DenseLayer], inputs: Array, hidden: Sequence[str]) -> Array:
    """Push ``inputs`` (batch, features) through dense layers in float64 and return what the last one gives, bare.

    ``hidden`` names the activation after each layer but the last.
    """
    signal: Array = inputs.astype(np.float64)
    for i, layer in enumerate(layers):
        signal = signal @ layer.kernel.astype(np.float64)
        if layer.bias is not None:
            signal = signal + layer.bias
        signal = _HIDDEN[hidden[i]](signal) if i < len(layers) - 1 else signal
    return signal


def forward_pass(layers: Sequence[DenseLayer], inputs: Array, hidden: Sequence[str], last: str) -> Array:
    """Return the outputs (batch, outputs) of dense layers for ``inputs``; ``last`` names the final activation."""
    return _LAST[last](hidden_pass(layers, inputs, hidden))


def relative_difference(found: Array, expected: Array) -> float:
    """Return max |found − expected| / max |expected|; infinite when anything is not finite."""
    scale = float(np.max(np.abs(expected))) or 1.0
    difference = float(np.max(np.abs(found.astype(np.float64) - expected))) / scale
    return difference if math.isfinite(difference) else math.inf


CRITERIA: Criteria[ModelMeasurements] = Criteria()


def judge_model(evidence: ModelEvidence | ModelMeasurements, only: Sequence[str] | None = None) -> list[Verdict]:
    """Judge several builds of one model, or what was measured of them."""
    measured = evidence if isinstance(evidence, ModelMeasurements) else ModelMeasurements(evidence)
    with np.errstate(all="ignore"):  # a student's infinities are findings, not warnings
        return CRITERIA.judge(measured, only)


def _listed(build: ModelBuild) -> str:
    return ", ".join(f"{p.name} {p.shape}" for p in (build.parameters or ())[:12]) or "none"


def _check_measurable(m: ModelMeasurements, build: ModelBuild, widths: str) -> None:
    """Raise `Failed` unless ``build`` holds the kernels asked for, with finite weights."""
    if build.parameters is None:
        framework = "Keras model" if m.evidence.layout is Layout.KERAS else "torch.nn.Module"
        hint = " Is the `return` missing?" if build.kind == "NoneType" else ""
        raise fail(f"What was built is a {build.kind}, not a {framework}.{hint}", diagnosis="not_a_model")
    if not build.parameters and build.forward_error is not None:
        raise fail(f"The model has no weights, and its call raised {build.forward_error}.", diagnosis="forward_error")
    built = m.layers(build)
    if built is None:
        raise fail(
            f"The kernels are not those of {widths} dense layers. Weights found: {_listed(build)}.",
            diagnosis="wrong_layers",
        )
    arrays = [array for layer in built for array in (layer.kernel, layer.bias) if array is not None]
    if not all(np.isfinite(array).all() for array in arrays):
        raise fail("A kernel or a bias holds NaN or infinite values.", diagnosis="not_finite")


@CRITERIA.criterion("layers")
def layers(m: ModelMeasurements) -> Finding:
    """Build three dense layers of the sizes asked for, and nothing else that holds weights."""
    widths = " → ".join(map(str, m.evidence.widths))
    for build in m.evidence.builds:
        _check_measurable(m, build, widths)
    for build, built in zip(m.evidence.builds, m.builds, strict=True):
        parameters = build.parameters or ()
        if len(parameters) > sum(1 + (layer.bias is not None) for layer in built):
            raise fail(
                f"Besides the layers {widths} the model holds other weights. Found: {_listed(build)}.",
                diagnosis="extra_layers",
                measurable=True,
            )
        names = [_owner(p.name) for p in parameters if len(p.shape) == 2]
        if m.evidence.names and set(names) != set(m.evidence.names):
            raise fail(
                f"The layers are to be named {', '.join(m.evidence.names)}; found {', '.join(names)}.",
                diagnosis="layer_names",
                measurable=True,
            )
    return Finding(f"Dense layers {widths}, in each of {len(m.evidence.builds)} builds.")


@CRITERIA.criterion("forward", needs=["layers"])
def forward(m: ModelMeasurements) -> Finding:
    """Compute ReLU after both hidden layers; end in softmax (TensorFlow) or in logits (PyTorch)."""
    last = "softmax" if m.evidence.softmax else "logits"
    for build in m.evidence.builds:
        if build.forward_error is not None:
            raise fail(f"The forward pass raised {build.forward_error}.", diagnosis="forward_error")
    relu = ["ReLU"] * (len(m.shapes) - 1)
    if m.fits(relu, last):
        if m.fits(["no activation"] * len(relu), last):
            raise Skipped("Not judged: with such weights, the outputs are the same whatever the activations.")
        return Finding(f"The outputs are those of your weights with ReLU, ReLU and {last}.")
    if (named := m.activations()) is not None:
        hidden, other = named
        raise fail(
            f"The outputs are those of your weights with {' and '.join(hidden)} in the hidden layers and "
            f"{other} at the end; ReLU and {last} are asked for.",
            diagnosis="wrong_activation",
        )
    raise fail(
        f"The outputs are not those of your weights with ReLU, ReLU and {last}, for batches of several sizes: is every "
        "layer used once, in order, with the activation asked for and nothing between?",
        diagnosis="wrong_forward",
    )


@CRITERIA.criterion("variance_hidden", needs=["layers"])
def variance_hidden(m: ModelMeasurements) -> Finding:
    """Give both hidden layers He weights: mean 0, variance 2/fan_in, drawn anew for each model."""
    hidden = m.moments[:-1]
    for layer in hidden:
        if layer.variance == 0.0:
            raise Failed(
                Finding(
                    f"All weights of the {layer.kernel} layer are alike: its units start alike and stay alike.",
                    measured=0.0,
                    expected=2.0 / layer.kernel.fan_in,
                    p_value=0.0,
                    diagnosis="constant",
                )
            )
    # Two pairs, not one: unseeded Keras initializers draw their seeds from a billion, and so may collide.
    same = sum(
        np.array_equal(one[i].kernel, other[i].kernel)
        for one, other in combinations(m.builds, 2)
        for i in range(len(hidden))
    )
    if same > 1:
        raise fail(
            "Models built one after the other have the same weights: a seed is set inside, a kernel is kept from an "
            "earlier build, or one initializer object serves every build.",
            diagnosis="same_weights_each_build",
        )
    _check_dependence(m)
    for number, layer in enumerate(hidden, 1):
        if not abs(layer.standardized_mean) <= HIDDEN_MEAN:
            raise Failed(
                Finding(
                    f"The mean weight of hidden layer {number} is {layer.standardized_mean:+.3f} standard deviations; "
                    "0 is expected.",
                    measured=layer.standardized_mean,
                    expected=0.0,
                    p_value=union(mean_bound(layer.n, layer.standardized_mean), len(hidden)),
                    diagnosis="mean_not_zero",
                )
            )
    return _hidden_variance(m, hidden)


def _check_dependence(m: ModelMeasurements) -> None:
    """Raise `Failed` when the weights of a hidden layer depend on one another, in two builds."""
    for draws, layer in zip(m.draws[:-1], m.moments, strict=False):
        found = [find_structure(draw, in_he_units=layer.is_right, within=WITHIN_LAYER) for draw in draws[:2]]
        if found[0] is not None and all(found):
            raise Failed(
                Finding(
                    f"The weights of the {layer.kernel} layer depend on one another: {found[0].says}.",
                    measured=found[0].measured,
                    expected=0.0,
                    p_value=found[0].p_value,
                    diagnosis=found[0].name,
                )
            )


def _share_a_stream(m: ModelMeasurements) -> bool:
    """Whether the first two layers begin with the same random numbers, in two builds."""
    one, other, *_ = m.draws
    return all(abs(prefix_correlation(x, y)[1]) > 0.9 for x, y in zip(one[:2], other[:2], strict=True))


def _hidden_variance(m: ModelMeasurements, hidden: Sequence[Moments]) -> Finding:
    worst = max(hidden, key=lambda s: abs(math.log(max(s.variance, 1e-300))))
    he = 2.0 / worst.kernel.fan_in
    ratios = " and ".join(f"{s.variance:.3f} for {s.kernel}" for s in hidden)
    strays = [i for i, s in enumerate(hidden) if not abs(s.variance - 1.0) <= HIDDEN]
    total = sum(s.n for s in hidden)
    pooled = sum(s.n * s.variance for s in hidden) / total
    p_value = min(
        union(second_moment_bound(worst.n, worst.variance - 1.0), 2 * len(hidden)),
        union(second_moment_bound(total, pooled - 1.0), 2),
    )
    if not strays and abs(pooled - 1.0) <= POOLED_HIDDEN:
        # Said, and not judged: the variances are right, and Keras itself warns of it.
        shared = " Both layers hold the same random numbers: give each an initializer object of its own."
        return Finding(
            f"Var(W) / (2/fan_in) is {ratios}, over {len(m.builds)} builds.{shared if _share_a_stream(m) else ''}",
            measured=worst.variance * he,
            expected=he,
            p_value=p_value,
        )
    told = f"Var(W) / (2/fan_in) of the hidden layers is {ratios}; 1 is expected."
    mistake = m.diagnose(range(len(hidden)))
    name = mistake.name if mistake else "unknown_variance"
    explained = f" That is {mistake.says}." if mistake else " That fits no common mistake."
    named = f" That looks like {mistake.called}." if mistake else explained
    if mistake is None and 0 < len(strays) < len(hidden):
        mistake = m.diagnose(strays)
        if mistake is not None:
            name, kernel = mistake.name, hidden[strays[0]].kernel
            explained = f" The {kernel} layer's looks like {mistake.says}."
            named = f" The {kernel} layer's looks like {mistake.called}."
            if name in ("glorot_uniform", "pytorch_default") and 0 not in strays:
                name = "only_first_layer"
                explained += " Only the first layer was initialized; this one kept its default."
                named += " Only the first layer was initialized."
    raise Failed(
        Finding(
            told + explained,
            named=told + named,
            consequence=consequence(worst.variance),
            p_value=p_value,
            diagnosis=name,
            twins=mistake.twins if mistake else (),
            measured=worst.variance * he,
            expected=he,
        )
    )


@CRITERIA.criterion("variance_output", needs=["layers"])
def variance_output(m: ModelMeasurements) -> Finding:
    """Give the output layer He's or Glorot's variance; it feeds no ReLU, so either is right."""
    last = m.moments[-1]
    glorot = last.kernel.fan_in / (last.kernel.fan_in + last.kernel.fan_out)
    he = 2.0 / last.kernel.fan_in
    closest = min((1.0, glorot), key=lambda ratio: abs(math.log(max(last.variance, 1e-300) / ratio)))
    measured, expected = last.variance * he, closest * he
    p_value = union(second_moment_bound(last.n, last.variance / closest - 1.0), 2)
    message = f"Var(W) of the output layer is {last.variance:.3f} × 2/fan_in; He's is 1, Glorot's {glorot:.3f}."
    within = glorot * (1.0 - OUTPUT) <= last.variance <= 1.0 + OUTPUT
    if within and abs(last.standardized_mean) <= OUTPUT_MEAN:
        return Finding(message, measured=measured, expected=expected, p_value=p_value)
    # One small layer fits too many formulas: a name needs all three, or the framework's own default.
    mistake = m.diagnose(range(len(m.moments)))
    explained = f" That is {mistake.says}." if mistake else ""
    named = f" That looks like {mistake.called}." if mistake else ""
    diagnosis, twins = (mistake.name, mistake.twins) if mistake else ("unknown_variance", ())
    if m.evidence.layout is Layout.TORCH and abs(6.0 * last.variance - 1.0) <= OUTPUT:
        diagnosis, explained = (
            "pytorch_default",
            " A sixth of He's is PyTorch's own default: nothing has set this layer.",
        )
    elif last.variance == 0.0:
        diagnosis, explained = "constant", " All of its weights are alike."
    elif within:
        diagnosis = "mean_not_zero"
        explained = f" But its mean is {last.standardized_mean:+.3f} standard deviations; 0 is expected."
    if mistake is None or diagnosis != mistake.name:
        named = explained
    raise Failed(
        Finding(
            message + explained,
            named=message + named,
            p_value=p_value,
            diagnosis=diagnosis,
            twins=twins if mistake and diagnosis == mistake.name else (),
            measured=measured,
            expected=expected,
        )
    )


@CRITERIA.criterion("bias", needs=["layers"])
def bias(m: ModelMeasurements) -> Finding:
    """Start every bias at exactly 0."""
    for built in m.builds:
        for number, layer in enumerate(built, 1):
            if layer.bias is None:
                raise fail(f"Layer {number} has no bias; one that starts at 0 is asked for.", diagnosis="no_bias")
            if not (layer.bias == 0.0).all():
                largest = float(np.max(np.abs(layer.bias)))
                limit = 1.0 / math.sqrt(layer.kernel.shape[0])
                default = m.evidence.layout is Layout.TORCH and 0.5 * limit < largest <= limit * 1.0001
                told = (
                    f" That is PyTorch's default, uniform on ±1/√fan_in = ±{limit:.3f}: nothing has set them yet."
                    if default
                    else ""
                )
                raise Failed(
                    Finding(
                        f"Layer {number}'s biases go up to {largest:.4g}; all should be 0.{told}",
                        measured=largest,
                        expected=0.0,
                        diagnosis="bias_default" if default else "bias_not_zero",
                    )
                )
    return Finding("Every bias is exactly 0.")
