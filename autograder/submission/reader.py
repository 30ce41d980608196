"""A student's notebook → `Submission`: what is graded of it. Every road reads submissions here."""

from __future__ import annotations

import symtable
from collections import Counter
from dataclasses import dataclass, field

from autograder.assignment.questions import TASKS, WRITTEN
from autograder.notebook import CODE_PLACEHOLDER, Cell, Notebook, UnreadableNotebook
from autograder.submission.remarks import Remark
from autograder.submission.written_answers import WrittenAnswer, written_answer


@dataclass(frozen=True)
class Submission:
    """What is graded.

    Attributes
    ----------
    path, sha256 : str
        The file, and the hash of its bytes.
    code : tuple of Cell
        The code cells to run, in order.
    untouched : frozenset of str
        Grade ids of cells that stand as they were handed out.
    left_out : dict of str to str
        Names that a locked cell defines which does not run while grading, and that cell's grade id.
    written : tuple of WrittenAnswer
        Q1–Q6.
    remarks : tuple of Remark
        What the reader found that is not usual, and what it decided.
    """

    path: str
    sha256: str
    code: tuple[Cell, ...]
    untouched: frozenset[str]
    written: tuple[WrittenAnswer, ...]
    left_out: dict[str, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def read_submission(notebook: Notebook, release: Notebook) -> Submission:
    """Read a student's notebook against the release that it was made from.

    Cells that the release locks never run from the student's copy. The release's set-up cell runs
    first, from the release; then the student's own code cells, in their order. Other locked cells,
    measurements and checks, do not run at all.

    Parameters
    ----------
    notebook : Notebook
        The student's.
    release : Notebook
        What students were given.

    Raises
    ------
    UnreadableNotebook
        It is no notebook of this assignment, or grade ids are missing or double.
    """
    _check_ids(notebook, release, tuple(grade_id for task in TASKS for grade_id in (task.stub, task.check)))
    locked = {cell.grade_id for cell in release.cells if cell.grade_id and cell.metadata.get("locked")}
    own = [
        cell for cell in notebook.cells if cell.kind == "code" and cell.grade_id not in locked and cell.source.strip()
    ]
    setup = [cell for cell in release.cells if cell.kind == "code" and cell.grade_id == "setup"]
    answers = tuple(written_answer(grade_id, notebook, release) for grade_id in WRITTEN)
    untouched = frozenset(
        cell.grade_id
        for cell in own
        if cell.grade_id
        and CODE_PLACEHOLDER in cell.source
        and (given := release.cell(cell.grade_id))
        and given.source.strip() == cell.source.strip()
    )
    left_out = {
        name: cell.name
        for cell in reversed(release.cells)
        if cell.kind == "code" and cell.grade_id in locked and cell not in setup
        for name in _defined(cell.source)
    }
    return Submission(notebook.path, notebook.sha256, (*setup, *own), untouched, answers, left_out)


def _defined(source: str) -> set[str]:
    """Return the names that a cell of the release defines at its top level; none where it is not plain Python."""
    try:
        symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    except SyntaxError:
        return set()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned()}


def _check_ids(notebook: Notebook, release: Notebook, gradable: tuple[str, ...]) -> None:
    known = {cell.grade_id for cell in release.cells if cell.grade_id}
    counts = Counter(cell.grade_id for cell in notebook.cells if cell.grade_id in known)
    if not any(grade_id in counts for grade_id in gradable):
        raise UnreadableNotebook(
            "is a notebook, but not of this assignment: none of its cells has one of Q7's grade ids"
        )
    doubled = [str(grade_id) for grade_id, count in counts.items() if count > 1]
    if doubled:
        raise UnreadableNotebook(
            f"has more than one cell with grade id {', '.join(sorted(doubled))} (was a cell copied?); delete the copy, "
            "or paste its text into a new cell"
        )
    missing = [grade_id for grade_id in gradable if grade_id not in counts]
    if missing:
        raise UnreadableNotebook(
            f"lacks the cell with grade id {', '.join(missing)} (was it deleted, or split off?); take the released "
            "notebook again and move your answers into it"
        )
