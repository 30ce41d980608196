"""Calls a student's PyTorch functions. The functions of this module import PyTorch."""

from __future__ import annotations

import dataclasses
from typing import Any

from numpy.typing import NDArray

from autograder.sandbox.child.exceptions import text_of
from autograder.sandbox.child.values import built, forward, returned
from autograder.sandbox.protocol import Array, BuildModel, CallInitializer, ModelBuilt, Returned


def call_initializer(question: CallInitializer, function: Any) -> Returned:
    """Call ``function`` with a filled tensor, and describe the returned value and the tensor afterwards."""
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
    from torch.nn.parameter import is_lazy

    model = function()
    kind = text_of(type(model).__name__)
    if not isinstance(model, torch.nn.Module):
        return ModelBuilt(kind)
    model.eval()

    def weights() -> list[tuple[str, NDArray[Any]]]:
        return [(name, _numbers(each).copy()) for name, each in model.state_dict().items() if not is_lazy(each)]

    def outputs() -> Array:
        with torch.no_grad():
            found = model(torch.from_numpy(question.inputs.copy()))
        if not isinstance(found, torch.Tensor):
            raise TypeError(f"the forward pass returned {text_of(type(found).__name__)}, not a tensor")
        return _numbers(found)

    named = weights()
    answered = forward(outputs)
    # Lazy layers have no weights before their first forward pass.
    return built(kind, named if len(named) == len(model.state_dict()) else weights(), answered)


def _numbers(tensor: Any) -> Array:
    """Return a tensor's numbers; NumPy has no bfloat16, and float32 holds every number of it."""
    import torch

    tensor = tensor.detach().cpu()
    numbers: Array = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
    return numbers
