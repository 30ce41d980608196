"""A worker in a process of its own: a warm sandbox and the judge, so that no two workers share a Python.

The parent reads notebooks, and sends jobs over sockets that only these two processes hold; attempts come back. Nothing
that a student's code wrote travels there: only what this package made of it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
from functools import partial
from multiprocessing.connection import Connection
from typing import NoReturn

from autograder.grading.jobs import Job
from autograder.grading.results import reason
from autograder.grading.retries import Attempt
from autograder.grading.worker import SLOTS, InThisProcess
from autograder.limits import Limits
from autograder.sandbox import SandboxFault
from autograder.sandbox.environment import isolation
from autograder.sandbox.opening import open_sandbox

_END_SECONDS = 10.0
#: How long a conversation waits, at most, for the judge to let go of the interpreter.
_SWITCH_SECONDS = 0.0005


class _Process:
    """One process, with a channel for each submission that it may have at a time. It ends when ``control`` closes."""

    def __init__(self, limits: Limits, *, unconfined: bool) -> None:
        control, *channels = (socket.socketpair() for _ in range(1 + SLOTS))
        theirs = [pair[1].fileno() for pair in (control, *channels)]
        self.control = control[0]
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own module, by our own interpreter)
                [sys.executable, isolation(), "-m", "autograder.grading.worker_process", *map(str, theirs)],
                pass_fds=theirs,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is the parent's to handle
            )
        finally:
            for pair in (control, *channels):
                pair[1].close()
        self.channels = [Connection(pair[0].detach()) for pair in channels]
        for channel in self.channels:
            channel.send((limits, unconfined, sys.executable))

    @property
    def exit_status(self) -> int | None:
        """None until it ended; negative for the signal that ended it."""
        return self._process.poll()

    def close(self) -> None:
        self.control.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class InOwnProcess:
    """A `Worker` in a process of its own. One that is killed costs the runs that it was at, and is replaced.

    Parameters
    ----------
    limits : Limits
        What every submission may use.
    unconfined : bool
        Whether students' code runs without confinement.
    """

    def __init__(self, limits: Limits, *, unconfined: bool = False) -> None:
        self._start = partial(_Process, limits, unconfined=unconfined)
        self._changing = threading.Lock()
        self._closed = False
        self._process = self._start()
        self._free: queue.SimpleQueue[tuple[_Process, Connection]] = queue.SimpleQueue()
        self._offer(self._process)

    def attempt(self, job: Job) -> Attempt:
        """Run and judge ``job`` once; raise `SandboxFault` with what the process says of its own failure."""
        process, channel = self._free.get()
        try:
            channel.send(job)
            answer: Attempt | str = channel.recv()
        except (EOFError, OSError):
            self._replace(process, channel)
            raise SandboxFault(
                f"the process that runs and judges submissions is gone (exit status {process.exit_status})"
            ) from None
        self._free.put((process, channel))
        if isinstance(answer, str):
            raise SandboxFault(answer)
        return answer

    def close(self) -> None:
        """End the process, and whatever still runs in it."""
        with self._changing:
            self._closed = True
            self._process.close()

    def _replace(self, gone: _Process, channel: Connection) -> None:
        with self._changing:
            if self._process is not gone:
                return
            try:
                if self._closed:
                    raise SandboxFault("the process that runs and judges submissions was closed")
                gone.close()
                self._process = self._start()
            except (OSError, SandboxFault):
                # Whoever takes it next tries again: nobody may wait for a channel that never comes.
                self._free.put((gone, channel))
                raise
            self._offer(self._process)

    def _offer(self, process: _Process) -> None:
        for channel in process.channels:
            self._free.put((process, channel))


def main() -> NoReturn:
    """Be the process: grade what comes on the channels, until the parent hangs up."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    control, *channels = map(int, sys.argv[1:])
    connections = [Connection(channel) for channel in channels]
    for connection in connections:  # the same on each
        limits, unconfined, sys.executable = connection.recv()
    worker = InThisProcess(partial(open_sandbox, limits, unconfined=unconfined, many=True))
    for connection in connections:
        threading.Thread(target=_serve, args=(worker, connection), daemon=True).start()
    with socket.socket(fileno=control) as parent:
        parent.recv(1)
    worker.close()
    os._exit(0)  # whatever still waits for a child has nobody to answer to


def _serve(worker: InThisProcess, connection: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            job: Job = connection.recv()
            try:
                answer: Attempt | str = worker.attempt(job)
            except Exception as problem:  # noqa: BLE001 (the parent gets it, and tries again)
                answer = reason(problem)
            connection.send(answer)


if __name__ == "__main__":
    main()
