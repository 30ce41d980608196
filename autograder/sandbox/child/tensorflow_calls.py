"""Calls a student's TensorFlow functions. The functions of this module import TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.child.exceptions import text_of
from autograder.sandbox.child.values import built, forward, precision, returned, varies
from autograder.sandbox.protocol import Array, BuildModel, CallInitializer, ModelBuilt, Returned


def call_initializer(question: CallInitializer, function: Any) -> Returned:
    """Call ``function`` with the shape, and describe what it returned."""
    return returned(function(question.shape), question.shape)


def build_model(question: BuildModel, function: Any) -> ModelBuilt:
    """Build a model with ``function``, push the inputs through, and describe both."""
    import tensorflow as tf

    model = function()
    kind = text_of(type(model).__name__)
    if not isinstance(model, tf.Module | tf.keras.Model):
        return ModelBuilt(kind)

    dtypes: set[str] = set()

    def outputs() -> Array:
        inputs = tf.constant(question.inputs)
        found = tf.convert_to_tensor(model(inputs, training=False) if in_keras else model(inputs))
        dtypes.add(found.dtype.name)
        return _numbers(found)

    in_keras = isinstance(model, tf.keras.Model)
    answered = forward(outputs)
    # After the call: a model without an Input has no weights before it.
    weights = model.weights if in_keras else model.variables
    layers = list(model._flatten_layers()) if in_keras else []
    dtypes |= {str(layer.compute_dtype) for layer in layers} | {tf.as_dtype(each.dtype).name for each in weights}
    named = [(getattr(v, "path", v.name), _numbers(v)) for v in weights if tf.as_dtype(v.dtype).is_floating]
    untracked = any(isinstance(each, tf.Variable) for layer in layers for each in _held(layer))
    other = question.twice and varies(outputs, answered)
    return built(kind, named, answered, precision(dtypes), untracked=untracked, varies=other)


def _held(layer: Any) -> Iterator[object]:
    """Yield what the attributes of a layer hold, and what is in their lists and dictionaries."""
    for value in vars(layer).values():
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list | tuple):
            yield from value
        else:
            yield value


def _numbers(values: Any) -> NDArray[Any]:
    """Return the numbers of a tensor or variable; NumPy has no bfloat16, and float32 holds every number of it."""
    numbers = np.asarray(values)
    return numbers.astype(np.float32) if numbers.dtype.name == "bfloat16" else numbers
