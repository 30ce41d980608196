"""Dependence within a draw: what the statistics measure, and that a negated copy is as much a copy as a plain one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.dependence import TESTS, independent_by_spread
from autograder.judge.measure import DrawFigures, draw_figures
from autograder.judge.structure import Structure, find_structure, largest_within, prefix_correlation, worst_correlation

SQUARE = KernelShape(250, 250)
WIDE = KernelShape(200, 313)


def drawn(kernel: KernelShape, values: np.ndarray, layout: Layout = Layout.KERAS) -> DrawFigures:
    """The figures of a draw whose (fan_in, outputs) are ``values`` in He's deviations."""
    weights = values * math.sqrt(2.0 / kernel.fan_in)
    return draw_figures(kernel, layout, (weights if layout is Layout.KERAS else weights.T).astype(np.float32))


def normal(kernel: KernelShape, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((kernel.fan_in, kernel.outputs))


def found_in(kernel: KernelShape, values: np.ndarray, layout: Layout = Layout.KERAS) -> Structure:
    [found] = find_structure([drawn(kernel, values, layout)], TESTS, in_law_units=True)
    assert found is not None
    return found


@pytest.mark.parametrize("size", [24, 25, 27])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_largest_within_is_the_largest_of_all_lags_and_of_all_centres_of_each_draw(size: int, sign: float) -> None:
    rng = np.random.default_rng(size)
    draws = []
    for _ in range(6):
        values = rng.standard_normal(size)
        values[size // 2 :] += sign * 0.8 * values[: size - size // 2]
        draws.append(draw_figures(KernelShape(size, 1), Layout.KERAS, values.reshape(size, 1)))
    for draw, found in zip(draws, largest_within(draws), strict=True):
        x = draw.centred
        total = x @ x
        shifted = [sum(x[i] * x[(i + lag) % size] for i in range(size)) / total for lag in range(1, size)]
        reflected = [sum(x[i] * x[(c - i) % size] for i in range(size)) / total for c in range(size)]
        assert 0 < found.lag <= size // 2
        assert found.repeated == pytest.approx(max(shifted, key=abs)) == pytest.approx(shifted[found.lag - 1])
        assert found.mirrored == pytest.approx(max(reflected, key=abs))


def test_draws_of_any_sizes_together_give_each_what_it_gives_alone() -> None:
    rng = np.random.default_rng(5)
    draws = [
        draw_figures(KernelShape(size, 1), Layout.KERAS, rng.standard_normal((size, 1)))
        for size in (50, 24, 50, 81, 50, 24, 50, 50)
    ]
    for draw, found in zip(draws, largest_within(draws), strict=True):
        [alone] = largest_within([draw])
        assert (found.lag, found.repeated, found.mirrored) == pytest.approx(
            (alone.lag, alone.repeated, alone.mirrored), abs=1e-6
        )


@pytest.mark.parametrize("sign", [1, -1])
def test_half_that_repeats_the_other_is_found_whatever_its_sign(sign: int) -> None:
    half = normal(SQUARE)[:125]
    found = found_in(SQUARE, np.concatenate([half, sign * half]))
    assert (found.mistake.name, found.by) == ("repeated", TESTS.lag)
    assert found.measured == pytest.approx(sign, abs=0.01)
    assert "weights 31,250 places apart" in found.says


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("sign", [1, -1])
def test_half_that_mirrors_the_other_is_found_along_either_axis_whatever_its_sign(sign: int, layout: Layout) -> None:
    values = normal(WIDE)
    upside_down = np.concatenate([values[:100], sign * values[:100][::-1]])
    columns = values.copy()
    columns[:, -156:] = sign * values[:, :156][:, ::-1]  # 313 columns: the one in the middle is its own
    for mirrored, axis in ((upside_down, "input"), (columns, "output")):
        found = found_in(WIDE, mirrored, layout)
        assert found.mistake.name == "mirrored"
        assert found.measured == pytest.approx(sign, abs=0.02)
        assert found.by is TESTS.flip
        assert f"along its {axis} axis" in found.says


@pytest.mark.parametrize("sign", [1, -1])
def test_matrix_that_is_its_own_transpose_is_found_whatever_its_sign(sign: int) -> None:
    upper = np.triu(normal(SQUARE), 1)
    found = found_in(SQUARE, upper + sign * upper.T + np.diag(np.diagonal(normal(SQUARE, 2))))
    assert (found.mistake.name, found.by) == ("symmetric", TESTS.transpose)
    assert found.measured == pytest.approx(sign, abs=0.01)
    assert found.p_value < 1e-100


@pytest.mark.parametrize("sign", [1, -1])
def test_draws_read_backwards_are_a_mirror_whatever_their_sign(sign: int) -> None:
    half = normal(WIDE).ravel()[:31_300]
    found = found_in(WIDE, np.concatenate([half, sign * half[::-1]]).reshape(200, 313))
    assert found.mistake.name == "mirrored"
    assert found.measured == pytest.approx(sign, abs=0.06)


def test_correlation_of_two_draws_is_that_of_their_common_beginning() -> None:
    one, other = (draw_figures(KernelShape(n, 1), Layout.KERAS, normal(KernelShape(n, 1), n)) for n in (300, 200))
    x, y = one.centred[:200], other.centred
    wanted = float(np.mean(x * y)) / (float(np.std(one.centred)) * float(np.std(y)))
    assert prefix_correlation(one, other) == (200, pytest.approx(wanted))
    assert prefix_correlation(other, one) == (200, pytest.approx(wanted))


def test_worst_correlation_is_the_largest_in_size_and_is_bounded_for_as_many_pairs() -> None:
    r, bound = worst_correlation([(1000, 0.1), (1000, -0.2), (1000, 0.15)])
    assert r == -0.2
    # Three times 2·exp(−1000·[t·r + ½ln(1−t²)]), t = (√(1+4·0.04)−1)/0.4.
    assert bound == pytest.approx(
        3 * 2 * math.exp(-1000 * (0.1925824 * 0.2 + 0.5 * math.log(1 - 0.1925824**2))), rel=1e-3
    )


@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0])
@pytest.mark.parametrize(
    ("name", "change", "measured"),
    [
        ("unit_norm", lambda w: w / np.sqrt((w**2).mean(axis=0)), 0.0),
        ("centred", lambda w: w - w.mean(axis=0), 0.0),
        ("uneven_scale", lambda w: w * np.linspace(0.6, 1.4, w.shape[1]), None),
        ("uneven_mean", lambda w: np.where(np.arange(w.shape[1]) == 7, np.abs(w), w), None),
    ],
)
def test_groups_that_are_too_even_or_uneven_are_found_in_any_units(
    name: str, change: Callable[[np.ndarray], np.ndarray], measured: float | None, scale: float
) -> None:
    [found] = find_structure([drawn(WIDE, change(normal(WIDE)) * scale)], TESTS, in_law_units=scale == 1.0)
    assert found is not None
    assert found.mistake.name == name
    assert "output channel" in found.says
    if measured is not None:
        assert found.measured == pytest.approx(measured, abs=0.01)
        assert found.p_value < 1e-10


@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0])
def test_independent_draws_have_no_structure_in_any_units(scale: float) -> None:
    for kernel in (WIDE, SQUARE):
        assert find_structure([drawn(kernel, normal(kernel) * scale)], TESTS, in_law_units=scale == 1.0) == [None]


def test_two_outliers_are_no_repetition() -> None:
    values = normal(WIDE)
    values.flat[[5, 40_000]] = 1000.0
    assert find_structure([drawn(WIDE, values)], TESTS, in_law_units=False) == [None]


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("factor", [1e-12, 1.0, 1e3])
def test_weights_that_share_scales_count_as_few_independent_values(factor: float, layout: Layout) -> None:
    kernel = KernelShape(200, 300)
    rng = np.random.default_rng(3)
    weights = rng.standard_normal((200, 300))

    def counted(values: np.ndarray) -> int:
        return independent_by_spread(drawn(kernel, values * factor, layout))

    assert counted(weights) > 0.7 * weights.size
    assert counted(weights[:, :1].repeat(300, axis=1)) == pytest.approx(200, rel=0.4)
    assert counted(weights[:1].repeat(200, axis=0)) == pytest.approx(300, rel=0.4)
    # Each row's mean square has the variance 2/8 of a product of rank 8.
    low_rank = weights[:, :8] @ weights[:8]
    assert counted(low_rank) == pytest.approx(8 * 200, rel=0.4)


def test_numbers_too_large_for_squares_raise_nothing_when_independent_values_are_counted() -> None:
    kernel = KernelShape(20, 30)
    with np.errstate(all="ignore"):
        assert independent_by_spread(drawn(kernel, 1e30 * normal(kernel))) == 600
        assert independent_by_spread(drawn(kernel, np.zeros((20, 30)))) == 600
