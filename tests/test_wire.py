"""Frames carry arrays bit for bit; anything else is refused with `WireError` and nothing but that."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.sandbox.wire import MAGIC, PREFIX, Decoder, WireError, encode

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
    data = encode(header, sent) * 2
    decoder = Decoder()
    messages = [m for i in range(0, len(data), chunk) for m in decoder.feed(data[i : i + chunk])]
    assert len(messages) == 2
    assert decoder.pending == 0
    for message in messages:
        assert message.header == header
        for before, after in zip(sent, message.arrays, strict=True):
            assert after.dtype == before.dtype
            assert after.shape == before.shape
            assert after.tobytes() == before.tobytes()


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_or_awaited_never_worse(data: bytes) -> None:
    decoder = Decoder()
    with contextlib.suppress(WireError):
        assert list(decoder.feed(data)) == [] or data[:4] == MAGIC
    assert decoder.pending <= len(data)


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
        frame({"arrays": [["float32", []]] * 65}, b"1234" * 65),
        PREFIX.pack(MAGIC, 2**31, 0),
        PREFIX.pack(MAGIC, 2, 2**31),
    ],
    ids=range(17),
)
def test_malformed_frame_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        list(Decoder().feed(data))


def test_other_dtypes_are_not_sent() -> None:
    with pytest.raises(WireError, match="object"):
        encode({}, [np.array([object()])])
