"""Makes an id of a name: what can name a student's folder, and starts no formula in a table."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: A folder's name has 255 bytes at most, and nbgrader adds to it.
_LONGEST = 200


@lru_cache(maxsize=10_000)
def fit(name: str) -> str:
    """Return what of ``name`` can name a student's folder, and starts no formula in a table.

    Examples
    --------
    >>> fit("Ann O'Hara"), fit("@SUM(1)"), fit("Jose\\u0301") == "José"
    ('Ann_O_Hara', 'SUM_1', True)
    """
    kept = "".join(c if _fits(c) else " " for c in unicodedata.normalize("NFC", name))
    cut = "_".join(kept.split()).encode(errors="ignore")[:_LONGEST].decode(errors="ignore")
    return cut.strip("._-+@")


def _fits(character: str) -> bool:
    # Many scripts write vowels as marks, and names differ by them alone.
    return character.isalnum() or character in "_.@+-" or unicodedata.category(character) in ("Mn", "Mc")
