"""Questions that the grader asks a child, and the answers that a child may give, as typed data.

Both ends use these classes. Each one converts itself to the header and arrays of a `Message` (`to_message`) and
reads itself back. Code of the student's shares the child's process, so the grader believes nothing in an answer:
`Question.read` validates every field against the question, and raises `BadAnswer` for anything else. Text arrives
cleaned, on one line and bounded; arrays arrive in the shape that was asked for, or not at all.

Examples
--------
>>> question = CallInitializer("tf_he_normal", Framework.TENSORFLOW, (64, 32))
>>> answer = Returned("tf.Tensor", "float32", (64,), None)
>>> question.read(answer.to_message()).shape
(64,)
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.wire import MAX_ARRAYS, MAX_DIMENSIONS, Message, WireError
from autograder.text import one_line, plain_text

Array = NDArray[np.floating[Any]]
A_co = TypeVar("A_co", covariant=True)
Read = TypeVar("Read")

#: Characters of one text that a child sends.
MAX_TEXT = 4_000
#: Figures of one cell, and pixels along the longer side: four of these fit into one answer.
MAX_FIGURES = 4
MAX_SIDE = 640
#: One order to the warm process, or report of it, is one datagram of at most this size.
MAX_ORDER_BYTES = 16 * 1024

#: More lines than any notebook has, and more elements than any tensor: larger numbers are there to fill a report.
_MOST_LINES, _MOST_ELEMENTS = 10**7, 2**48
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
# Bounded on every side: a pattern that takes quadratic time on a child's text stops the whole grader.
_SCRATCH = re.compile(r"(?:/[^\s/]{1,255}){1,16}/autograder-[a-z0-9_]{8}\b")


class Framework(StrEnum):
    """The framework of a question."""

    TENSORFLOW = "tensorflow"
    TORCH = "torch"


class Status(StrEnum):
    """Kind of an answer: the requested data, an exception of the student's code, or "no such function"."""

    OK = "ok"
    ERROR = "error"
    UNDEFINED = "undefined"


class Refusal(StrEnum):
    """What the sandbox refused to student code, if the code raised because of it."""

    NETWORK = "network"
    PROCESSES = "processes"
    FILES = "files"
    OTHER = "other"


class Loss(StrEnum):
    """Why a child ended before it answered."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"


class ExitCode(IntEnum):
    """Exit codes of a child that the sandbox's own code ended."""

    #: The child could not be set up: the grader's fault, not the student's.
    SETUP_FAILED = 70
    #: The child's own code was denied memory.
    OUT_OF_MEMORY = 71


class BadAnswer(WireError):
    """Raised for an answer that the question does not allow. Student code must have manipulated it."""


# --- answers ------------------------------------------------------------------------------------------


class Answer(Protocol):
    """Base class of a child's answers."""

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        ...


@dataclass(frozen=True)
class Done:
    """The child did what the question asked; the answer has no data."""

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        return Message({"status": Status.OK})


@dataclass(frozen=True)
class Installed:
    """Versions of Python and of the packages that grades depend on, by name."""

    versions: dict[str, str]

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        return Message({"status": Status.OK, "versions": self.versions})


@dataclass(frozen=True)
class Raised:
    """An exception of student code.

    Attributes
    ----------
    name, message : str
        The exception's type name and its text.
    cell : str or None
        Name of the student's cell that raised it; None in a student's own notebook.
    line, source : int or None, str or None
        The innermost line of the student's own code, counted from 1, and its text.
    refused : Refusal or None
        What the sandbox refused, if that caused the exception.
    """

    name: str
    message: str
    cell: str | None = None
    line: int | None = None
    source: str | None = None
    refused: Refusal | None = None

    def __str__(self) -> str:
        said = f"{self.name}: {self.message}" if self.message else self.name
        if self.line is None:
            return said
        where = (
            f"line {self.line}" if self.cell is None else f"cell {self.cell.removeprefix('cell ')}, line {self.line}"
        )
        return f"{said} ({where}: “{self.source}”)" if self.source else f"{said} ({where})"

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        return Message({"status": Status.ERROR, "error": vars(self)})

    @classmethod
    def read(cls, described: object) -> Raised:
        """Return the exception that ``described`` describes; raise `BadAnswer` where it describes none."""
        if not isinstance(described, dict):
            raise BadAnswer("an exception's description is no object")
        line = described.get("line")
        refused = described.get("refused")
        if refused is not None and refused not in list(Refusal):
            raise BadAnswer("an exception's refusal is none that there is")
        return cls(
            name=_string(described, "name"),
            message=_string(described, "message"),
            cell=_optional(described, "cell", _string),
            line=line if type(line) is int and 0 < line < _MOST_LINES else None,
            source=_optional(described, "source", _string),
            refused=Refusal(refused) if refused is not None else None,
        )


@dataclass(frozen=True)
class NotDefined:
    """The notebook defines no function of the requested name."""

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        return Message({"status": Status.UNDEFINED})


@dataclass(frozen=True)
class CellRan:
    """Output of one cell.

    Attributes
    ----------
    stdout, stderr : str
        The beginning of the printed text. After reading, it has no control characters except line ends and tabs.
    figures : tuple of array
        (height, width, 3) pixels of each figure, float16, from 0 to 255; at most `MAX_SIDE` along a side.
    raised : Raised or None
        The exception that ended the cell.
    """

    stdout: str = ""
    stderr: str = ""
    figures: tuple[NDArray[np.float16], ...] = ()
    raised: Raised | None = None

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        header: dict[str, Any] = {"status": Status.OK, "stdout": self.stdout, "stderr": self.stderr}
        if self.raised is not None:
            header |= self.raised.to_message().header
        return Message(header, self.figures)


@dataclass(frozen=True)
class Returned:
    """Result of one call of an initializer.

    Attributes
    ----------
    kind : str
        Type of the returned value as a student would name it: ``tf.Tensor``, ``numpy.ndarray``, ``None``, …
    dtype, shape
        Of the returned value; None if it was not an array.
    values : array or None
        The returned values in the framework's layout; None unless they have the requested shape.
    passed : array or None
        PyTorch: the tensor that was passed in, after the call, if it is not the returned one; float32.
    same : bool
        PyTorch: whether the call returned the tensor that was passed in.
    """

    kind: str
    dtype: str | None = None
    shape: tuple[int, ...] | None = None
    values: Array | None = None
    passed: Array | None = None
    same: bool = False

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        header: dict[str, Any] = {"status": Status.OK, "kind": self.kind, "same": self.same}
        if self.dtype is not None and self.shape is not None:
            header |= {"dtype": self.dtype, "shape": list(self.shape)}
        arrays: list[Array] = []
        _attach(header, "returned", self.values, arrays)
        _attach(header, "passed", self.passed, arrays)
        return Message(header, tuple(arrays))


@dataclass(frozen=True)
class ModelParameter:
    """One named array of a model; ``values`` is None if the array was too large or not floating-point."""

    name: str
    shape: tuple[int, ...]
    values: Array | None = None


@dataclass(frozen=True)
class ModelBuilt:
    """One model that the student's code built, and its outputs.

    Attributes
    ----------
    kind : str
        Type name of the returned value.
    parameters : tuple of ModelParameter or None
        In the model's order; None if the returned value is not a model of the framework.
    outputs : array or None
        The forward pass's outputs; None if it failed.
    forward_raised : Raised or None
        Why the forward pass failed.
    """

    kind: str
    parameters: tuple[ModelParameter, ...] | None = None
    outputs: Array | None = None
    forward_raised: Raised | None = None

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        header: dict[str, Any] = {"status": Status.OK, "kind": self.kind}
        arrays: list[Array] = []
        if self.parameters is not None:
            header["parameters"] = []
            for each in self.parameters:
                entry = {"name": each.name, "shape": list(each.shape)}
                _attach(entry, "array", each.values, arrays)
                header["parameters"].append(entry)
        _attach(header, "outputs", self.outputs, arrays)
        if self.forward_raised is not None:
            header["forward_error"] = vars(self.forward_raised)
        return Message(header, tuple(arrays))


# --- questions ----------------------------------------------------------------------------------------


class Question(ABC, Generic[A_co]):
    """Base class of the grader's questions; ``A_co`` is the type of the answer."""

    ask: ClassVar[str]

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this question."""
        return Message({"ask": self.ask, **vars(self)})

    @abstractmethod
    def read(self, answer: Message) -> A_co:
        """Return what a child answered.

        Raises
        ------
        BadAnswer
            Whatever else ``answer`` holds.
        """


@dataclass(frozen=True)
class Versions(Question[Installed]):
    """Asks for the versions of Python and of the packages that grades depend on."""

    ask = "versions"

    def read(self, answer: Message) -> Installed:
        """Return what a child answered; raise `BadAnswer` for anything else."""
        versions = answer.header.get("versions")
        if not isinstance(versions, dict):
            raise BadAnswer("an answer's versions are no object")
        return Installed({one_line(name): _string(versions, name) for name in versions})


@dataclass(frozen=True)
class Seed(Question[Done]):
    """Seeds every generator that a student's code may draw from."""

    ask = "seed"
    seed: int

    def read(self, answer: Message) -> Done:
        """Return what a child answered; raise `BadAnswer` for anything else."""
        _status(answer, Status.OK)
        return Done()


@dataclass(frozen=True)
class RunCell(Question[CellRan]):
    """Runs one cell; messages call it ``name``."""

    ask = "cell"
    name: str
    source: str

    def read(self, answer: Message) -> CellRan:
        """Return what a child answered; raise `BadAnswer` for anything else."""
        failed = _status(answer, Status.OK, Status.ERROR) is Status.ERROR
        if len(answer.arrays) > MAX_FIGURES:
            raise BadAnswer("a cell has more figures than may be sent")
        return CellRan(
            stdout=_output(answer.header, "stdout"),
            stderr=_output(answer.header, "stderr"),
            figures=tuple(_pixels(array) for array in answer.arrays),
            raised=Raised.read(answer.header.get("error")) if failed else None,
        )


@dataclass(frozen=True)
class Call(Question[A_co]):
    """Calls the student's ``function``.

    Attributes
    ----------
    function : str
        The function's name in the notebook.
    framework : Framework
        The framework that the function is written for.
    seed : int
        Seed of all generators for this call.
    """

    function: str
    framework: Framework
    seed: int = field(default=0, kw_only=True)

    def with_seed(self, seed: int) -> Self:
        """Return the same question with another seed."""
        return replace(self, seed=seed)


@dataclass(frozen=True)
class CallInitializer(Call[Returned | Raised | NotDefined]):
    """Calls an initializer once.

    Attributes
    ----------
    shape : tuple of int
        The kernel's shape in the framework's layout.
    fill : float
        PyTorch: value of every entry of the tensor before the call.
    parameter : bool
        PyTorch: whether the tensor is a parameter that requires gradients.
    """

    ask = "initializer"
    shape: tuple[int, ...]
    fill: float = 0.0
    parameter: bool = False

    def read(self, answer: Message) -> Returned | Raised | NotDefined:
        """Return what a child answered; raise `BadAnswer` for anything else."""
        header = answer.header
        if (ending := _ended(answer)) is not None:
            return ending
        values, passed = _array(answer, header, "returned"), _array(answer, header, "passed")
        if any(array is not None and array.shape != self.shape for array in (values, passed)):
            raise BadAnswer("an array has not the shape that was asked for")
        if passed is not None and passed.dtype != np.float32:
            raise BadAnswer("the tensor that was passed in came back with another dtype")
        return Returned(
            kind=_string(header, "kind"),
            dtype=values.dtype.name if values is not None else _optional(header, "dtype", _string),
            shape=values.shape if values is not None else _optional(header, "shape", _shape),
            values=values,
            passed=passed,
            same=header.get("same") is True and passed is None,
        )


@dataclass(frozen=True)
class BuildModel(Call[ModelBuilt | Raised | NotDefined]):
    """Builds a model and computes its outputs for ``inputs``, (batch, features)."""

    ask = "model"
    inputs: NDArray[np.float32] = field(compare=False)

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this question."""
        header = {name: value for name, value in vars(self).items() if name != "inputs"}
        return Message({"ask": self.ask, **header}, (self.inputs,))

    def read(self, answer: Message) -> ModelBuilt | Raised | NotDefined:
        """Return what a child answered; raise `BadAnswer` for anything else."""
        header = answer.header
        if (ending := _ended(answer)) is not None:
            return ending
        parameters = None
        if "parameters" in header:
            entries = header["parameters"]
            if not isinstance(entries, list) or len(entries) > MAX_ARRAYS:
                raise BadAnswer("the model's parameters are no list, or a list too long")
            parameters = tuple(_parameter(answer, entry) for entry in entries)
        error = header.get("forward_error")
        return ModelBuilt(
            kind=_string(header, "kind"),
            parameters=parameters,
            outputs=_array(answer, header, "outputs"),
            forward_raised=Raised.read(error) if error is not None else None,
        )


def read_question(message: Message) -> Question[Answer]:
    """Return the question that the grader sent as ``message``. The child trusts the grader and validates nothing."""
    header = dict(message.header)
    ask = header.pop("ask")
    header.pop("nonce", None)
    if "framework" in header:
        header["framework"] = Framework(header["framework"])
    if ask == BuildModel.ask:
        return BuildModel(**header, inputs=np.array(message.arrays[0]))
    if ask == CallInitializer.ask:
        return CallInitializer(**{**header, "shape": tuple(header["shape"])})
    kinds: dict[str, type[Question[Answer]]] = {kind.ask: kind for kind in (Versions, Seed, RunCell)}
    return kinds[ask](**header)


# --- fields of an answer ------------------------------------------------------------------------------


def _attach(header: dict[str, Any], key: str, array: Array | None, arrays: list[Array]) -> None:
    """Say under ``key`` where among ``arrays`` the new last one stands."""
    if array is not None:
        header[key] = len(arrays)
        arrays.append(array)


def _status(answer: Message, *allowed: Status) -> Status:
    status = answer.header.get("status")
    if status not in list(allowed):
        raise BadAnswer("an answer's status is none that its question allows")
    return Status(status)


def _ended(answer: Message) -> Raised | NotDefined | None:
    """Return the exception or the missing name that an answer holds in place of a result; None for a result."""
    status = _status(answer, *Status)
    if status is Status.ERROR:
        return Raised.read(answer.header.get("error"))
    return NotDefined() if status is Status.UNDEFINED else None


def _parameter(answer: Message, entry: object) -> ModelParameter:
    if not isinstance(entry, dict):
        raise BadAnswer("a parameter's description is no object")
    values = _array(answer, entry, "array")
    shape = _shape(entry, "shape")
    if values is not None and values.shape != shape:
        raise BadAnswer("a parameter's array has not the shape that it is said to have")
    return ModelParameter(_string(entry, "name"), shape, values)


def _array(answer: Message, header: dict[str, Any], key: str) -> Array | None:
    if key not in header:
        return None
    index = header[key]
    if type(index) is not int or not 0 <= index < len(answer.arrays):
        raise BadAnswer("an answer points to an array that is not there")
    return answer.arrays[index]


def _string(header: dict[str, Any], key: str) -> str:
    value = header.get(key)
    if not isinstance(value, str):
        raise BadAnswer(f"an answer's {one_line(key, 40)} is no text")
    # Addresses and the scratch folder's name differ from run to run: the same code must give the same message.
    return one_line(_SCRATCH.sub("~", _ADDRESS.sub("0x…", value[:MAX_TEXT])))


def _output(header: dict[str, Any], key: str) -> str:
    value = header.get(key)
    if not isinstance(value, str):
        raise BadAnswer(f"a cell's {key} is no text")
    return plain_text(value, MAX_TEXT)


def _pixels(array: Array) -> NDArray[np.float16]:
    if array.ndim != 3 or array.shape[2] != 3 or not 0 < min(array.shape[:2]) <= max(array.shape[:2]) <= MAX_SIDE:
        raise BadAnswer("a figure is no picture of a size that may be sent")
    return array.astype(np.float16)


def _shape(header: dict[str, Any], key: str) -> tuple[int, ...]:
    value = header.get(key)
    if not isinstance(value, list) or len(value) > MAX_DIMENSIONS:
        raise BadAnswer(f"an answer's {key} is no short list")
    if not all(type(n) is int and 0 <= n < _MOST_ELEMENTS for n in value):
        raise BadAnswer(f"an answer's {key} is no list of sizes")
    return tuple(value)


def _optional(header: dict[str, Any], key: str, read: Callable[[dict[str, Any], str], Read]) -> Read | None:
    return None if header.get(key) is None else read(header, key)
