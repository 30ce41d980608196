"""Calls a student's TensorFlow functions. The functions of this module import TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.child.exceptions import text_of
from autograder.sandbox.child.values import built, forward, returned
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

    def outputs() -> Array:
        inputs = tf.constant(question.inputs)
        found = model(inputs, training=False) if isinstance(model, tf.keras.Model) else model(inputs)
        return _numbers(tf.convert_to_tensor(found))

    answered = forward(outputs)
    # After the call: a model without an Input has no weights before it.
    weights = model.weights if isinstance(model, tf.keras.Model) else model.variables
    return built(kind, [(getattr(v, "path", v.name), _numbers(v)) for v in weights], answered)


def _numbers(values: Any) -> NDArray[Any]:
    """Return the numbers of a tensor or variable; NumPy has no bfloat16, and float32 holds every number of it."""
    numbers = np.asarray(values)
    return numbers.astype(np.float32) if numbers.dtype.name == "bfloat16" else numbers
