"""Frames carry arrays bit for bit; anything else is refused with `WireError`."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.sandbox.wire import MAGIC, PREFIX, Decoder, WireError, encode, send
from tests.support.streams import messages

FLOATS = st.sampled_from([np.float16, np.float32, np.float64])


def frame(header: object, payload: bytes = b"", *, magic: bytes = MAGIC) -> bytes:
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(magic, len(head), len(payload)) + head + payload


@given(
    st.lists(
        FLOATS.flatmap(lambda d: arrays.arrays(d, arrays.array_shapes(min_dims=0, max_dims=4, max_side=5))), max_size=4
    ),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    st.integers(1, 50),
)
def test_what_is_sent_arrives_however_it_is_cut(sent: list, header: dict, chunk: int) -> None:
    header.pop("arrays", None)
    data = b"".join(encode(header, sent)) * 2
    arrived = list(messages(data, chunk=chunk))
    assert len(arrived) == 2
    for message in arrived:
        assert message.header == header
        for before, after in zip(sent, message.arrays, strict=True):
            assert after.dtype == before.dtype
            assert after.shape == before.shape
            assert after.tobytes() == before.tobytes()


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_or_awaited_never_worse(data: bytes) -> None:
    with contextlib.suppress(WireError):
        assert list(messages(data)) == [] or data[:4] == MAGIC


def mutated(frame: bytes, position: int, replacement: bytes, cut: int) -> bytes:
    at = position % (len(frame) + 1)
    return (frame[:at] + replacement + frame[at + len(replacement) :])[: cut or None]


@given(
    st.lists(
        FLOATS.flatmap(lambda d: arrays.arrays(d, arrays.array_shapes(min_dims=0, max_dims=3, max_side=4))), max_size=3
    ),
    st.integers(0, 400),
    st.binary(max_size=8),
    st.integers(0, 400),
)
def test_damaged_and_truncated_frames_are_refused_or_awaited_never_worse(
    sent: list, position: int, replacement: bytes, cut: int
) -> None:
    data = mutated(b"".join(encode({"status": "ok"}, sent)), position, replacement, cut)
    with contextlib.suppress(WireError):
        for message in messages(data):
            assert isinstance(message.header, dict)
            assert sum(array.nbytes for array in message.arrays) <= len(data)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 1000))
def test_announcement_of_more_than_may_be_sent_is_refused_before_it_arrives(head: int, body: int, sent: int) -> None:
    decoder = Decoder(max_header_bytes=500, max_payload_bytes=500)
    too_much = max(head, body) > 500
    with pytest.raises(WireError, match="more than may be sent") if too_much else contextlib.suppress(WireError):
        list(messages(PREFIX.pack(MAGIC, head, body) + b" " * sent, decoder))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.binary(max_size=64))
def test_any_json_is_a_message_or_refused(header: object, payload: bytes) -> None:
    with contextlib.suppress(WireError):
        list(messages(frame(header, payload)))
    with contextlib.suppress(WireError):
        list(messages(frame({"arrays": header}, payload)))


SIDES = st.sampled_from([0, 1, 2, 16 * 2**20, 2**31, 2**63]) | st.integers(-1, 2**20)


@given(st.lists(SIDES, max_size=9), st.sampled_from(["float16", "float32", "float64"]), st.binary(max_size=64))
def test_any_shape_is_an_array_of_what_was_sent_or_refused(shape: list[int], dtype: str, payload: bytes) -> None:
    with contextlib.suppress(WireError):
        (message,) = messages(frame({"arrays": [[dtype, shape]]}, payload))
        (array,) = message.arrays
        assert (array.dtype, array.shape, array.nbytes) == (dtype, tuple(shape), len(payload))


def test_refused_streams_leave_no_memory_behind() -> None:
    hostile = [b"x" * 100_000, frame(b"[" * 100_000), PREFIX.pack(MAGIC, 2**32 - 1, 2**32 - 1) + b"x" * 100_000]
    # Payloads that lie about their arrays, and streams of bad frames.
    hostile += [frame({"arrays": [["float64", [10**6, 10**6]]]}, b"x" * 100_000), frame({"arrays": []}, b"y" * 100_000)]

    def refuse_all() -> None:
        for data in hostile:
            with pytest.raises(WireError):
                list(messages(data))

    refuse_all()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(50):
            refuse_all()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000
    assert peak - before < 10_000_000


@pytest.mark.parametrize(
    "data",
    [
        frame({}, magic=b"WIA2"),
        frame(b"no json"),
        frame(b"[]"),
        frame(b"[" * 50_000),
        frame({"arrays": [["float32", [2]]]}, b"1234567"),
        frame({"arrays": [["float32", [2]]]}, b"123456789"),
        frame({"arrays": [["float32", [-1]]]}),
        frame({"arrays": [["float32", [True]]]}, b"1234"),
        frame({"arrays": [["float32", [2.0]]]}, b"12345678"),
        frame({"arrays": [["object", [1]]]}, b"12345678"),
        frame({"arrays": [["O", [1]]]}, b"12345678"),
        frame({"arrays": [["float32"]]}),
        frame({"arrays": "float32"}),
        frame({"arrays": [["float32", [1] * 9]]}, b"1234"),
        frame({"arrays": [["float32", [0] + [16 * 2**20] * 7]]}),
        frame({"arrays": [["float32", [16 * 2**20] * 7 + [0]]]}),
        frame({"arrays": [["float32", []]] * 65}, b"1234" * 65),
        PREFIX.pack(MAGIC, 2**31, 0),
        PREFIX.pack(MAGIC, 2, 2**31),
    ],
    ids=range(19),
)
def test_malformed_frame_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        list(messages(data))


def test_a_large_frame_is_sent_whole_through_a_full_socket() -> None:
    ours, theirs = socket.socketpair()
    values = np.arange(1_000_000, dtype=np.float32)
    with ours, theirs:
        sender = threading.Thread(
            target=send, args=(theirs, encode({"status": "ok"}, [values, values[:0], values[::2]]))
        )
        sender.start()
        decoder = Decoder()
        while (message := decoder.receive(ours)) is None:
            pass
        sender.join()
    for after, before in zip(message.arrays, (values, values[:0], values[::2]), strict=True):
        np.testing.assert_array_equal(after, before)
        assert not after.flags.writeable


def test_other_dtypes_are_not_sent() -> None:
    with pytest.raises(WireError, match="object"):
        encode({}, [np.array([object()])])
