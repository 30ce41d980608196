"""`layers`: a model has the required layers and no others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.assignment.kernels import Layout
from autograder.judge import lessons as learn
from autograder.judge.criteria.output import NOT_FINITE
from autograder.judge.criterion import Finding, criterion, fail
from autograder.judge.evidence import ModelBuild, Parameter
from autograder.judge.misconception import Misconception
from autograder.judge.model import DenseLayer, ModelMeasurements, owner

_NOT_A_MODEL = Misconception("not_a_model", "an object that is no model of the framework", learn.MODELS)
_WRONG_LAYERS = Misconception("wrong_layers", "layers of other sizes", learn.LAYERS)
_UNTRACKED = Misconception("untracked", "variables or layers that the framework does not track", learn.LAYERS)
_EXTRA_LAYERS = Misconception("extra_layers", "more layers with weights than asked for", learn.ARCHITECTURE)
_LAYER_NAMES = Misconception("layer_names", "layers under other names", learn.NAMES)
_REMADE_LAYERS = Misconception("remade_layers", "layers that each forward pass creates anew", learn.MODELS)
FORWARD_ERROR = Misconception("forward_error", "an exception in the forward pass", learn.FORWARD)


_NOT_TRACKED = {
    Layout.KERAS: "The model also holds tf.Variables, which Keras 3 does not track, so fit() would not train them: "
    "make them with self.add_weight, or use tf.keras.layers.Dense.",
    Layout.TORCH: "The model also holds layers or tensors that PyTorch does not find, so no optimizer would train "
    "them: keep layers in attributes or in an nn.ModuleList, and make weights with nn.Parameter.",
}


@criterion(
    "layers",
    mistakes=[_NOT_A_MODEL, _WRONG_LAYERS, _UNTRACKED, _EXTRA_LAYERS, _LAYER_NAMES, _REMADE_LAYERS, FORWARD_ERROR],
)
def layers(m: ModelMeasurements) -> Finding:
    """Build three dense layers of the sizes asked for, and nothing else that holds weights."""
    widths = " → ".join(map(str, m.evidence.widths))
    for build, found in zip(m.evidence.builds, m.layers, strict=True):
        _check_measurable(m, build, found, widths)
    if m.shapes != m.asked:
        raise fail(_wrong(m.evidence.builds[0], widths), _WRONG_LAYERS, measurable=True)
    for build, built in zip(m.evidence.builds, m.builds, strict=True):
        parameters = build.parameters or ()
        if len(parameters) > sum(1 + (layer.bias is not None) for layer in built):
            raise fail(
                f"Besides the layers {widths}, the model holds other weights: {_listed(_others(parameters, built))}.",
                _EXTRA_LAYERS,
                measurable=True,
            )
        matrices = [p for p in parameters if sum(n > 1 for n in p.shape) == 2]
        names = list(dict.fromkeys(owner(p.name) or p.name for p in matrices))
        # A layer may stand in a block of that name.
        blocks = {
            next((asked for asked in m.evidence.names if f"{name}.".startswith(f"{asked}.")), name) for name in names
        }
        if m.evidence.names and blocks != set(m.evidence.names):
            raise fail(
                f"The layers should be named {', '.join(m.evidence.names)}; their names are {', '.join(names)}.",
                _LAYER_NAMES,
                measurable=True,
            )
    if m.spoilt:
        raise fail(
            f"The model was built {len(m.evidence.builds)} times. In {m.spoilt} of these models, a few weights are NaN "
            "or infinite. The other models are judged without them.",
            NOT_FINITE,
            measurable=True,
        )
    return Finding(f"All {len(m.evidence.builds)} models that were built have dense layers {widths}.")


def _others(parameters: Sequence[Parameter], built: Sequence[DenseLayer]) -> list[Parameter]:
    """Return the parameters that belong to none of the layers."""
    arrays = [array for layer in built for array in (layer.kernel, layer.bias) if array is not None]
    return [p for p in parameters if p.values is None or not any(np.may_share_memory(p.values, a) for a in arrays)]


def _listed(parameters: Sequence[Parameter]) -> str:
    return ", ".join(f"{p.name} {p.shape}" for p in parameters[:12]) or "none"


def _wrong(build: ModelBuild, widths: str) -> str:
    return f"The kernels are not those of {widths} dense layers. Weights found: {_listed(build.parameters or ())}."


def _check_measurable(m: ModelMeasurements, build: ModelBuild, built: Sequence[DenseLayer] | None, widths: str) -> None:
    """Raise `Failed` unless ``build`` holds dense layers, ``built``, that can be measured, with finite weights."""
    if build.unread is not None:
        reason = build.unread.removesuffix(".")
        raise fail(f"The weights of the {build.kind} that was built cannot be read: {reason}.", _NOT_A_MODEL)
    if build.parameters is None:
        framework = "Keras model" if m.evidence.layout is Layout.KERAS else "torch.nn.Module"
        hint = " Is the `return` missing?" if build.kind == "NoneType" else ""
        raise fail(f"What was built is a {build.kind}, not a {framework}.{hint}", _NOT_A_MODEL)
    if not build.parameters and build.forward_error is not None:
        raise fail(f"The model has no weights, and its call raised {build.forward_error}.", FORWARD_ERROR)
    if built is None:
        wrong = _wrong(build, widths)
        if build.untracked:
            raise fail(f"{wrong} {_NOT_TRACKED[m.evidence.layout]}", _UNTRACKED)
        if build.varies and not build.parameters:
            told = f"{wrong} A second pass of the same batch gave other outputs, so each pass creates new layers."
            raise fail(f"{told} Create them once, together with the model.", _REMADE_LAYERS)
        raise fail(wrong, _WRONG_LAYERS)
    arrays = [array for layer in built for array in (layer.kernel, layer.bias) if array is not None]
    if not all(np.isfinite(array).all() for array in arrays):
        raise fail("A kernel or a bias holds NaN or infinite values.", NOT_FINITE)
