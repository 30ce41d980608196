"""A warm process that records when every answer begins and ends.

`benchmarks.cohort` starts it in place of the real one to measure the parts of a submission's time.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import Any

from autograder.sandbox import forkserver
from autograder.sandbox.child import serve
from autograder.sandbox.wire import Message

now = time.monotonic  # one clock for all processes of a machine
_stamps: dict[str, float] = {}

_child, _serve, _respond = forkserver.ForkServer._child, serve.serve, serve.respond


def _timed_child(self: Any, *arguments: Any) -> Any:
    _stamps["forked"] = now()
    return _child(self, *arguments)


def _timed_serve(channel: socket.socket, versions: Mapping[str, str] | None = None) -> None:
    _stamps["confined"] = now()
    _serve(channel, versions)


def _timed_respond(question: Message, versions: Mapping[str, str]) -> Message:
    begun = now()
    answer = _respond(question, versions)
    return Message({**answer.header, "stamps": {**_stamps, "begun": begun, "ended": now()}}, answer.arrays)


def main() -> None:
    forkserver.ForkServer._child = _timed_child
    serve.serve = _timed_serve
    serve.respond = _timed_respond
    forkserver.main()


if __name__ == "__main__":
    main()
