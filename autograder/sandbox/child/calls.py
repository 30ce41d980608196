"""Calls a student's function as a question asks. Used in the child, and by `check` in a student's own notebook."""

from __future__ import annotations

from time import monotonic
from typing import Any

import numpy as np

from autograder.sandbox.child import tensorflow_calls, torch_calls
from autograder.sandbox.child.exceptions import describe_exception
from autograder.sandbox.child.seeding import vary_seeds
from autograder.sandbox.protocol import (
    REPEATING_SECONDS,
    Array,
    BuildModel,
    CallInitializer,
    CallRepeatedly,
    Framework,
    ModelBuilt,
    Raised,
    Repeated,
    Returned,
)


def call(
    question: CallInitializer | CallRepeatedly | BuildModel, function: Any
) -> Returned | Repeated | ModelBuilt | Raised:
    """Seed the global generators, call ``function``, and describe what it returned, or the exception that it raised."""
    vary_seeds(question.seed)
    try:
        if isinstance(question, CallInitializer):
            return _called(question, function)
        if isinstance(question, CallRepeatedly):
            return _repeated(question, function)
        is_tensorflow = question.framework is Framework.TENSORFLOW
        build_model = tensorflow_calls.build_model if is_tensorflow else torch_calls.build_model
        return build_model(question, function)
    except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as exception:  # noqa: BLE001
        return describe_exception(exception)


def _called(question: CallInitializer, function: Any) -> Returned:
    if question.framework is Framework.TENSORFLOW:
        return tensorflow_calls.call_initializer(question, function)
    return torch_calls.call_initializer(question, function)


def _repeated(question: CallRepeatedly, function: Any) -> Repeated:
    once = CallInitializer(question.function, question.framework, question.shape, question.fill)
    found: list[Array] = []
    unfilled = False
    begun = monotonic()
    while len(found) < question.times and (not found or monotonic() - begun < REPEATING_SECONDS):
        answer = _called(once, function)
        filled = answer.passed is not None and bool((answer.passed != question.fill).any())
        unfilled |= answer.passed is not None and not filled
        values = answer.passed if filled else answer.values
        if values is None:
            return Repeated()
        # A copy: a framework may return a view of memory that its next call writes to.
        found.append(np.array(values).ravel())
    return Repeated(np.stack(found), unfilled)
