"""Knows the cells of earlier releases, so that a notebook made from one is compared with what its author was given.

`make release` adds every released text to ``solutions/editions.json``, and writes all but today's into the metadata of
the release. So they are wherever the release is: with students, on GitHub, Gradescope and a cluster.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.files import write_text
from autograder.notebook import METADATA, Cell, Notebook, different_lines, normalized

#: In the folder of the course's source.
FILE = "editions.json"
_EARLIER = "earlier_texts"

#: A released cell as it is today, and then as it was in earlier releases, the newest first.
Editions = tuple[Cell, ...]


class BadEditions(UserError):
    """The file with the texts of earlier releases cannot be read."""


@lru_cache(maxsize=8)
def editions_of(release: Notebook) -> Mapping[str, Editions]:
    """Return the editions of a release's cells, by grade id; only today's if the release knows no earlier ones.

    Examples
    --------
    >>> earlier = {"earlier_texts": {"q1": ["Why?", "Why so?"]}}
    >>> release = Notebook("r.ipynb", "", (Cell("markdown", "Why now?", "q1", "q1", {}),), (), earlier)
    >>> [cell.source for cell in editions_of(release)["q1"]]
    ['Why now?', 'Why so?', 'Why?']
    """
    earlier = _checked(release.metadata.get(_EARLIER))
    return {
        cell.grade_id: (cell, *(replace(cell, source=text) for text in reversed(earlier.get(cell.grade_id, ()))))
        for cell in release.cells
        if cell.grade_id
    }


def closest(editions: Editions, text: str) -> Cell:
    """Return the edition that is the same text, or else most like it, by the share of lines that both have.

    Of several, it is the newest.

    Examples
    --------
    >>> today, earlier = (Cell("markdown", text, "q1", "q1", {}) for text in ("Why now?", "Why so?"))
    >>> closest((today, earlier), "Why so?\\nIt is zero.") is earlier
    True
    """
    if (same := next((cell for cell in editions if cell.source == text), None)) is not None:
        return same
    own = different_lines(text)

    def likeness(cell: Cell) -> float:
        common = len(cell.lines & own)
        return common / max(1, len(cell.lines) + len(own) - common)

    return max(editions, key=likeness)


def add_editions(file: Path, released: Mapping[str, str]) -> dict[str, Any]:
    """Add released texts, by grade id, to the file of all editions; return the metadata for the release.

    Raises
    ------
    BadEditions
        The file cannot be read.
    """
    known = _load(file)
    today = {grade_id: normalized(text) for grade_id, text in released.items()}
    earlier = {name: [text for text in texts if text != today.get(name)] for name, texts in known.items()}
    every = {name: [*earlier.get(name, []), *([today[name]] if name in today else [])] for name in {*known, *today}}
    if every != known:
        write_text(file, json.dumps(every, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    earlier = {name: texts for name, texts in sorted(earlier.items()) if texts and name in today}
    return {METADATA: {_EARLIER: earlier}} if earlier else {}


def _load(file: Path) -> dict[str, list[str]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (OSError, ValueError) as problem:
        raise BadEditions(f"{file}, which lists the texts of earlier releases, cannot be read ({problem})") from None
    checked = _checked(content)
    if not isinstance(content, dict) or len(checked) != len(content):
        raise BadEditions(f"{file}, which lists the texts of earlier releases, is damaged: put back the committed one")
    return checked


def _checked(content: object) -> dict[str, list[str]]:
    """Return the well-formed entries of what was read."""
    if not isinstance(content, dict):
        return {}
    return {name: texts for name, texts in content.items() if _are_texts(texts)}


def _are_texts(texts: object) -> bool:
    return isinstance(texts, list) and all(isinstance(text, str) for text in texts)
