"""The same work on a Dask cluster: submissions travel as bytes, and results come back.

Each worker keeps warm servers of its own, started by a plugin, and judges what it runs. A worker that dies has its
work done elsewhere: by the scheduler, and, where that gives up on a submission, by being handed in again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import threading
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
from autograder.sandbox.support import NoConfinement, probe

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

_engines: dict[str, tuple[Settings, Engine]] = {}
_lock = threading.Lock()


def _engine(told: Message, servers: int) -> tuple[Settings, Engine]:
    with _lock:
        name = told["name"]
        if name not in _engines:
            settings = Settings.of(told["release"], Limits(**told["limits"]), Terms(**told["terms"]))
            # Other workers may be at work on the same machine: none of its runs is surely alone.
            policy = RetryPolicy(confirm=True)
            _engines[name] = settings, Engine(settings.limits, workers=servers, policy=policy)
        return _engines[name]


class WarmServers(WorkerPlugin):
    """Warms a worker's servers up when it joins, and ends them when it leaves, or when the class is graded.

    Parameters
    ----------
    settings : dict
        What `Settings` says, in plain types, and a name for it.
    """

    def __init__(self, settings: Message) -> None:
        self._settings = settings

    def setup(self, worker: Worker) -> None:
        """Start as many servers as the worker runs tasks at once. What cannot be is told by the first task."""
        with contextlib.suppress(NoConfinement, OSError):
            _engine(self._settings, worker.state.nthreads)

    def teardown(self, worker: Worker) -> None:
        """End them."""
        with _lock:
            _, engine = _engines.pop(self._settings["name"], (None, None))
        if engine is not None:
            engine.close()


def fitness() -> Message:
    """Return what a worker grades with, and what it lacks to do so; it runs there."""
    return {"graded_by": graded_by(), "missing": list(probe().missing)}


def grade(told: Message, work: Message) -> Graded | UnreadableNotebook:
    """Grade one submission; it runs on a worker."""
    if told["graded_by"] != graded_by():
        raise Unfit("another version of the grader, or of what it grades with, is installed there")
    settings, engine = _engine(told, get_worker().state.nthreads)
    job = Work(**work).job(settings)
    return job if isinstance(job, UnreadableNotebook) else engine.grade(job)


class Unfit(RuntimeError):
    """A worker cannot grade as all others do."""


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
        plain = {
            "release": settings.raw,
            "limits": asdict(settings.limits),
            "terms": asdict(settings.terms),
            "graded_by": graded_by(),
        }
        name = hashlib.sha256(repr(sorted(plain.items())).encode()).hexdigest()[:16]
        self._settings: Message = {**plain, "name": f"autograder-{name}"}
        # Its own log repeats, as warnings and tracebacks, what is handled here.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as problem:
            raise NoCluster(f"no Dask scheduler answers at {address}: {str(problem).splitlines()[0]}") from None
        try:
            self._client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
            self._check()
            self._client.register_plugin(WarmServers(self._settings), name=self._settings["name"])
        except TimeoutError:
            self._client.close()
            raise NoCluster(f"the scheduler at {address} has no worker: start some") from None
        except BaseException:
            self._client.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # whatever has become of the cluster, the results are here
            self._client.unregister_worker_plugin(name=self._settings["name"])
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
                outcome = Graded(Result(work.name, "", ResultStatus.FAULT, fault=_told(problem, tries)))
            finally:
                future.release()
            yield work, outcome

    def _room(self) -> int:
        workers: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        return _AHEAD * max(1, sum(int(worker["nthreads"]) for worker in workers.values()))

    def _submit(self, work: Work, tries: int, begun: dict[Future, tuple[Work, int]], ending: as_completed) -> None:
        # A key of its own for every try: two students may have handed in the same file, and neither gets the other's
        # result, nor one that an earlier run has left at the scheduler.
        key = f"{self._settings['name']}-{uuid.uuid4().hex}"
        future = self._client.submit(grade, self._settings, vars(work), key=key, pure=False)
        begun[future] = (work, tries)
        ending.add(future)

    def _check(self) -> None:
        for address, said in self._client.run(fitness).items():
            if said["missing"]:
                raise NoCluster(f"the worker {address} cannot confine student code. {' '.join(said['missing'])}")
            if said["graded_by"] != graded_by():
                ours, theirs = graded_by(), said["graded_by"]
                differing = sorted(what for what in ours.keys() | theirs.keys() if ours.get(what) != theirs.get(what))
                raise NoCluster(
                    f"the worker {address} has another version than this machine of: {', '.join(differing)}"
                )


def _told(problem: Exception, tries: int) -> str:
    why = "its worker died" if isinstance(problem, KilledWorker) else f"{type(problem).__name__}: {problem}"
    return f"handed to the cluster {tries} times, the last time {why}"
