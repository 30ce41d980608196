"""The engine: takes jobs and returns results. Every command that grades and every bridge to another tool uses it."""

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
from autograder.grading.results import apply_framework_rule, fault, remarks_of
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
    """The engine was closed while it graded a submission."""


class Engine:
    """Grades submissions side by side, and retries runs that a busy machine may have spoiled. A context manager.

    Parameters
    ----------
    limits : Limits, optional
        Resource limits of every submission.
    workers : int
        Number of workers. They start side by side.
    unconfined : bool
        Whether students' code runs without confinement. The results say so.
    many : bool
        Whether many submissions are expected. Each worker then gets its own process if the system can fork: a slower
        start, and more submissions a minute.
    policy : RetryPolicy, optional
        Which run of a submission counts.
    cache : ResultCache, optional
        Cache of results. With a cache, workers start only when a job is not in it.
    start : callable, optional
        Starts one worker, instead of a worker with the sandbox that the other parameters describe.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code, and ``unconfined`` is False.

    Examples
    --------
    >>> from autograder.assignment.release import load_release, release_path
    >>> from autograder.assignment.settings import Terms
    >>> from autograder.grading.grade import job_of
    >>> job = job_of(release_path(), load_release(), Terms(), seed=1)
    >>> with Engine(many=False) as engine:
    ...     for student, graded in engine.grade_all([("ada", job)]):
    ...         print(student, graded.result.score)
    ada 0.0
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
                self._start_workers()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker and the submissions that still run."""
        self._closed = True
        for worker in self._workers:
            worker.close()

    def _start_workers(self) -> None:
        """Start the workers that do not run yet."""
        with self._starting:
            before = len(self._workers)
            while len(self._workers) < self._wanted:  # one by one: an interrupt between two leaves none unclosed
                self._workers.append(self._start())
        for worker in self._workers[before:] * SLOTS:
            self._slots.put(worker)

    def key(self, job: Job) -> str:
        """Return the cache key of ``job``."""
        return cache_key(job, self._limits, unconfined=self._unconfined)

    def grade(self, job: Job) -> Graded:
        """Grade one submission. May be called from several threads.

        A fault of the grader raises nothing: the result then has the status ``fault`` and no score.

        Raises
        ------
        Closed
            `close` was called before the end.
        """
        if cached := self._cached(job):
            return cached
        self._start_workers()
        first = self._first(job)
        return self._run_until_decided(job, first) if isinstance(first, Attempts) else first

    def grade_all(self, jobs: Iterable[tuple[Label, Job | Refused]]) -> Iterator[tuple[Label, Graded | Refused]]:
        """Grade labelled ``jobs`` and yield each label with its result as it ends.

        A job is taken when a worker is free. A slow submission does not delay the start of others. Retries that must
        run alone come last. If there is another object in place of a job, because a file cannot be read, it is yielded
        unchanged.
        """
        waiting = iter(jobs)
        begun: dict[Future[Graded | Attempts], tuple[Label, Job]] = {}
        again: list[tuple[Label, Job, Attempts]] = []
        left = True
        while left or begun:
            while left and len(begun) < SLOTS * self._wanted:
                labelled = next(waiting, None)
                left = labelled is not None
                if labelled is None:
                    break
                label, job = labelled
                if not isinstance(job, Job):
                    yield label, job
                elif cached := self._cached(job):
                    yield label, cached
                else:
                    self._start_workers()
                    begun[in_a_thread(partial(self._first, job))] = label, job
            for ended in wait(begun, return_when=FIRST_COMPLETED).done if begun else ():
                label, job = begun.pop(ended)
                outcome = ended.result()
                if isinstance(outcome, Graded):
                    yield label, outcome
                else:
                    again.append((label, job, outcome))
        for label, job, attempts in again:
            yield label, self._run_until_decided(job, attempts)

    def _first(self, job: Job) -> Graded | Attempts:
        """Return ``job``'s result, or its first run if another run must decide."""
        attempts = Attempts(self._policy)
        if failed := self._run(job, attempts):
            return failed
        return self._run_until_decided(job, attempts) if attempts.final is not None else attempts

    def _run_until_decided(self, job: Job, attempts: Attempts) -> Graded:
        """Run ``job`` alone until the retry policy decides, and save the result in the cache."""
        while (final := attempts.final) is None:
            if failed := self._run(job, attempts, alone=True):
                return failed
        graded = apply_framework_rule(job, final)
        if self._cache is not None:
            self._cache.save(self.key(job), graded)
        return graded

    def _run(self, job: Job, attempts: Attempts, *, alone: bool = False) -> Graded | None:
        """Add one run to ``attempts``. If every try fails by a fault of the grader, return the fault's result."""
        for number in range(1, self._policy.faults + 1):
            with self._lock.hold(alone=alone) as run:
                worker = self._slots.get()
                try:
                    attempt = worker.attempt(job)
                except Exception as problem:  # noqa: BLE001 (a fault of the grader, not a student's zero)
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
        return found and replace(
            found, result=replace(found.result, path=job.submission.path, remarks=remarks_of(job.submission))
        )


def _worker(limits: Limits, *, unconfined: bool, many: bool) -> Worker:
    if not unconfined:
        support.probe().require()
    if many and support.can_fork():
        return InOwnProcess(limits, unconfined=unconfined)
    return InThisProcess(partial(open_sandbox, limits, unconfined=unconfined))


def ordered(ended: Iterable[tuple[int, T]]) -> Iterator[T]:
    """Yield the values in the order of their labels 0, 1, 2, …"""
    early: dict[int, T] = {}
    position = 0
    for label, value in ended:
        early[label] = value
        while position in early:
            yield early.pop(position)
            position += 1


@dataclass(eq=False)
class _Run:
    """A run, and whether another run overlapped with it."""

    beside_others: bool = False


class RunLock:
    """A shared-exclusive lock: runs go side by side, or one runs alone. A run that waits to run alone has priority."""

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
    """Call ``do`` in a daemon thread, so that a student's endless loop cannot keep this process from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(do())
        except BaseException as problem:  # noqa: BLE001 (the future raises it again)
            future.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return future
