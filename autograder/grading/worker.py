"""Workers of an engine: each runs submissions in a warm sandbox, one after the other, and judges them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Protocol

from autograder.grading.execution import execute
from autograder.grading.jobs import Job
from autograder.grading.results import graded
from autograder.grading.retries import Attempt, endings_of
from autograder.sandbox import SandboxFault
from autograder.sandbox.opening import AnySandbox

#: Submissions that a worker has at a time: one runs while another is judged.
SLOTS = 2


class Worker(Protocol):
    """Runs submissions. Several threads may call it."""

    def attempt(self, job: Job) -> Attempt:
        """Run and judge ``job`` once. Every exception is a fault of the grader."""
        ...

    def close(self) -> None:
        """End the worker and the submissions that still run."""
        ...


class InThisProcess:
    """A worker in this process. One submission runs in its sandbox while another is judged.

    Parameters
    ----------
    start : callable
        Returns a sandbox. The worker calls it at once, and again after a fault. If the first call raises, the first
        run calls it again and raises the error.
    """

    def __init__(self, start: Callable[[], AnySandbox]) -> None:
        self._start = start
        # Reentrant: a failed run acquires it to close the sandbox, and may still hold it.
        self._running = threading.RLock()
        self._starting = threading.Lock()
        self._closed = False
        self._sandbox: AnySandbox | None = None
        with contextlib.suppress(Exception):
            self._open()

    def attempt(self, job: Job) -> Attempt:
        """Run and judge ``job`` once."""
        with contextlib.ExitStack() as turn:
            turn.enter_context(self._running)
            begun = time.monotonic()
            sandbox = self._open()
            try:
                execution = execute(sandbox, job.submission, job.seed, finished=turn.close)
            except BaseException:
                # The next run may already use this sandbox: wait until it ends.
                with self._running:
                    if self._sandbox is sandbox:
                        self._end()
                raise
            seconds = time.monotonic() - begun
        return Attempt(graded(job, execution), endings_of(execution), seconds)

    def close(self) -> None:
        """End the sandbox and the submissions that still run in it. Runs that wait for their turn start no other."""
        with self._starting:
            self._closed = True
        self._end()

    def _open(self) -> AnySandbox:
        with self._starting:
            if self._closed:
                raise SandboxFault("the worker was closed")
            self._sandbox = self._sandbox or self._start()
            return self._sandbox

    def _end(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()
