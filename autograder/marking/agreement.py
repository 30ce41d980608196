"""Measures how far two markers of the same answers agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Kappa:
    """Agreement beyond chance with its 95 % interval, or None where it is not defined: nobody varied, or too few."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Agreement:
    """How far two markers agree on scores: mean absolute difference in points, share of equal scores, and kappa."""

    n: int
    difference: float | None
    exact: float | None
    kappa: Kappa


def kappa(one: Sequence[float], other: Sequence[float], scale: Sequence[float], *, quadratic: bool = False) -> Kappa:
    """Return Cohen's kappa of two markers. ``scale`` has every value that a marker can give."""
    raise NotImplementedError


def agreement(one: Sequence[float], other: Sequence[float], max_points: float) -> Agreement:
    """Return how far two markers' scores of the same answers agree, in steps of half a point."""
    raise NotImplementedError
