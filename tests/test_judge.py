"""The judge alone, on NumPy draws: right answers pass, each mistake fails its own criterion and is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from autograder.assignment import TASKS, draw_challenge
from autograder.judge.evidence import Draw, InitializerEvidence, ModelBuild, ModelEvidence, Parameter
from autograder.judge.fans import KernelShape, Layout
from autograder.judge.initializer import judge_initializer
from autograder.judge.misconceptions import MISCONCEPTIONS
from autograder.judge.model import ModelMeasurements, forward_pass, judge_model, relative_difference
from autograder.judge.tests import (
    correlation_bound,
    ks_bound,
    ks_distances,
    largest_autocorrelation,
    mean_bound,
    second_moment_bound,
)

CRITERIA = tuple(TASKS[0].weights)
Sampler = Callable[[np.random.Generator, KernelShape, tuple[int, ...]], np.ndarray]


def he(kernel: KernelShape) -> float:
    return math.sqrt(2.0 / kernel.fan_in)


def normal(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(he(kernel))


def truncated(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
    cut = stats.truncnorm.ppf(rng.random(shape), -2, 2) / 0.87962566103423978
    return (cut * he(kernel)).astype(np.float32)


def uniform(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(-1, 1, shape).astype(np.float32) * np.float32(math.sqrt(3) * he(kernel))


def clipped(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
    return np.clip(rng.standard_normal(shape), -2, 2).astype(np.float32) * np.float32(he(kernel) / math.sqrt(0.92054))


def evidence(sampler: Sampler, seed: int = 0, layout: Layout = Layout.KERAS) -> InitializerEvidence:
    rng = np.random.default_rng(seed)
    kernels = draw_challenge(rng).kernels
    kind = "tf.Tensor" if layout is Layout.KERAS else "torch.Tensor"

    def draw(kernel: KernelShape) -> Draw:
        shape = kernel.in_layout(layout)
        values = sampler(rng, kernel, shape)
        return Draw(kernel, kind, values.dtype.name, shape, values)

    return InitializerEvidence(layout, tuple(tuple(draw(k) for k in kernels) for _ in range(2)))


def failed(found: InitializerEvidence) -> list[str]:
    return [v.name for v in judge_initializer(found, CRITERIA) if v.status == "failed"]


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("sampler", [normal, truncated])
@pytest.mark.parametrize("seed", range(10))
def test_right_draws_pass_everything(sampler: Sampler, layout: Layout, seed: int) -> None:
    verdicts = judge_initializer(evidence(sampler, seed, layout), CRITERIA)
    assert [v.status for v in verdicts] == ["passed"] * len(CRITERIA), verdicts
    assert all(v.asks and v.finding.message for v in verdicts)


def test_he_uniform_loses_the_distribution_alone() -> None:
    assert failed(evidence(uniform)) == ["distribution"]


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("entry", MISCONCEPTIONS, ids=lambda m: f"{m.name}-{m.family or 'any'}")
def test_every_catalogued_variance_is_caught_and_named(entry, layout: Layout) -> None:
    families = {None: normal, "normal": normal, "truncated normal": truncated, "uniform": uniform}
    family = clipped if entry.name == "clipped" else families.get(entry.family)

    def wrong(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
        return family(rng, kernel, shape) * np.float32(math.sqrt(entry.ratio(kernel, layout)))

    verdicts = judge_initializer(evidence(wrong, 3, layout), CRITERIA)
    caught = [v for v in verdicts if v.status == "failed" and v.name in ("variance", "variance_conv")]
    assert caught, "not caught"
    twins = {m.name for m in MISCONCEPTIONS if same_ratio(m.ratio, entry.ratio, layout)}
    assert {v.finding.diagnosis for v in caught} <= twins


def same_ratio(first: Callable, second: Callable, layout: Layout) -> bool:
    kernels = draw_challenge(np.random.default_rng(3)).kernels
    return all(math.isclose(first(k, layout), second(k, layout), rel_tol=1e-9) for k in kernels)


@pytest.mark.parametrize(
    ("change", "criteria"),
    [
        (lambda w: w + 0.1 * w.std(), ["mean"]),
        (np.abs, ["mean", "variance", "variance_conv", "distribution"]),
        (lambda w: np.sign(w) * w.std(), ["distribution"]),
        (lambda w: np.repeat(w.reshape(-1)[: w.size // 2 + 1], 2)[: w.size].reshape(w.shape), ["independence"]),
        (lambda w: np.full_like(w, 0.5), ["output"]),
        (lambda w: np.where(np.arange(w.size).reshape(w.shape) == 7, np.nan, w), ["output"]),
        (lambda w: w.astype(np.float64), ["output"]),
    ],
    ids=["mean", "absolute", "signs", "each_twice", "constant", "nan", "float64"],
)
def test_mistake_costs_its_own_criteria_and_no_other(change: Callable, criteria: list[str]) -> None:
    found = evidence(lambda rng, k, shape: change(normal(rng, k, shape)))
    assert failed(found) == criteria


@settings(max_examples=15, deadline=None)
@given(st.floats(0.05, 20.0), st.integers(0, 2**32))
def test_scaling_the_weights_by_c_scales_the_ratio_by_c_squared(c: float, seed: int) -> None:
    def scaled(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
        return normal(rng, kernel, shape).astype(np.float64) * c

    verdict = next(v for v in judge_initializer(evidence(scaled, seed), CRITERIA) if v.name == "variance")
    assert verdict.finding.measured == pytest.approx(c * c * verdict.finding.expected, rel=0.05)
    assert (verdict.status == "passed") == (abs(c * c - 1) < 0.03) or abs(abs(c * c - 1) - 0.03) < 0.02


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_shuffling_a_right_draw_keeps_it_right(seed: int) -> None:
    def shuffled(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
        return rng.permutation(normal(rng, kernel, shape).ravel()).reshape(shape)

    assert failed(evidence(shuffled, seed)) == []


ODD = st.sampled_from([0.0, 1e-100, 1e100, -0.0, 1e-45, 3e38, -3e38, 1e300, math.inf, -math.inf, math.nan, 1.0])


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.float64, 64, elements=ODD), st.sampled_from(list(Layout)))
def test_no_values_make_the_judge_raise(values: np.ndarray, layout: Layout) -> None:
    def odd(rng: np.random.Generator, kernel: KernelShape, shape: tuple[int, ...]) -> np.ndarray:
        return np.resize(values, shape)

    verdicts = judge_initializer(evidence(odd, 1, layout), CRITERIA)
    assert [v.name for v in verdicts] == list(CRITERIA)
    assert any(v.status == "failed" for v in verdicts)


@pytest.mark.parametrize("n", [100, 10_000, 1_000_000])
def test_bounds_are_bounds(n: int) -> None:
    for x in (0.001, 0.01, 0.03, 0.1):
        assert mean_bound(n, x) >= min(1.0, 2 * stats.norm.sf(x * math.sqrt(n))) * (1 - 1e-12)
        assert second_moment_bound(n, x) >= stats.chi2.sf(n * (1 + x), n) * (1 - 1e-9)
        assert second_moment_bound(n, -x) >= stats.chi2.cdf(n * (1 - x), n) * (1 - 1e-9)
        assert ks_bound(n, x) >= min(1.0, 2 * math.exp(-2 * n * x * x)) * (1 - 1e-12)
    for bound in (mean_bound, second_moment_bound, ks_bound, correlation_bound):
        falling = [bound(n, x) for x in np.linspace(0.0, 0.5, 50)]
        assert falling == sorted(falling, reverse=True)


def test_ks_distance_agrees_with_scipys() -> None:
    rng = np.random.default_rng(5)
    for values in (rng.standard_normal(50_000), rng.uniform(-1.5, 1.5, 50_000), rng.laplace(0, 0.7, 50_000)):
        exact = stats.kstest(values, "norm").statistic
        assert exact - 0.0006 <= ks_distances(values)["normal"] <= exact + 1e-9


def test_autocorrelation_finds_the_period() -> None:
    rng = np.random.default_rng(1)
    lag, r = largest_autocorrelation(np.tile(rng.standard_normal(1000), 50))
    assert lag == 1000
    assert r == pytest.approx(0.98, abs=0.01)


# --- models -------------------------------------------------------------------------------------------

WIDTHS = (64, 128, 64, 10)


def build(rng: np.random.Generator, gain: float = 2.0, bias: float = 0.0, **other: object) -> ModelBuild:
    parameters = []
    for a, b in pairwise(WIDTHS):
        kernel = rng.standard_normal((a, b), dtype=np.float32) * np.float32(math.sqrt(gain / a))
        parameters.append(Parameter(f"dense{a}.kernel", (a, b), kernel))
        parameters.append(Parameter(f"dense{a}.bias", (b,), np.full(b, bias, np.float32)))
    return ModelBuild("Sequential", tuple(parameters), **other)


def models(seed: int = 0, hidden: str = "ReLU", last: str = "softmax", **how: float) -> ModelEvidence:
    rng = np.random.default_rng(seed)
    inputs = draw_challenge(rng).inputs
    frame = ModelMeasurements(ModelEvidence(Layout.KERAS, WIDTHS, (), True, inputs, ()))
    builds = []
    for batch in inputs:
        bare = build(rng, **how)
        outputs = forward_pass(frame.layers(bare), batch, [hidden, hidden], last).astype(np.float32)
        builds.append(ModelBuild(bare.kind, bare.parameters, outputs))
    return ModelEvidence(Layout.KERAS, WIDTHS, (), True, inputs, tuple(builds))


def statuses(found: ModelEvidence) -> dict[str, str]:
    return {v.name: v.status for v in judge_model(found)}


@pytest.mark.parametrize("seed", range(20))
def test_right_models_pass_everything(seed: int) -> None:
    assert set(statuses(models(seed)).values()) == {"passed"}


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5, 2.5, 4.0])
def test_wrong_gain_fails_the_hidden_variance(gain: float) -> None:
    assert statuses(models(gain=gain))["variance_hidden"] == "failed"


@pytest.mark.parametrize("hidden", ["no activation", "tanh", "leaky ReLU", "SiLU"])
@pytest.mark.parametrize("last", ["softmax", "logits"])
def test_wrong_activation_is_named(hidden: str, last: str) -> None:
    verdict = next(v for v in judge_model(models(hidden=hidden, last=last)) if v.name == "forward")
    assert verdict.status == "failed"
    assert hidden in verdict.finding.message
    assert last in verdict.finding.message


def test_bias_a_hair_from_zero_is_not_zero() -> None:
    assert statuses(models(bias=1e-30))["bias"] == "failed"


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.float64, 32, elements=ODD | st.just(1e300)))
def test_no_weights_make_the_judge_of_models_raise(values: np.ndarray) -> None:
    def spoilt(found: ModelBuild) -> ModelBuild:
        parameters = tuple(Parameter(p.name, p.shape, np.resize(values, p.shape)) for p in found.parameters)
        return ModelBuild(found.kind, parameters, found.outputs)

    right = models(1)
    wrong = ModelEvidence(right.layout, WIDTHS, (), True, right.inputs, tuple(spoilt(b) for b in right.builds))
    assert "failed" in statuses(wrong).values()


def test_outputs_that_are_not_finite_never_fit() -> None:
    assert relative_difference(np.array([[math.nan]]), np.array([[1.0]])) == math.inf
    assert relative_difference(np.array([[math.inf]]), np.array([[1.0]])) == math.inf
