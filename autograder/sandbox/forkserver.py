"""The warm process: imports both frameworks once, then forks a child for every submission.

Runs as ``python -sP -m autograder.sandbox.forkserver FD``, where FD is a SOCK_SEQPACKET socket to the
grader. It holds no scores, thresholds or submissions: each child receives its pipes as descriptors
and talks to the grader itself. Nothing is executed with TensorFlow here, because a process that has
run one operation owns threads that a fork would lose.

Orders are JSON datagrams: ``{"order": "fork", "job": 1, "limits": {...}}`` with three descriptors
(the child's conversation, its output, and where to report its end), and ``{"order": "kill", "job": 1}``.
The report of an end is ``{"code": -9}``, or ``{"fault": "…"}`` when no child could be started; the server
itself reports ``{"versions": …, "layers": …}`` on the socket once it is warm.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import platform
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from autograder import collector
from autograder.sandbox import confine
from autograder.sandbox.limits import Limits
from autograder.sandbox.orders import MAX_ORDER_BYTES, SETUP_FAILED


@dataclass(frozen=True)
class _Job:
    number: int
    pid: int
    pidfd: int
    report: int
    scratch: Path


class ForkServer:
    """Forks on order and reports every child's end.

    Parameters
    ----------
    control : socket.socket
        SOCK_SEQPACKET socket to the grader; its end of file ends the server and every child.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._jobs: dict[int, _Job] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until the grader hangs up."""
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj is self._control:
                        if not self._obey():
                            return
                    else:
                        self._reap(self._jobs[key.data])
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
        scratch = Path(tempfile.mkdtemp(prefix="autograder-"))
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = os.fork()
        except OSError:
            scratch.rmdir()
            raise
        if pid == 0:
            _child(conversation, output, limits, scratch)
        pidfd = os.pidfd_open(pid)
        self._jobs[number] = _Job(number, pid, pidfd, report, scratch)
        self._selector.register(pidfd, selectors.EVENT_READ, number)

    def _kill(self, job: _Job) -> None:
        # The child leads its own session; whatever it started there ends with it.
        for send in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                send(job.pid, signal.SIGKILL)

    def _reap(self, job: _Job) -> None:
        _, status = os.waitpid(job.pid, 0)
        del self._jobs[job.number]
        self._selector.unregister(job.pidfd)
        os.close(job.pidfd)
        shutil.rmtree(job.scratch, ignore_errors=True)
        _report(job.report, code=os.waitstatus_to_exitcode(status))


def _report(descriptor: int, **report: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # the grader may have stopped listening
        os.write(descriptor, json.dumps(report).encode())
    os.close(descriptor)


def _child(conversation: int, output: int, limits: Limits, scratch: Path) -> NoReturn:
    # Whatever a student's code does to os, json or traceback, this process must never unwind into the
    # server's own loop, which knows its siblings.
    end = os._exit
    code = SETUP_FAILED
    try:
        os.setsid()
        channel = confine.descriptors(conversation, output)
        confine.environment(scratch)
        confine.apply(limits)
        collector.serve(channel)
        code = 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        end(code)


def main() -> None:
    """Import the frameworks, say so, and serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    versions = {"python": platform.python_version(), **collector.warm_up()}
    # Everything that lives now is shared with every child; a collection would copy its pages.
    gc.collect()
    gc.freeze()
    server = ForkServer(control)
    control.send(json.dumps({"versions": versions, "layers": confine.LAYERS}).encode())
    server.run()


if __name__ == "__main__":
    main()
