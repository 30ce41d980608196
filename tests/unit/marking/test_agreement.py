"""Kappa is what others publish for the same tables, and is not defined where nothing varies."""

from __future__ import annotations

import random

import numpy as np
import pytest

from autograder.errors import UserError
from autograder.marking.agreement import Agreement, Kappa, agreement, kappa

SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
ARTSTEIN = [[20, 20], [10, 50]]
THREE = [[46, 0, 0], [4, 40, 0], [0, 0, 10]]


def ratings(table: list[list[int]]) -> tuple[list[float], list[float]]:
    pairs = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in pairs], [j for _, j in pairs]


def found(table: list[list[int]], *, quadratic: bool = False) -> Kappa:
    return kappa(*ratings(table), range(len(table)), quadratic=quadratic)


@pytest.mark.parametrize(
    ("table", "quadratic", "value"),
    [
        ([[2, 0, 0], [0, 1, 0], [1, 0, 1]], False, 0.6875),  # scikit-learn's page of cohen_kappa_score
        (ARTSTEIN, False, 0.348),  # Artstein and Poesio 2008, table 1, and scikit-learn's tests
        (THREE, False, 0.9315),  # scikit-learn's tests, as the next one
        (THREE, True, 0.9541),
        (SKIN, False, 0.3449),  # SAS/STAT, PROC FREQ, "Agreement Study"
    ],
)
def test_kappa_is_the_published_one(table: list[list[int]], quadratic: bool, value: float) -> None:
    digits = len(str(value)) - 2
    assert round(found(table, quadratic=quadratic).value, digits) == value


@pytest.mark.parametrize(
    ("table", "value", "low", "high"),
    [
        ([[0, 4, 1], [0, 8, 0], [0, 1, 5]], 0.4842, 0.2137, 0.7547),  # SAS, in statsmodels' tests
        ([[0, 0, 0], [5, 16, 3], [8, 12, 28]], 0.3333, 0.1738, 0.4929),  # SAS, in Uebersax's pages on kappa
    ],
)
def test_the_interval_is_the_published_one(table: list[list[int]], value: float, low: float, high: float) -> None:
    result = found(table)
    assert (round(result.value, 4), round(result.low, 4), round(result.high, 4)) == (value, low, high)
    assert result.n == sum(map(sum, table))


def test_quadratic_weights_are_the_plain_ones_for_two_categories() -> None:
    plain, quadratic = found(ARTSTEIN), found(ARTSTEIN, quadratic=True)
    assert (plain.value, plain.low, plain.high) == pytest.approx((quadratic.value, quadratic.low, quadratic.high))


@pytest.mark.parametrize("quadratic", [False, True])
@pytest.mark.parametrize(("one", "other"), [([], []), ([1], [1]), ([0, 0, 0], [0, 0, 0])])
def test_where_nothing_varies_kappa_is_not_defined(one: list[float], other: list[float], quadratic: bool) -> None:
    assert kappa(one, other, [0, 0.5, 1], quadratic=quadratic) == Kappa(None, None, None, len(one))


def test_a_few_equal_marks_prove_no_perfect_agreement() -> None:
    assert kappa([0, 1, 1], [0, 1, 1], [0, 1]) == Kappa(1.0, None, None, 3)


def test_two_that_never_agree_are_below_chance() -> None:
    assert kappa([0, 1], [1, 0], [0, 1]).value == -1


def test_a_value_beside_the_scale_is_refused() -> None:
    with pytest.raises(UserError, match="7 is not on the scale from 0 to 1"):
        kappa([0, 7], [0, 1], [0, 1])


def test_agreement_on_scores() -> None:
    draw = random.Random(4)
    one = [draw.randrange(21) / 2 for _ in range(60)]
    other = [min(10.0, max(0.0, score + draw.choice([-1, -0.5, 0, 0, 0.5]))) for score in one]
    result = agreement(one, other, 10)
    assert result.n == result.kappa.n == 60
    assert result.difference == pytest.approx(np.abs(np.subtract(one, other)).mean())
    assert result.exact == pytest.approx(np.equal(one, other).mean())
    # Quadratic kappa by another formula: 1 − mean square difference / the one expected of independent markers.
    a, b = np.array(one), np.array(other)
    expected = ((a[:, None] - b[None, :]) ** 2).mean()
    assert result.kappa.value == pytest.approx(1 - ((a - b) ** 2).mean() / expected)
    assert result.kappa.low < result.kappa.value < result.kappa.high


def test_scores_between_half_points_count_as_the_nearest() -> None:
    assert agreement([3.3, 7], [3.5, 7], 10).kappa == agreement([3.5, 7], [3.5, 7], 10).kappa


def test_no_answers_agree_on_nothing() -> None:
    assert agreement([], [], 10) == Agreement(0, None, None, Kappa(None, None, None, 0))
