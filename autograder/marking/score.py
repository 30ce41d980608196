"""Turns what a marker gave into points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.errors import UserError
from autograder.marking.scheme import Item, Mistake, Row, Scheme

#: The share earned of each item by its key, and 1.0 for each false statement that was made.
Given = Mapping[str, float]
#: Digits of a point that count. A third of a point stays a third for people, and sums stay exact for halves.
_DIGITS = 4


class BadMark(UserError):
    """A mark names something that the scheme does not have, or a share that is no step of its item."""


@dataclass(frozen=True)
class RowScore:
    """What an answer earned of one row."""

    row: Row
    earned: float
    possible: float


def points(scheme: Scheme, given: Given, adjustment: float = 0.0) -> float:
    """Return the score of an answer.

    Costs cannot push the earned points below 0. The adjustment, a marker's own, comes after that, and the score stays
    between 0 and the maximum.

    Raises
    ------
    BadMark
        ``given`` does not fit the scheme, or the adjustment is no number.

    Examples
    --------
    >>> from autograder.marking.scheme import parse
    >>> scheme = parse("| points | for |\\n|---:|---|\\n| 2 | A cause (1). An effect (1; ½ if vague). |", "q1", 2)
    >>> points(scheme, {"q1.1a": 1, "q1.1b": 0.5})
    1.5
    >>> points(scheme, {"q1.1a": 1}, adjustment=5)
    2.0
    """
    if not math.isfinite(adjustment):
        raise BadMark(f"{scheme.question}: the adjustment must be a number")
    check(scheme, given)
    earned = sum(earned_of(item, given) for item in scheme.items.values())
    costs = sum(mistake.points for mistake in made(scheme, given))
    return round(min(max(max(0.0, earned + costs) + adjustment, 0.0), float(scheme.max_points)), _DIGITS)


def by_row(scheme: Scheme, given: Given) -> tuple[RowScore, ...]:
    """Return what was earned of each row, in the order of the scheme."""
    check(scheme, given)
    return tuple(
        RowScore(row, round(sum(earned_of(item, given) for item in row.items), _DIGITS), row.points)
        for row in scheme.rows
    )


def made(scheme: Scheme, given: Given) -> tuple[Mistake, ...]:
    """Return the false statements that the answer contains."""
    return tuple(mistake for mistake in scheme.mistakes if given.get(mistake.key))


def earned_of(item: Item, given: Given) -> float:
    """Return the points earned of one item."""
    return item.points * given.get(item.key, 0.0)


def check(scheme: Scheme, given: Given) -> None:
    """Raise `BadMark` unless every key is the scheme's, and every share one of its steps."""
    steps = scheme.shares
    for key, share in given.items():
        if key not in steps:
            raise BadMark(f"{scheme.question}: the mark scheme has no {key}; load the page again")
        if not any(math.isclose(share, step, abs_tol=1e-9) for step in steps[key]):
            allowed = ", ".join(f"{step:.4g}" for step in steps[key])
            raise BadMark(f"{key}: a share of {share:.4g} cannot be given; its shares are {allowed}")
