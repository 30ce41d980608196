"""Workers of an engine: each runs one submission after the other in a warm sandbox, and judges it."""

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
from autograder.sandbox.opening import AnySandbox

#: Submissions that keep one worker busy: while one runs, another is judged.
SLOTS = 2


class Worker(Protocol):
    """Runs submissions; may be called from several threads."""

    def attempt(self, job: Job) -> Attempt:
        """Run and judge ``job`` once; whatever this raises is the grader's fault and no submission's."""
        ...

    def close(self) -> None:
        """End it, and whatever still runs."""
        ...


class InThisProcess:
    """A warm sandbox and the judge in this very process: one submission runs while another is judged.

    Parameters
    ----------
    start : callable
        Returns a sandbox. It is called at once, and again after a fault: a server that failed runs nothing more. What
        it raises at once is not raised here: the first run calls it again, and raises that.
    """

    def __init__(self, start: Callable[[], AnySandbox]) -> None:
        self._start = start
        # Reentrant: a run that failed takes it to close its sandbox, and may still hold it.
        self._running = threading.RLock()
        self._sandbox: AnySandbox | None = None
        with contextlib.suppress(Exception):
            self._sandbox = start()

    def attempt(self, job: Job) -> Attempt:
        """Run and judge ``job`` once."""
        with contextlib.ExitStack() as turn:
            turn.enter_context(self._running)
            begun = time.monotonic()
            sandbox = self._sandbox = self._sandbox or self._start()
            try:
                execution = execute(sandbox, job.submission, job.seed, finished=turn.close)
            except BaseException:
                # Where it had let the next run begin in this sandbox, that run ends first.
                with self._running:
                    if self._sandbox is sandbox:
                        self.close()
                raise
            seconds = time.monotonic() - begun
        return Attempt(graded(job, execution), endings_of(execution), seconds)

    def close(self) -> None:
        """End the sandbox, and whatever still runs in it."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()
