"""Converts the values that a student's code returned into answers: NumPy arrays, and their description."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.child.exceptions import describe_exception, text_of
from autograder.sandbox.protocol import Array, ModelBuilt, ModelParameter, Precision, Raised, Returned
from autograder.sandbox.wire import DTYPES, MAX_ARRAYS, MAX_DIMENSIONS

_MAX_WEIGHT_ELEMENTS = 65_536
_MAX_NAME = 100


def returned(value: Any, shape: tuple[int, ...]) -> Returned:
    """Describe ``value``; its numbers go along, in ``shape``, where they are floats and as many as were asked for."""
    if isinstance(value, list | tuple):
        return Returned(text_of(type(value).__name__), values=_listed(value, shape))
    kind, dtype, numbers = _tensor(value)
    if numbers is None:
        return Returned(kind)
    try:
        found = tuple(int(n) for n in value.shape)
        array = _in_shape(numbers(), shape) if "float" in dtype and math.prod(found) == math.prod(shape) else None
    except Exception as exception:  # noqa: BLE001 (sparse tensors, tensors without memory, symbolic ones, …)
        reason = describe_exception(exception)
        return Returned(f"{kind} that cannot be read ({reason.name}: {reason.message})")
    return Returned(kind, dtype, found[:MAX_DIMENSIONS], array)


def _tensor(value: Any) -> tuple[str, str, Callable[[], NDArray[Any]] | None]:
    """Return the kind of a value and its dtype, and what reads its numbers; None for what is no tensor or array."""
    import keras
    import tensorflow as tf
    import torch

    if isinstance(value, torch.Tensor):
        return "torch.Tensor", str(value.dtype).removeprefix("torch."), lambda: _of_torch(value)
    if isinstance(value, tf.Variable | tf.Tensor | keras.Variable):
        kinds = {"tf.Variable": tf.Variable, "keras.Variable": keras.Variable, "tf.Tensor": tf.Tensor}
        kind = next(name for name, each in kinds.items() if isinstance(value, each))
        return kind, tf.as_dtype(value.dtype).name, lambda: _sendable(tf.convert_to_tensor(value).numpy())
    if isinstance(value, np.ndarray):
        return "numpy.ndarray", value.dtype.name, lambda: _sendable(np.asarray(value))
    return "None" if value is None else text_of(type(value).__name__), "", None


def _of_torch(tensor: Any) -> NDArray[Any]:
    tensor = tensor.detach().cpu().resolve_neg()
    name = str(tensor.dtype).removeprefix("torch.")
    numbers: NDArray[Any] = (tensor if name in DTYPES else tensor.float()).numpy()
    return numbers


def _sendable(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array in a dtype that may be sent; float32 holds every number of bfloat16 and smaller types."""
    return array if array.dtype.name in DTYPES else array.astype(np.float32)


def _listed(value: Sequence[Any], shape: tuple[int, ...]) -> Array | None:
    """Return the numbers of nested lists, None if they are no floats or not as many as ``shape`` holds."""
    try:
        array = np.asarray(value)
    except Exception:  # noqa: BLE001 (lists of unequal lengths, and whatever else a student puts into one)
        return None
    return _in_shape(array, shape) if array.dtype.name in DTYPES and array.size == math.prod(shape) else None


def _in_shape(array: Array, shape: tuple[int, ...]) -> Array:
    """Return ``array`` in ``shape``: with its axes put into the order that was asked for, or reshaped."""
    axes = range(array.ndim)
    for order in (tuple(axes), tuple(reversed(axes)), *(permutations(axes) if array.ndim == len(shape) else ())):
        if tuple(array.shape[axis] for axis in order) == shape:
            return array.transpose(order)
    return array.reshape(shape)


def read(run: Callable[[], list[tuple[str, Array]]]) -> list[tuple[str, Array]] | Raised:
    """Read a model's weights; what stops that is said of the weights, and is no exception of the student's function."""
    try:
        return run()
    except Exception as exception:  # noqa: BLE001 (sparse tensors, tensors without memory, overridden methods, …)
        return describe_exception(exception)


def held_in(attributes: Mapping[str, object]) -> Iterator[object]:
    """Yield what the attributes of a layer hold, and what is in their lists and dictionaries."""
    for value in attributes.values():
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list | tuple):
            yield from value
        else:
            yield value


def forward(run: Callable[[], Array]) -> Array | Raised | None:
    """Push the inputs through; an exception there costs the forward pass alone, not the weights."""
    try:
        outputs = run()
    except Exception as exception:  # noqa: BLE001 (a student's forward may raise anything)
        return describe_exception(exception)
    return outputs if _may_be_sent(outputs, _MAX_WEIGHT_ELEMENTS) else None


def varies(run: Callable[[], Array], outputs: Array | Raised | None) -> bool:
    """Return True if a second pass of the inputs gives other outputs than the first, as a dropout does."""
    again = forward(run)
    if not isinstance(outputs, np.ndarray) or not isinstance(again, np.ndarray):
        return False
    return again.shape != outputs.shape or not np.allclose(again, outputs, rtol=1e-3, atol=1e-6, equal_nan=True)


def precision(dtypes: Container[str]) -> Precision | None:
    """Return the first precision other than float32 that is among ``dtypes``."""
    return next((each for each in Precision if each in dtypes), None)


def built(
    kind: str,
    named: Sequence[tuple[str, NDArray[Any]]] | Raised,
    outputs: Array | Raised | None,
    computes_in: Precision | None = None,
    *,
    untracked: bool = False,
    varies: bool = False,
) -> ModelBuilt:
    """Describe a model's arrays, in their order; those that are floats and have room go along.

    ``named`` may be the exception that reading them raised.
    """
    if isinstance(named, Raised):
        return ModelBuilt(kind, unread=f"{named.name}: {named.message}")
    room = _MAX_WEIGHT_ELEMENTS
    parameters = []
    for name, value in named[: MAX_ARRAYS - 1]:
        values = value if _may_be_sent(value, room) else None
        room -= 0 if values is None else values.size
        shape = tuple(int(n) for n in value.shape[:MAX_DIMENSIONS])
        parameters.append(ModelParameter(str(name)[:_MAX_NAME], shape, values))
    raised = outputs if isinstance(outputs, Raised) else None
    found = None if isinstance(outputs, Raised) else outputs
    return ModelBuilt(kind, tuple(parameters), found, raised, computes_in, untracked, varies)


def _may_be_sent(array: NDArray[Any], most: int) -> bool:
    return array.dtype.name in DTYPES and array.size <= most and array.ndim <= MAX_DIMENSIONS
