"""What is drawn looks random, is the same in every run, and favours nobody."""

from __future__ import annotations

import random

import pytest

from autograder.errors import UserError
from autograder.marking.draw import in_order, sample

KEYS = [f"grade {i}" for i in range(40)]
SCORES = {key: i / 4 for i, key in enumerate(KEYS)}


def test_the_order_is_that_of_the_seed_and_the_question_alone() -> None:
    shuffled = random.Random(1).sample(KEYS, len(KEYS))
    assert in_order(KEYS, "seed", "q1") == in_order(shuffled, "seed", "q1") != KEYS
    assert sorted(in_order(KEYS, "seed", "q1")) == sorted(KEYS)
    assert len({tuple(in_order(KEYS, seed, q)) for seed in ("a", "b") for q in ("q1", "q2", "q6")}) == 6


def test_a_late_answer_moves_no_other() -> None:
    later = in_order([*KEYS, "late"], "seed", "q1")
    assert [key for key in later if key != "late"] == in_order(KEYS, "seed", "q1")


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.2, 8), (0.21, 9), (0.5, 20), (1.0, 40)])
def test_a_sample_has_its_share_and_does_not_depend_on_the_order(share: float, count: int) -> None:
    drawn = sample(SCORES, share, "seed", "q1")
    assert len(set(drawn)) == len(drawn) == count
    assert drawn == sample(dict(reversed(SCORES.items())), share, "seed", "q1")


def test_a_sample_has_low_and_high_scores() -> None:
    for seed in "abcdef":
        drawn = sorted(SCORES[key] for key in sample(SCORES, 0.25, seed, "q1"))
        assert [int(score) for score in drawn] == [*range(10)]


def test_another_seed_draws_another_sample() -> None:
    assert len({sample(SCORES, 0.25, seed, "q1") for seed in "abcdef"}) == 6


def test_of_no_answers_none_is_drawn() -> None:
    assert sample({}, 0.2, "seed", "q1") == ()


@pytest.mark.parametrize("share", [0.0, -0.2, 1.01, 20.0, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(UserError, match="a sample is a share of the answers above 0 and up to 100 %"):
        sample(SCORES, share, "seed", "q1")
