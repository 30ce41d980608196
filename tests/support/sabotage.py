"""Python interpreters for the sandbox's processes that fail on purpose, or lack the frameworks."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Where a test is about processes, folders or confinement: the frameworks take seconds to import, and are not needed.
NO_FRAMEWORKS = """
from autograder.sandbox.child import shell
shell.warm_up = lambda: (shell.shell(), {})[1]
"""
_SERVER = "sandbox.forkserver"


def interpreter(folder: Path, sabotage: str, module: str = _SERVER) -> Path:
    """Return an interpreter whose ``module``, of the package, runs after ``sabotage``."""
    (folder / "sabotage.py").write_text(
        f"import sys\nsys.argv = sys.argv[3:]\n{sabotage}\nfrom autograder.{module} import main\nmain()\n"
    )
    path = folder / "python"
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *{module}*) exec {sys.executable} {shlex.quote(str(folder / "sabotage.py"))} "$@";; '
        f'esac\nexec {sys.executable} "$@"\n'
    )
    path.chmod(0o755)
    return path


@contextlib.contextmanager
def sabotaged(folder: Path, sabotage: str = NO_FRAMEWORKS, module: str = _SERVER) -> Iterator[None]:
    """Have every process that is started meanwhile run in such an interpreter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(interpreter(folder, sabotage, module)))
        yield
