"""An untrusted `.ipynb` → `Submission`. Reads a few fields, believes none of them, runs nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import symtable
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.submission.written_answers import remark

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
        pasted = cell.get("attachments")
        attachments = pasted if isinstance(pasted, dict) else {}
        yield Cell(cell["cell_type"], source, grade_id or f"cell {number}", grade_id, nbgrader, attachments)


@dataclass(frozen=True)
class WrittenAnswer:
    """One of Q1–Q6: ``status`` is answered, unchanged, empty or missing; ``words`` counts its words.

    ``remark`` says of an answered one that it is short, or copied from the prompt.
    """

    grade_id: str
    status: str
    words: int
    remark: str | None = None

    @property
    def remarkable(self) -> str:
        """The most telling word about it: its remark where there is one, and its status otherwise."""
        return self.remark or self.status


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
        What became of Q1–Q6.
    """

    path: str
    sha256: str
    code: tuple[Cell, ...]
    untouched: frozenset[str]
    written: tuple[WrittenAnswer, ...]
    left_out: dict[str, str] = field(default_factory=dict)


def read_submission(
    notebook: Notebook, release: Notebook, gradable: Iterable[str], written: Iterable[str]
) -> Submission:
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
    gradable : iterable of str
        Grade ids of Q7's cells, each of which must be there exactly once.
    written : iterable of str
        Grade ids of the written answers; a missing one is reported, not refused.

    Raises
    ------
    UnreadableNotebook
        It is no notebook of this assignment, or grade ids are missing or double.
    """
    written = tuple(written)
    _check_ids(notebook, release, tuple(gradable))
    locked = {cell.grade_id for cell in release.cells if cell.grade_id and cell.metadata.get("locked")}
    own = [
        cell for cell in notebook.cells if cell.kind == "code" and cell.grade_id not in locked and cell.source.strip()
    ]
    setup = [cell for cell in release.cells if cell.kind == "code" and cell.grade_id == "setup"]
    answers = tuple(written_answer(grade_id, notebook, release) for grade_id in written)
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


def written_answer(grade_id: str, notebook: Notebook, release: Notebook) -> WrittenAnswer:
    """Tell what became of one written answer, compared with the release's."""
    cell = notebook.cell(grade_id)
    if cell is None:
        return WrittenAnswer(grade_id, "missing", 0)
    text = cell.source.strip()
    words = len(text.split())
    given = release.cell(grade_id)
    # A student who works in the release itself compares with the placeholder alone.
    original = given.source.strip() if given and release.sha256 != notebook.sha256 else PLACEHOLDER
    if not text:
        return WrittenAnswer(grade_id, "empty", 0)
    if text in (PLACEHOLDER, original):
        return WrittenAnswer(grade_id, "unchanged", 0)
    prompt = "\n".join(given.source for given in release.cells if _asks(given, grade_id))
    return WrittenAnswer(grade_id, "answered", words, remark(text, prompt))


def _asks(cell: Cell, grade_id: str) -> bool:
    """Tell whether this is one of the texts around a question: what leads to it, what a figure shows, the prompt."""
    return cell.kind == "markdown" and (cell.grade_id or "").startswith(f"{grade_id}_")
