"""Whoever runs one submission after the other for an engine: a warm sandbox, and the judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from autograder.grading.execution import execute
from autograder.grading.jobs import Job
from autograder.grading.results import graded
from autograder.grading.retries import Attempt, endings_of
from autograder.sandbox import Limits
from autograder.sandbox.opening import AnySandbox, open_sandbox


class Worker(Protocol):
    """Runs submissions; may be called from several threads."""

    def attempt(self, job: Job) -> Attempt:
        """Run and judge ``job`` once; whatever this raises is the grader's fault and no submission's."""
        ...

    def close(self) -> None:
        """End it, and whatever still runs."""
        ...


@dataclass(frozen=True)
class Servers:
    """Starts workers that are all alike; one and the same in every process that has these limits.

    Attributes
    ----------
    limits : Limits
        What every submission may use.
    unconfined : bool
        Whether students' code runs without confinement.
    """

    limits: Limits
    unconfined: bool = False

    def __call__(self) -> Worker:
        """Start a worker, which begins to warm up at once.

        Raises
        ------
        NoConfinement
            This machine cannot confine student code, and ``unconfined`` was not asked for.
        """
        return InThisProcess(partial(open_sandbox, self.limits, unconfined=self.unconfined))


class InThisProcess:
    """A warm sandbox and the judge in this very process: one submission runs while another is judged.

    Parameters
    ----------
    start : callable
        Returns a sandbox. It is called at once, and again after a fault: a server that failed runs nothing more.
    """

    def __init__(self, start: Callable[[], AnySandbox]) -> None:
        self._start = start
        self._running = threading.Lock()
        self._sandbox: AnySandbox | None = start()

    def attempt(self, job: Job) -> Attempt:
        """Run and judge ``job`` once."""
        with self._running:
            begun = time.monotonic()
            try:
                if self._sandbox is None:
                    self._sandbox = self._start()
                execution = execute(self._sandbox, job.submission, job.seed)
            except BaseException:
                self.close()
                raise
            seconds = time.monotonic() - begun
        return Attempt(graded(job, execution), endings_of(execution), seconds)

    def close(self) -> None:
        """End the sandbox, and whatever still runs in it."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()
