"""Reads the cells of an untrusted notebook file, and compares their texts. It checks every field, and runs nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

MAX_NOTEBOOK_BYTES = 20 * 1024 * 1024
MAX_CELLS = 2_000
#: nbgrader puts this text where a written answer goes (`text_stub` in nbgrader_config.py).
PLACEHOLDER = "YOUR ANSWER HERE"
#: nbgrader puts this comment and a `raise NotImplementedError()` where code goes (`code_stub`).
CODE_PLACEHOLDER = "# YOUR CODE HERE"
#: nbgrader drops what stands between these lines, and the lines, from the prompts that students get.
BEGIN_MARK_SCHEME, END_MARK_SCHEME = "### BEGIN MARK SCHEME", "### END MARK SCHEME"

#: Where a notebook's metadata has what the grader wrote there.
METADATA = "autograder"

#: First bytes of other files that people save or rename as a notebook by mistake.
_OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"version https://git-lfs", "a pointer of Git LFS"),
)
_BLANK = " \t\r\n\0"
#: Most damaged cells that a message names.
_MOST_NAMED = 12


class UnreadableNotebook(ValueError):
    """The file is not a notebook that can be graded.

    Attributes
    ----------
    problem : str
        What is wrong, to follow the file's name in a sentence.
    advice : str
        What the student can do; empty if the problem says enough. Feedback after the deadline leaves it out.

    Examples
    --------
    >>> str(UnreadableNotebook("is a symbolic link", "give the notebook itself"))
    'is a symbolic link; give the notebook itself'
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem, advice)
        self.problem, self.advice = problem, advice

    def __str__(self) -> str:
        return f"{self.problem}; {self.advice}" if self.advice else self.problem


def normalized(text: str) -> str:
    """Return a cell's text without what editors change: line ends, blanks before these, and blank lines around it.

    Examples
    --------
    >>> normalized("x = 1  \\r\\ny = 2\\n")
    'x = 1\\ny = 2'
    """
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def different_lines(text: str) -> frozenset[str]:
    """Return a text's different lines, without blanks around them; no blank line.

    Examples
    --------
    >>> sorted(different_lines("a = 1\\n\\n  b = 2\\na = 1"))
    ['a = 1', 'b = 2']
    """
    return frozenset(line.strip() for line in text.splitlines()) - {""}


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook file.

    Attributes
    ----------
    kind : str
        ``code``, ``markdown`` or ``raw``.
    source : str
        Its text.
    name : str
        Its grade id, or ``cell N``, counted from 1, if it has none.
    grade_id : str or None
        nbgrader's id.
    metadata : dict
        nbgrader's metadata. Only the metadata of a release can be trusted.
    attachments : dict
        Pictures that were pasted into a Markdown cell, in the file's format.
    outputs : list
        What stood below a code cell when the file was saved, in the file's format. Nothing of it is checked.
    """

    kind: str
    source: str
    name: str
    grade_id: str | None
    metadata: dict[str, Any]
    attachments: dict[str, Any] = field(default_factory=dict)
    outputs: list[Any] = field(default_factory=list)

    @cached_property
    def normalized_source(self) -> str:
        """The text without what editors change, as `normalized` returns it."""
        return normalized(self.source)

    @cached_property
    def lines(self) -> frozenset[str]:
        """The text's different lines, without blanks around them; no blank line."""
        return different_lines(self.source)


@dataclass(frozen=True, eq=False)
class Notebook:
    """The cells of a notebook file, with the file's path and hash. It is equal only to itself, and so can be a key."""

    path: str
    sha256: str
    cells: tuple[Cell, ...]
    #: Damaged parts of the file, one sentence for each.
    damage: tuple[str, ...] = ()
    #: The grader's own metadata of the notebook. Only that of a release can be trusted.
    metadata: dict[str, Any] = field(default_factory=dict)

    def cell(self, grade_id: str) -> Cell | None:
        """Return the cell with this grade id, or None."""
        return next((cell for cell in self.cells if cell.grade_id == grade_id), None)


def read_notebook(path: Path) -> Notebook:
    """Read the notebook at ``path``.

    Raises
    ------
    UnreadableNotebook
        The file is not a notebook that can be graded.
    """
    return parse_notebook(printable_path(path), read_bytes(path))


def split_at_mark_scheme(source: str) -> tuple[str, str, str]:
    """Return the text before the mark scheme of a prompt, the mark scheme, and the text after it.

    The last two are empty if the prompt has no whole mark scheme, as in the release.

    Examples
    --------
    >>> split_at_mark_scheme("Why?\\n### BEGIN MARK SCHEME\\n| 2 | The cause. |\\n### END MARK SCHEME")
    ('Why?\\n', '\\n| 2 | The cause. |\\n', '')
    >>> split_at_mark_scheme("Why?")
    ('Why?', '', '')
    """
    before, _, rest = source.partition(BEGIN_MARK_SCHEME)
    scheme, end, after = rest.partition(END_MARK_SCHEME)
    return (before, scheme, after) if end else (source, "", "")


def printable_path(path: Path) -> str:
    """Return ``path`` as valid Unicode for reports: a file name on disk need not be UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def parse_notebook(name: str, raw: bytes) -> Notebook:
    """Parse the bytes of a notebook file; reports call the notebook ``name``. Raises as `read_notebook` does."""
    document, damage = _parse(raw)
    cells = tuple(_cells(document, damage))
    every = document.get("metadata")
    own = every.get(METADATA) if isinstance(every, dict) else None
    sha256 = hashlib.sha256(raw).hexdigest()
    return Notebook(name, sha256, cells, tuple(damage), own if isinstance(own, dict) else {})


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file of at most ``MAX_NOTEBOOK_BYTES``; raise `UnreadableNotebook` otherwise."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait until another process writes to it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        raise UnreadableNotebook("does not exist") from None
    except OSError as problem:
        if path.is_symlink():
            raise UnreadableNotebook("is a symbolic link", "give the notebook itself") from None
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
        raise UnreadableNotebook("grew while it was read", "try again")
    return raw


def _check_file(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableNotebook("is a folder", "give the .ipynb file in it")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableNotebook("is not a regular file")
    if status.st_size > MAX_NOTEBOOK_BYTES:
        raise UnreadableNotebook(
            f"has {status.st_size / 2**20:.0f} MiB, more than the {MAX_NOTEBOOK_BYTES // 2**20} MiB allowed",
            "clear the outputs (Edit → Clear Outputs of All Cells) and save it again",
        )


def _parse(raw: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return the JSON document, and a list of damaged parts."""
    if not raw.strip(_BLANK.encode()):
        raise UnreadableNotebook("is empty")
    for start, what in _OTHER_FILES:
        if raw[: len(start)].lower() == start.lower():
            raise UnreadableNotebook(f"is {what}, not a notebook", "submit the .ipynb file that Jupyter saves")
    damage = []
    # Windows' shells and editors write UTF-16.
    encoding = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode(encoding, "replace")
        damage.append("some characters are lost, because the file is not UTF-8 text")
    text = text.lstrip(_BLANK)
    try:
        document, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as problem:
        if re.search(r"^(<<<<<<<|>>>>>>>) ", text, re.MULTILINE):
            raise UnreadableNotebook(
                "has unresolved merge conflicts (<<<<<<<)", "resolve them and save it again"
            ) from None
        raise UnreadableNotebook(
            f"is not a notebook: not JSON at line {problem.lineno}, column {problem.colno}",
            "it may be cut off, so save it in Jupyter and submit the .ipynb file again",
        ) from None
    except (ValueError, RecursionError):
        raise UnreadableNotebook(
            "is not a notebook: its JSON is nested too deeply or has numbers out of range"
        ) from None
    # A shorter file that was written over a longer one may keep the end of the longer one.
    if text[end:].strip(_BLANK):
        damage.append("more text follows the notebook's end, and is not read")
    return document if isinstance(document, dict) else {}, damage


def _cells(document: dict[str, Any], damage: list[str]) -> Iterable[Cell]:
    """Return the cells, and add damaged ones to ``damage``."""
    cells = document.get("cells")
    if cells is None and isinstance(worksheets := document.get("worksheets"), list):  # notebook format 3
        sheets = [sheet.get("cells") for sheet in worksheets if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise UnreadableNotebook("is not a notebook: it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise UnreadableNotebook(f"has {len(cells)} cells, more than the {MAX_CELLS} allowed")
    damaged = []
    for number, each in enumerate(cells, 1):
        cell = each if isinstance(each, dict) else {}
        source = _text(cell.get("source", cell.get("input")))
        if source is None or not cell:
            damaged.append(str(number))
        metadata = cell.get("metadata")
        nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        nbgrader = nbgrader if isinstance(nbgrader, dict) else {}
        grade_id = nbgrader.get("grade_id")
        grade_id = grade_id if isinstance(grade_id, str) and grade_id else None
        kind = cell.get("cell_type")
        pasted, outputs = cell.get("attachments"), cell.get("outputs")
        yield Cell(
            kind if kind in ("code", "markdown") else "raw",
            source or "",
            grade_id or f"cell {number}",
            grade_id,
            nbgrader,
            pasted if isinstance(pasted, dict) else {},
            outputs if isinstance(outputs, list) else [],
        )
    if damaged:
        shown = ", ".join(damaged[:_MOST_NAMED]) + (" and more" if len(damaged) > _MOST_NAMED else "")
        damage.append(f"the text of cell {shown} cannot be read")


def _text(source: object) -> str | None:
    """Return a cell's text; None if it is not text."""
    if source is None:
        return ""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        # Some tools drop the line ends.
        source = ("" if any(line.endswith("\n") for line in source[:-1]) else "\n").join(source)
    if not isinstance(source, str):
        return None
    # Lone surrogates pass through JSON, but neither through UTF-8 nor through a compiler.
    source = source.encode("utf-8", "replace").decode()
    # Windows' line ends: a compiler reads the same text.
    return source.replace("\r\n", "\n").replace("\r", "\n")
