"""A worker in a process of its own, with a warm sandbox and the judge, so that workers do not share one Python.

The parent reads notebooks and sends jobs; the process returns attempts. Only these two processes hold the sockets
between them, and only objects that this package made are sent there, never bytes from a student's code.
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
#: Longest time for which the judge keeps the interpreter from a conversation with a child.
_SWITCH_SECONDS = 0.0005
#: The judge's arrays, up to 1 MB each, come and go all the time. glibc, as it is set by default, returns their memory
#: to the kernel each time, and gets it back page by page; the spectra then take twice the time.
_KEEP_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2),
}


class _Process:
    """One process with a channel for each submission that it may run at a time. It ends when ``control`` closes."""

    def __init__(self, limits: Limits, *, unconfined: bool) -> None:
        control, *channels = (socket.socketpair() for _ in range(1 + SLOTS))
        theirs = [pair[1].fileno() for pair in (control, *channels)]
        self.control = control[0]
        try:
            self._process = subprocess.Popen(  # noqa: S603 (this package's module, with this interpreter)
                [sys.executable, isolation(), "-m", "autograder.grading.worker_process", *map(str, theirs)],
                pass_fds=theirs,
                env=_KEEP_MEMORY | os.environ,
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
        """None while the process runs; negative if a signal ended it."""
        return self._process.poll()

    def close(self) -> None:
        self.control.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class InOwnProcess:
    """A `Worker` in a process of its own. If the process is killed, its current runs fail and a new process starts.

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
        """Run and judge ``job`` once; raise `SandboxFault` if the process fails."""
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
        """End the process and the submissions that still run in it."""
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
                # The next run that takes it tries again; otherwise runs would wait for a channel forever.
                self._free.put((gone, channel))
                raise
            self._offer(self._process)

    def _offer(self, process: _Process) -> None:
        for channel in process.channels:
            self._free.put((process, channel))


def main() -> NoReturn:
    """Run as the process: grade the jobs that arrive on the channels until the parent closes the control socket."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    control, *channels = map(int, sys.argv[1:])
    connections = [Connection(channel) for channel in channels]
    try:
        for connection in connections:  # every channel sends the same
            limits, unconfined, sys.executable = connection.recv()
    except EOFError:
        sys.exit()  # the parent was interrupted while it started this process
    worker = InThisProcess(partial(open_sandbox, limits, unconfined=unconfined, many=True))
    for connection in connections:
        threading.Thread(target=_serve, args=(worker, connection), daemon=True).start()
    with socket.socket(fileno=control) as parent:
        parent.recv(1)
    worker.close()
    os._exit(0)  # threads may still wait for a child, but the parent is gone


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
