"""Knows the texts of earlier releases by their hashes, so that an untouched cell of one counts as untouched.

`make release` adds every released text to ``solutions/editions.json``, and writes the hashes of all but today's into
the metadata of the release. So they are wherever the release is: with students, on GitHub, Gradescope and a cluster.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.files import write_text
from autograder.notebook import METADATA, Notebook

#: In the folder of the course's source.
FILE = "editions.json"
_EARLIER = "earlier_editions"
_HASH = re.compile(r"[0-9a-f]{16}")

#: The hashes of texts, by the grade id of the cell that had them.
Editions = Mapping[str, frozenset[str]]


class BadEditions(UserError):
    """The file with the hashes of earlier releases cannot be read."""


def fingerprint(text: str) -> str:
    """Return a hash of a cell's text, whatever its line ends, blanks before these, and encodings of letters.

    Examples
    --------
    >>> fingerprint("x = 1  \\r\\n") == fingerprint("x = 1") != fingerprint("x = 2")
    True
    """
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    return hashlib.sha256("\n".join(line.rstrip() for line in lines).encode()).hexdigest()[:16]


def earlier_editions(release: Notebook) -> Editions:
    """Return the texts that the cells of a release had in earlier ones; none if the release does not know them."""
    return _checked(release.metadata.get(_EARLIER))


def add_editions(file: Path, released: Mapping[str, str]) -> dict[str, Any]:
    """Add released texts, by grade id, to the file of all editions; return the metadata for the release.

    Raises
    ------
    BadEditions
        The file cannot be read.
    """
    known = _load(file)
    today = {grade_id: fingerprint(text) for grade_id, text in released.items()}
    every = dict(known)
    for name, digest in today.items():
        every[name] = every.get(name, frozenset()) | {digest}
    if every != known:
        listed = {name: sorted(every[name]) for name in sorted(every)}
        write_text(file, json.dumps(listed, indent=1) + "\n")
    earlier = {name: sorted(every[name] - {digest}) for name, digest in today.items()}
    earlier = {name: hashes for name, hashes in earlier.items() if hashes}
    return {METADATA: {_EARLIER: earlier}} if earlier else {}


def _load(file: Path) -> dict[str, frozenset[str]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (OSError, ValueError) as problem:
        raise BadEditions(f"{file}, which lists the texts of earlier releases, cannot be read ({problem})") from None
    checked = _checked(content)
    if not isinstance(content, dict) or len(checked) != len(content):
        raise BadEditions(f"{file}, which lists the texts of earlier releases, is damaged: put back the committed one")
    return checked


def _checked(content: object) -> dict[str, frozenset[str]]:
    """Return the well-formed entries of what was read."""
    if not isinstance(content, dict):
        return {}
    return {name: frozenset(hashes) for name, hashes in content.items() if _are_hashes(hashes)}


def _are_hashes(hashes: object) -> bool:
    return isinstance(hashes, list) and all(isinstance(each, str) and _HASH.fullmatch(each) for each in hashes)
