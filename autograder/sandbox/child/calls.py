"""Calls a student's function as a question asks. Used in the child, and by `check` in a student's own notebook."""

from __future__ import annotations

from typing import Any

from autograder.sandbox.child import tensorflow_calls, torch_calls
from autograder.sandbox.child.exceptions import describe_exception
from autograder.sandbox.protocol import BuildModel, CallInitializer, Framework, ModelBuilt, Raised, Returned


def call(question: CallInitializer | BuildModel, function: Any) -> Returned | ModelBuilt | Raised:
    """Call ``function`` and describe what it returned, or the exception that it raised."""
    is_tensorflow = question.framework is Framework.TENSORFLOW
    try:
        if isinstance(question, CallInitializer):
            initializer = tensorflow_calls.call_initializer if is_tensorflow else torch_calls.call_initializer
            return initializer(question, function)
        build_model = tensorflow_calls.build_model if is_tensorflow else torch_calls.build_model
        return build_model(question, function)
    except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as exception:  # noqa: BLE001
        return describe_exception(exception)
