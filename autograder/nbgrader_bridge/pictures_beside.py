"""Takes the pictures that a student submitted beside the notebook into it, because pages load no file."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.notebook import Cell, Notebook
from autograder.safe_html import is_picture
from autograder.submission.shown_text import pictures_beside

#: The most bytes of all pictures that are taken in.
_MOST_BYTES = 20 * 2**20
_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}


def with_pictures_beside(notebook: Notebook) -> Notebook:
    """Return the notebook with the pictures beside it as attachments of the cells that show them.

    A picture in the notebook's folder is taken in, also from a folder in it. What stands elsewhere, or is no picture
    that pages show, stays out.
    """
    folder = Path(notebook.path).parent.resolve()
    left = _MOST_BYTES
    cells = []
    for cell in notebook.cells:
        found: dict[str, Any] = {}
        for name in pictures_beside(cell.source) if cell.kind != "code" else ():
            content = _content(folder, name, left)
            kind, data = _KINDS.get(Path(name).suffix.lower()), base64.b64encode(content).decode()
            if content and is_picture(kind, data):
                found[name] = {kind: data}
                left -= len(content)
        cells.append(_with(cell, found))
    return replace(notebook, cells=tuple(cells))


def _with(cell: Cell, found: dict[str, Any]) -> Cell:
    return replace(cell, attachments={**found, **cell.attachments}) if found else cell


def _content(folder: Path, name: str, most: int) -> bytes:
    """Return the content of a file in ``folder``; nothing if it is elsewhere, no file, or longer than ``most``."""
    try:
        path = (folder / name).resolve()
        if path.is_relative_to(folder) and path.is_file() and path.stat().st_size <= most:
            return path.read_bytes()
    except (OSError, ValueError):  # such as a name that is too long, or with a null character
        pass
    return b""
