"""The error budget, row by row: a change of any figure is a decision about what right answers risk."""

from __future__ import annotations

import math

import pytest

from autograder.grading.plan import PLAN
from autograder.judge.budget import rows, total

#: Statistic: its smallest sample, tests in a whole grading, log₁₀ of one test's bound, and the threshold in deviations.
BUDGET = [
    ("|mean| of a shape", "> 0.03 σ", 172800, 12, -31.78, 12.47),
    ("|variance − 1| of a shape", "> 5%", 172800, 12, -45.38, 14.7),
    ("|variance − 1|, pooled", "> 1.8%", 1037376, 2, -33.31, 12.96),
    ("Kolmogorov–Smirnov distance, pooled", "> 0.0125", 1037376, 2, -140.49, 45.57),
    ("|r| at any lag of a draw", "> 0.10", 57600, 12, -25.04, 24.0),
    ("|r| about any centre of a draw", "> 0.10", 57600, 12, -30.41, 16.97),
    ("|r| with a flipped axis", "> 0.10", 24685, 24, -27.56, 15.71),
    ("|r| with the transpose", "> 0.10", 24685, 2, -27.56, 15.71),
    ("unlike groups along an axis", "bound < 1e-14", 57600, 60, -14.00, None),
    ("group norms made even", "< 0.02", 57600, 10, -15.70, 10.6),
    ("group means made even", "< 0.02", 57600, 10, -16.68, 10.74),
    ("repeated values among 4,096 of a draw", "> 40, twice", 4096, 12, -24.37, None),
    ("mean |second moment of a call / of its shape − 1|", "> 3.4%", 57600, 2, -20.66, None),
    ("|r| of two draws of a shape", "> 0.05, three times", 57600, 36, -22.80, 12.0),
    ("|r| of two shapes' beginnings", "> 0.05, three times", 57600, 90, -22.80, 12.0),
    ("pairs of draws that repeat each other", "> 2", 18, 2, -13.30, None),
    ("pairs of equal draws among the small ones", "> 15", 100, 2, -32.92, None),
    ("|mean| of a layer", "> 0.05 σ", 32768, 4, -16.24, 9.05),
    ("|variance − 1| of a layer", "> 7%", 32768, 4, -16.49, 8.96),
    ("|variance − 1|, both layers", "> 5%", 65536, 2, -16.49, 9.05),
    ("|r| at any lag of a layer", "> 0.25, twice", 8192, 4, -15.42, 22.63),
    ("|r| about any centre of a layer", "> 0.25, twice", 8192, 4, -22.89, 16.0),
    ("|r| with a flipped axis", "> 0.25, twice", 4096, 8, -26.25, 16.0),
    ("unlike groups along an axis", "bound < 1e-14, twice", 8192, 16, -14.00, None),
    ("variance beside either law's", "by 22%", 2560, 2, -11.41, 7.87),
    ("|mean|", "> 0.17 σ", 2560, 2, -12.23, 8.6),
]


def test_every_row_of_the_budget_has_its_sample_its_count_its_bound_and_its_margin() -> None:
    found = rows(PLAN)
    assert [(row.statistic, row.threshold, row.n, row.count) for row in found] == [row[:4] for row in BUDGET]
    assert [math.log10(row.bound) for row in found] == pytest.approx([row[4] for row in BUDGET], abs=0.006)
    margins = [(row.margin, expected[5]) for row, expected in zip(found, BUDGET, strict=True)]
    assert all((margin is None) == (expected is None) for margin, expected in margins)
    assert [m for m, _ in margins if m is not None] == pytest.approx(
        [e for _, e in margins if e is not None], abs=0.006
    )
    assert total(found) == pytest.approx(sum(10**bound * count for _, _, _, count, bound, _ in BUDGET), rel=0.02)
