"""Questions that the grader asks a child, and the answers that a child may give, as typed data.

Both ends use these classes, and their fields are what a `Message` carries. The header of every answer also names the
cells that read the clock (`clock_readers`). Code of the student's shares the child's
process, so the grader believes nothing in an answer: `Question.read` validates every field by its type and against
the question, and raises `BadAnswer` for anything else. Text arrives cleaned, on one line and bounded; arrays arrive
in the shape that was asked for, or not at all.

Examples
--------
>>> question = CallInitializer("tf_he_normal", Framework.TENSORFLOW, (64, 32))
>>> answer = Returned("tf.Tensor", "float32", (64,), None)
>>> question.read(answer.to_message()).shape
(64,)
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache, partial
from types import NoneType
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.wire import DTYPES, MAX_ARRAYS, MAX_DIMENSIONS, Message, WireError
from autograder.text import one_line, plain_text

Array = NDArray[np.floating[Any]]
A_co = TypeVar("A_co", covariant=True)

#: Characters of one text that a child sends.
MAX_TEXT = 4_000
#: Figures of one cell, and pixels along the longer side: four of these fit into one answer.
MAX_FIGURES = 4
MAX_SIDE = 640
#: Time after which `CallRepeatedly` begins no other call.
REPEATING_SECONDS = 3.0
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


@dataclass(frozen=True)
class Exceeded:
    """The limit that a child went beyond: the kind of its end, and a sentence for people."""

    loss: Loss
    sentence: str


#: Field of each answer's header: the names of the cells that read the clock.
CLOCKED = "clocked"
#: Exit code of a child that could not be set up: the grader's fault, not the student's. It counts only before the
#: child's first answer: no code of a student's has run by then.
SETUP_FAILED = 70


class BadAnswer(WireError):
    """Raised for an answer that the question does not allow. Student code must have manipulated it."""


# --- types of fields ----------------------------------------------------------------------------------


def _clean(text: str) -> str:
    return _line(text[:MAX_TEXT])


@lru_cache(maxsize=256)  # most are the names of a few types
def _line(text: str) -> str:
    # Addresses and the scratch folder's name differ from run to run: the same code must give the same message.
    return one_line(_SCRATCH.sub("~", _ADDRESS.sub("0x…", text)))


def _output(text: str) -> str:
    return plain_text(text, MAX_TEXT)


def _line_number(number: int | None) -> int | None:
    return number if number is not None and 0 < number < _MOST_LINES else None


def _shape(sizes: tuple[int, ...]) -> tuple[int, ...]:
    if len(sizes) > MAX_DIMENSIONS or not all(0 <= n < _MOST_ELEMENTS for n in sizes):
        raise BadAnswer("an answer's shape is no short list of sizes")
    return sizes


def _picture(array: Array) -> NDArray[np.float16]:
    if array.ndim != 3 or array.shape[2] != 3 or not 0 < min(array.shape[:2]) <= max(array.shape[:2]) <= MAX_SIDE:
        raise BadAnswer("a figure is no picture of a size that may be sent")
    return array.astype(np.float16)


# A type, and what the grader makes of a value of that type: the function raises `BadAnswer` for what it refuses.
Line = Annotated[str, _clean]
Output = Annotated[str, _output]
LineNumber = Annotated[int | None, _line_number]
Shape = Annotated[tuple[int, ...], _shape]
Picture = Annotated[NDArray[np.float16], _picture]


def _message(sent: object, **about: str) -> Message:
    """Return the message that carries ``about``, and every field of the dataclass ``sent``."""
    arrays: list[Array] = []
    return Message(about | _packed(sent, arrays), tuple(arrays))


def _packed(value: Any, arrays: list[Array]) -> Any:
    """Return ``value`` as JSON has it. Arrays are appended to ``arrays``; their places there stand for them."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return len(arrays) - 1
    if isinstance(value, tuple):
        return [_packed(each, arrays) for each in value]
    if is_dataclass(value):
        return {name: _packed(getattr(value, name), arrays) for name in _field_names(value.__class__)}
    return value


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


#: Makes a field's value of its JSON and the message's arrays; the name is for messages. Raises `BadAnswer`.
_Reader = Callable[[Any, Sequence[Array], str], Any]


@cache
def _reader(kind: Any) -> _Reader:
    """Return what reads a field of the type ``kind``."""
    options, origin = get_args(kind), get_origin(kind)
    if origin is Annotated:
        make, inner = kind.__metadata__[0], _reader(kind.__origin__)
        return lambda value, arrays, name: make(inner(value, arrays, name))
    if NoneType in options:
        some = _reader(options[0])
        return lambda value, arrays, name: None if value is None else some(value, arrays, name)
    if origin is np.ndarray:
        return _read_array
    if origin is tuple:
        return partial(_read_tuple, _reader(options[0]))
    if origin is dict:
        return partial(_read_dict, _reader(options[0]), _reader(options[1]))
    if is_dataclass(kind):
        return partial(_read_dataclass, cast(type, kind))
    return partial(_read_enum, frozenset(kind), kind) if issubclass(kind, StrEnum) else partial(_read_plain, kind)


class _Arrays(Sequence[Array]):
    """The arrays of a message, and which of them no field has been read from yet."""

    def __init__(self, arrays: Sequence[Array]) -> None:
        self._arrays = arrays
        self.unread = set(range(len(arrays)))

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, place: Any) -> Any:
        self.unread.discard(place)
        return self._arrays[place]


def _read_array(value: Any, arrays: Sequence[Array], name: str) -> Array:
    if type(value) is not int or not 0 <= value < len(arrays):
        raise BadAnswer(f"an answer's {name} points to an array that is not there")
    return arrays[value]


def _read_tuple(item: _Reader, value: Any, arrays: Sequence[Array], name: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > MAX_ARRAYS:
        raise BadAnswer(f"an answer's {name} is no list, or a list too long")
    return tuple(item(each, arrays, name) for each in value)


def _read_dict(of_key: _Reader, of_item: _Reader, value: Any, arrays: Sequence[Array], name: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise BadAnswer(f"an answer's {name} is no object")
    return {of_key(key, arrays, name): of_item(item, arrays, name) for key, item in value.items()}


def _read_dataclass(kind: type, value: Any, arrays: Sequence[Array], name: str) -> Any:
    if not isinstance(value, dict):
        raise BadAnswer(f"an answer's {name} is no object")
    return _built(kind, value, arrays)


def _read_enum(values: frozenset[str], kind: type[StrEnum], value: Any, arrays: Sequence[Array], name: str) -> StrEnum:
    if not isinstance(value, str) or value not in values:
        raise BadAnswer(f"an answer's {name} is none that there is")
    return kind(value)


def _read_plain(kind: type, value: Any, arrays: Sequence[Array], name: str) -> Any:
    if type(value) is not kind:
        raise BadAnswer(f"an answer's {name} has not the type {kind.__name__}")
    return value


def _built(kind: Any, header: dict[str, Any], arrays: Sequence[Array]) -> Any:
    """Return the dataclass ``kind`` whose fields ``header`` holds; whatever else it holds is left out."""
    return kind(**{name: read(header.get(name), arrays, name) for name, read in _readers(kind)})


@cache
def _readers(kind: type) -> list[tuple[str, _Reader]]:
    hints = get_type_hints(kind, include_extras=True)
    return [(each.name, _reader(hints[each.name])) for each in fields(kind)]


# --- answers ------------------------------------------------------------------------------------------


class Answer:
    """Base class of a child's answers."""

    status: ClassVar[Status] = Status.OK

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this answer."""
        return _message(self, status=self.status)


@dataclass(frozen=True)
class Done(Answer):
    """The child did what the question asked; the answer has no data."""


@dataclass(frozen=True)
class Installed(Answer):
    """Versions of Python and of the packages that grades depend on, by name."""

    versions: dict[Line, Line]


@dataclass(frozen=True)
class Raised(Answer):
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

    status = Status.ERROR
    name: Line
    message: Line
    cell: Line | None = None
    line: LineNumber = None
    source: Line | None = None
    refused: Refusal | None = None

    def __str__(self) -> str:
        said = f"{self.name}: {self.message}" if self.message else self.name
        if self.line is None:
            return said
        where = (
            f"line {self.line}" if self.cell is None else f"cell {self.cell.removeprefix('cell ')}, line {self.line}"
        )
        return f"{said} ({where}: “{self.source}”)" if self.source else f"{said} ({where})"


@dataclass(frozen=True)
class NotDefined(Answer):
    """The notebook defines no function of the requested name."""

    status = Status.UNDEFINED


@dataclass(frozen=True)
class CellRan(Answer):
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

    stdout: Output = ""
    stderr: Output = ""
    figures: tuple[Picture, ...] = ()
    raised: Raised | None = None


@dataclass(frozen=True)
class Returned(Answer):
    """Result of one call of an initializer.

    Attributes
    ----------
    kind : str
        Type of the returned value as a student would name it: ``tf.Tensor``, ``numpy.ndarray``, ``None``, …
    dtype, shape
        Of the returned value; None if it was not an array. Values of a dtype that may not be sent are float32.
    values : array or None
        The returned values in the requested shape; None unless they are floats, and as many as requested. ``shape``
        says in which shape they came.
    passed : array or None
        PyTorch: the tensor that was passed in, after the call, if it is not the returned one; float32.
    same : bool
        PyTorch: whether the call returned the tensor that was passed in.
    """

    kind: Line
    dtype: Line | None = None
    shape: Shape | None = None
    values: Array | None = None
    passed: Array | None = None
    same: bool = False


@dataclass(frozen=True)
class Repeated(Answer):
    """Results of calls of an initializer, one after the other: (calls, weights) float; None if a call failed.

    ``unfilled`` says that a call left the tensor that was passed as it was, and returned another one.
    """

    values: Array | None = None
    unfilled: bool = False


@dataclass(frozen=True)
class ModelParameter:
    """One named array of a model; ``values`` is None if the array was too large or not floating-point."""

    name: Line
    shape: Shape
    values: Array | None = None


class Precision(StrEnum):
    """A floating-point type other than float32, the least precise first."""

    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    FLOAT64 = "float64"


@dataclass(frozen=True)
class ModelBuilt(Answer):
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
    computes_in : Precision or None
        What the model computes in; None for float32.
    untracked : bool
        Whether the model holds variables, or layers, that its framework does not track.
    varies : bool
        Whether a second pass of the same inputs gave other outputs.
    unread : str or None
        Why the weights of a model could not be read.
    """

    kind: Line
    parameters: tuple[ModelParameter, ...] | None = None
    outputs: Array | None = None
    forward_raised: Raised | None = None
    computes_in: Precision | None = None
    untracked: bool = False
    varies: bool = False
    unread: Line | None = None


def clock_readers(answer: Message, cells: Set[str]) -> Set[str]:
    """Return which of the ``cells`` read the clock since the child's previous answer, as ``answer`` says.

    What such code draws can differ from grading to grading, whatever the seed.

    Raises
    ------
    BadAnswer
        The names are no short list of texts.
    """
    return cells & {*_reader(tuple[str, ...])(answer.header.get(CLOCKED, []), (), CLOCKED)}


# --- questions ----------------------------------------------------------------------------------------


class Question(Generic[A_co]):
    """Base class of the grader's questions; ``A_co`` is the type of the answer."""

    ask: ClassVar[str]
    answers: ClassVar[tuple[type[Answer], ...]]

    def to_message(self) -> Message:
        """Return the header and the arrays that carry this question."""
        return _message(self, ask=self.ask)

    def read(self, answer: Message) -> A_co:
        """Return what a child answered.

        Raises
        ------
        BadAnswer
            Whatever else ``answer`` holds.
        """
        for kind in self.answers:
            if kind.status == answer.header.get("status"):
                arrays = _Arrays(answer.arrays)
                found = _built(kind, answer.header, arrays)
                # Whoever keeps one array of a frame keeps the whole frame.
                if arrays.unread:
                    raise BadAnswer("an answer carries an array that no field of it is")
                return self._checked(found) if kind is self.answers[0] else found  # type: ignore[no-any-return]
        raise BadAnswer("an answer's status is none that its question allows")

    def _checked(self, answer: Any) -> Any:
        """Return what was asked for; raise `BadAnswer` where it does not fit this very question."""
        return answer


@dataclass(frozen=True)
class Versions(Question[Installed]):
    """Asks for the versions of Python and of the packages that grades depend on."""

    ask = "versions"
    answers = (Installed,)


@dataclass(frozen=True)
class Seed(Question[Done]):
    """Seeds every generator that a student's code may draw from."""

    ask = "seed"
    answers = (Done,)
    seed: int


@dataclass(frozen=True)
class RunCell(Question[CellRan]):
    """Runs one cell; messages call it ``name``."""

    ask = "cell"
    answers = (CellRan,)
    name: str
    source: str

    def _checked(self, answer: CellRan) -> CellRan:
        if len(answer.figures) > MAX_FIGURES:
            raise BadAnswer("a cell has more figures than may be sent")
        return answer


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

    @property
    def called(self) -> str:
        """What is called, in words."""
        return self.function


@dataclass(frozen=True)
class _CallForShape(Call[A_co]):
    """Calls an initializer for a kernel of a ``shape``, in the framework's layout."""

    shape: tuple[int, ...]

    @property
    def called(self) -> str:
        """What is called, in words."""
        return f"{self.function} for the shape {self.shape}"


@dataclass(frozen=True)
class CallInitializer(_CallForShape[Returned | Raised | NotDefined]):
    """Calls an initializer once.

    Attributes
    ----------
    fill : float
        PyTorch: value of every entry of the tensor before the call.
    parameter : bool
        PyTorch: whether the tensor is a parameter that requires gradients.
    """

    ask = "initializer"
    answers = (Returned, Raised, NotDefined)
    fill: float = 0.0
    parameter: bool = False

    def _checked(self, answer: Returned) -> Returned:
        values, passed = answer.values, answer.passed
        if any(array is not None and array.shape != self.shape for array in (values, passed)):
            raise BadAnswer("an array has not the shape that was asked for")
        if passed is not None and passed.dtype != np.float32:
            raise BadAnswer("the tensor that was passed in came back with another dtype")
        if values is not None:
            # A list has no shape of its own.
            shape = values.shape if answer.shape is None else answer.shape
            if math.prod(shape) != values.size:
                raise BadAnswer("an array has not as many elements as the shape that it is said to have come in")
            # Types that may not be sent arrive as float32.
            dtype = answer.dtype if answer.dtype is not None and answer.dtype not in DTYPES else values.dtype.name
            return replace(answer, dtype=dtype, shape=shape, same=answer.same and passed is None)
        return replace(answer, same=answer.same and passed is None)


@dataclass(frozen=True)
class CallRepeatedly(_CallForShape[Repeated | Raised | NotDefined]):
    """Calls an initializer ``times`` times for one kernel, without seeding between the calls.

    A slow initializer is called less often: after `REPEATING_SECONDS`, the child does not begin another call.
    ``fill`` is, for PyTorch, the value of every entry of the tensors before the calls.
    """

    ask = "repeated"
    answers = (Repeated, Raised, NotDefined)
    times: int
    fill: float = 0.0

    def _checked(self, answer: Repeated) -> Repeated:
        values = answer.values
        if values is not None and not (
            values.ndim == 2 and 1 <= len(values) <= self.times and values.shape[1] == math.prod(self.shape)
        ):
            raise BadAnswer("repeated calls gave more calls or other weights than were asked for")
        return answer


@dataclass(frozen=True)
class BuildModel(Call[ModelBuilt | Raised | NotDefined]):
    """Builds a model and computes its outputs for ``inputs``, (batch, features); ``twice`` asks for a second pass."""

    ask = "model"
    answers = (ModelBuilt, Raised, NotDefined)
    inputs: NDArray[np.float32] = field(compare=False)
    twice: bool = False

    def _checked(self, answer: ModelBuilt) -> ModelBuilt:
        if any(each.values is not None and each.values.shape != each.shape for each in answer.parameters or ()):
            raise BadAnswer("a parameter's array has not the shape that it is said to have")
        return answer


_QUESTIONS: dict[str, type[Question[Answer]]] = {
    kind.ask: kind for kind in (Versions, Seed, RunCell, CallInitializer, CallRepeatedly, BuildModel)
}


def read_question(message: Message) -> Question[Answer]:
    """Return the question that the grader sent as ``message``."""
    question: Question[Answer] = _built(_QUESTIONS[message.header["ask"]], message.header, message.arrays)
    return question
