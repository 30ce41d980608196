"""Calls a student's PyTorch functions. The functions of this module import PyTorch."""

from __future__ import annotations

import dataclasses
from typing import Any

from autograder.sandbox.child.exceptions import text_of
from autograder.sandbox.child.values import built, forward, held_in, precision, read, returned, varies
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
        # As torch.randn makes them: a model made in another default dtype takes no float32.
        inputs = torch.tensor(question.inputs, dtype=torch.get_default_dtype())
        with torch.no_grad(), _recorder(dtypes):
            found = model(inputs)
        if not isinstance(found, torch.Tensor):
            raise TypeError(f"the forward pass returned {text_of(type(found).__name__)}, not a tensor")
        return _numbers(found)

    def numbers() -> list[tuple[str, Array]]:
        weights = _weights(model)
        dtypes.update(_dtype(each) for _, each in weights)
        return [(name, _numbers(each).copy()) for name, each in weights]

    # Lazy layers have no weights before their first forward pass; a forward pass may change those of others.
    is_built = not any(map(is_lazy, model.parameters()))
    before = read(numbers) if is_built else None
    answered = forward(outputs)
    named = before if before is not None else read(numbers)
    again = question.twice and varies(outputs, answered)
    return built(kind, named, answered, precision(dtypes), untracked=_holds_untracked(model), varies=again)


def _recorder(dtypes: set[str]) -> Any:
    """Return a context that adds the dtype of every tensor that is computed in it: autocast hides its own."""
    import torch
    from torch.overrides import TorchFunctionMode

    class Recorder(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor):
                dtypes.add(_dtype(result))
            return result

    return Recorder()


def _weights(model: Any) -> list[tuple[str, Any]]:
    """Return the tensors of a model that are weights, each once: a layer may be registered under several names.

    The name that a layer has as an attribute of the model counts, such as ``fc1.weight``. Lazy, empty and integer
    tensors hold no weights.
    """
    from torch.nn.parameter import is_lazy

    found: dict[object, tuple[str, Any]] = {}
    for owner, module in _unwrapped(model).named_modules(remove_duplicate=False):
        if "parametrizations" in owner.split("."):
            continue
        for own, tensor in _tensors(module).items():
            if not is_lazy(tensor) and tensor.numel() and tensor.is_floating_point():
                name = f"{owner}.{own}" if owner else own
                # Tensors without memory of their own, on the device "meta", have no address.
                key = tensor.data_ptr() or name, tensor.shape, tensor.stride()
                other, _ = found.get(key, (name, tensor))
                found[key] = min(other, name, key=lambda each: abs(each.count(".") - 1)), tensor
    return list(found.values())


def _tensors(module: Any) -> dict[str, Any]:
    """Return the tensors that a module itself computes with, by name.

    A weight that is normalized, pruned or parametrized stands for what it is computed from. Of buffers, matrices alone
    may be weights: vectors are statistics and constants.
    """
    import torch

    held = dict(module.named_parameters(recurse=False))
    held |= {name: each for name, each in module.named_buffers(recurse=False) if each is not None and each.ndim > 1}
    computed = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, torch.Tensor) and {f"{name}_orig", f"{name}_v"} & held.keys()
    }
    held = {name: each for name, each in held.items() if not name.startswith(tuple(f"{key}_" for key in computed))}
    return held | computed | {name: getattr(module, name) for name in getattr(module, "parametrizations", ())}


def _unwrapped(model: Any) -> Any:
    """Return the module that PyTorch's own classes were put around, as torch.compile and nn.DataParallel do."""
    while type(model).__module__.startswith("torch.") and len(inner := list(model.children())) == 1:
        (model,) = inner
    return model


def _holds_untracked(model: Any) -> bool:
    """Whether a module holds layers or tensors in plain lists, dictionaries or attributes, where PyTorch finds none."""
    import torch

    modules = list(model.modules())
    registries = ("_parameters", "_buffers", "_modules")
    plain = ({name: each for name, each in vars(module).items() if name not in registries} for module in modules)
    held = [each for attributes in plain for each in held_in(attributes)]
    return any(
        isinstance(each, torch.Tensor) or (isinstance(each, torch.nn.Module) and all(each is not m for m in modules))
        for each in held
    )


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _numbers(tensor: Any) -> Array:
    """Return a tensor's numbers; of types that NumPy does not have, such as bfloat16, float32 holds every number."""
    import torch

    tensor = tensor.detach().cpu()
    numbers: Array = (tensor if tensor.dtype in (torch.float16, torch.float64) else tensor.float()).numpy()
    return numbers
