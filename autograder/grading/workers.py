"""Warm servers side by side in this machine, and the judge beside them: a submission's way from bytes to outcome."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import Self, TypeVar

from autograder.assignment.release import Release
from autograder.batch.jobs import Outcome, Work, as_text
from autograder.grading.execution import Execution, execute
from autograder.grading.grader import Graded, fault, judge
from autograder.notebook import UnreadableNotebook, parse_notebook
from autograder.report.result import Result
from autograder.sandbox import Limits, SandboxFault
from autograder.sandbox.opening import AnySandbox, open_sandbox
from autograder.submission.reader import Submission, read_submission

#: How often a submission is tried whose grading fails through no fault of its own.
_MOST_FAULTS = 5
#: How often it is run for as many outcomes as `needed_votes` asks to agree.
_MOST_RUNS = 20
_SWITCH_SECONDS = 0.0005

T = TypeVar("T")

_OFTEN_ENDED_FROM_OUTSIDE = frozenset({"crashed", "timeout", "memory"})


class Closed(RuntimeError):
    """The servers were closed while a submission was at work."""


def needed_votes(execution: Execution) -> int:
    """Return how many runs must give the very same result before it counts.

    A run whose every question was answered owes nothing to anybody outside it. One in which a child ended before its
    answer may be the student's doing, which repeats, or that of a full or failing machine, which does not: two must
    agree. SIGKILL is what somebody at random, or the kernel for want of memory, sends; code that kills itself so is
    rare enough to be run six times. Were every third child killed at random, one submission in seventy thousand would
    crash by chance: (1/3)⁶ that six of six are killed, times (2/5)⁵ that all are in the longest step.
    """
    if any(ending.killed for ending in execution.endings):
        return 6
    return 2 if any(ending.status in _OFTEN_ENDED_FROM_OUTSIDE for ending in execution.endings) else 1


class Crew:
    """Warm servers, each running one submission at a time, and this process judging while they run.

    Parameters
    ----------
    limits : Limits
        What every child may use.
    servers : int
        How many; they warm up side by side.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code.
    """

    def __init__(self, limits: Limits, servers: int) -> None:
        # Children wait for the threads that ask their questions, and those for one that judges: a tenth as long.
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
        self._limits = limits
        self._closed = False
        # None stands for a server to be started by whoever needs it: one before it has failed.
        self._idle: queue.LifoQueue[AnySandbox | None] = queue.LifoQueue()
        self._all: set[AnySandbox] = set()
        self._servers = 0
        self.grow(servers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every server, and whatever still runs."""
        self._closed = True
        for sandbox in list(self._all):
            sandbox.close()
        self._idle.put(None)  # wakes whoever waits for a server, one after the other

    @property
    def room(self) -> int:
        """How many submissions keep it busy: while one half's children run, the other half's arrays are judged."""
        return 2 * self._servers

    def grow(self, servers: int) -> None:
        """Have at least so many servers."""
        for _ in range(servers - self._servers):
            self._idle.put(self._start())
            self._servers += 1

    def start(self, release: Release, submission: Submission, seed: int) -> Future[Graded]:
        """Begin to `settle` a submission."""
        return _in_a_thread(lambda: self.settle(release, submission, seed))

    def settle(self, release: Release, submission: Submission, seed: int) -> Graded:
        """Grade ``submission`` until the result is sure to be its own, or the grader's failure.

        May be called from several threads. Whatever fails on our side costs a run, not the submission.

        Raises
        ------
        Closed
            `close` was called meanwhile.
        """
        votes: Counter[str] = Counter()
        failed: Result | None = None
        faults = 0
        while faults < _MOST_FAULTS and votes.total() < _MOST_RUNS:
            try:
                with self._lent() as sandbox:
                    execution = execute(sandbox, submission, seed)
                graded = judge(release, submission, seed, execution)
                text = as_text(graded.result)
            except Exception as problem:  # noqa: BLE001 (whatever goes wrong here is ours, and no student's zero)
                if self._closed:
                    raise Closed from None
                failed = fault(submission, problem)
                faults += 1
                continue
            votes[text] += 1
            if votes[text] >= needed_votes(execution):
                return graded
        if faults < _MOST_FAULTS or failed is None:
            unsure = SandboxFault(f"the code ended in {len(votes)} different ways in {votes.total()} runs")
            failed = fault(submission, unsure)
        return Graded(failed)

    @contextlib.contextmanager
    def _lent(self) -> Iterator[AnySandbox]:
        sandbox = self._idle.get()
        try:
            if sandbox is None:
                sandbox = self._start()
            yield sandbox
        except BaseException:
            # One that failed, in whatever way, is not lent again.
            if sandbox is not None:
                self._all.discard(sandbox)
                sandbox.close()
            self._idle.put(None)
            raise
        self._idle.put(sandbox)

    def _start(self) -> AnySandbox:
        if self._closed:
            raise Closed
        sandbox = open_sandbox(self._limits)
        self._all.add(sandbox)
        return sandbox


class LocalWorkers(Crew):
    """A crew that grades a class.

    Parameters
    ----------
    release : Release
        What the submissions were made from.
    limits, servers
        As a `Crew`'s.
    """

    def __init__(self, release: Release, limits: Limits, servers: int) -> None:
        super().__init__(limits, servers)
        self._release = release

    def grade_all(self, works: Iterator[Work]) -> Iterator[tuple[Work, Outcome]]:
        """Grade ``works``, taken as there is room, and yield each with its outcome, as they end."""
        begun: dict[Future[Outcome], Work] = {}
        left = True
        while left or begun:
            while left and len(begun) < self.room:
                work = next(works, None)
                left = work is not None
                if work is not None:
                    begun[_in_a_thread(partial(self.grade, work))] = work
            for ended in wait(begun, return_when=FIRST_COMPLETED).done if begun else ():
                yield begun.pop(ended), ended.result()

    def grade(self, work: Work) -> Outcome:
        """Grade one submission of the release."""
        try:
            submission = read_submission(parse_notebook(work.name, work.raw), self._release.notebook)
        except UnreadableNotebook as problem:
            return Outcome("unreadable", str(problem))
        result = self.settle(self._release, submission, work.seed).result
        return Outcome(result.status, as_text(result))


def _in_a_thread(do: Callable[[], T]) -> Future[T]:
    """Do something in a thread that no end of this process waits for: a student's endless loop may be running."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(do())
        except BaseException as problem:  # noqa: BLE001 (it is raised again where the result is asked for)
            future.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return future
