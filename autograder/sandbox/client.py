"""The grader's end of the sandbox: starts the warm process, and talks with the children it forks."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from autograder.sandbox.limits import Limits
from autograder.sandbox.orders import MAX_ORDER_BYTES, SETUP_FAILED
from autograder.sandbox.wire import Decoder, Message, WireError, encode

_START_SECONDS = 180.0
_END_SECONDS = 10.0
_READ_BYTES = 1024 * 1024
_LAST_READS = 4
_DYING_SECONDS = 1.0
_BANNER = re.compile(r"[IWE]\d{4} |WARNING: All log messages|To enable the following")
_PASSED_ENVIRONMENT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
_WARM_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",  # grades must not depend on a GPU being there
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",  # thread pools cost more than they give at these sizes
    "PYTHONHASHSEED": "0",  # the order of a student's sets is part of "same seed, same result"
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}


class SandboxFault(RuntimeError):
    """The sandbox itself failed: nothing that a student wrote can be blamed, and nothing is scored."""


class ChildLost(Exception):
    """The child ended, or had to be ended, before it answered.

    Attributes
    ----------
    status : str
        ``timeout`` or ``crashed``.
    detail : str
        One sentence for people.
    """

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class Warm:
    """What the warm process said of itself: package versions, and the confinement its children get."""

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
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._jobs = 0
        self._start()

    def _start(self) -> None:
        self._warm: Warm | None = None
        self._broken: SandboxFault | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close())
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in _PASSED_ENVIRONMENT if name in os.environ}
        with theirs:
            # -s and -P: neither the user's site nor the folder we stand in may shadow a module.
            self._process = subprocess.Popen(  # noqa: S603 (our own module, by our own interpreter)
                [sys.executable, "-sP", "-m", "autograder.sandbox.forkserver", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=environment | _WARM_ENVIRONMENT,
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
        """Wait until the frameworks are imported and return what the warm process said.

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
                self.close()
                self._start()
            if self._warm is None:
                try:
                    self._warm = self._await_warmth()
                except SandboxFault as fault:
                    self._broken = fault
                    raise
            return self._warm

    def open(self) -> Child:
        """Fork a child and return the conversation with it."""
        _ = self.warm
        with self._lock:
            self._jobs += 1
            job = self._jobs
        channel, their_channel = socket.socketpair()
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
        return Child(self, job, channel, output, report)

    def end(self, job: int, report: int, patience: float = 0.0) -> int:
        """End child number ``job``; return the exit code that comes on ``report`` (negative: the signal).

        ``patience`` is how long, in seconds, a child that seems to be ending may take to do so by itself.
        """
        if patience:
            select.select([report], [], [], patience)
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"order": "kill", "job": job}).encode())
        if not select.select([report], [], [], _END_SECONDS)[0]:
            raise self._gone(f"did not end a child within {_END_SECONDS:.0f} s")
        data = os.read(report, MAX_ORDER_BYTES)
        if not data:
            raise self._gone("ended")
        said = json.loads(data)
        if "fault" in said:
            raise SandboxFault(str(said["fault"]))
        return int(said["code"])

    def close(self) -> None:
        """End the warm process and every child."""
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
            raise self._gone(f"did not warm up within {_START_SECONDS:.0f} s") from problem
        except OSError as problem:
            raise self._gone("is gone") from problem
        if not data:
            raise self._gone("ended")
        said = json.loads(data)
        return Warm(said["versions"], tuple(said["layers"]))

    def _gone(self, how: str) -> SandboxFault:
        return SandboxFault(f"the warm process {how}{self._last_words()}")

    def _last_words(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self._log.seek(0)
            text = self._log.read().decode(errors="replace").strip()
            lines = [line for line in text.splitlines() if not _BANNER.match(line)]
            if lines:
                return ". Its last words: " + " | ".join(lines[-3:])
        return ""


class Child:
    """A conversation with one confined child: questions out, bounded answers back.

    Its printed output is drained all the while, and the first ``limits.output_bytes`` of it kept.
    """

    def __init__(self, sandbox: Sandbox, job: int, channel: socket.socket, output: int, report: int) -> None:
        self._sandbox = sandbox
        self._job = job
        self._channel = channel
        self._output = output
        self._report = report
        self._printed = bytearray()
        self._decoder = Decoder()
        self._answers: list[Message] = []
        self._exit_code: int | None = None
        self._answered = False
        channel.setblocking(False)
        os.set_blocking(output, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        self._selector.register(output, selectors.EVENT_READ)

    @property
    def printed(self) -> str:
        """What the child printed so far, truncated, undecodable bytes replaced. Escape it before showing."""
        return self._printed.decode(errors="replace")

    def ask(
        self, header: dict[str, Any], arrays: Sequence[NDArray[np.floating[Any]]] = (), *, seconds: float
    ) -> Message:
        """Send a question and wait up to ``seconds`` for its answer.

        Raises
        ------
        ChildLost
            The child ran out of time, ended, or sent something that is no answer; it is ended then.
        SandboxFault
            The child could not be set up, or the warm process failed.
        """
        if self._exit_code is not None:
            raise ChildLost("crashed", "The process that ran this notebook had already ended.")
        if self._answers:
            self.close()
            raise ChildLost("crashed", "It answered a question that was not asked yet.")
        deadline = time.monotonic() + seconds
        unsent = memoryview(encode(header, arrays))
        try:
            while not self._answers:
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0)
                self._selector.modify(self._channel, wanted)
                left = deadline - time.monotonic()
                if left <= 0:
                    self.close()
                    raise ChildLost("timeout", "It had not finished when its time was up.")
                for key, events in self._selector.select(left):
                    if key.fileobj is self._channel:
                        if events & selectors.EVENT_WRITE:
                            unsent = unsent[self._send(unsent) :]
                        if events & selectors.EVENT_READ:
                            self._receive()
                    else:
                        self._drain()
        except WireError as problem:
            self.close()
            raise ChildLost("crashed", f"It sent the grader something that is no answer: {problem}.") from None
        self._answered = True
        return self._answers.pop(0)

    def close(self, patience: float = 0.0) -> int:
        """End the child, if it still runs, and return its exit code."""
        if self._exit_code is None:
            self._exit_code = -signal.SIGKILL  # closed once, whatever comes of it
            try:
                self._exit_code = self._sandbox.end(self._job, self._report, patience)
                for _ in range(_LAST_READS):
                    self._drain()
            finally:
                self._selector.close()
                self._channel.close()
                os.close(self._output)
                os.close(self._report)
        return self._exit_code

    def _send(self, data: memoryview) -> int:
        try:
            return self._channel.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            raise self._ended() from None

    def _receive(self) -> None:
        try:
            data = self._channel.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise self._ended()
        self._answers.extend(self._decoder.feed(data))

    def _drain(self) -> None:
        # One read a call: a child that prints without end must not keep us from looking at the clock.
        room = self._sandbox.limits.output_bytes - len(self._printed)
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._output, _READ_BYTES)
            self._printed += data[:room]
            if not data:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(self._output)

    def _ended(self) -> ChildLost:
        code = self.close(_DYING_SECONDS)
        if code == SETUP_FAILED and not self._answered:
            raise SandboxFault(f"a child could not be set up: {self.printed.strip()[-500:]}")
        if code == -signal.SIGXCPU:
            return ChildLost("timeout", f"It used more than {self._sandbox.limits.cpu_seconds} s of CPU time.")
        if code < 0:
            return ChildLost("crashed", f"The process was ended by {signal.Signals(-code).name}.")
        return ChildLost("crashed", f"The code ended its own process (exit code {code}).")
