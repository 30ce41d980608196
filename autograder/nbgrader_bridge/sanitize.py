"""A student's notebook → one that graders may open: cells rebuilt from what was released, the rest as plain cells.

Nothing of the file's own metadata, tags, outputs or ids survives: what a cell is, the gradebook says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.notebook import Cell, Notebook, UnreadableNotebook

_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})


@dataclass(frozen=True)
class Given:
    """A cell as it was handed out, according to the gradebook.

    Attributes
    ----------
    grade_id, kind, source, checksum : str
        Its id, ``code`` or ``markdown``, its text (mark scheme included), and nbgrader's checksum of it.
    locked : bool
        Whether the text is the course's, whatever a student made of it.
    points : float or None
        For a cell that is graded.
    solution, task : bool
        Whether a student answers in it, and how.
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
        """Return the metadata by which nbgrader knows the cell."""
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
    """The rebuilt notebook, and the ids of handed-out cells that the student's file did not have."""

    notebook: NotebookNode
    missing: tuple[str, ...]


def sanitize(notebook: Notebook, given: Sequence[Given]) -> Sanitized:
    """Rebuild ``notebook`` from the cells that were ``given``, in their order, and the student's text.

    A cell whose id was never handed out is an ordinary cell of the student's, and so is all but one of those
    that share an id. What is missing is put back where it was, as it was handed out.

    Raises
    ------
    UnreadableNotebook
        No cell has an id that was handed out.
    """
    known = {cell.grade_id: cell for cell in given}
    chosen = _chosen(notebook.cells, known)
    if not chosen:
        raise UnreadableNotebook("is a notebook, but not of this assignment: none of its cells was handed out with it")
    cells: list[NotebookNode] = []
    for number, cell in enumerate(notebook.cells):
        if number in chosen.values():
            cells.append(_rebuilt(known[str(cell.grade_id)], cell))
        elif cell.source.strip():
            cells.append(_own(cell, number))
    missing = tuple(grade_id for grade_id in known if grade_id not in chosen)
    _put_back(cells, given, frozenset(missing))
    return Sanitized(_notebook(cells), missing)


def blank(given: Sequence[Given], reason: str) -> Sanitized:
    """Return the notebook as it was handed out, under a line that says why the student's cannot be shown."""
    note = new_markdown_cell(
        f"**The file that was handed in {reason}.** Nothing of it could be graded; below is what was handed out.",
        id="unreadable",
    )
    cells = [note, *(_rebuilt(cell) for cell in given)]
    return Sanitized(_notebook(cells), tuple(cell.grade_id for cell in given))


def _chosen(cells: Sequence[Cell], known: dict[str, Given]) -> dict[str, int]:
    """Choose the cell that counts for each id: of answers the last that was worked on, of locked cells the first."""
    chosen: dict[str, int] = {}
    for number, cell in enumerate(cells):
        given = known.get(cell.grade_id or "")
        if given is None:
            continue
        first = given.grade_id not in chosen
        if first or (
            not given.locked and (_worked_on(cell, given) or not _worked_on(cells[chosen[given.grade_id]], given))
        ):
            chosen[given.grade_id] = number
    return chosen


def _worked_on(cell: Cell, given: Given) -> bool:
    return cell.source.strip() not in ("", given.source.strip())


def _rebuilt(given: Given, cell: Cell | None = None) -> NotebookNode:
    source = given.source if cell is None or given.locked else cell.source
    make = new_code_cell if given.kind == "code" else new_markdown_cell
    node = make(source, id=f"given-{given.grade_id}"[:64], metadata=given.metadata())
    if cell is not None and given.kind == "markdown" and not given.locked:
        _attach(node, cell)
    return node


def _own(cell: Cell, number: int) -> NotebookNode:
    # A raw cell may claim to be HTML; as Markdown it is shown like any other text of the student's.
    if cell.kind == "code":
        return new_code_cell(cell.source, id=f"own-{number + 1}")
    node = new_markdown_cell(cell.source, id=f"own-{number + 1}")
    _attach(node, cell)
    return node


def _attach(node: NotebookNode, cell: Cell) -> None:
    attachments = {}
    for name, kinds in cell.attachments.items():
        pictures = {kind: data for kind, data in kinds.items() if _is_picture(kind, data)} if _is_dict(kinds) else {}
        if pictures:
            attachments[name] = pictures
    if attachments:
        node["attachments"] = attachments


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)


def _is_picture(kind: object, data: object) -> bool:
    if kind not in _PICTURES or not isinstance(data, str):
        return False
    try:
        base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _put_back(cells: list[NotebookNode], given: Sequence[Given], missing: frozenset[str]) -> None:
    """Insert each missing cell behind the one that it was handed out behind."""
    position = 0
    for cell in given:
        if cell.grade_id in missing:
            cells.insert(position, _rebuilt(cell))
            position += 1
        else:
            position = 1 + next(i for i, c in enumerate(cells) if _grade_id(c) == cell.grade_id)


def _grade_id(node: NotebookNode) -> str | None:
    grade_id = node.metadata.get("nbgrader", {}).get("grade_id")
    return str(grade_id) if grade_id is not None else None


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    language = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return new_notebook(cells=cells, metadata={**language, "language_info": {"name": "python"}})
