"""A warm process that adds up the CPU time of its children's answers, and writes the sum when it ends.

An answer takes what the student's code takes, and a little for collecting what it did. Only the child's main thread is
counted: in children, the frameworks start no others that work.

`benchmarks.cohort` starts it in place of the real one: what a class costs is compared with what its students' code cost
in the same run, because a machine's speed changes from minute to minute.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from autograder.sandbox import forkserver
from autograder.sandbox.child import serve
from autograder.sandbox.wire import Message

#: Seconds, shared with all children, which run one after the other.
_sum = mmap.mmap(-1, mmap.PAGESIZE)
_SECONDS = struct.Struct("d")
_respond = serve.respond


def _counted_respond(question: Message, versions: Mapping[str, str]) -> Message:
    begun = time.thread_time()
    try:
        return _respond(question, versions)
    finally:
        if question.header["ask"] != "seed":
            (before,) = _SECONDS.unpack_from(_sum)
            _SECONDS.pack_into(_sum, 0, before + time.thread_time() - begun)


def main() -> None:
    folder = Path(sys.argv.pop())
    serve.respond = _counted_respond
    try:
        forkserver.main()
    finally:
        (seconds,) = _SECONDS.unpack_from(_sum)
        (folder / str(os.getpid())).write_text(repr(seconds), encoding="utf-8")


if __name__ == "__main__":
    main()
