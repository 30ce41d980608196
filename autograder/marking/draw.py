"""Draws what looks random and is the same in every run: the order of answers, and which get a second mark."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from itertools import pairwise

from autograder.errors import UserError


def rank(seed: str, question: str, key: str) -> str:
    """Return the place of an answer in a random order: digits to sort by, others for each question.

    Answers that are submitted later change no place of the earlier ones among themselves.

    Examples
    --------
    >>> rank("2026", "q1", "a") == rank("2026", "q2", "a")
    False
    """
    return hashlib.sha256("\0".join((seed, question, key)).encode()).hexdigest()


def in_order(keys: Collection[str], seed: str, question: str) -> list[str]:
    """Return answers in the random order of a question.

    Examples
    --------
    >>> in_order(["a", "b", "c"], "2026", "q1") == in_order(["c", "b", "a"], "2026", "q1")
    True
    >>> in_order("abcdef", "2026", "q1") == in_order("abcdef", "2026", "q2")
    False
    """
    return sorted(keys, key=lambda key: rank(seed, question, key))


def sample(scores: Mapping[str, float], share: float, seed: str, question: str) -> tuple[str, ...]:
    """Return the answers that get a second mark: at least ``share`` of them, from low and high scores alike.

    Parameters
    ----------
    scores : mapping of str to float
        The first marks, by any key.
    share : float
        Above 0, at most 1.

    Raises
    ------
    UserError
        ``share`` is something else.

    Examples
    --------
    >>> len(sample({f"answer {i}": i % 11 for i in range(30)}, 0.2, "2026", "q1"))
    6
    """
    if not 0 < share <= 1:
        raise UserError(f"a sample is a share of the answers above 0 and up to 100 %, not {100 * share:.4g} %")
    ordered = sorted(scores, key=lambda key: (scores[key], rank(seed, question, key)))
    count = math.ceil(round(share * len(ordered), 9))
    # One from each of `count` parts of equal size, from the lowest scores to the highest.
    edges = [len(ordered) * part // max(1, count) for part in range(count + 1)]
    parts = (ordered[a:b] for a, b in pairwise(edges))
    return tuple(sorted(in_order(part, seed, question)[0] for part in parts))
