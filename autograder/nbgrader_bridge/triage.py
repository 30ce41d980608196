"""Checks a student's written answers without running anything, so that a grader knows which to read first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.release import Release
from autograder.nbgrader_bridge.pictures_beside import with_pictures_beside
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.submission.reader import read_submission
from autograder.submission.remarks import Remark


@dataclass(frozen=True)
class Triage:
    """Status of one student's written answers, or why the file cannot be read.

    ``answers`` has a remark or ``answered`` by grade id. ``remarks`` are the reader's on the whole notebook.
    """

    student: str
    answers: dict[str, str]
    remarks: tuple[Remark, ...] = ()
    problem: str | None = None


def triage(student: str, path: Path, release: Release) -> Triage:
    """Check the written answers in the notebook at ``path``."""
    try:
        submission = read_submission(with_pictures_beside(read_notebook(path)), release.notebook)
    except UnreadableNotebook as problem:
        return Triage(student, {}, problem=str(problem))
    return Triage(student, {a.grade_id: a.remarkable for a in submission.written}, submission.remarks)
