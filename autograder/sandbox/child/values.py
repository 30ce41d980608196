"""Converts the values that a student's code returned into answers: NumPy arrays, and their description."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
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
    import tensorflow as tf
    import torch

    kind = "None" if value is None else text_of(type(value).__name__)
    dtype = array = None
    if isinstance(value, torch.Tensor):
        kind, value = "torch.Tensor", value.detach().cpu()
        dtype = str(value.dtype).removeprefix("torch.")
    elif isinstance(value, tf.Variable | tf.Tensor):
        kind = "tf.Variable" if isinstance(value, tf.Variable) else "tf.Tensor"
        value = tf.convert_to_tensor(value)
        dtype = value.dtype.name
    elif isinstance(value, np.ndarray):
        kind, value = "numpy.ndarray", np.asarray(value)
        dtype = value.dtype.name
    elif isinstance(value, list | tuple):
        return Returned(kind, values=_listed(value, shape))
    if dtype is None:
        return Returned(kind)
    found = tuple(int(n) for n in value.shape)
    if dtype in DTYPES and math.prod(found) == math.prod(shape):
        array = _in_shape(value if isinstance(value, np.ndarray) else value.numpy(), shape)
    return Returned(kind, dtype, found[:MAX_DIMENSIONS], array)


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
    named: Sequence[tuple[str, NDArray[Any]]],
    outputs: Array | Raised | None,
    computes_in: Precision | None = None,
    *,
    untracked: bool = False,
    varies: bool = False,
) -> ModelBuilt:
    """Describe a model's arrays, in their order; those that are floats and have room go along."""
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
