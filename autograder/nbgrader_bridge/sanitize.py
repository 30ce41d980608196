"""Rebuilds a student's notebook from its arrangement, so that graders can open it safely.

Released cells come from the gradebook, and the student's other cells become plain cells. The file's own metadata, tags
and ids are dropped, and so are its outputs, except for those of measuring cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.nbgrader_bridge.submitted_outputs import measures, submitted_outputs
from autograder.safe_html import shown_attachments
from autograder.submission.arrangement import Arrangement, Piece


@dataclass(frozen=True)
class ReleasedCell:
    """A released cell from the gradebook.

    Attributes
    ----------
    grade_id, kind, source, checksum : str
        Its grade id, ``code`` or ``markdown``, its text with the mark scheme, and nbgrader's checksum.
    locked : bool
        Whether students must not change the text. The released text then counts.
    points : float or None
        Maximum points of a graded cell.
    solution, task : bool
        Whether a student answers in it, and whether nbgrader calls it a task.
    """

    grade_id: str
    kind: str
    source: str
    checksum: str | None
    locked: bool
    solution: bool
    points: float | None = None
    task: bool = False

    def metadata(self) -> dict[str, Any]:
        """Return nbgrader's metadata of the cell."""
        nbgrader: dict[str, Any] = {
            "schema_version": 3,
            "grade_id": self.grade_id,
            "cell_type": self.kind,
            "grade": self.points is not None and not self.task,
            "solution": self.solution,
            "locked": self.locked,
            "task": self.task,
        }
        if self.points is not None:
            nbgrader["points"] = self.points
        if self.checksum is not None:
            nbgrader["checksum"] = self.checksum
        return {"nbgrader": nbgrader}


@dataclass(frozen=True)
class Sanitized:
    """The rebuilt notebook, and the cells' names in the submission by their ids in this notebook."""

    notebook: NotebookNode
    names: dict[str, str] = field(default_factory=dict)


def sanitize(arrangement: Arrangement, given: Sequence[ReleasedCell]) -> Sanitized:
    """Rebuild a student's notebook: the gradebook's cells with the texts of the arrangement.

    The reader's remarks come first. A cell that the gradebook does not know becomes an ordinary cell.
    """
    known = {cell.grade_id: cell for cell in given}
    cells: list[NotebookNode] = []
    names: dict[str, str] = {}
    # Markers need what the student's own run showed here: grading does not run these cells.
    measuring = {cell.grade_id for cell in given if cell.kind == "code" and cell.locked and measures(cell.source)}
    outputs = submitted_outputs(
        {piece.name: piece.outputs for piece in arrangement.pieces if piece.name in measuring and not piece.runs}
    )
    for piece in arrangement.pieces:
        if not piece.shown:
            continue
        filled = known.pop(piece.grade_id, None) if piece.fills and piece.grade_id else None
        node = _own(piece) if filled is None else _rebuilt(filled, piece)
        if piece.name in outputs:
            node["outputs"] = outputs[piece.name]
        cells.append(node)
        names[node["id"]] = piece.name
    # The gradebook may hold cells that a later release left out.
    cells += [_rebuilt(cell) for cell in known.values()]
    if arrangement.remarks:
        lines = "".join(f"\n- {remark.text}" for remark in arrangement.remarks)
        cells.insert(0, new_markdown_cell(f"**About this notebook:**\n{lines}", id="remarks"))
    return Sanitized(_notebook(cells), names)


def blank(given: Sequence[ReleasedCell], reason: str) -> Sanitized:
    """Return the released notebook below a line that says why the student's notebook cannot be shown."""
    note = new_markdown_cell(
        f"**The submitted file {reason}.** Nothing of it could be graded; below is the released notebook.",
        id="unreadable",
    )
    cells = [note, *(_rebuilt(cell) for cell in given)]
    return Sanitized(_notebook(cells))


def _rebuilt(given: ReleasedCell, piece: Piece | None = None) -> NotebookNode:
    # An emptied answer gets the released text: nbgrader gives an untouched answer 0 without sending a person there.
    emptied = piece is not None and given.points is not None and not piece.source.strip()
    source = given.source if piece is None or given.locked or emptied else piece.source
    make = new_code_cell if given.kind == "code" else new_markdown_cell
    node = make(source, id=f"given-{given.grade_id}"[:64], metadata=given.metadata())
    if piece is not None and not given.locked:
        _attach(node, piece)
    return node


def _own(piece: Piece) -> NotebookNode:
    make = new_code_cell if piece.kind == "code" else new_markdown_cell
    node = make(piece.source, id=f"own-{piece.name}".replace(" ", "-")[:64])
    _attach(node, piece)
    return node


def _attach(node: NotebookNode, piece: Piece) -> None:
    attachments = shown_attachments(piece.attachments)
    if attachments and node.cell_type == "markdown":
        node["attachments"] = attachments


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    language = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return new_notebook(cells=cells, metadata={**language, "language_info": {"name": "python"}})
