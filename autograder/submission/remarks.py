"""What the reader of submissions decided, as data: one sentence for people about each decision that is not usual."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RemarkKind(StrEnum):
    """What was found in the notebook."""

    MERGED = "merged"
    DUPLICATED = "duplicated"
    RETYPED = "retyped"
    RENAMED = "renamed"
    MISSING = "missing"
    LOCKED_CHANGED = "locked_changed"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Remark:
    """One decision of the reader's.

    Attributes
    ----------
    cell : str
        The grade id, or ``cell N`` (from 1, in the student's file), that it is about; empty for the whole notebook.
    kind : RemarkKind
        What was found.
    text : str
        A plain sentence: which cell, what was found, and what the reader decided.
    """

    cell: str
    kind: RemarkKind
    text: str
