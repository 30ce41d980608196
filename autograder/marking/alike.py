"""Finds answers that are the same, or alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

#: Names the rules below in what is stored. Another rule gets another name.
ALGORITHM = "alike/1"


class Tier(IntEnum):
    """How alike two answers are. The first two can be marked together; similar ones are marked one by one."""

    IDENTICAL = 0
    SLIPS = 1
    SIMILAR = 2


@dataclass(frozen=True)
class Place:
    """Place of an answer in its group: the key of the answer that leads it, and how much the two are alike."""

    leader: str
    tier: Tier


@dataclass(frozen=True)
class Pair:
    """Two answers that have much in common which the others and the prompt do not have; ``share`` is from 0 to 1."""

    one: str
    other: str
    share: float


@dataclass(frozen=True)
class Piece:
    """A piece of a comparison: what stands in the first text and in the second. Either can be empty."""

    before: str
    after: str

    @property
    def same(self) -> bool:
        """True if both texts have this piece."""
        return self.before == self.after


def groups(answers: Mapping[str, str], vocabulary: Collection[str] = ()) -> dict[str, Place]:
    """Return the places of all answers that can be marked together with another one (tiers 0 and 1), by their keys.

    An answer without a twin is in no group. ``vocabulary`` has words that are never a slip of another word: those of
    the notebook.
    """
    raise NotImplementedError


def similar(answers: Mapping[str, str]) -> dict[str, Place]:
    """Return the places of all answers that are similar to another one, by their keys. All of them have tier 2."""
    raise NotImplementedError


def pairs(answers: Mapping[str, str], known: Sequence[str] = ()) -> tuple[Pair, ...]:
    """Return the pairs that somebody should look at, most alike first.

    ``known`` are texts that every student had, such as the prompt. What they, or many answers, have counts for nothing.
    """
    raise NotImplementedError


def word_diff(one: str, other: str) -> tuple[Piece, ...]:
    """Compare two texts word by word. The pieces' sides, joined, are the texts."""
    raise NotImplementedError
