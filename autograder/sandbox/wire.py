"""Frames between the grader and the child: a bounded JSON header, then raw array bytes. No pickles.

A frame is ``magic (4 bytes) | header length (uint32) | payload length (uint32)``, all big-endian,
then the header as UTF-8 JSON and the payload. The header's ``arrays`` lists ``[dtype, shape]`` of
each array; their little-endian, C-ordered bytes stand in the payload one after another. What a
child sends is decoded with these rules alone, so that the worst a hostile frame can do is to be refused.
"""

from __future__ import annotations

import json
import math
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"WIA1"
PREFIX = struct.Struct("!4sII")
#: The dtypes that may cross: what an initializer may plausibly return, each of fixed size.
DTYPES = {name: np.dtype(name).newbyteorder("<") for name in ("float16", "float32", "float64")}
MAX_ARRAYS = 64
MAX_DIMENSIONS = 8
#: Room for a description with captured output; a child's header never needs more.
MAX_HEADER_BYTES = 256 * 1024
#: Twice the largest answer that can be asked for (a float64 kernel and its filled twin).
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024


class WireError(ValueError):
    """The bytes are no frame of this protocol."""


@dataclass(frozen=True)
class Message:
    """One decoded frame: JSON-safe ``header`` and the arrays that came with it (read-only)."""

    header: dict[str, Any]
    arrays: tuple[NDArray[np.floating[Any]], ...] = field(default=())


def encode(header: dict[str, Any], arrays: Sequence[NDArray[np.floating[Any]]] = ()) -> list[bytes | memoryview]:
    """Return the frame that carries ``header`` and ``arrays``, in parts; contiguous arrays are not copied.

    Raises
    ------
    WireError
        If an array has a dtype outside `DTYPES`, or there are more than `MAX_ARRAYS`.
    """
    if len(arrays) > MAX_ARRAYS:
        raise WireError(f"{len(arrays)} arrays in one frame; at most {MAX_ARRAYS} may be sent")
    specifications = []
    payload = []
    for array in arrays:
        name = array.dtype.name
        if name not in DTYPES:
            raise WireError(f"dtype {name} may not be sent; only {', '.join(DTYPES)}")
        specifications.append([name, list(array.shape)])
        values = np.ascontiguousarray(array, dtype=DTYPES[name])
        payload.append(values.reshape(-1).view(np.uint8).data)
    head = json.dumps({**header, "arrays": specifications}, allow_nan=False).encode()
    return [PREFIX.pack(MAGIC, len(head), sum(map(len, payload))) + head, *payload]


def send(channel: socket.socket, parts: Sequence[bytes | memoryview]) -> None:
    """Send all of a frame's parts on a blocking socket, by no call that can pass descriptors along."""
    sent = os.writev(channel.fileno(), parts)
    for part in parts:
        if sent < len(part):
            channel.sendall(part[sent:])
        sent = max(0, sent - len(part))


def _decode_header(raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise WireError("the header is not JSON") from problem
    if not isinstance(header, dict):
        raise WireError("the header is not a JSON object")
    return header


def _array_size(specification: object) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    if not (isinstance(specification, list) and len(specification) == 2):
        raise WireError("an array's description is not [dtype, shape]")
    name, shape = specification
    if not isinstance(name, str) or name not in DTYPES:
        raise WireError("an array's dtype is not one that may be sent")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise WireError("an array's shape is not a short list")
    if not all(type(n) is int and 0 <= n <= MAX_PAYLOAD_BYTES for n in shape):
        raise WireError("an array's shape holds something other than sensible sizes")
    dtype = DTYPES[name]
    # Sizes of 0 make the product 0, whatever the others are, and NumPy refuses the others by an error of its own.
    if math.prod(max(n, 1) for n in shape) * dtype.itemsize > MAX_PAYLOAD_BYTES:
        raise WireError("an array's shape holds more than may be sent")
    return dtype, tuple(shape), math.prod(shape) * dtype.itemsize


def _decode_arrays(header: dict[str, Any], payload: NDArray[np.uint8]) -> tuple[NDArray[np.floating[Any]], ...]:
    specifications = header.pop("arrays", [])
    if not isinstance(specifications, list) or len(specifications) > MAX_ARRAYS:
        raise WireError("the list of arrays is missing or too long")
    arrays = []
    offset = 0
    for specification in specifications:
        dtype, shape, size = _array_size(specification)
        if offset + size > len(payload):
            raise WireError("the payload is shorter than its arrays")
        array = payload[offset : offset + size].view(dtype).reshape(shape)
        array.flags.writeable = False
        arrays.append(array)
        offset += size
    if offset != len(payload):
        raise WireError("the payload is longer than its arrays")
    return tuple(arrays)


class Decoder:
    """Takes in a stream of bytes, where they are to stay, and turns it into messages: one frame of bounded size a time.

    Parameters
    ----------
    max_header_bytes, max_payload_bytes : int
        What one frame may announce; a larger announcement is refused before a byte of it is kept.

    Examples
    --------
    >>> ours, theirs = socket.socketpair()
    >>> send(theirs, encode({"ask": "seed"}))
    >>> decoder = Decoder()
    >>> while (message := decoder.receive(ours)) is None:
    ...     pass
    >>> message.header
    {'ask': 'seed'}
    >>> ours.close(), theirs.close()
    (None, None)
    """

    def __init__(self, max_header_bytes: int = MAX_HEADER_BYTES, max_payload_bytes: int = MAX_PAYLOAD_BYTES) -> None:
        self._max_header_bytes = max_header_bytes
        self._max_payload_bytes = max_payload_bytes
        self._begin()

    def _begin(self) -> None:
        self._parts = [np.empty(PREFIX.size, np.uint8)]
        self._have = 0

    def receive(self, channel: socket.socket) -> Message | None:
        """Read what has arrived on ``channel``, and return the message that this completes, if it does.

        Raises
        ------
        BlockingIOError
            Nothing has arrived, on a channel that does not block.
        EOFError
            The other end has hung up.
        WireError
            It sent what is no frame.
        """
        while True:
            count = channel.recv_into(self._parts[-1].data[self._have :])
            if not count:
                raise EOFError
            self._have += count
            # After a part in pieces the caller may look at the clock: a child may send a byte at a time.
            if self._have < self._parts[-1].size:
                return None
            while self._have == self._parts[-1].size:
                if len(self._parts) == 3:
                    return self._message()
                self._next_part()

    def _next_part(self) -> None:
        magic, head_size, body_size = PREFIX.unpack(self._parts[0].data)
        if magic != MAGIC:
            raise WireError("a frame does not begin as one")
        if head_size > self._max_header_bytes or body_size > self._max_payload_bytes:
            raise WireError("a frame announces more than may be sent")
        self._parts.append(np.empty((head_size, body_size)[len(self._parts) - 1], np.uint8))
        self._have = 0

    def _message(self) -> Message:
        _, head, payload = self._parts
        self._begin()
        header = _decode_header(head.tobytes())
        return Message(header, _decode_arrays(header, payload))
