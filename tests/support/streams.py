"""A channel that delivers given bytes, as if a child had sent them."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.sandbox.wire import Decoder, Message


class Channel:
    """Gives out ``data``, ``chunk`` bytes at a time, and then has nothing for now."""

    def __init__(self, data: bytes, chunk: int = 1 << 20) -> None:
        self._data = memoryview(data)
        self._chunk = chunk

    def recv_into(self, room: memoryview) -> int:
        count = min(len(room), self._chunk, len(self._data))
        if not count:
            raise BlockingIOError
        room[:count] = self._data[:count]
        self._data = self._data[count:]
        return count


def messages(data: bytes, decoder: Decoder | None = None, *, chunk: int = 1 << 20) -> Iterator[Message]:
    """Yield the messages that a decoder finds in ``data``, which arrives ``chunk`` bytes at a time."""
    decoder, channel = decoder or Decoder(), Channel(data, chunk)
    while True:
        try:
            message = decoder.receive(channel)
        except BlockingIOError:
            return
        if message is not None:
            yield message
