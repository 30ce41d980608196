"""Calls a student's functions for TensorFlow, which the functions here import."""

from __future__ import annotations

from typing import Any

import numpy as np

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
        values: Array = tf.convert_to_tensor(found).numpy()
        return values

    answered = forward(outputs)
    # After the call: a model without an Input has no weights before it.
    weights = model.weights if isinstance(model, tf.keras.Model) else model.variables
    return built(kind, [(getattr(v, "path", v.name), np.asarray(v)) for v in weights], answered)
