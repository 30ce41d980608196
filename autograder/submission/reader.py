"""Turns a student's notebook into a `Submission`, the part that is graded. Every command reads submissions here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autograder.assignment.questions import WRITTEN
from autograder.notebook import Cell, Notebook
from autograder.submission.arrangement import SETUP, Arrangement, arrange
from autograder.submission.remarks import Remark
from autograder.submission.written_answers import WrittenAnswer, written_answer


@dataclass(frozen=True)
class Submission:
    """The part of a notebook that is graded.

    Attributes
    ----------
    path, sha256 : str
        The file, and the hash of its bytes.
    code : tuple of Cell
        Code cells to run, in the notebook's order. Names are unique; the parts of a stub share its grade id.
    untouched : frozenset of str
        Grade ids of unchanged stubs.
    written : tuple of WrittenAnswer
        The written answers, Q1–Q6.
    left_out : tuple of Cell
        Cells that do not run while grading: locked ones, with what the student typed into them, and texts.
    remarks : tuple of Remark
        Unusual findings, and the reader's decisions.
    """

    path: str
    sha256: str
    code: tuple[Cell, ...]
    untouched: frozenset[str]
    written: tuple[WrittenAnswer, ...]
    left_out: tuple[Cell, ...] = ()
    remarks: tuple[Remark, ...] = ()


def read_submission(notebook: Notebook, release: Notebook) -> Submission:
    """Read a student's notebook against the release that it was made from.

    Raises
    ------
    UnreadableNotebook
        No cell belongs to this assignment.

    Examples
    --------
    >>> from autograder.assignment.release import load_release
    >>> release = load_release().notebook
    >>> submission = read_submission(release, release)
    >>> [str(answer.status) for answer in submission.written[:2]], sorted(submission.untouched)[:1]
    (['unchanged', 'unchanged'], ['q7_tf_initializer'])
    """
    return submission_in(arrange(notebook, release), release)


def submission_in(arrangement: Arrangement, release: Notebook) -> Submission:
    """Return the `Submission` of an arranged notebook.

    Examples
    --------
    >>> from autograder.assignment.release import load_release
    >>> release = load_release().notebook
    >>> [cell.name for cell in submission_in(arrange(release, release), release).code][:2]
    ['setup', 'q7_tf_initializer']
    """
    in_release = arrangement.sha256 == release.sha256
    return Submission(
        arrangement.path,
        arrangement.sha256,
        tuple(
            Cell("code", piece.source, piece.name, piece.grade_id, {})
            for piece in arrangement.pieces
            if piece.runs and piece.source.strip()
        ),
        arrangement.untouched,
        tuple(written_answer(name, arrangement.answer(name), release, in_release=in_release) for name in WRITTEN),
        _left_out(arrangement, release),
        arrangement.remarks,
    )


def _left_out(arrangement: Arrangement, release: Notebook) -> tuple[Cell, ...]:
    locked = [
        replace(cell, source=f"{cell.source}\n{arrangement.locked.get(cell.grade_id, '')}")
        for cell in release.cells
        if cell.kind == "code" and cell.metadata.get("locked") and cell.grade_id not in (None, SETUP)
    ]
    texts = [
        Cell(piece.kind, piece.source, piece.name, piece.grade_id, {})
        for piece in arrangement.pieces
        if piece.kind == "markdown" and (piece.grade_id is None or piece.grade_id in WRITTEN)
    ]
    return (*locked, *texts)
