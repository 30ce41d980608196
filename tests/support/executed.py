"""Executes the released notebook in a real kernel, once for all tests of a run."""

from __future__ import annotations

import os
from pathlib import Path

import nbclient
import pytest
from filelock import FileLock
from nbformat import NotebookNode

from tests.support.samples import RELEASE, read, write


def execute(notebook: NotebookNode) -> NotebookNode:
    return nbclient.NotebookClient(notebook, timeout=300, allow_errors=True).execute()


def executed_release(factory: pytest.TempPathFactory) -> Path:
    """Return where the executed notebook is; a session's workers share it."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    path = shared / "executed.ipynb"
    with FileLock(shared / "executed.lock"):
        if not path.exists():
            write(execute(read(RELEASE)), path)
    return path
