"""Remarks: the reader's decisions about unusual notebooks, each as a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from autograder.text import one_line

#: Up to so many released cells get one remark each; more cells share a remark.
_MOST = 3
#: Most cells, or files, that one remark names.
_MOST_NAMED = 12
#: Stands for a backtick in quoted code, which the backticks around it would end at.
_TICK = "ˋ"


class RemarkKind(StrEnum):
    """Kind of finding in a notebook, or in its run."""

    MERGED = "merged"
    DUPLICATED = "duplicated"
    RETYPED = "retyped"
    ID_LOST = "id_lost"
    ELSEWHERE = "elsewhere"
    MISSING = "missing"
    LOCKED_CHANGED = "locked_changed"
    DAMAGED = "damaged"
    MISNAMED = "misnamed"
    PICTURE = "picture"
    INSTALLS = "installs"
    CLOCK = "clock"


@dataclass(frozen=True)
class Remark:
    """One decision of the reader.

    Attributes
    ----------
    cell : str
        Grade id of the cell; empty for several cells or the whole notebook.
    kind : RemarkKind
        Kind of finding.
    text : str
        The cell, the finding, and the decision. Of a student's text, it holds at most the names of files, and lines of
        code between backticks.
    """

    cell: str
    kind: RemarkKind
    text: str


def remarks_on(found: dict[str, list[int]], kind: RemarkKind, sentence: str) -> list[Remark]:
    """Return one remark for each released cell in ``found``, or one remark for all if they are many.

    Parameters
    ----------
    found : dict of str to list of int
        For each grade id, the places of its cells in the notebook, counted from 0.
    kind : RemarkKind
        Kind of the remarks.
    sentence : str
        Text after the grade id; ``{cells}`` in it becomes "cell 4", or "cells 4, 5". Other braces are doubled.

    Examples
    --------
    >>> remarks_on({"q1": [3, 4]}, RemarkKind.DUPLICATED, "{cells} count together.")[0].text
    'q1: cells 4, 5 count together.'
    """
    if len(found) <= _MOST:
        return [Remark(name, kind, f"{name}: {_filled(sentence, places)}") for name, places in found.items()]
    every = sorted({place for places in found.values() for place in places})
    return [Remark("", kind, f"{_listed(found)}: {_filled(sentence, every)}")]


def pictures_remarked(answer: str, missing: list[str]) -> list[Remark]:
    """Return the remark that an answer refers to pictures which were not submitted; none without such a picture.

    Examples
    --------
    >>> pictures_remarked("q1", ["images/plot.png"])[0].text
    'q1 refers to images/plot.png, which was not submitted. Paste pictures into the notebook.'
    """
    were = "was" if len(missing) == 1 else "were"
    text = f"{answer} refers to {_listed(missing)}, which {were} not submitted. Paste pictures into the notebook."
    return [Remark(answer, RemarkKind.PICTURE, text)] if missing else []


def quoted(lines: list[str]) -> str:
    """Return how many lines are added, and the first of them, for the sentence of a remark; empty without lines.

    Examples
    --------
    >>> quoted(["import math", "x = {}"])
    " (2 lines that the course's cell does not have: `import math`, `x = {{}}`)"
    """
    if not lines:
        return ""
    more = ", …" if len(lines) > _MOST else ""
    count = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
    return f" ({count} that the course's cell does not have: {', '.join(map(as_code, lines[:_MOST]))}{more})"


def as_code(line: str) -> str:
    """Return the beginning of a line of code between backticks, for the sentence of a remark."""
    shown = one_line(line, 60).replace("`", _TICK).replace("{", "{{").replace("}", "}}")
    return f"`{shown}`"


def _filled(sentence: str, places: list[int]) -> str:
    return sentence.format(cells=("cell " if len(places) == 1 else "cells ") + _listed(str(n + 1) for n in places))


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MOST_NAMED
    return ", ".join(listed[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
