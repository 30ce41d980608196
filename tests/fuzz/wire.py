"""Frames that a child may send: the grader gets an answer within its bounds, or refuses the frame."""

from __future__ import annotations

import json
import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from autograder.limits import Limits
from autograder.sandbox import protocol as p
from autograder.sandbox.conversation import Child, ChildLost, End, SandboxFault
from autograder.sandbox.wire import DTYPES, MAGIC, MAX_ARRAYS, MAX_DIMENSIONS, PREFIX, Decoder, Message, WireError
from tests.fuzz.properties import Property
from tests.fuzz.values import CHOICE, TEXT, changed, changes, json_values, mostly
from tests.support.streams import messages

#: What the decoder of a check lets a frame announce, so that small frames reach the bounds.
HEADER, PAYLOAD = 8_192, 65_536
NONCE = "0123456789abcdef"
SHAPE = (3, 2)
QUESTIONS: tuple[p.Question[Any], ...] = (
    p.Versions(),
    p.Seed(1),
    p.RunCell("cell 1", "x = 1"),
    p.CallInitializer("tf_he_normal", p.Framework.TENSORFLOW, SHAPE),
    p.CallInitializer("pt_he_normal", p.Framework.TORCH, SHAPE, fill=1.0, parameter=True),
    p.CallRepeatedly("tf_he_normal", p.Framework.TENSORFLOW, SHAPE, 2),
    p.BuildModel("pt_model", p.Framework.TORCH, inputs=np.ones((4, 3), np.float32)),
)

# --- frames that an honest child could send ------------------------------------------------------------------------

_FLOATS = st.sampled_from([np.dtype(name) for name in DTYPES])
_SHAPES = mostly(
    st.just(SHAPE), st.sampled_from([(1,) * 8, (1,) * 9]) | st.lists(st.integers(0, 2), max_size=5).map(tuple)
)
_ARRAYS = st.builds(
    lambda kind, shape, value: np.full(shape, value, kind), _FLOATS, _SHAPES, st.sampled_from([0.0, 1.5])
)
_PICTURES = st.builds(
    lambda h, w: np.zeros((h, w, 3), np.float16), st.integers(1, 3), st.sampled_from([1, 2, 640, 641])
)
_RAISED = st.builds(
    p.Raised,
    TEXT,
    TEXT,
    st.none() | TEXT,
    st.none() | st.integers(),
    st.none() | TEXT,
    st.none() | st.sampled_from(p.Refusal),
)
_SIZES = st.lists(st.integers(0, 5), max_size=9).map(tuple)
_PARAMETERS = st.builds(
    lambda name, array, named: p.ModelParameter(name, array.shape if named else (), array), TEXT, _ARRAYS, st.booleans()
)
ANSWERS: dict[type[p.Answer], st.SearchStrategy[p.Answer]] = {
    p.Done: st.builds(p.Done),
    p.Installed: st.builds(p.Installed, st.dictionaries(TEXT, TEXT, max_size=4)),
    p.Raised: _RAISED,
    p.NotDefined: st.builds(p.NotDefined),
    p.CellRan: st.builds(p.CellRan, TEXT, TEXT, st.lists(_PICTURES, max_size=5).map(tuple), st.none() | _RAISED),
    p.Returned: st.builds(
        p.Returned, TEXT, st.none() | TEXT, st.none() | _SIZES, st.none() | _ARRAYS, st.none() | _ARRAYS, st.booleans()
    ),
    p.Repeated: st.builds(p.Repeated, st.none() | _ARRAYS),
    p.ModelBuilt: st.builds(
        p.ModelBuilt,
        TEXT,
        st.none() | st.lists(_PARAMETERS, max_size=4).map(tuple),
        st.none() | _ARRAYS,
        st.none() | _RAISED,
    ),
}

# --- frames that it could not send ---------------------------------------------------------------------------------

_CARRIED = (p.Raised, p.CellRan, p.Returned, p.Repeated, p.ModelParameter, p.ModelBuilt, p.Installed)
KEYS = st.sampled_from(
    [*sorted({each.name for kind in _CARRIED for each in fields(kind)}), "status", "arrays", "nonce", "ask", p.CLOCKED]
)
VALUES = json_values(KEYS) | st.sampled_from([*p.Status, *p.Refusal, NONCE, *DTYPES, "object", "O", "<f4", ">f8"])
_SIDES = st.integers(-1, 9) | st.sampled_from([2**20, 2**24, 2**31, 2**63, 10**40, True, 2.0, None, "3"])
_SPECIFICATIONS = st.lists(
    st.lists(st.sampled_from([*DTYPES, "object", "float128", None]) | st.lists(_SIDES, max_size=10), max_size=3)
    | st.tuples(st.sampled_from(list(DTYPES)), st.lists(_SIDES, max_size=9)).map(list),
    max_size=4,
)
_HEADERS = st.builds(
    lambda header, arrays: {**header, "arrays": arrays},
    st.dictionaries(KEYS, VALUES, max_size=6),
    _SPECIFICATIONS | VALUES,
)
#: Text that is no JSON of ours, or JSON that takes more than it looks.
_RAW = st.binary(max_size=60) | st.sampled_from(
    [
        *(
            b"",
            b"[]",
            b"null",
            b"[" * 8_000,
            b'{"a":' * 1_600,
            b"[[]," * 2_000,
            b'{"a":1}{',
            b"\xef\xbb\xbf{}",
            b'"\\ud800"',
        ),
        *(
            b"1" * 8_000,
            b"-" + b"9" * 5_000,
            b"1e99999",
            b"NaN",
            b'{"arrays":NaN}',
            b"{}" + b" " * 8_000,
            b"\xff\xfe{\0}\0",
        ),
    ]
)


@dataclass(frozen=True)
class Stream:
    """Bytes that a child sends, and how many of them arrive at a time."""

    data: bytes
    chunk: int = 1 << 20


def _header_text(header: dict[str, Any], repeated: list[tuple[str, Any]], ascii_only: bool, encoding: str) -> bytes:
    text = json.dumps(header, ensure_ascii=ascii_only)
    twice = "".join(f"{json.dumps(key)}: {json.dumps(value)}, " for key, value in repeated)
    if twice:
        text = "{" + twice + text[1:]
    return text.encode(encoding, "surrogatepass")


#: What is wrong with a frame.
_DAMAGE = ("nothing", "change", "scratch", "raw", "twice", "encoding", "payload", "lengths", "magic")


@st.composite
def _frames(
    draw: st.DrawFn, answers: st.SearchStrategy[p.Answer], damages: tuple[str, ...] = _DAMAGE, nonce: str = NONCE
) -> bytes:
    damage = draw(st.sampled_from(damages))
    header: Any
    if damage == "scratch":
        header = draw(_HEADERS)
        payload = draw(st.binary(max_size=64))
    else:
        message = draw(answers).to_message()
        payload = b"".join(array.tobytes() for array in message.arrays)
        specifications = [[array.dtype.name, list(array.shape)] for array in message.arrays]
        names = draw(mostly(st.just([]), st.lists(st.just("cell 1") | TEXT, max_size=3)))
        header = {**message.header, p.CLOCKED: names, "nonce": nonce, "arrays": specifications}
    if damage == "change":
        for change in draw(st.lists(changes(VALUES), min_size=1, max_size=3)):
            header = changed(header, change)
    twice = draw(st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=2)) if damage == "twice" else []
    encoding = draw(st.sampled_from(["utf-16", "utf-32-le", "utf-8-sig"])) if damage == "encoding" else "utf-8"
    head = draw(_RAW) if damage == "raw" else _header_text(header, twice, draw(st.booleans()), encoding)
    if damage == "payload":
        payload = payload[: draw(st.integers(0, 64))] + draw(st.binary(max_size=32))
    lengths = [len(head), len(payload)]
    if damage == "lengths":
        lengths[draw(st.integers(0, 1))] = draw(
            st.integers(0, 70) | st.sampled_from([HEADER, PAYLOAD, 2**24, 2**32 - 1])
        )
    return PREFIX.pack(b"WIA2" if damage == "magic" else MAGIC, *lengths) + head + payload


def _edited(data: bytes, edits: list[tuple[int, bytes]], end: int | None) -> bytes:
    changed_bytes = bytearray(data)
    for choice, new in edits:
        place = choice % (len(data) + 1)
        changed_bytes[place : place + len(new)] = new
    return bytes(changed_bytes[:end])


_CHUNKS = st.sampled_from([1 << 20, 4_096, 7, 1])
STREAMS = st.builds(
    Stream,
    st.builds(
        _edited,
        st.lists(_frames(st.one_of(*ANSWERS.values())), min_size=1, max_size=3).map(b"".join),
        mostly(st.just([]), st.lists(st.tuples(CHOICE, st.binary(min_size=1, max_size=4)), max_size=2)),
        mostly(st.none(), CHOICE),
    ),
    _CHUNKS,
)


@dataclass(frozen=True)
class Asked:
    """A question, what a child sends for an answer, and the child's exit code."""

    question: p.Question[Any]
    stream: Stream
    code: int = 0


def _asked(question: p.Question[Any]) -> st.SearchStrategy[Asked]:
    fitting = st.one_of(*(ANSWERS[kind] for kind in question.answers))
    frames = _frames(
        mostly(fitting, st.one_of(*ANSWERS.values())), ("nothing", "nothing", "change", "change", "twice", "scratch")
    )
    stale = _frames(fitting, ("nothing",), nonce="f" * 16)
    data = mostly(frames, st.builds(lambda *parts: b"".join(parts), stale, frames))
    return st.builds(
        Asked, st.just(question), st.builds(Stream, data, _CHUNKS), st.sampled_from([0, 1, -9, p.SETUP_FAILED])
    )


ASKED = st.sampled_from(QUESTIONS).flatmap(_asked)

# --- the properties ------------------------------------------------------------------------------------------------


@contextmanager
def _bounded_memory(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= most, f"{peak} bytes were used, and {most} are allowed"


def _whole(array: np.ndarray) -> np.ndarray:
    """Return the array whose memory ``array`` uses."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def frame_is_a_message_or_refused(stream: Stream) -> None:
    """The decoder returns what was sent, or raises `WireError`, within memory in proportion to the bytes that came."""
    received: list[tuple[Message, list[bytes]]] = []
    with _bounded_memory(2**20 + PAYLOAD + 100 * len(stream.data)), suppress(WireError):
        for message in messages(stream.data, Decoder(HEADER, PAYLOAD), chunk=stream.chunk):
            received.append((message, [array.tobytes() for array in message.arrays]))
    for message, contents in received:
        assert isinstance(message.header, dict)
        assert "arrays" not in message.header
        assert len(message.arrays) <= MAX_ARRAYS
        for array, content in zip(message.arrays, contents, strict=True):
            assert array.dtype in DTYPES.values()
            assert array.ndim <= MAX_DIMENSIONS
            assert not array.flags.writeable
            assert array.tobytes() == content, "a later frame was written over it"
            assert content in stream.data
        assert len({id(_whole(array)) for array in message.arrays}) <= 1
        assert all(_whole(array).nbytes == sum(map(len, contents)) for array in message.arrays)


def frame_is_an_answer_or_refused(asked: Asked) -> None:
    """A question returns one of its answers, within the bounds of every field, or raises `BadAnswer`."""
    with suppress(WireError):
        for message in messages(asked.stream.data, chunk=asked.stream.chunk):
            try:
                answer = asked.question.read(message)
            except p.BadAnswer as problem:
                assert len(str(problem)) < 300
                continue
            assert type(answer) in asked.question.answers
            _check_bounds(answer, len(asked.stream.data))


def _check_bounds(value: Any, sent: int, name: str = "") -> None:
    match value:
        case str():
            value.encode()
            assert len(value) <= p.MAX_TEXT
            assert all(c.isprintable() or (c in "\n\t" and name in ("stdout", "stderr")) or c.isspace() for c in value)
            assert name in ("stdout", "stderr") or len(value.splitlines()) <= 1
        case np.ndarray():
            assert value.ndim <= MAX_DIMENSIONS
            assert value.nbytes <= sent * 2
            assert name != "figures" or (value.shape[2] == 3 and max(value.shape) <= p.MAX_SIDE)
        case dict():
            for key, item in value.items():
                _check_bounds(key, sent)
                _check_bounds(item, sent)
        case tuple():
            assert len(value) <= (p.MAX_FIGURES if name == "figures" else MAX_ARRAYS)
            for item in value:
                _check_bounds(item, sent, name)
        case bool() | None:
            pass
        case int():
            assert 0 <= value <= 2**48
        case _:
            assert is_dataclass(value)
            for each in fields(value):
                _check_bounds(getattr(value, each.name), sent, each.name)


class _Child(Child):
    """A child that has said everything and hung up before it is asked."""

    def __init__(self, stream: Stream, code: int) -> None:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        with suppress(BlockingIOError):
            theirs.send(stream.data)
        theirs.shutdown(socket.SHUT_WR)
        self._theirs, self._code = theirs, code
        super().__init__(Limits(), ours)

    def _finish(self, patience: float) -> End:
        self._theirs.close()
        return End(self._code)

    def _drain(self) -> None:
        raise AssertionError("there is no output to take in")


def conversation_ends_with_an_answer_or_the_childs_loss(asked: Asked) -> None:
    """Whatever arrives, `Child.ask` returns an answer with the question's number, or the child is lost."""
    child = _Child(asked.stream, asked.code)
    try:
        with mock.patch("autograder.sandbox.conversation.secrets.token_hex", return_value=NONCE):
            answer = child.ask(asked.question, seconds=20.0)
        assert NONCE.encode() in asked.stream.data.replace(b"\0", b"")
        _check_bounds(answer, len(asked.stream.data))
        assert child.take_clock_readers() <= ({asked.question.name} if isinstance(asked.question, p.RunCell) else set())
    except ChildLost as lost:
        assert lost.status is p.Loss.CRASHED
        assert 0 < len(lost.detail) < 300
        assert lost.detail.isprintable()
    except SandboxFault:
        assert asked.code == p.SETUP_FAILED
    finally:
        child.close()


PROPERTIES = {
    "frame": Property(STREAMS, frame_is_a_message_or_refused),
    "answer": Property(ASKED, frame_is_an_answer_or_refused),
    "conversation": Property(ASKED, conversation_ends_with_an_answer_or_the_childs_loss),
}
