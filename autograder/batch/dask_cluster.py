"""Grades a class on a Dask cluster: sends submissions to the workers as bytes, and receives results.

A plugin starts warm processes on each worker, and the worker judges what it runs. If a worker dies, the scheduler
gives its submissions to another one. If the scheduler gives up on a submission, this module sends it again.
"""

from __future__ import annotations

import contextlib
import logging
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import asdict
from typing import Any, Self

from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, as_completed, get_worker

from autograder.assignment.settings import Terms
from autograder.batch.jobs import Settings, Work
from autograder.errors import ExitCode, UserError
from autograder.grading.engine import Engine
from autograder.grading.jobs import Graded
from autograder.grading.provenance import graded_by
from autograder.grading.retries import RetryPolicy
from autograder.limits import Limits
from autograder.notebook import UnreadableNotebook
from autograder.report.result import Result, ResultStatus
from autograder.sandbox.support import probe

_CONNECT_SECONDS = 30
_WORKERS_SECONDS = 120
#: How often a submission is sent to the cluster if its worker dies or is incompatible.
_MOST_TRIES = 10
#: Submissions sent ahead for each thread of the cluster, so that no worker waits for this machine.
_SUBMISSIONS_PER_THREAD = 3

_ADDRESS = re.compile(r"[a-z]+://[^/\s]+:\d+")

Message = dict[str, Any]


class NoCluster(UserError):
    """The cluster cannot be used."""

    exit_code = ExitCode.FAULT


# --- on the workers -------------------------------------------------------------------------------------


class IncompatibleWorker(RuntimeError):
    """The worker's grader, packages or confinement differ from this machine's, so its grades could differ, too."""


class WarmEngine(WorkerPlugin):
    """Keeps an engine on a worker: warm before the first submission, closed after the class or when the worker leaves.

    Parameters
    ----------
    settings : dict
        The contents of `Settings` in plain types, so that a worker with another version of the class can read them and
        report the difference.
    """

    def __init__(self, settings: Message) -> None:
        self._sent = settings
        self._engine: Engine | None = None
        self._incompatible = "has not been set up"

    def setup(self, worker: Worker) -> None:
        """Start as many warm servers as the worker runs tasks at once.

        Raises
        ------
        NoCluster
            The worker cannot confine student code, or its grader or packages have other versions.
        """
        self._incompatible = self._difference()
        if self._incompatible:
            raise NoCluster(f"the worker {worker.address} {self._incompatible}")
        self._settings = Settings.of(
            self._sent["release"], Limits(**self._sent["limits"]), Terms(**self._sent["terms"])
        )
        # Other workers may run on the same machine, so no run is surely alone.
        policy = RetryPolicy(confirm=True)
        self._engine = Engine(self._settings.limits, workers=worker.state.nthreads, policy=policy)

    def teardown(self, worker: Worker) -> None:
        """End the warm processes."""
        if self._engine is not None:
            self._engine.close()

    def _difference(self) -> str:
        if missing := probe().missing:
            return f"cannot confine student code. {' '.join(missing)}"
        ours, theirs = graded_by(), self._sent["graded_by"]
        differing = sorted(what for what in ours.keys() | theirs.keys() if ours.get(what) != theirs.get(what))
        return f"has another version than this machine of: {', '.join(differing)}" if differing else ""

    def grade(self, work: Work) -> Graded | UnreadableNotebook:
        """Grade one submission. The cells' output is not sent back, because a class's report does not show it."""
        if self._engine is None:
            raise IncompatibleWorker(f"it {self._incompatible}")
        job = work.job(self._settings)
        return job if isinstance(job, UnreadableNotebook) else Graded(self._engine.grade(job).result)


def grade(name: str, work: Message) -> Graded | UnreadableNotebook:
    """Grade one submission with the plugin ``name``. This function runs on a worker."""
    plugin = get_worker().plugins.get(name)
    if not isinstance(plugin, WarmEngine):
        raise IncompatibleWorker("it has not been set up")
    return plugin.grade(Work(**work))


# --- here -----------------------------------------------------------------------------------------------


class Cluster:
    """A Dask cluster's workers. Use as a context manager.

    Parameters
    ----------
    address : str
        Address of the scheduler: ``tcp://host:8786``.
    settings : Settings
        The class's settings.

    Raises
    ------
    NoCluster
        The scheduler does not answer, it has no worker, or a worker would grade differently from this machine.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        if not _ADDRESS.fullmatch(address):
            raise NoCluster(f"{address} is not the address of a scheduler; write it as tcp://host:8786")
        # A name of its own: two clients of one cluster must not share engines.
        self._name = f"autograder-{uuid.uuid4().hex}"
        plugin = WarmEngine(
            {
                "release": settings.raw,
                "limits": asdict(settings.limits),
                "terms": asdict(settings.terms),
                "graded_by": graded_by(),
            }
        )
        # Dask's own log repeats, as warnings and tracebacks, errors that this module handles.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as problem:
            raise NoCluster(f"no Dask scheduler answers at {address}: {str(problem).splitlines()[0]}") from None
        try:
            self._client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
            self._client.register_plugin(plugin, name=self._name)
        except TimeoutError:
            self._client.close()
            raise NoCluster(f"the scheduler at {address} has no worker: start some") from None
        except BaseException:
            self._client.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # the results are here, even if the cluster is gone
            self._client.unregister_worker_plugin(name=self._name)
        self._client.close()

    def grade_all(self, works: Iterator[Work]) -> Iterator[tuple[Work, Graded | UnreadableNotebook]]:
        """Grade ``works`` and yield each with its result as it ends. A work is taken when a worker has room for it.

        Raises
        ------
        NoCluster
            The scheduler was lost.
        """
        begun: dict[Future, tuple[Work, int]] = {}
        ending = as_completed(loop=self._client.loop)
        left = True
        while True:
            while left and len(begun) < self._room():
                work = next(works, None)
                left = work is not None
                if work is not None:
                    self._submit(work, 1, begun, ending)
            if not begun:
                return
            future = next(ending)
            work, tries = begun.pop(future)
            try:
                outcome = future.result()
            except CancelledError:
                raise NoCluster("the scheduler was lost, or somebody cancelled the work") from None
            except Exception as problem:  # noqa: BLE001 (whatever went wrong there, the submission is still here)
                if tries < _MOST_TRIES:
                    self._submit(work, tries + 1, begun, ending)
                    continue
                outcome = Graded(Result(work.name, "", ResultStatus.FAULT, fault=_reason(problem, tries)))
            finally:
                future.release()
            yield work, outcome

    def _room(self) -> int:
        threads: dict[str, int] = self._client.nthreads()
        return _SUBMISSIONS_PER_THREAD * max(1, sum(threads.values()))

    def _submit(self, work: Work, tries: int, begun: dict[Future, tuple[Work, int]], ending: as_completed) -> None:
        # Every try has a new key. Dask would otherwise reuse a result: of the same file of another student, or of an
        # earlier run.
        key = f"{self._name}-{uuid.uuid4().hex}"
        future = self._client.submit(grade, self._name, vars(work), key=key, pure=False)
        begun[future] = (work, tries)
        ending.add(future)


def _reason(problem: Exception, tries: int) -> str:
    why = "its worker died" if isinstance(problem, KilledWorker) else f"{type(problem).__name__}: {problem}"
    return f"sent to the cluster {tries} times without a result; the last time {why}"
