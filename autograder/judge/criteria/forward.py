"""`forward`: a model's outputs are those that its weights give with the required activations."""

from __future__ import annotations

from dataclasses import replace

from autograder.judge import lessons as learn
from autograder.judge.criteria.layers import FORWARD_ERROR
from autograder.judge.criterion import Finding, Skipped, criterion, fail
from autograder.judge.misconception import Misconception
from autograder.judge.model import FORWARD_IN_16_BITS, ModelMeasurements

_WRONG_ACTIVATION = Misconception("wrong_activation", "other activations than the task asks for", learn.ACTIVATIONS)
_WRONG_FORWARD = Misconception("wrong_forward", "outputs that these weights do not give", learn.FORWARD)
_RANDOM_FORWARD = Misconception("random_forward", "a forward pass that changes from call to call", learn.FORWARD)


@criterion("forward", needs=["layers"], mistakes=[_WRONG_ACTIVATION, _WRONG_FORWARD, _RANDOM_FORWARD])
def forward(m: ModelMeasurements) -> Finding:
    """Compute ReLU after both hidden layers; end in softmax (TensorFlow) or in logits (PyTorch)."""
    last = "softmax" if m.evidence.softmax else "logits"
    for build in m.evidence.builds:
        if build.forward_error is not None:
            dtype = f" Its inputs are float32, and the model is {build.computes_in}." if build.computes_in else ""
            raise fail(f"The forward pass raised {build.forward_error}.{dtype}", FORWARD_ERROR)
    relu = ["ReLU"] * (len(m.shapes) - 1)
    if m.fits(relu, last):
        if m.fits(["no activation"] * len(relu), last):
            raise Skipped("Not judged: with these weights, all activations give the same outputs.")
        precision = next((b.computes_in for b in m.evidence.builds if b.computes_in in FORWARD_IN_16_BITS), None)
        shown = f", as far as {precision} shows them" if precision else ""
        return Finding(f"The outputs are those of your weights with ReLU, ReLU and {last}{shown}.")
    if (named := m.activations) is not None:
        hidden, other = named
        ending = "no activation (logits)" if other == "logits" else other
        asked = "no activation (logits)" if last == "logits" else last
        raise fail(
            f"The outputs are those of your weights with {_listed(hidden)} in the hidden layers and {ending} at the "
            f"end. The task asks for ReLU in the hidden layers and {asked} at the end.",
            _activations(hidden, other, last),
        )
    if any(build.varies for build in m.evidence.builds):
        raise fail(
            "A second pass of the same batch gave other outputs. Is a dropout always on, or does each pass create a "
            f"new layer? Outside of training, the outputs should be those of your weights with ReLU, ReLU and {last}.",
            _RANDOM_FORWARD,
        )
    raise fail(
        f"The outputs are not those of your weights with ReLU, ReLU and {last}. Is every layer used once, in order, "
        "with the activation asked for and nothing between? (Batches of several sizes were tried.)",
        _WRONG_FORWARD,
    )


def _activations(hidden: tuple[str, ...], last: str, asked: str) -> Misconception:
    """Return the mistake under a name that says which activations are wrong, so that two such mistakes differ."""
    wrong = []
    if set(hidden) != {"ReLU"}:
        instead = "no" if set(hidden) == {"no activation"} else f"{_listed(hidden)} in place of"
        wrong.append(f"{instead} ReLU in the hidden layers")
    if last != asked:
        wrong.append(f"{last} in place of {asked} at the end")
    if len(wrong) > 1:
        lesson = learn.ACTIVATIONS
    else:
        lesson = learn.HIDDEN_ACTIVATIONS if last == asked else learn.LAST_ACTIVATION
    return replace(_WRONG_ACTIVATION, title=", and ".join(wrong), lesson=lesson)


def _listed(hidden: tuple[str, ...]) -> str:
    """Return activations of several layers as people say them, once if all are the same."""
    return hidden[0] if len(set(hidden)) == 1 else " and ".join(hidden)
