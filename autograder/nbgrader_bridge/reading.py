"""A student's file, read once: the notebook that people open, and the submission that is graded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.assignment.release import Release
from autograder.nbgrader_bridge.sanitize import Given, blank, sanitize
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.submission.arrangement import arrange
from autograder.submission.reader import Submission, submission_in


@dataclass(frozen=True)
class Released:
    """What every submission is read against.

    Attributes
    ----------
    release : Release
        The released notebook, with the gradebook's points.
    cells : tuple of Given
        The gradebook's cells, mark schemes included, in the release's order.
    """

    release: Release
    cells: tuple[Given, ...]


@dataclass(frozen=True)
class Reading:
    """One student's file.

    Attributes
    ----------
    path, sha256 : str
        The file, and the hash of its bytes; no hash where it could not be opened.
    notebook : NotebookNode
        Rebuilt from the gradebook's cells and the student's text, under the reader's remarks: what people open.
    names : dict of str to str
        By the ids of that notebook's cells: how the submission calls them.
    submission : Submission or None
        What is graded; None where the file could not be read.
    missing : tuple of str
        Ids of released cells that the file does not have.
    problem : str or None
        Why the file could not be read.
    """

    path: str
    sha256: str
    notebook: NotebookNode
    names: dict[str, str] = field(default_factory=dict)
    submission: Submission | None = None
    missing: tuple[str, ...] = ()
    problem: str | None = None


def read(path: Path, released: Released) -> Reading:
    """Read the student's file at ``path``, trusting nothing in it. A file that cannot be read is a `Reading`, too."""
    sha256 = ""
    try:
        notebook = read_notebook(path)
        sha256 = notebook.sha256
        arrangement = arrange(notebook, released.release.notebook)
    except UnreadableNotebook as problem:
        return Reading(str(path), sha256, blank(released.cells, problem.problem).notebook, problem=problem.problem)
    sanitized = sanitize(arrangement, released.cells)
    submission = submission_in(arrangement, released.release.notebook)
    return Reading(notebook.path, sha256, sanitized.notebook, sanitized.names, submission, tuple(arrangement.missing))
