"""Calls a student's functions for PyTorch, which the functions here import."""

from __future__ import annotations

import dataclasses
from typing import Any

from autograder.sandbox.child.exceptions import text_of
from autograder.sandbox.child.values import built, forward, returned
from autograder.sandbox.protocol import Array, BuildModel, CallInitializer, ModelBuilt, Returned


def call_initializer(question: CallInitializer, function: Any) -> Returned:
    """Call ``function`` with a filled tensor, and describe what it returned and what became of the tensor."""
    import torch

    weight = torch.full(question.shape, question.fill, dtype=torch.float32)
    if question.parameter:
        weight = torch.nn.Parameter(weight)
    value = function(weight)
    answer = dataclasses.replace(returned(value, question.shape), same=value is weight)
    if value is not weight and tuple(weight.shape) == question.shape and weight.dtype is torch.float32:
        return dataclasses.replace(answer, passed=weight.detach().cpu().numpy())
    return answer


def build_model(question: BuildModel, function: Any) -> ModelBuilt:
    """Build a model with ``function``, push the inputs through, and describe both."""
    import torch

    model = function()
    kind = text_of(type(model).__name__)
    if not isinstance(model, torch.nn.Module):
        return ModelBuilt(kind)
    model.eval()
    named = [(name, value.detach().cpu().numpy().copy()) for name, value in model.state_dict().items()]

    def outputs() -> Array:
        with torch.no_grad():
            values: Array = model(torch.from_numpy(question.inputs.copy())).detach().numpy()
        return values

    return built(kind, named, forward(outputs))
