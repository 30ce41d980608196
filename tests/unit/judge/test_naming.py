"""A mistake is named by its distance from what was measured. Most mistakes are far off, and are given up early."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import KERNELS
from autograder.judge import naming
from autograder.judge.law import HE
from autograder.judge.naming import MeasuredRatio
from autograder.judge.scales import mistakes_of_scale

MISTAKES = mistakes_of_scale(HE)


def measured(seed: int, layout: Layout) -> list[MeasuredRatio]:
    """Measurements of some kernels, near to what some mistake gives, with means that may be off."""
    rng = np.random.default_rng(seed)
    mistake = MISTAKES[rng.integers(len(MISTAKES))]
    found = []
    for kernel in rng.permutation(len(KERNELS))[: rng.integers(1, len(KERNELS) + 1)]:
        ratio = mistake.ratio_of(KERNELS[kernel], layout) * math.exp(rng.normal(0.0, rng.choice([0.001, 0.01, 0.1])))
        mean = (mistake.mean_of(KERNELS[kernel], layout) or 0.0) + rng.normal(0.0, 0.005)
        found.append(MeasuredRatio(KERNELS[kernel], ratio, 0.005, mean, 0.005))
    return found


@pytest.mark.parametrize("layout", Layout)
def test_giving_up_early_gives_up_nothing_that_is_near(layout: Layout) -> None:
    given_up = 0
    for seed in range(200):
        ratios = measured(seed, layout)
        for mistake in MISTAKES:
            whole = naming._distance(mistake, ratios, layout, math.inf)
            if math.isfinite(whole):
                assert naming._distance(mistake, ratios, layout, whole) == whole
                given_up += math.isinf(naming._distance(mistake, ratios, layout, whole / 4.0))
    assert given_up > 100
