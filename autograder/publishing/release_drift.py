"""Checks that `assignment/` is the release that `make release` would make of `solutions/` now."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.assignment.questions import NAME
from autograder.errors import UserError

_NOTEBOOK = Path(NAME) / f"{NAME}.ipynb"
#: The source of the release, in the instructors' repository.
SOURCE = Path("solutions") / _NOTEBOOK
_SHOWN = 60


class CannotRelease(UserError):
    """nbgrader could not make the release."""


def drift(root: Path) -> list[str]:
    """Return the changes that making the release in ``root`` would cause, as lines of a diff; empty if there are none.

    Nothing in ``root`` changes, and neither does the gradebook.

    Raises
    ------
    CannotRelease
        nbgrader could not make a release of the source.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(root / "solutions", copy / "solutions")
        for settings in ("nbgrader_config.py", "course.toml"):
            shutil.copy(root / settings, copy)
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--create"]
        command.append(f"--db=sqlite:///{copy}/gradebook.db")
        # nbgrader starts alembic by name.
        path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
        run = subprocess.run(  # noqa: S603
            command, cwd=copy, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            raise CannotRelease(f"the release cannot be made: {(run.stderr or run.stdout).strip()[-700:]}")
        made = _read(copy / "assignment" / _NOTEBOOK)
    committed = _read(root / "assignment" / _NOTEBOOK)
    return list(_differences(committed, made)) if made != committed else []


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _differences(committed: Any, made: Any) -> Iterator[str]:
    old, new = (json.dumps(each, indent=1, ensure_ascii=False).splitlines() for each in (committed, made))
    lines = list(difflib.unified_diff(old, new, "assignment/", "what make release gives", lineterm="", n=1))
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"… and {len(lines) - _SHOWN} lines more"
