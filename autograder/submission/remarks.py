"""What the reader of submissions decided, as data: a sentence for people about each decision that is not usual."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

#: Released cells that are remarked on one by one; more of a kind share a remark.
_MOST = 3
#: Cells that one remark names.
_MOST_NAMED = 12


class RemarkKind(StrEnum):
    """What was found in the notebook."""

    MERGED = "merged"
    DUPLICATED = "duplicated"
    RETYPED = "retyped"
    ID_LOST = "id_lost"
    ELSEWHERE = "elsewhere"
    MISSING = "missing"
    LOCKED_CHANGED = "locked_changed"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Remark:
    """One decision of the reader's.

    Attributes
    ----------
    cell : str
        The grade id that it is about; empty where it is about several, or about the whole notebook.
    kind : RemarkKind
        What was found.
    text : str
        Which cell, what was found, and what the reader decided. It holds no text of the student's.
    """

    cell: str
    kind: RemarkKind
    text: str


def remarks_on(found: dict[str, list[int]], kind: RemarkKind, sentence: str) -> list[Remark]:
    """Return a remark on each released cell in ``found``, or one on all of them where they are many.

    Parameters
    ----------
    found : dict of str to list of int
        Grade ids, and for each the places in the notebook, from 0, of the cells that the sentence speaks of.
    kind : RemarkKind
        The remarks' kind.
    sentence : str
        What follows the grade id; ``{cells}`` in it becomes "cell 4", or "cells 4, 5".

    Examples
    --------
    >>> remarks_on({"q1": [3, 4]}, RemarkKind.DUPLICATED, "{cells} count together.")[0].text
    'q1: cells 4, 5 count together.'
    """
    if len(found) <= _MOST:
        return [Remark(name, kind, f"{name}: {_filled(sentence, places)}") for name, places in found.items()]
    every = sorted({place for places in found.values() for place in places})
    return [Remark("", kind, f"{_listed(found)}: {_filled(sentence, every)}")]


def _filled(sentence: str, places: list[int]) -> str:
    return sentence.format(cells=("cell " if len(places) == 1 else "cells ") + _listed(str(n + 1) for n in places))


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MOST_NAMED
    return ", ".join(listed[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
