"""The grader's side of the sandbox: starts the warm process, and talks with the children that this process forks."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import select
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from autograder.limits import Limits
from autograder.sandbox.conversation import Child, End, SandboxFault
from autograder.sandbox.environment import isolation, warm_environment
from autograder.sandbox.protocol import MAX_ORDER_BYTES, Exceeded, Loss

_SERVER = "autograder.sandbox.forkserver"
_START_SECONDS = 180.0
_END_SECONDS = 10.0
_LAST_READS = 4
_READ_BYTES = 1024 * 1024
#: Room in the kernel for one kernel's weights: a child sends them at once, and need not wait until they are read.
_ANSWER_BYTES = 512 * 1024
_BANNER = re.compile(r"[IWE]\d{4} |WARNING: All log messages|To enable the following")


@dataclass(frozen=True)
class Warm:
    """What the warm process reports once it is warm: package versions, and the confinement of its children."""

    versions: dict[str, str]
    layers: tuple[str, ...]


class Sandbox:
    """One warm process and the children it forks. Use as a context manager.

    `open` may be called from several threads, and several children may run at once; each `Child` is one
    thread's.

    Parameters
    ----------
    limits : Limits
        What every child may use.
    confined : bool
        Whether children are confined. Where that is asked for and cannot be had, every child is a fault.
    many : bool
        Whether many children will be forked: the server then takes half a second more to start, and each fork less.
    tmpfs : bool
        Whether every child's files get a file system of their own, where this machine allows it. Elsewhere they lie on
        the disk, and the warm process looks ten times a second whether there are too many.
    """

    def __init__(
        self, limits: Limits | None = None, *, confined: bool = True, many: bool = False, tmpfs: bool = True
    ) -> None:
        self.limits = limits or Limits()
        self._modes = (
            "confined" if confined else "unconfined",
            "many" if many else "few",
            "tmpfs" if tmpfs else "disk",
        )
        self._lock = threading.Lock()
        self._jobs = 0
        self._starting = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._warm: Warm | None = None
        self._broken: SandboxFault | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close())
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own module, by our own interpreter)
                [
                    sys.executable,
                    isolation(),
                    "-m",
                    _SERVER,
                    str(theirs.fileno()),
                    *self._modes,
                ],
                pass_fds=[theirs.fileno()],
                env=warm_environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is the grader's to handle
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def warm(self) -> Warm:
        """Wait until the frameworks are imported and return the warm process's report.

        Raises
        ------
        SandboxFault
            If the process ended instead, with the last lines that it printed.
        """
        with self._lock:
            if self._broken is not None:
                raise self._broken
            if self._warm is not None and self._process.poll() is not None:
                # It was well and has been killed: the submissions to come are not to pay for that.
                self._end()
                with self._starting:
                    if self._closed:
                        raise SandboxFault("the sandbox was closed")
                    self._start()
            if self._warm is None:
                try:
                    self._warm = self._await_warmth()
                except SandboxFault as fault:
                    self._broken = fault
                    raise
            return self._warm

    def open(self) -> ForkedChild:
        """Fork a child and return the conversation with it."""
        _ = self.warm
        with self._lock:
            self._jobs += 1
            job = self._jobs
        channel, their_channel = socket.socketpair()
        their_channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ANSWER_BYTES)
        output, their_output = os.pipe()
        report, their_report = os.pipe()
        order = {"order": "fork", "job": job, "limits": dataclasses.asdict(self.limits)}
        try:
            socket.send_fds(
                self._control,
                [json.dumps(order).encode()],
                [their_channel.fileno(), their_output, their_report],
            )
        except OSError as problem:
            channel.close()
            os.close(output)
            os.close(report)
            raise self._gone("is gone") from problem
        finally:
            their_channel.close()
            os.close(their_output)
            os.close(their_report)
        return ForkedChild(self, job, channel, output, report)

    def end(self, job: int, report: int, patience: float = 0.0) -> End:
        """End child number ``job``, and return how it ended, which comes on ``report``.

        ``patience`` is how long, in seconds, a child that seems to be ending may take to do so by itself.
        """
        running = not _is_readable(report, patience)
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"order": "kill", "job": job}).encode())
        if not _is_readable(report, _END_SECONDS):
            raise self._gone(f"did not end a child within {_END_SECONDS:.0f} s")
        data = os.read(report, MAX_ORDER_BYTES)
        if not data:
            raise self._gone("lost a child")
        end = json.loads(data)
        if "fault" in end:
            raise SandboxFault(str(end["fault"]))
        exceeded = end["exceeded"] and Exceeded(Loss(end["exceeded"]["loss"]), end["exceeded"]["sentence"])
        return End(int(end["code"]), exceeded, by_grader=running)

    def close(self) -> None:
        """End the warm process and every child. A thread that still uses the sandbox starts no other warm process."""
        with self._starting:
            self._closed = True
        self._end()

    def _end(self) -> None:
        self._control.close()
        if self._warm is None:  # it has no child yet, and would notice only after its imports
            self._process.kill()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _await_warmth(self) -> Warm:
        self._control.settimeout(_START_SECONDS)
        try:
            data = self._control.recv(MAX_ORDER_BYTES)
        except TimeoutError as problem:
            raise self._gone(
                f"took longer than {_START_SECONDS:.0f} s. The machine may be too busy: try again"
            ) from problem
        except OSError as problem:
            raise self._gone("is gone") from problem
        if not data:
            raise self._gone("ended")
        warmth = json.loads(data)
        return Warm(warmth["versions"], tuple(warmth["layers"]))

    def _gone(self, how: str) -> SandboxFault:
        return SandboxFault(
            f"the process that imports TensorFlow and PyTorch (the warm process) {how}{self._last_words()}"
        )

    def _last_words(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self._log.seek(0)
            text = self._log.read().decode(errors="replace").strip()
            lines = [line for line in text.splitlines() if not _BANNER.match(line)]
            if lines:
                return ". Its last words: " + " | ".join(lines[-3:])
        return ""


class ForkedChild(Child):
    """A child of the warm process. Its output is drained all the while, and its beginning kept."""

    def __init__(self, sandbox: Sandbox, job: int, channel: socket.socket, output: int, report: int) -> None:
        super().__init__(sandbox.limits, channel)
        self._sandbox = sandbox
        self._job = job
        self._output = output
        self._report = report
        os.set_blocking(output, False)
        self._selector.register(output, selectors.EVENT_READ)

    def _finish(self, patience: float) -> End:
        try:
            end = self._sandbox.end(self._job, self._report, patience)
            for _ in range(_LAST_READS):
                self._drain()
            return end
        finally:
            os.close(self._output)
            os.close(self._report)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._output, _READ_BYTES)
            self._keep(data)
            if not data:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(self._output)


def _is_readable(descriptor: int, seconds: float) -> bool:
    """Wait up to ``seconds`` for something to read. Unlike select(), poll() takes descriptors of 1024 and more."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(1000 * seconds))
