"""Runs commands for tests: `run` starts a process, `InThisProcess` calls the command with the tests' shared sandbox.

A process imports both frameworks before it grades, which takes longer than most tests. So a few tests of each command
start a process, and the others call the same function in this process.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from traitlets.config import Application

from autograder.cli.app import main
from autograder.grading import engine
from autograder.grading.worker import InThisProcess, Worker
from autograder.limits import Limits
from autograder.sandbox import Sandbox
from autograder.sandbox.client import ForkedChild, Warm

Run = Callable[..., "subprocess.CompletedProcess[str]"]
#: The width of the terminal that the commands write to, and what they may not take over from whoever runs the tests.
TERMINAL = {"COLUMNS": "120"}


def run(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `autograder` as people do: in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "autograder", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **TERMINAL, **environment},
    )


class Lent:
    """The tests' own sandbox, for a command that would close it."""

    _turn = threading.Lock()

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox = sandbox
        self.limits = limits

    @property
    def warm(self) -> Warm:
        return self._sandbox.warm

    def open(self) -> ForkedChild:
        with self._turn:
            before, self._sandbox.limits = self._sandbox.limits, self.limits
            try:
                return self._sandbox.open()
            finally:
                self._sandbox.limits = before

    def close(self) -> None: ...


class Commands:
    """Calls `autograder` in this process, as often as a test likes; returns what a process would have left.

    Parameters
    ----------
    sandbox : callable
        Returns the sandbox that confined submissions run in. It is not called before one runs.
    """

    def __init__(self, sandbox: Callable[[], Sandbox]) -> None:
        self._sandbox = sandbox
        self._own_worker = engine._worker

    def _worker(self, limits: Limits, *, unconfined: bool, many: bool) -> Worker:
        if unconfined:
            return self._own_worker(limits, unconfined=True, many=many)
        return InThisProcess(lambda: Lent(self._sandbox(), limits))

    def __call__(
        self, *arguments: object, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "_worker", self._worker)
            return in_this_process(*arguments, cwd=cwd, **environment)

    def nbgrader(
        self, *arguments: object, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Call `nbgrader` in the same way."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "_worker", self._worker)
            return _called(_nbgrader, "nbgrader", *arguments, cwd=cwd, **environment)


def _nbgrader() -> None:
    # nbgrader takes seconds to import, and few tests need it.
    from nbgrader.apps.nbgraderapp import NbGraderApp

    try:
        NbGraderApp.launch_instance()
    finally:
        type(Application.instance()).clear_instance()
    sys.exit(0)


def in_this_process(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Call `main`, and return its exit code and what it wrote."""
    return _called(main, "autograder", *arguments, cwd=cwd, **environment)


def _called(
    program: Callable[[], None], *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    words = [*map(str, arguments)]
    written = [io.TextIOWrapper(io.BytesIO(), environment.pop("PYTHONIOENCODING", "utf-8")) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**TERMINAL, **environment}.items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        patch.setattr(sys, "argv", words)
        for name, stream in zip(("stdout", "stderr"), written, strict=True):
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as end:
            program()
        code = end.value.code
        if isinstance(code, str):  # as the interpreter does
            print(code, file=sys.stderr)
            code = 1
    out, err = (_text(stream) for stream in written)
    return subprocess.CompletedProcess(words, code or 0, out, err)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)  # type: ignore[attr-defined]
