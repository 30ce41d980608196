"""Starts what `make formgrader` and `make mark` start, and stops it again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.course import Course
from tests.support.processes import eventually
from tests.support.samples import ENVIRONMENT, ROOT


@dataclass(frozen=True)
class Server:
    """A Jupyter server with our extension, and the address with its token that it printed."""

    pid: int
    address: str

    @property
    def root(self) -> str:
        """The address of the server itself, without a slash at its end."""
        return "/".join(self.address.split("/")[:3])

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]


@contextlib.contextmanager
def started(course: Course, opens: str) -> Iterator[Server]:
    """Start the server in a course folder, with the page at ``opens`` as its first one."""
    makefile = ["make", "-s", "-f", str(ROOT / "Makefile"), "formgrader-server", "FORMGRADER_PORT=0"]
    makefile += [f"VENV={sys.prefix}", f"OPENS={opens}"]
    log = course.folder / "server.log"
    with log.open("w") as said:
        server = subprocess.Popen(
            makefile,
            cwd=course.folder,
            env={**ENVIRONMENT, "PYTHONPATH": str(ROOT), **course.environment},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        found: list[str] = []

        def printed() -> bool:
            words = log.read_text(encoding="utf-8").split()
            found[:] = [w for w in words if w.startswith("http://127.0.0.1:") and f"{opens}?token=" in w]
            return bool(found) or server.poll() is not None

        assert eventually(printed, 180.0), log.read_text(encoding="utf-8")
        assert found, log.read_text(encoding="utf-8")
        assert eventually(lambda: answers(found[0]), 180.0)
        yield Server(server.pid, found[0])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def answers(address: str) -> bool:
    """Return whether the page at ``address`` can be opened."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.status == 200
    except (urllib.error.URLError, TimeoutError):
        return False
