"""The same work on a Dask cluster: submissions travel as bytes, and results come back.

Each worker keeps warm servers of its own, started by a plugin, and judges what it runs. A worker that dies has its
work done elsewhere: by the scheduler, and, where that gives up on a submission, by submitting it again.
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
#: How often a submission is handed to the cluster whose workers die, or are not fit, under it.
_MOST_TRIES = 10
#: Submissions that wait at the cluster for each thread there: enough that no worker ever waits for us.
_AHEAD = 3

_ADDRESS = re.compile(r"[a-z]+://[^/\s]+:\d+")

Message = dict[str, Any]


class NoCluster(UserError):
    """The cluster cannot be used."""

    exit_code = ExitCode.FAULT


# --- on the workers -------------------------------------------------------------------------------------


class Unfit(RuntimeError):
    """A worker cannot grade as all others do."""


class WarmEngine(WorkerPlugin):
    """A worker's engine: warm when the first submission comes, closed when the class is graded or the worker leaves.

    Parameters
    ----------
    settings : dict
        What `Settings` says, in plain types: a worker that has another version of them must be able to say so.
    """

    def __init__(self, settings: Message) -> None:
        self._sent = settings
        self._engine: Engine | None = None
        self._unfit = "has not been set up"

    def setup(self, worker: Worker) -> None:
        """Start as many warm servers as the worker runs tasks at once.

        Raises
        ------
        NoCluster
            The worker cannot confine student code, or has another version of the grader or of what it grades with.
        """
        self._unfit = self._difference()
        if self._unfit:
            raise NoCluster(f"the worker {worker.address} {self._unfit}")
        self._settings = Settings.of(
            self._sent["release"], Limits(**self._sent["limits"]), Terms(**self._sent["terms"])
        )
        # Other workers may be at work on the same machine: none of its runs is surely alone.
        policy = RetryPolicy(confirm=True)
        self._engine = Engine(self._settings.limits, workers=worker.state.nthreads, policy=policy)

    def teardown(self, worker: Worker) -> None:
        """End them."""
        if self._engine is not None:
            self._engine.close()

    def _difference(self) -> str:
        if missing := probe().missing:
            return f"cannot confine student code. {' '.join(missing)}"
        ours, theirs = graded_by(), self._sent["graded_by"]
        differing = sorted(what for what in ours.keys() | theirs.keys() if ours.get(what) != theirs.get(what))
        return f"has another version than this machine of: {', '.join(differing)}" if differing else ""

    def grade(self, work: Work) -> Graded | UnreadableNotebook:
        """Grade one submission; what its cells put out stays here, since a class's report does not show it."""
        if self._engine is None:
            raise Unfit(f"it {self._unfit}")
        job = work.job(self._settings)
        return job if isinstance(job, UnreadableNotebook) else Graded(self._engine.grade(job).result)


def grade(name: str, work: Message) -> Graded | UnreadableNotebook:
    """Grade one submission by the plugin ``name``; it runs on a worker."""
    plugin = get_worker().plugins.get(name)
    if not isinstance(plugin, WarmEngine):
        raise Unfit("it has not been set up")
    return plugin.grade(Work(**work))


# --- here -----------------------------------------------------------------------------------------------


class Cluster:
    """A Dask cluster's workers. Use as a context manager.

    Parameters
    ----------
    address : str
        The scheduler's: ``tcp://host:8786``.
    settings : Settings
        What is the same for the whole class.

    Raises
    ------
    NoCluster
        There is no such scheduler, or no worker, or one that does not grade as this machine does.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        if not _ADDRESS.fullmatch(address):
            raise NoCluster(f"{address} is no scheduler's address: that is like tcp://host:8786")
        # Two clients of one cluster have engines of their own.
        self._name = f"autograder-{uuid.uuid4().hex}"
        plugin = WarmEngine(
            {
                "release": settings.raw,
                "limits": asdict(settings.limits),
                "terms": asdict(settings.terms),
                "graded_by": graded_by(),
            }
        )
        # Its own log repeats, as warnings and tracebacks, what is handled here.
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
        """Grade ``works``, taken as there is room, and yield each with what it gave, as they end.

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
        return _AHEAD * max(1, sum(threads.values()))

    def _submit(self, work: Work, tries: int, begun: dict[Future, tuple[Work, int]], ending: as_completed) -> None:
        # A key of its own for every try: two students may have submitted the same file, and neither gets the other's
        # result, nor one that an earlier run has left at the scheduler.
        key = f"{self._name}-{uuid.uuid4().hex}"
        future = self._client.submit(grade, self._name, vars(work), key=key, pure=False)
        begun[future] = (work, tries)
        ending.add(future)


def _reason(problem: Exception, tries: int) -> str:
    why = "its worker died" if isinstance(problem, KilledWorker) else f"{type(problem).__name__}: {problem}"
    return f"handed to the cluster {tries} times, the last time {why}"
