"""Calls a student's PyTorch functions. The functions of this module import PyTorch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from autograder.sandbox.child.exceptions import text_of
from autograder.sandbox.child.values import built, forward, precision, returned, varies
from autograder.sandbox.protocol import Array, BuildModel, CallInitializer, ModelBuilt, Returned


def call_initializer(question: CallInitializer, function: Any) -> Returned:
    """Call ``function`` with a filled tensor, and describe the returned value and the tensor afterwards."""
    import torch

    weight = torch.full(question.shape, question.fill, dtype=torch.float32, device="cpu")
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
    dtypes: set[str] = set()

    def outputs() -> Array:
        with torch.no_grad():
            found = model(torch.from_numpy(question.inputs.copy()))
        if not isinstance(found, torch.Tensor):
            raise TypeError(f"the forward pass returned {text_of(type(found).__name__)}, not a tensor")
        dtypes.add(_dtype(found))
        return _numbers(found)

    def numbers() -> list[tuple[str, NDArray[Any]]]:
        weights = _weights(model.state_dict())
        dtypes.update(_dtype(each) for _, each in weights)
        return [(name, _numbers(each).copy()) for name, each in weights]

    # Lazy layers have no weights before their first forward pass.
    lazy = any(map(is_lazy, model.state_dict().values()))
    named = numbers()
    answered = forward(outputs)
    named = numbers() if lazy else named
    return built(kind, named, answered, precision(dtypes), varies=question.twice and varies(outputs, answered))


def _weights(state: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the tensors of a state that hold weights, each once: a layer may be registered under several names.

    The name that a layer has as an attribute of the model counts, such as ``fc1.weight``. Lazy, empty and integer
    tensors hold no weights.
    """
    import torch
    from torch.nn.parameter import is_lazy

    found: dict[object, tuple[str, Any]] = {}
    for name, tensor in state.items():
        if not isinstance(tensor, torch.Tensor) or is_lazy(tensor):
            continue
        if tensor.numel() and tensor.is_floating_point():
            key = tensor.data_ptr(), tensor.shape, tensor.stride()
            other, _ = found.get(key, (name, tensor))
            found[key] = min(other, name, key=lambda each: abs(each.count(".") - 1)), tensor
    return list(found.values())


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _numbers(tensor: Any) -> Array:
    """Return a tensor's numbers; of types that NumPy does not have, such as bfloat16, float32 holds every number."""
    import torch

    tensor = tensor.detach().cpu()
    numbers: Array = (tensor if tensor.dtype in (torch.float16, torch.float64) else tensor.float()).numpy()
    return numbers
