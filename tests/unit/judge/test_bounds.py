"""Every bound is at least the exact probability, or the rate in a simulation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.fft import prev_fast_len

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import BUILDS, KERNELS, draw_challenge
from autograder.grading.plan import PLAN
from autograder.judge import bounds as t
from autograder.judge.budget import PROMISE, decided_by_draws, rows, total
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.criteria import CRITERIA
from autograder.judge.dependence import TESTS
from autograder.judge.law import HE
from autograder.judge.misconception import Misconception
from autograder.judge.power import MISS, miss_bound
from autograder.judge.structure_tests import EVENNESS_GROUPS
from calibration.samplers import FAMILIES, STRUCTURES

SIZES = [100, 10_000, 1_000_000]
JUDGE = Path(__file__).resolve().parents[3] / "autograder/judge"


@pytest.mark.parametrize("n", SIZES)
def test_bounds_lie_above_the_exact_tails_of_normal_draws(n: int) -> None:
    for x in (0.001, 0.01, 0.03, 0.1):
        assert t.mean_bound(n, x) >= min(1.0, 2 * stats.norm.sf(x * math.sqrt(n))) * (1 - 1e-12)
        assert t.second_moment_bound(n, x) >= stats.chi2.sf(n * (1 + x), n) * (1 - 1e-9)
        assert t.second_moment_bound(n, -x) >= stats.chi2.cdf(n * (1 - x), n) * (1 - 1e-9)
        assert t.ks_bound(n, x) >= min(1.0, stats.kstwobign.sf(x * math.sqrt(n))) * (1 - 1e-6)


def test_share_bound_lies_above_the_exact_hypergeometric_tail() -> None:
    size, groups, marked = 40, 25, 300
    for found in range(size + 1):
        share = np.array([found / size])
        tail = stats.hypergeom(size * groups, marked, size)
        exact = min(tail.sf(found - 1), tail.cdf(found))
        assert t.share_bound(size, share, marked / (size * groups)) >= exact * (1 - 1e-9)


@pytest.mark.parametrize(
    "bound",
    [
        t.mean_bound,
        t.second_moment_bound,
        t.ks_bound,
        t.correlation_bound,
        t.autocorrelation_bound,
        t.self_convolution_bound,
    ],
)
@given(st.integers(100, 10**6), st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_bounds_fall_as_the_statistic_grows_and_as_the_sample_does(
    bound: Callable[[int, float], float], n: int, x: float, y: float
) -> None:
    low, high = sorted((x, y))
    assert 0.0 <= bound(n, high) <= bound(n, low) <= 1.0
    if bound is not t.autocorrelation_bound and bound is not t.self_convolution_bound:  # these count more lags, too
        assert bound(2 * n, x) <= bound(n, x)


@pytest.mark.parametrize("family", t.SQUARES)
def test_moments_of_squares_are_those_of_the_family(family: str) -> None:
    c = 2.0 / 0.87962566103423978
    density = {
        "normal": (stats.norm.pdf, 12.0),
        "truncated normal": (stats.truncnorm(-2, 2, scale=1 / 0.87962566103423978).pdf, c),
        "uniform": (stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)).pdf, math.sqrt(3)),
    }
    pdf, reach = density[family]
    for power, value in zip((2, 4), t.SQUARES[family], strict=True):
        exact = integrate.quad(lambda u, p=power: (u * u - 1.0) ** p * pdf(u), -reach, reach, limit=200)[0]
        assert value == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("family", ["normal", "truncated normal", "uniform"])
def test_simulated_statistics_exceed_no_bound_more_often_than_it_says(family: str) -> None:
    """At bounds of about 5 %, where simulation can see: 2,000 draws of 400 weights."""
    rng = np.random.default_rng(7)
    n, runs = 400, 2_000
    draws = FAMILIES[family](rng, n * runs).reshape(runs, n).astype(np.float64)
    statistics = {
        "mean": [t.mean_bound(n, x) for x in draws.mean(axis=1)],
        "second moment": [t.second_moment_bound(n, x - 1.0) for x in (draws**2).mean(axis=1)],
        "correlation": [t.correlation_bound(n // 2, (d[::2] * d[1::2]).mean()) for d in draws],
        "evenness": [
            t.evenness_bound(20, 20, ((q - 1) ** 2).mean() * 10)
            for q in (draws.reshape(runs, 20, 20) ** 2).mean(axis=2)
        ],
        "autocorrelation": [t.autocorrelation_bound(n, _largest(d)) for d in draws[:500]],
        "self-convolution": [t.self_convolution_bound(n, _largest(d, reflected=True)) for d in draws[:500]],
        "clipping": [t.clipping_bound(n, (np.maximum(d**2 - 16.0, 0.0)).mean()) for d in draws],
        "centredness": [t.centredness_bound(20, (m**2).mean() * 20) for m in _group_means(draws)],
    }
    for name, bounds in statistics.items():
        for level in (0.05, 0.2):
            assert np.mean(np.array(bounds) <= level) <= level + 3 * math.sqrt(level / len(bounds)), name


def _largest(draw: np.ndarray, *, reflected: bool = False) -> float:
    spectrum = np.fft.rfft(draw)
    found = np.fft.irfft(spectrum * spectrum if reflected else np.abs(spectrum) ** 2, draw.size) / draw.size
    return float(np.max(np.abs(found[0 if reflected else 1 :])))


def _group_means(draws: np.ndarray) -> np.ndarray:
    return draws.reshape(len(draws), 20, 20).mean(axis=2)


# --- the budget ---------------------------------------------------------------------------------------


def test_whole_grading_fails_a_right_answer_with_probability_at_most_1e_9() -> None:
    table = rows(PLAN)
    assert total(table) <= PROMISE == 1e-9
    assert all(0.0 <= row.bound <= 1e-9 for row in table)
    assert all(row.margin is None or row.margin > 7.5 for row in table)


def test_budget_covers_every_criterion_that_draws_decide() -> None:
    assert decided_by_draws(PLAN) == (
        "mean", "variance", "variance_conv", "distribution", "independence", "fresh",
        "variance_hidden", "variance_output",
    ), "a criterion is new, or has no test any more: is that right? Then list it here"  # fmt: skip
    assert {name for row in rows(PLAN) for name in row.criteria} == set(decided_by_draws(PLAN))
    assert set(PLAN.criteria) == set(CRITERIA), "a criterion has no weight, or a weight no criterion"


def test_mistake_of_scale_is_missed_with_probability_at_most_1e_9() -> None:
    assert MISS == 1e-9


def test_readme_promises_what_the_budget_is_held_against() -> None:
    superscript = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    readme = " ".join((JUDGE / "README.md").read_text(encoding="utf-8").replace("\n>", " ").split())
    promised = re.search(r"loses anything at all with probability at most 10([⁻⁰-⁹¹²³]+)\*\*, both frameworks", readme)
    missed = re.search(r"nothing catches it: at most 10([⁻⁰-⁹¹²³]+) for each", readme)
    assert float(f"1e{missed[1].translate(superscript)}") == MISS
    today = re.search(r"The sum today is below 10([⁻⁰-⁹¹²³]+)\.", readme)
    assert float(f"1e{promised[1].translate(superscript)}") == PROMISE
    assert total(rows(PLAN)) < float(f"1e{today[1].translate(superscript)}")


def test_no_challenge_draws_less_than_the_budget_counts_on() -> None:
    for seed in range(300):
        challenge = draw_challenge(np.random.default_rng(seed))
        assert len(challenge.inputs) == BUILDS
        for drawn, least in zip(challenge.kernels, KERNELS, strict=True):
            assert drawn.size >= least.size
            assert drawn.window == least.window
            assert (drawn.inputs == drawn.outputs) == (least.inputs == least.outputs)


def test_no_challenge_gives_a_test_less_than_its_row_says() -> None:
    by_statistic = {row.statistic: row for row in reversed(rows(PLAN))}  # initializers' rows come first
    half, lag = by_statistic["|r| with a flipped axis"], by_statistic["|r| at any lag of a draw"]
    even, square = by_statistic["group norms made even"], by_statistic["|r| with the transpose"]
    unlike = by_statistic["unlike groups along an axis"]
    for seed in range(300):
        kernels = draw_challenge(np.random.default_rng(seed)).kernels
        for kernel in kernels:
            lines = ((kernel.fan_in, kernel.outputs), (kernel.outputs, kernel.fan_in))
            assert min(a // 2 * b for a, b in lines) >= half.n
            assert prev_fast_len(kernel.size, real=True) >= lag.n * 95 // 100
        groups = [g for k in kernels for g in (k.outputs, k.inputs, k.area) if g >= EVENNESS_GROUPS]
        sizes = [k.size // g for k in kernels for g in (k.outputs, k.inputs, k.area) if g >= EVENNESS_GROUPS]
        assert 2 * len(groups) <= even.count
        assert all(
            t.evenness_bound(g, m, TESTS.norms.threshold) <= even.bound * 1.01
            for g, m in zip(groups, sizes, strict=True)
        )
        assert 2 * sum(k.fan_in == k.outputs for k in kernels) <= square.count
        assert 2 * 2 * sum(2 + (k.area > 1) for k in kernels) <= unlike.count


def test_no_shape_is_known_in_advance() -> None:
    drawn = {draw_challenge(np.random.default_rng(seed)).kernels for seed in range(200)}
    assert len(drawn) == 200


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("entry", [m for m in MISCONCEPTIONS if m.variance is not None], ids=lambda m: m.name)
def test_every_mistake_of_scale_is_missed_with_probability_at_most_1e_9(entry: Misconception, layout: Layout) -> None:
    bound = miss_bound(entry, PLAN, layout)
    assert bound is not None
    assert bound <= MISS


# --- the catalogue ------------------------------------------------------------------------------------

#: What an initializer's draws alone cannot show: facts about calls and models; tests of scenarios show these.
SHOWN_ELSEWHERE = {
    "raised", "returned_other", "dtype_other", "wrong_shape", "not_in_place", "returned_another", "needs_no_grad",
    "unknown_variance", "unknown_distribution", "triangular_distribution", "clipped_normal_distribution",
    "not_a_model", "wrong_layers", "untracked", "remade_layers", "extra_layers", "layer_names", "forward_error",
    "wrong_activation", "wrong_forward", "random_forward", "only_first_layer", "no_bias",
    "bias_default", "bias_not_zero",
}  # fmt: skip


def test_catalogue_has_at_least_60_mistakes_each_with_a_line_and_something_to_look_up() -> None:
    simulated = [m for m in MISCONCEPTIONS if m.name not in SHOWN_ELSEWHERE]
    assert len(simulated) >= 60
    assert len(BY_NAME) == len(MISCONCEPTIONS), "a name is used twice"
    assert all(m.says and m.lesson.look_up for m in MISCONCEPTIONS)
    for lesson in {m.lesson.of(HE) for m in MISCONCEPTIONS}:
        assert lesson.why.endswith("."), "why is a sentence"
        assert not lesson.look_up.endswith("."), "what to look up is none"
        assert not (lesson.formula or "").endswith("."), "nor is a formula"


def test_every_mistake_is_simulated_or_shown_elsewhere() -> None:
    simulated = {m.name for m in MISCONCEPTIONS if m.variance is not None} | {s.partition(":")[0] for s in STRUCTURES}
    assert simulated | SHOWN_ELSEWHERE == set(BY_NAME), "add it to STRUCTURES in calibration/samplers.py, or above"
    assert not simulated & SHOWN_ELSEWHERE
