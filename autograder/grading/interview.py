"""Puts a task's challenge to a student's function, and turns the answers into evidence for the judge.

It talks through a `Conversation`: a confined child's, or, in a student's own notebook, a direct call.
Answers are checked field by field here; whatever is not of the expected form is the child's fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import ROUNDS, WIDTHS, Challenge, Task
from autograder.judge.evidence import (
    Draw,
    InitializerEvidence,
    ModelBuild,
    ModelEvidence,
    Parameter,
)
from autograder.sandbox.wire import MAX_ARRAYS, MAX_DIMENSIONS, Message
from autograder.text import one_line

Array = NDArray[np.floating[Any]]
Evidence = InitializerEvidence | ModelEvidence
Read = TypeVar("Read")

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
_SCRATCH = re.compile(r"/\S*/autograder-[a-z0-9_]{8}\b")
#: More than any notebook or tensor has: larger numbers are there to fill a report.
_MOST_LINES, _MOST_ELEMENTS = 10**7, 2**48
_TORCH_NAMES = ("fc1", "fc2", "fc3")


class Conversation(Protocol):
    """Somebody who answers questions about a student's functions."""

    def ask(self, header: dict[str, Any], arrays: Sequence[Array] = ()) -> Message:
        """Send a question and return its answer."""
        ...


@dataclass(frozen=True)
class Raised:
    """An exception in student code: what, and where in the student's own cells; what was refused, if that is why."""

    name: str
    message: str
    cell: str | None = None
    line: int | None = None
    source: str | None = None
    refused: str | None = None

    def __str__(self) -> str:
        said = f"{self.name}: {self.message}" if self.message else self.name
        if self.line is None:
            return said
        where = (
            f"line {self.line}" if self.cell is None else f"cell {self.cell.removeprefix('cell ')}, line {self.line}"
        )
        return f"{said} ({where}: “{self.source}”)" if self.source else f"{said} ({where})"


class BadAnswer(ValueError):
    """An answer is not of the form that the collector gives: the student's code meddled with it."""


class CallRaised(Exception):
    """The student's function raised."""

    def __init__(self, raised: Raised) -> None:
        super().__init__(str(raised))
        self.raised = raised


class Undefined(Exception):
    """The student's notebook defines no such function."""


def interview(conversation: Conversation, task: Task, challenge: Challenge) -> Evidence:
    """Try ``task``'s function on ``challenge`` and return what came back.

    Raises
    ------
    CallRaised
        The function raised.
    Undefined
        There is no such function.
    BadAnswer
        The answers are not of the collector's form.
    """
    if task.kind == "initializer":
        return _interview_initializer(conversation, task, challenge)
    return _interview_model(conversation, task, challenge)


def _interview_initializer(conversation: Conversation, task: Task, challenge: Challenge) -> InitializerEvidence:
    raised: list[CallRaised] = []

    def draw(kernel: KernelShape, *, parameter: bool = False) -> Draw:
        shape = kernel.in_layout(task.layout)
        question = {"ask": "initializer", "framework": task.framework, "function": task.function, "shape": shape}
        answer = conversation.ask({**question, "fill": challenge.fill, "parameter": parameter})
        try:
            _check_status(answer)
        except CallRaised as call:
            raised.append(call)
            return Draw(kernel, "nothing", error=str(call.raised))
        return _draw(kernel, shape, answer)

    # Every shape once, then every shape again: a tensor cached for a shape shows as a repetition.
    rounds = tuple(tuple(draw(kernel) for kernel in challenge.kernels) for _ in range(ROUNDS))
    if len(raised) == ROUNDS * len(challenge.kernels):
        raise raised[0]
    if task.layout is not Layout.TORCH:
        return InitializerEvidence(task.layout, rounds)
    on_parameter = draw(challenge.kernels[-1], parameter=True)
    return InitializerEvidence(task.layout, rounds, challenge.fill, on_parameter)


def _draw(kernel: KernelShape, asked: tuple[int, ...], answer: Message) -> Draw:
    header = answer.header
    returned = _array(answer, "returned")
    passed = _array(answer, "passed")
    if any(array is not None and array.shape != asked for array in (returned, passed)):
        raise BadAnswer("an array has not the shape that was asked for")
    if passed is not None and passed.dtype != np.float32:
        raise BadAnswer("the tensor that was passed in came back with another dtype")
    return Draw(
        kernel=kernel,
        kind=_string(header, "kind"),
        dtype=returned.dtype.name if returned is not None else _optional(header, "dtype", _string),
        shape=returned.shape if returned is not None else _optional(header, "shape", _shape),
        returned=returned,
        passed=passed,
        same=header.get("same") is True and passed is None,
    )


def _interview_model(conversation: Conversation, task: Task, challenge: Challenge) -> ModelEvidence:
    question = {"ask": "model", "framework": task.framework, "function": task.function}
    builds = []
    for inputs in challenge.inputs:
        answer = conversation.ask(question, [inputs])
        _check_status(answer)
        builds.append(_build(answer))
    return ModelEvidence(
        layout=task.layout,
        widths=WIDTHS,
        names=_TORCH_NAMES if task.layout is Layout.TORCH else (),
        softmax=task.layout is Layout.KERAS,
        inputs=challenge.inputs,
        builds=tuple(builds),
    )


def _build(answer: Message) -> ModelBuild:
    header = answer.header
    parameters = None
    if "parameters" in header:
        entries = header["parameters"]
        if not isinstance(entries, list) or len(entries) > MAX_ARRAYS:
            raise BadAnswer("the model's parameters are no list, or a list too long")
        parameters = tuple(_parameter(answer, entry) for entry in entries)
    error = header.get("forward_error")
    outputs = _array(answer, "outputs")
    return ModelBuild(
        kind=_string(header, "kind"),
        parameters=parameters,
        outputs=outputs if outputs is not None and outputs.ndim == 2 else None,
        forward_error=str(read_raised(error)) if error is not None else None,
    )


def _parameter(answer: Message, entry: object) -> Parameter:
    if not isinstance(entry, dict):
        raise BadAnswer("a parameter's description is no object")
    values = _array(answer, "array", entry)
    shape = _shape(entry, "shape")
    if values is not None and values.shape != shape:
        raise BadAnswer("a parameter's array has not the shape that it is said to have")
    return Parameter(_string(entry, "name"), shape, values)


def _check_status(answer: Message) -> None:
    status = answer.header.get("status")
    if status == "ok":
        return
    if status == "undefined":
        raise Undefined
    if status == "error":
        raise CallRaised(read_raised(answer.header.get("error")))
    raise BadAnswer("an answer's status is none that the collector gives")


def read_raised(described: object) -> Raised:
    """Read the collector's description of an exception; raise `BadAnswer` when it is none."""
    if not isinstance(described, dict):
        raise BadAnswer("an exception's description is no object")
    line = described.get("line")
    return Raised(
        name=_string(described, "name"),
        message=_string(described, "message"),
        cell=_optional(described, "cell", _string),
        line=line if type(line) is int and 0 < line < _MOST_LINES else None,
        source=_optional(described, "source", _string),
        refused=_optional(described, "refused", _string),
    )


def _array(answer: Message, key: str, entry: dict[str, Any] | None = None) -> Array | None:
    where = answer.header if entry is None else entry
    if key not in where:
        return None
    index = where[key]
    if type(index) is not int or not 0 <= index < len(answer.arrays):
        raise BadAnswer("an answer points to an array that is not there")
    return answer.arrays[index]


def _string(header: dict[str, Any], key: str) -> str:
    value = header.get(key)
    if not isinstance(value, str):
        raise BadAnswer(f"an answer's {key} is no text")
    # What differs from run to run says nothing to anybody: addresses, and the name of the scratch folder.
    return one_line(_SCRATCH.sub("~", _ADDRESS.sub("0x…", value)))


def _shape(header: dict[str, Any], key: str) -> tuple[int, ...]:
    value = header.get(key)
    if not isinstance(value, list) or len(value) > MAX_DIMENSIONS:
        raise BadAnswer(f"an answer's {key} is no short list")
    if not all(type(n) is int and 0 <= n < _MOST_ELEMENTS for n in value):
        raise BadAnswer(f"an answer's {key} is no list of sizes")
    return tuple(value)


def _optional(header: dict[str, Any], key: str, read: Callable[[dict[str, Any], str], Read]) -> Read | None:
    return None if header.get(key) is None else read(header, key)
