"""The one engine: jobs in, results out. Every command that grades, and every bridge to another tool, calls it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Self, TypeVar

from autograder.grading.jobs import Graded, Job
from autograder.grading.result_cache import ResultCache, cache_key
from autograder.grading.results import fault, on_terms
from autograder.grading.retries import Attempts, RetryPolicy
from autograder.grading.worker import SLOTS, InThisProcess, Worker
from autograder.grading.worker_process import InOwnProcess
from autograder.limits import Limits
from autograder.sandbox import support
from autograder.sandbox.opening import open_sandbox

T = TypeVar("T")
Label = TypeVar("Label")
Refused = TypeVar("Refused")


class Closed(RuntimeError):
    """The engine was closed while a submission was at work."""


class Engine:
    """Workers that grade submissions side by side, each until its result is sure to be its own. A context manager.

    Parameters
    ----------
    limits : Limits, optional
        What every submission may use.
    workers : int
        How many; they warm up side by side.
    unconfined : bool
        Whether students' code runs without confinement; the results say so.
    many : bool
        Whether many submissions will come: each worker then has a process of its own, where this system can fork.
        That is faster for many, and slower to start for one.
    policy : RetryPolicy, optional
        Which run of a submission counts.
    cache : ResultCache, optional
        Where results are looked up first, and kept. With a cache, no worker starts before one is needed.
    start : callable, optional
        Starts one worker, in place of what the other parameters say of sandboxes.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code, and ``unconfined`` was not asked for.

    Examples
    --------
    >>> with Engine(workers=2) as engine:  # doctest: +SKIP
    ...     for student, graded in engine.grade_all(jobs):
    ...         print(student, graded.result.score)
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        workers: int = 1,
        unconfined: bool = False,
        many: bool = True,
        policy: RetryPolicy | None = None,
        cache: ResultCache | None = None,
        start: Callable[[], Worker] | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._policy = policy or RetryPolicy()
        self._cache = cache
        self._unconfined = unconfined
        self._start = start or partial(_worker, self._limits, unconfined=unconfined, many=many)
        self._closed = False
        self._wanted = workers
        self._starting = threading.Lock()
        self._workers: list[Worker] = []
        self._slots: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._lock = RunLock()
        if cache is None:
            try:
                self._have_workers()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker, and whatever still runs."""
        self._closed = True
        for worker in self._workers:
            worker.close()

    def _have_workers(self) -> None:
        """Start the workers that are wanted and not there yet."""
        with self._starting:
            started = [self._start() for _ in range(self._wanted - len(self._workers))]
            self._workers += started
        for worker in started * SLOTS:
            self._slots.put(worker)

    def key(self, job: Job) -> str:
        """Return the key of ``job``'s result in a cache."""
        return cache_key(job, self._limits, unconfined=self._unconfined)

    def grade(self, job: Job) -> Graded:
        """Grade one submission. May be called from several threads.

        A fault of the grader's raises nothing: the result's status is then ``fault``, and it scores nothing.

        Raises
        ------
        Closed
            `close` was called meanwhile.
        """
        if cached := self._cached(job):
            return cached
        self._have_workers()
        first = self._first(job)
        return self._settle(job, first) if isinstance(first, Attempts) else first

    def grade_all(self, jobs: Iterable[tuple[Label, Job | Refused]]) -> Iterator[tuple[Label, Graded | Refused]]:
        """Grade labelled ``jobs``, taken as there is room, and yield each label with its result, as they end.

        A slow submission keeps no other one from starting. What must be tried again alone waits for the end. Whatever
        stands in a job's place, because a file cannot be read, is yielded as it is.
        """
        waiting = iter(jobs)
        begun: dict[Future[Graded | Attempts], tuple[Label, Job]] = {}
        again: list[tuple[Label, Job, Attempts]] = []
        left = True
        while left or begun:
            while left and len(begun) < SLOTS * self._wanted:
                asked = next(waiting, None)
                left = asked is not None
                if asked is None:
                    break
                label, job = asked
                if not isinstance(job, Job):
                    yield label, job
                elif cached := self._cached(job):
                    yield label, cached
                else:
                    self._have_workers()
                    begun[in_a_thread(partial(self._first, job))] = label, job
            for ended in wait(begun, return_when=FIRST_COMPLETED).done if begun else ():
                label, job = begun.pop(ended)
                outcome = ended.result()
                if isinstance(outcome, Graded):
                    yield label, outcome
                else:
                    again.append((label, job, outcome))
        for label, job, attempts in again:
            yield label, self._settle(job, attempts)

    def _first(self, job: Job) -> Graded | Attempts:
        """Return ``job``'s result, or its first run where that does not tell."""
        attempts = Attempts(self._policy)
        if failed := self._run(job, attempts):
            return failed
        return self._settle(job, attempts) if attempts.final is not None else attempts

    def _settle(self, job: Job, attempts: Attempts) -> Graded:
        """Run ``job`` alone until it is sure what counts, and keep that."""
        while (final := attempts.final) is None:
            if failed := self._run(job, attempts, alone=True):
                return failed
        graded = on_terms(job, final)
        if self._cache is not None:
            self._cache.save(self.key(job), graded)
        return graded

    def _run(self, job: Job, attempts: Attempts, *, alone: bool = False) -> Graded | None:
        """Add one run to ``attempts``; return a fault's result where there is none, however often it is tried."""
        for number in range(1, self._policy.faults + 1):
            with self._lock.hold(alone=alone) as run:
                worker = self._slots.get()
                try:
                    attempt = worker.attempt(job)
                except Exception as problem:  # noqa: BLE001 (it is ours, whatever it is, and no student's zero)
                    if self._closed:
                        raise Closed from None
                    if number == self._policy.faults:
                        return Graded(fault(job.submission, problem))
                    continue
                finally:
                    self._slots.put(worker)
            attempts.all.append(replace(attempt, beside_others=run.beside_others))
            return None
        raise AssertionError("a retry policy tries at least once")

    def _cached(self, job: Job) -> Graded | None:
        found = self._cache.load(self.key(job)) if self._cache is not None else None
        return found and replace(found, result=replace(found.result, path=job.submission.path))


def _worker(limits: Limits, *, unconfined: bool, many: bool) -> Worker:
    if not unconfined:
        support.probe().require()
    if many and support.can_fork():
        return InOwnProcess(limits, unconfined=unconfined)
    return InThisProcess(partial(open_sandbox, limits, unconfined=unconfined))


def ordered(ended: Iterable[tuple[int, T]]) -> Iterator[T]:
    """Yield what comes labelled with its position, from 0, in order."""
    early: dict[int, T] = {}
    position = 0
    for label, value in ended:
        early[label] = value
        while position in early:
            yield early.pop(position)
            position += 1


@dataclass(eq=False)
class _Run:
    """A run, and whether another one was under way at any time of it."""

    beside_others: bool = False


class RunLock:
    """A shared-exclusive lock: runs go side by side, or one runs alone. A run that waits to be alone goes first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: set[_Run] = set()
        self._alone: set[_Run] = set()

    @contextlib.contextmanager
    def hold(self, *, alone: bool) -> Iterator[_Run]:
        """Wait until this run may begin, and hold the lock until it ends."""
        run = _Run()
        try:
            with self._changed:
                if alone:
                    self._alone.add(run)
                self._changed.wait_for(lambda: not self._running if alone else not self._alone)
                self._running.add(run)
                if len(self._running) > 1:
                    for each in self._running:
                        each.beside_others = True
            yield run
        finally:
            with self._changed:
                self._running.discard(run)
                self._alone.discard(run)
                self._changed.notify_all()


def in_a_thread(do: Callable[[], T]) -> Future[T]:
    """Do something in a thread that no end of this process waits for: a student's endless loop may be running."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(do())
        except BaseException as problem:  # noqa: BLE001 (it is raised again where the result is asked for)
            future.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return future
