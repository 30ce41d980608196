"""The warm process with a watch in its hand: every answer says when it was begun and ended.

`tests.benchmarks.cohort` starts it in the place of the real one, to tell where a submission's time goes.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import Any

from autograder.sandbox import forkserver
from autograder.sandbox.child import collector
from autograder.sandbox.wire import Message

now = time.monotonic  # one clock for all processes of a machine
_stamps: dict[str, float] = {}

_child, _serve, _answer = forkserver.ForkServer._child, collector.serve, collector.answer


def _timed_child(self: Any, *arguments: Any) -> Any:
    _stamps["forked"] = now()
    return _child(self, *arguments)


def _timed_serve(channel: socket.socket, versions: Mapping[str, str] | None = None) -> None:
    _stamps["confined"] = now()
    _serve(channel, versions)


def _timed_answer(question: Message) -> collector.Answer:
    begun = now()
    header, arrays = _answer(question)
    return {**header, "stamps": {**_stamps, "begun": begun, "ended": now()}}, arrays


def main() -> None:
    forkserver.ForkServer._child = _timed_child  # type: ignore[method-assign]
    collector.serve = _timed_serve
    collector.answer = _timed_answer
    forkserver.main()


if __name__ == "__main__":
    main()
