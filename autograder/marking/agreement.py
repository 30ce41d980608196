"""Measures how far two markers of the same answers agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.errors import UserError

#: Scores are counted in these steps.
_STEP = 0.5
#: The two-sided 95 % point of the normal distribution.
_NORMAL = 1.959964


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa: agreement beyond chance, from −1 to 1.

    Attributes
    ----------
    value : float or None
        None if it is not defined: there are no answers, or both markers gave the same to all.
    low, high : float or None
        Its 95 % interval, from its standard error in large samples. None if the sample shows no spread, as when all
        marks agree: a few equal marks prove no perfect agreement.
    n : int
        Number of answers with two marks.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Agreement:
    """How far two markers agree on scores.

    Attributes
    ----------
    n : int
        Number of answers with two marks.
    difference : float or None
        Mean absolute difference, in points; None without answers.
    exact : float or None
        Share of equal scores; None without answers.
    kappa : Kappa
        Kappa with quadratic weights: a difference of two points weighs four times one of one point.
    """

    n: int
    difference: float | None
    exact: float | None
    kappa: Kappa


def kappa(one: Sequence[float], other: Sequence[float], scale: Sequence[float], *, quadratic: bool = False) -> Kappa:
    """Return Cohen's kappa of two markers.

    Parameters
    ----------
    one, other : sequence of float
        What each marker gave, answer by answer.
    scale : sequence of float
        Every value that a marker can give, in order and at equal distances. Values that nobody gave count, too.
    quadratic : bool
        Whether small differences weigh less than large ones.

    Raises
    ------
    UserError
        A value is not on the scale.

    Examples
    --------
    >>> round(kappa([1, 0, 1, 2, 0], [1, 0, 1, 2, 1], [0, 1, 2]).value, 4)
    0.6875
    >>> kappa([1, 1], [1, 1], [0, 1]).value is None
    True
    """
    n, k = len(one), len(scale)
    places = {value: i for i, value in enumerate(scale)}
    if strays := [value for value in (*one, *other) if value not in places]:
        raise UserError(f"{strays[0]:.4g} is not on the scale from {scale[0]:.4g} to {scale[-1]:.4g}")
    table = np.zeros((k, k))
    for a, b in zip(one, other, strict=True):
        table[places[a], places[b]] += 1 / n
    i, j = np.indices((k, k))
    weight = 1.0 - ((i - j) / (k - 1)) ** 2 if quadratic else (i == j).astype(float)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed, expected = float((weight * table).sum()), float(rows @ weight @ columns)
    if not n or math.isclose(expected, 1.0):
        return Kappa(None, None, None, n)
    value = (observed - expected) / (1.0 - expected)
    # Fleiss, Cohen and Everitt 1969: the variance where kappa is not 0.
    means = (weight @ columns)[:, None] + (rows @ weight)[None, :]
    inner = (table * (weight * (1.0 - expected) - means * (1.0 - observed)) ** 2).sum()
    spread = float(inner - (observed * expected - 2.0 * expected + observed) ** 2) / (n * (1.0 - expected) ** 4)
    if spread < 1e-12:
        return Kappa(value, None, None, n)
    reach = _NORMAL * math.sqrt(spread)
    return Kappa(value, max(-1.0, value - reach), min(1.0, value + reach), n)


def agreement(one: Sequence[float], other: Sequence[float], max_points: float) -> Agreement:
    """Return how far two markers' scores of the same answers agree.

    Every half point from 0 to ``max_points`` is a category of kappa; other scores count as the nearest one there.

    Examples
    --------
    >>> found = agreement([7, 8, 3.5, 10], [7, 7, 3.5, 9], 10)
    >>> found.n, found.difference, found.exact, round(found.kappa.value, 2)
    (4, 0.5, 0.5, 0.95)
    """
    n, steps = len(one), [_STEP * i for i in range(round(max_points / _STEP) + 1)]
    if not n:
        return Agreement(0, None, None, Kappa(None, None, None, 0))
    gaps = [abs(a - b) for a, b in zip(one, other, strict=True)]
    on_scale = [[min(steps, key=lambda step: abs(step - score)) for score in scores] for scores in (one, other)]
    return Agreement(
        n,
        sum(gaps) / n,
        sum(gap < 1e-9 for gap in gaps) / n,
        kappa(on_scale[0], on_scale[1], steps, quadratic=True),
    )
