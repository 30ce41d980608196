"""Loads the released notebook, the source of grade ids and points. The file is trusted, but its form is checked."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.assignment.questions import NAME, TASKS, WRITTEN
from autograder.errors import ExitCode, UserError
from autograder.notebook import Notebook, UnreadableNotebook, parse_notebook, read_bytes
from autograder.places import BESIDE, PACKAGE, named, unnamed

#: The release in this repository and in the students'.
DEFAULT_PATH = BESIDE / "assignment" / NAME / f"{NAME}.ipynb"
#: A second copy in the students' repository, because students answer in the first.
UNTOUCHED_COPY = PACKAGE / "assignment" / "released.ipynb"
#: Option and environment variable that name another release.
OPTION, VARIABLE = "--release", "AUTOGRADER_RELEASE"


class BadRelease(UserError):
    """The release is unusable. This is a fault of the course's set-up, never of a submission."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Release:
    """The notebook that students received, and its points.

    Attributes
    ----------
    notebook : Notebook
        The cells.
    points : dict of str to float
        Maximum points by grade id, for Q1–Q6 and Q7's check cells.
    """

    notebook: Notebook
    points: dict[str, float]


def load_release(path: Path | None = None) -> Release:
    """Load the release from ``path``, from ``$AUTOGRADER_RELEASE``, or from where the repository keeps it.

    Raises
    ------
    BadRelease
        The file is missing, is not a notebook, or lacks a grade id or its points.
    """
    path = release_path(path)
    return release_in(release_bytes(path), path)


def release_path(path: Path | None = None) -> Path:
    """Return the release's path: ``path``, the value of ``$AUTOGRADER_RELEASE``, or the repository's release.

    Raises
    ------
    BadRelease
        No path is named, and there is no repository with a release.
    """
    file = named(path, VARIABLE) or (UNTOUCHED_COPY if UNTOUCHED_COPY.exists() else DEFAULT_PATH)
    if file is DEFAULT_PATH and not file.exists():
        raise BadRelease(unnamed("the released notebook", file, OPTION, VARIABLE))
    return file


@contextlib.contextmanager
def _problems_of(path: Path | str) -> Iterator[None]:
    try:
        yield
    except UnreadableNotebook as problem:
        raise BadRelease(f"the released notebook {path} {problem}; make it with `make release`") from None


def release_bytes(path: Path) -> bytes:
    """Return the bytes of the release; raise `BadRelease` if it cannot be read."""
    with _problems_of(path):
        return read_bytes(path)


def release_in(raw: bytes, path: Path | str = NAME) -> Release:
    """Load the release from its file's bytes, as `load_release` does. Messages name it ``path``."""
    with _problems_of(path):
        notebook = parse_notebook(str(path), raw)
    points: dict[str, float] = {}
    for grade_id in (*WRITTEN, *(task.check for task in TASKS)):
        cell = notebook.cell(grade_id)
        worth: Any = cell.metadata.get("points") if cell else None
        if type(worth) not in (int, float) or not math.isfinite(worth) or worth < 0:
            raise BadRelease(f"the released notebook {path} gives no points for {grade_id}")
        points[grade_id] = float(worth)
    return Release(notebook, points)
