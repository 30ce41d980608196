"""A score is what a slow reference says; it stays in its bounds, and more earned items never lower it."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.marking.scheme import Item, Level, Mistake, Row, Scheme, parse
from autograder.marking.score import BadMark, by_row, check, made, points
from tests.unit.marking.test_scheme import COSTS, SCHEMES, table

QUESTION = st.sampled_from(sorted(SCHEMES))
ADJUSTMENT = st.sampled_from([0.0, 0.5, -0.5, 1.0, -2.5, 20.0, -20.0])


@st.composite
def marks(draw: st.DrawFn) -> tuple[Scheme, dict[str, float]]:
    """A scheme, of the notebook or drawn, and what a marker gave."""
    scheme = SCHEMES[draw(QUESTION)] if draw(st.booleans()) else drawn_scheme(draw)
    given_ = {item.key: draw(st.sampled_from(item.steps)) for item in scheme.items.values() if draw(st.booleans())}
    given_ |= {key: draw(st.sampled_from([0.0, 1.0])) for key in scheme.costs if draw(st.booleans())}
    return scheme, given_


def drawn_scheme(draw: st.DrawFn) -> Scheme:
    counts = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    items = tuple(
        Item(f"q1.{i}a", n / 2, tuple(j / n for j in range(n + 1)), f"Item {i}.") for i, n in enumerate(counts, 1)
    )
    rows = tuple(Row(item.key[:-1], Level.NONE, (item,), "") for item in items)
    costs = draw(st.lists(st.sampled_from([-0.5, -1.0, -2.0]), max_size=3))
    mistakes = tuple(Mistake(f"q1.e{i}", cost, f"Mistake {i}.") for i, cost in enumerate(costs, 1))
    return Scheme("q1", sum(counts) / 2, rows, mistakes)


def reference(scheme: Scheme, given_: dict[str, float], adjustment: float) -> Fraction:
    total = Fraction(0)
    for row in scheme.rows:
        for item in row.items:
            for key, share in given_.items():
                if key == item.key:
                    total += Fraction(item.points) * Fraction(share).limit_denominator(100)
    for mistake in scheme.mistakes:
        if mistake.key in [key for key, share in given_.items() if share]:
            total += Fraction(mistake.points)
    total = max(total, Fraction(0)) + Fraction(adjustment)
    return min(max(total, Fraction(0)), Fraction(scheme.max_points))


@settings(max_examples=80, deadline=None)
@given(marks(), ADJUSTMENT, st.randoms(use_true_random=False))
def test_a_score_is_what_the_reference_says(
    mark: tuple[Scheme, dict[str, float]], adjustment: float, draw: random.Random
) -> None:
    scheme, given_ = mark
    score = points(scheme, given_, adjustment)
    assert score == float(reference(scheme, given_, adjustment))
    assert 0 <= score <= scheme.max_points
    assert (2 * score).is_integer()
    shuffled = list(given_.items())
    draw.shuffle(shuffled)
    assert points(scheme, dict(shuffled), adjustment) == score


@settings(max_examples=60, deadline=None)
@given(marks(), ADJUSTMENT, st.data())
def test_more_earned_is_never_less_and_one_more_mistake_never_more(
    mark: tuple[Scheme, dict[str, float]], adjustment: float, data: st.DataObject
) -> None:
    scheme, given_ = mark
    before = points(scheme, given_, adjustment)
    item = data.draw(st.sampled_from(list(scheme.items.values())))
    more = data.draw(st.sampled_from([step for step in item.steps if step >= given_.get(item.key, 0.0)]))
    assert points(scheme, {**given_, item.key: more}, adjustment) >= before
    if scheme.mistakes:
        mistake = data.draw(st.sampled_from(scheme.mistakes))
        assert points(scheme, {**given_, mistake.key: 1.0}, adjustment) <= before


@settings(max_examples=30, deadline=None)
@given(marks())
def test_the_rows_add_up_to_what_was_earned(mark: tuple[Scheme, dict[str, float]]) -> None:
    scheme, given_ = mark
    scores = by_row(scheme, given_)
    assert sum(score.possible for score in scores) == scheme.max_points
    costs = sum(mistake.points for mistake in made(scheme, given_))
    assert max(0.0, sum(score.earned for score in scores) + costs) == points(scheme, given_)


SCHEME = parse(
    table("| 1 | A cause (½). An effect (½). |", "| 2 | Two remedies (1 each): a, b. |") + f"\n\n{COSTS}| No. | −2 |",
    "q1",
    3,
)


@pytest.mark.parametrize(
    ("given_", "adjustment", "score"),
    [
        ({}, 0, 0),
        ({"q1.1a": 1, "q1.1b": 1, "q1.2a": 1}, 0, 3),
        ({"q1.1a": 1, "q1.2a": 0.5}, 0, 1.5),
        ({"q1.1a": 1, "q1.2a": 0.5, "q1.e1": 1}, 0, 0),
        ({"q1.1a": 1, "q1.2a": 0.5, "q1.e1": 1}, 1, 1),
        ({"q1.1a": 1, "q1.e1": 0}, -1, 0),
        ({"q1.2a": 1}, 7, 3),
    ],
)
def test_costs_stop_at_nothing_and_then_comes_the_adjustment(
    given_: dict[str, float], adjustment: float, score: float
) -> None:
    assert points(SCHEME, given_, adjustment) == score


@pytest.mark.parametrize(
    ("given_", "adjustment", "message"),
    [
        ({"q1.9a": 1}, 0, "q1: the mark scheme has no q1.9a"),
        ({"q2.1a": 1}, 0, "q1: the mark scheme has no q2.1a"),
        ({"q1.1a": 0.5}, 0, "q1.1a: a share of 0.5 cannot be given; its shares are 0, 1"),
        ({"q1.2a": 0.4}, 0, "its shares are 0, 0.5, 1"),
        ({"q1.2a": -1}, 0, "a share of -1 cannot be given"),
        ({"q1.2a": 2}, 0, "a share of 2 cannot be given"),
        ({"q1.2a": math.nan}, 0, "a share of nan cannot be given"),
        ({"q1.e1": 0.5}, 0, "q1.e1: a share of 0.5 cannot be given; its shares are 0, 1"),
        ({}, math.inf, "the adjustment must be a number"),
        ({}, math.nan, "the adjustment must be a number"),
    ],
)
def test_a_mark_that_does_not_fit_the_scheme_is_refused(
    given_: dict[str, float], adjustment: float, message: str
) -> None:
    with pytest.raises(BadMark, match=message):
        points(SCHEME, given_, adjustment)


def test_thirds_add_up() -> None:
    scheme = parse(table("| 1½ | Three sources (½ each): a, b, c. |"), "q1", 1.5)
    assert [points(scheme, {"q1.1a": share}) for share in scheme.items["q1.1a"].steps] == [0, 0.5, 1, 1.5]
    check(scheme, {"q1.1a": 0.3333333333})
