"""Reads a student's file once, for two uses: the notebook that graders open, and the submission that is graded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.assignment.release import Release
from autograder.nbgrader_bridge.pictures_beside import with_pictures_beside
from autograder.nbgrader_bridge.sanitize import ReleasedCell, blank, sanitize
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.submission.arrangement import arrange
from autograder.submission.reader import Submission, submission_in


@dataclass(frozen=True)
class Released:
    """The release that every submission is compared with.

    Attributes
    ----------
    release : Release
        The released notebook, with the gradebook's points.
    cells : tuple of ReleasedCell
        The gradebook's cells, mark schemes included, in the release's order.
    """

    release: Release
    cells: tuple[ReleasedCell, ...]


@dataclass(frozen=True)
class Reading:
    """One student's file.

    Attributes
    ----------
    path, sha256 : str
        The file, and the hash of its bytes. The hash is empty if the file could not be opened.
    notebook : NotebookNode
        The notebook that graders open: the reader's remarks, the gradebook's cells and the student's text.
    names : dict of str to str
        The cells' names in the submission, by their ids in ``notebook``.
    submission : Submission or None
        The submission to grade; None if the file could not be read.
    unsure : frozenset of str
        Ids of answers that a person should look for: their cells are missing, or other texts may be the answers.
    problem : str or None
        Why the file could not be read.
    """

    path: str
    sha256: str
    notebook: NotebookNode
    names: dict[str, str] = field(default_factory=dict)
    submission: Submission | None = None
    unsure: frozenset[str] = frozenset()
    problem: str | None = None


def read(path: Path, released: Released) -> Reading:
    """Read the student's untrusted file at ``path``. A file that cannot be read gives a `Reading` with a problem."""
    sha256 = ""
    try:
        notebook = with_pictures_beside(read_notebook(path))
        sha256 = notebook.sha256
        arrangement = arrange(notebook, released.release.notebook)
    except UnreadableNotebook as problem:
        return Reading(str(path), sha256, blank(released.cells, problem.problem).notebook, problem=problem.problem)
    sanitized = sanitize(arrangement, released.cells)
    submission = submission_in(arrangement, released.release.notebook)
    unsure = arrangement.unsure.union(arrangement.missing)
    return Reading(notebook.path, sha256, sanitized.notebook, sanitized.names, submission, unsure)
