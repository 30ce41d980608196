"""The bytes of an untrusted `.ipynb` → its cells. It reads a few fields, believes none of them, and runs nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_NOTEBOOK_BYTES = 20 * 1024 * 1024
MAX_CELLS = 2_000
#: What nbgrader puts where an answer goes (`text_stub` in nbgrader_config.py).
PLACEHOLDER = "YOUR ANSWER HERE"
#: What it puts where code goes (`code_stub`); with it goes a `raise NotImplementedError()`.
CODE_PLACEHOLDER = "# YOUR CODE HERE"


class UnreadableNotebook(ValueError):
    """The file is no notebook that can be graded; the message is one line for people."""


@dataclass(frozen=True)
class Cell:
    """One cell as it stands in a file.

    Attributes
    ----------
    kind : str
        ``code``, ``markdown`` or ``raw``.
    source : str
        Its text.
    name : str
        Its grade id, or ``cell N`` (from 1) where it has none.
    grade_id : str or None
        nbgrader's id.
    metadata : dict
        nbgrader's metadata; only a release's is to be believed.
    attachments : dict
        Pictures pasted into a Markdown cell, as the file has them.
    """

    kind: str
    source: str
    name: str
    grade_id: str | None
    metadata: dict[str, Any]
    attachments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Notebook:
    """A file's cells, with what identifies the file."""

    path: str
    sha256: str
    cells: tuple[Cell, ...]

    def cell(self, grade_id: str) -> Cell | None:
        """Return the cell with this grade id, or None."""
        return next((cell for cell in self.cells if cell.grade_id == grade_id), None)


def read_notebook(path: Path) -> Notebook:
    """Read the notebook at ``path``.

    Raises
    ------
    UnreadableNotebook
        With one line that says what is wrong with the file and what to do.
    """
    return parse_notebook(printable_path(path), read_bytes(path))


def printable_path(path: Path) -> str:
    """Return ``path`` as reports say it: a file name need not be UTF-8; what is said of it must be."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def parse_notebook(name: str, raw: bytes) -> Notebook:
    """Read a notebook from its file's bytes, as `read_notebook` does; ``name`` is what reports call it."""
    return Notebook(name, hashlib.sha256(raw).hexdigest(), tuple(_cells(_parse(raw))))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a student's file, bounded; raise `UnreadableNotebook` for what is no regular file."""
    try:
        # O_NONBLOCK: a named pipe must not make us wait for somebody to write.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        raise UnreadableNotebook("does not exist") from None
    except OSError as problem:
        if path.is_symlink():
            raise UnreadableNotebook("is a symbolic link; give the notebook itself") from None
        raise UnreadableNotebook(f"cannot be opened: {problem.strerror or problem}") from None
    try:
        _check_file(os.fstat(descriptor))
    except UnreadableNotebook:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as file:
        try:
            raw = file.read(MAX_NOTEBOOK_BYTES + 1)
        except OSError as problem:
            raise UnreadableNotebook(f"cannot be read: {problem.strerror or problem}") from None
    if len(raw) > MAX_NOTEBOOK_BYTES:
        raise UnreadableNotebook("grew while it was read; try again")
    return raw


def _check_file(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableNotebook("is a folder; give the .ipynb file in it")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableNotebook("is not a regular file")
    if status.st_size > MAX_NOTEBOOK_BYTES:
        raise UnreadableNotebook(
            f"has {status.st_size / 2**20:.0f} MiB, more than the {MAX_NOTEBOOK_BYTES // 2**20} MiB allowed; "
            "clear the outputs (Edit → Clear Outputs of All Cells) and save it again"
        )


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise UnreadableNotebook(f"is not UTF-8 text (byte {problem.start}); save it from Jupyter again") from None
    except json.JSONDecodeError as problem:
        if not raw.strip():
            raise UnreadableNotebook("is empty") from None
        if re.search(rb"^(<<<<<<<|>>>>>>>) ", raw, re.MULTILINE):
            raise UnreadableNotebook("has unresolved merge conflicts (<<<<<<<); resolve them, then try again") from None
        raise UnreadableNotebook(
            f"is not a notebook: not JSON at line {problem.lineno}, column {problem.colno}"
        ) from None
    except (ValueError, RecursionError):
        raise UnreadableNotebook("is not a notebook: its JSON is nested too deeply or has absurd numbers") from None
    if not isinstance(document, dict) or "nbformat" not in document:
        raise UnreadableNotebook("is JSON, but not a notebook")
    if document["nbformat"] != 4:
        raise UnreadableNotebook(
            f"is in notebook format {str(document['nbformat'])[:20]}, and 4 is needed; open it in Jupyter and save it"
        )
    return document


def _cells(document: dict[str, Any]) -> Iterable[Cell]:
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise UnreadableNotebook("is not a notebook: it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise UnreadableNotebook(f"has {len(cells)} cells, more than the {MAX_CELLS} allowed")
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            raise UnreadableNotebook(f"is not a valid notebook: cell {number} is no code, Markdown or raw cell")
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise UnreadableNotebook(f"is not a valid notebook: the source of cell {number} is not text")
        metadata = cell.get("metadata")
        nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        nbgrader = nbgrader if isinstance(nbgrader, dict) else {}
        grade_id = nbgrader.get("grade_id")
        grade_id = grade_id if isinstance(grade_id, str) and grade_id else None
        # Lone surrogates pass through JSON, but neither through UTF-8 nor through a compiler.
        source = source.encode("utf-8", "replace").decode()
        # Lines may end as Windows ends them; as a compiler reads them, it is the same text.
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        pasted = cell.get("attachments")
        attachments = pasted if isinstance(pasted, dict) else {}
        yield Cell(cell["cell_type"], source, grade_id or f"cell {number}", grade_id, nbgrader, attachments)
