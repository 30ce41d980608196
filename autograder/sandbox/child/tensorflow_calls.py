"""Calls a student's TensorFlow functions. The functions of this module import TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.child.exceptions import text_of
from autograder.sandbox.child.values import built, forward, held_in, precision, read, returned, varies
from autograder.sandbox.protocol import Array, BuildModel, CallInitializer, ModelBuilt, Returned


def call_initializer(question: CallInitializer, function: Any) -> Returned:
    """Call ``function`` with the shape, and describe what it returned."""
    return returned(function(question.shape), question.shape)


def build_model(question: BuildModel, function: Any) -> ModelBuilt:
    """Build a model with ``function``, push the inputs through, and describe both."""
    import tensorflow as tf

    model = function()
    kind = text_of(type(model).__name__)
    in_keras = isinstance(model, tf.keras.layers.Layer)
    if not in_keras and not isinstance(model, tf.Module):
        return ModelBuilt(kind)

    dtypes: set[str] = set()
    layers: list[Any] = []

    def outputs() -> Array:
        inputs = tf.constant(question.inputs)
        found = model(inputs, training=False) if isinstance(model, tf.keras.Model) else model(inputs)
        found = found[0] if isinstance(found, list | tuple) and len(found) == 1 else found
        if not tf.is_tensor(found):
            raise TypeError(f"the forward pass returned {text_of(type(found).__name__)}, not a tensor")
        dtypes.add(found.dtype.name)
        return _numbers(found)

    def numbers() -> list[tuple[str, Array]]:
        layers.extend(_layers(model))
        variables = list(model.weights if in_keras else model.variables)
        # A tf.Module does not list the variables of the Keras layers in it.
        variables += [each for layer in layers for each in layer.weights if not in_keras]
        statistics = {id(each) for layer in layers for each in layer._non_trainable_variables if each.ndim < 2}
        weights = {id(v): v for v in variables if id(v) not in statistics and tf.as_dtype(v.dtype).is_floating}
        dtypes.update(str(dtype) for layer in layers for dtype in (layer.dtype, layer.compute_dtype))
        dtypes.update(tf.as_dtype(each.dtype).name for each in weights.values())
        return [(getattr(each, "path", each.name), _numbers(each)) for each in weights.values()]

    answered = forward(outputs)
    # After the call: a model without an Input has no weights before it.
    named = read(numbers)
    untracked = in_keras and any(isinstance(each, tf.Variable) for layer in layers for each in held_in(vars(layer)))
    other = question.twice and varies(outputs, answered)
    return built(kind, named, answered, precision(dtypes), untracked=untracked, varies=other)


def _layers(model: Any) -> list[Any]:
    """Return the Keras layers of a model, itself included, or those that the modules of a tf.Module hold."""
    import tensorflow as tf

    if isinstance(model, tf.keras.layers.Layer):
        return list(model._flatten_layers())
    held = [each for module in (model, *model.submodules) for each in held_in(vars(module))]
    return [inner for each in held if isinstance(each, tf.keras.layers.Layer) for inner in each._flatten_layers()]


def _numbers(values: Any) -> NDArray[Any]:
    """Return the numbers of a tensor or variable; NumPy has no bfloat16, and float32 holds every number of it."""
    numbers = np.asarray(values)
    return numbers.astype(np.float32) if numbers.dtype.name == "bfloat16" else numbers
