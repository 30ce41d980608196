"""Runs submissions without confinement and without a warm process: for students on macOS and Windows.

Each child is a new Python process that runs the same code as a forked child. The two talk over a local
socket, because every system has sockets. The child reads a secret on its standard input and sends it back, so that no
other process can take its place.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from autograder.limits import Limits
from autograder.sandbox.client import Warm
from autograder.sandbox.conversation import Child, End, SandboxFault
from autograder.sandbox.environment import isolation, warm_environment
from autograder.sandbox.protocol import Versions
from autograder.sandbox.support import UNCONFINED

_SECRET_BYTES = 32
_START_SECONDS = 180.0
_END_SECONDS = 10.0
_ACCEPT_SECONDS = 0.2
_OUTPUT_BYTES = 64 * 1024
#: What Python itself needs on Windows.
_NEEDED_ENVIRONMENT = ("SYSTEMROOT", "TEMP", "TMP", "USERPROFILE")


class PlainSandbox:
    """A `Sandbox` without confinement and without a warm process: less safe, and slower.

    Parameters
    ----------
    limits : Limits
        Limits of every child. Only the time limits apply where the system cannot fork.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._spare: PlainChild | None = None
        self._warm: Warm | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def warm(self) -> Warm:
        """Start a child, if there was none yet, and return its versions.

        Raises
        ------
        SandboxFault
            If it did not start.
        """
        with self._lock:
            if self._warm is None:
                self._spare = PlainChild(self.limits)
                self._warm = Warm(self._spare.ask(Versions(), seconds=_START_SECONDS).versions, UNCONFINED)
            return self._warm

    def open(self) -> PlainChild:
        """Start a child, and return the conversation with it."""
        _ = self.warm
        with self._lock:
            spare, self._spare = self._spare, None
        return spare or PlainChild(self.limits)

    def close(self) -> None:
        """End the child that nobody has asked for, if there is one."""
        if self._spare is not None:
            self._spare.close()
            self._spare = None


class PlainChild(Child):
    """A process that runs one notebook's code with its user's rights."""

    def __init__(self, limits: Limits) -> None:
        self._folder = tempfile.mkdtemp(prefix="autograder-")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by _finish)
        secret = secrets.token_bytes(_SECRET_BYTES)
        needed = {name: os.environ[name] for name in _NEEDED_ENVIRONMENT if name in os.environ}
        with socket.create_server(("127.0.0.1", 0)) as door:
            self._process = subprocess.Popen(  # noqa: S603 (our own module, by our own interpreter)
                [
                    sys.executable,
                    isolation(),
                    "-m",
                    "autograder.sandbox.unconfined",
                    str(door.getsockname()[1]),
                    self._folder,
                ],
                env=needed | warm_environment() | {"AUTOGRADER_CHILD": "1"},
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=subprocess.STDOUT,
            )
            try:
                channel = self._let_in(door, secret)
            except BaseException:
                self._stop()
                raise
        super().__init__(limits, channel)

    def _let_in(self, door: socket.socket, secret: bytes) -> socket.socket:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as pipe:
            pipe.write(secret)
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            door.settimeout(_ACCEPT_SECONDS)
            try:
                channel, _ = door.accept()
            except TimeoutError:
                continue
            channel.settimeout(_END_SECONDS)
            with contextlib.suppress(OSError):
                if hmac.compare_digest(_receive(channel, _SECRET_BYTES), secret):
                    return channel
            channel.close()
        lines = self._output().decode(errors="replace").strip().splitlines() or ["none"]
        raise SandboxFault(f"the process that runs the notebook did not start. Its last words: {lines[-1][-500:]}")

    def _finish(self, patience: float) -> End:
        if patience:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        self._process.kill()
        code = self._process.wait()
        self._keep(self._output())
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(_OUTPUT_BYTES, size - _OUTPUT_BYTES))
        self._keep(self._log.read(_OUTPUT_BYTES))
        self._stop()
        return End(code)

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _output(self) -> bytes:
        self._log.seek(0)
        return self._log.read(_OUTPUT_BYTES)

    def _drain(self) -> None:
        """Do nothing: its output goes to a file."""


def _receive(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := channel.recv(size - len(data))):
        data += more
    return data


def main() -> None:
    """Be the child: connect, import the frameworks, and serve."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    secret = sys.stdin.buffer.read(_SECRET_BYTES)
    from autograder.sandbox.child import serve, shell

    versions = {"python": platform.python_version(), **shell.warm_up()}
    os.chdir(folder)
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    channel = socket.create_connection(("127.0.0.1", port))
    channel.sendall(secret)
    serve.serve(channel, versions)


if __name__ == "__main__":
    main()
