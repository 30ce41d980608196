"""The warm process: imports both frameworks once, then forks one child for each submission.

Runs as ``python -sP -m autograder.sandbox.forkserver FD MODE COUNT FILES``. FD is a SOCK_SEQPACKET socket to the
grader. MODE is ``confined`` or ``unconfined``. COUNT says whether ``many`` or ``few`` children will come. FILES is
``tmpfs`` or ``disk``. The process holds no scores, thresholds or submissions: each child receives its pipes as
descriptors and talks to the grader itself. The process executes no TensorFlow operation, because an operation
starts threads, and a fork loses threads.

Requests are JSON datagrams: ``{"order": "fork", "job": 1, "limits": {...}}`` with three descriptors (the child's
conversation, its output, and a pipe for the report of its end), and ``{"order": "kill", "job": 1}``. The report of an
end is ``{"code": -9, "exceeded": …}``, with the limit for which the server or the kernel ended the child, or
``{"fault": "…"}`` if no child could be started. The server sends ``{"versions": …, "layers": …}`` once it is warm.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import os
import platform
import selectors
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from autograder.limits import Limits
from autograder.sandbox import confine, huge_pages
from autograder.sandbox import scratch as scratches
from autograder.sandbox.child import serve, shell
from autograder.sandbox.confine import Confinement
from autograder.sandbox.protocol import MAX_ORDER_BYTES, SETUP_FAILED, Exceeded
from autograder.sandbox.support import UNCONFINED
from autograder.sandbox.watch import Watch, private_memory

#: How often to look at what the kernel has no limit for.
_WATCH_SECONDS = 0.1
#: How long to wait for the removal of the last scratch folders before this process ends.
_CLEANING_SECONDS = 5.0


@dataclass
class _Job:
    number: int
    pid: int
    pidfd: int
    report: int
    scratch: Path
    group: Path | None
    watch: Watch
    exceeded: Exceeded | None = None


class ForkServer:
    """Forks a child on request, and reports every child's end.

    Parameters
    ----------
    control : socket.socket
        SOCK_SEQPACKET socket to the grader. Its end of file ends the server and every child.
    confinement : Confinement or None
        The children's restrictions; None leaves only resource limits.
    home : Path
        Folder that contains the children's scratch folders.
    cleaner : Cleaner
        Removes these folders.
    """

    def __init__(
        self, control: socket.socket, confinement: Confinement | None, home: Path, cleaner: scratches.Cleaner
    ) -> None:
        self._control = control
        self._home = home
        self._cleaner = cleaner
        self._confinement = confinement
        self._groups = None if confinement is None else confinement.groups
        self._jobs: dict[int, _Job] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until the grader hangs up."""
        watch = 0.0
        try:
            while True:
                for key, _ in self._selector.select(_WATCH_SECONDS if self._jobs else None):
                    if key.fileobj is self._control:
                        if not self._obey():
                            return
                    else:
                        self._reap(self._jobs[key.data])
                if time.monotonic() >= watch:
                    for job in self._jobs.values():
                        self._watch(job)
                    watch = time.monotonic() + _WATCH_SECONDS
        finally:
            for job in list(self._jobs.values()):
                self._kill(job)
                self._reap(job)

    def _obey(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._control, MAX_ORDER_BYTES, 3)
        if not data:
            return False
        order = json.loads(data)
        if order["order"] == "kill":
            job = self._jobs.get(order["job"])
            if job is not None:
                self._kill(job)
            return True
        if len(descriptors) < 3:  # no room for them here: the grader sees its report pipe close
            for each in descriptors:
                os.close(each)
            return True
        conversation, output, report = descriptors
        try:
            self._fork(order["job"], Limits(**order["limits"]), conversation, output, report)
        except OSError as problem:
            _report(report, fault=f"no child could be started: {problem}")
        finally:
            os.close(conversation)
            os.close(output)
        return True

    def _fork(self, number: int, limits: Limits, conversation: int, output: int, report: int) -> None:
        scratch = scratches.make(self._home)
        sys.stdout.flush()
        sys.stderr.flush()
        server = os.getpid()
        group = None
        try:
            group = None if self._groups is None else self._groups.make(limits)
            pid = os.fork()
        except OSError:
            self._take_back(scratch, group)
            raise
        if pid == 0:
            self._child(conversation, output, limits, scratch, group, server)
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._take_back(scratch, group)
            raise
        bounded = self._confinement is not None and self._confinement.bounds_files
        watch = Watch(pid, limits, private_memory(Path(f"/proc/{server}")), None if bounded else scratch)
        self._jobs[number] = _Job(number, pid, pidfd, report, scratch, group, watch)
        self._selector.register(pidfd, selectors.EVENT_READ, number)

    def _take_back(self, scratch: Path, group: Path | None) -> None:
        scratch.rmdir()
        if self._groups and group:
            self._groups.remove(group)

    def _watch(self, job: _Job) -> None:
        if job.exceeded is None and (exceeded := job.watch.look()) is not None:
            job.exceeded = exceeded
            self._kill(job)

    def _kill(self, job: _Job) -> None:
        # The child leads its own session; whatever it started there ends with it.
        for send in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                send(job.pid, signal.SIGKILL)

    def _reap(self, job: _Job) -> None:
        _, status, used = os.wait4(job.pid, 0)
        del self._jobs[job.number]
        self._selector.unregister(job.pidfd)
        os.close(job.pidfd)
        code = os.waitstatus_to_exitcode(status)
        short = bool(self._groups and job.group and self._groups.remove(job.group))
        exceeded = job.exceeded or job.watch.at_the_end(code, used.ru_utime + used.ru_stime, short_of_memory=short)
        _report(job.report, code=code, exceeded=dataclasses.asdict(exceeded) if exceeded else None)
        self._cleaner.remove(job.scratch)

    def _child(
        self, conversation: int, output: int, limits: Limits, scratch: Path, group: Path | None, server: int
    ) -> NoReturn:
        # Whatever a student's code does to os, json or traceback, this process must never unwind into the
        # server's own loop, which knows its siblings.
        end = os._exit
        code, serving = SETUP_FAILED, False
        try:
            os.setsid()
            if self._confinement is not None:
                self._confinement.begin(scratch, limits, group)
            channel = confine.descriptors(conversation, output)
            confine.environment(scratch)
            confine.limit(limits, server)
            if self._confinement is not None:
                self._confinement.apply(scratch)
            serving = True
            serve.serve(socket.socket(fileno=channel))
            code = 0
        except BaseException:  # noqa: BLE001
            code = 1 if serving else SETUP_FAILED
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            end(code)


def _report(descriptor: int, **report: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # the grader may have stopped listening
        os.write(descriptor, json.dumps(report).encode())
    os.close(descriptor)


def main() -> None:
    """Import the frameworks, make the confinement, say so, and serve."""
    descriptor, mode, count, files = sys.argv[1:]
    control = socket.socket(fileno=int(descriptor))
    home = scratches.make_home()
    cleaner = scratches.Cleaner(home)  # before the imports: it needs none of them
    versions = {"python": platform.python_version(), **shell.warm_up()}
    try:
        confinement = Confinement(home, tmpfs=files == "tmpfs") if mode == "confined" else None
        # Everything that lives now is shared with every child; a collection would copy its pages.
        gc.collect()
        gc.freeze()
        if count == "many":
            huge_pages.gather()
        server = ForkServer(control, confinement, home, cleaner)
        layers = confinement.layers if confinement else UNCONFINED
        control.send(json.dumps({"versions": versions, "layers": layers}).encode())
        server.run()
    finally:
        cleaner.close(_CLEANING_SECONDS)


if __name__ == "__main__":
    main()
