"""On NumPy draws, right answers pass, and each mistake fails its own criterion and is named."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import TASKS, draw_challenge
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.evidence import Draw, InitializerEvidence, ModelBuild, ModelEvidence, Parameter
from autograder.judge.families import Histogram
from autograder.judge.judging import Verdict, judge
from autograder.judge.law import HE
from autograder.judge.measure import draw_figures
from autograder.judge.model import LAST_ACTIVATIONS, ModelMeasurements, hidden_pass, relative_difference
from autograder.judge.scales import SCALES
from autograder.judge.structure import largest_within
from calibration.samplers import Initializer, Maker, came_back, mistakes, right
from calibration.simulate import initializer_evidence, model_evidence

#: Scoring runs the judge under np.errstate: what is too large for a float is a finding, not a warning.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

CRITERIA = tuple(TASKS[0].weights)
OF_MODELS = tuple(TASKS[1].weights)
Change = Callable[[np.ndarray], np.ndarray]


def evidence(make: Maker, seed: int = 0, layout: Layout = Layout.KERAS) -> InitializerEvidence:
    return initializer_evidence(make, np.random.default_rng(seed), layout)


def changed(change: Change, family: str = "normal") -> Maker:
    """Right draws, each array put through ``change``."""

    def make(rng: np.random.Generator) -> Initializer:
        draw = right(family)(rng)
        return lambda kernel, layout: came_back(kernel, layout, change(draw(kernel, layout).returned))

    return make


def law(deviation: Callable[[KernelShape], float]) -> Maker:
    """Normal draws with a standard deviation of one's own."""

    def make(rng: np.random.Generator) -> Initializer:
        def initializer(kernel: KernelShape, layout: Layout) -> Draw:
            values = rng.standard_normal(kernel.in_layout(layout), dtype=np.float32) * np.float32(deviation(kernel))
            return came_back(kernel, layout, values)

        return initializer

    return make


def failed(found: InitializerEvidence) -> list[str]:
    return [v.name for v in judge(found, CRITERIA) if v.status == "failed"]


def verdict(found: InitializerEvidence, name: str) -> Verdict:
    return next(v for v in judge(found, CRITERIA) if v.name == name)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("family", ["normal", "truncated normal"])
@pytest.mark.parametrize("seed", range(10))
def test_right_draws_pass_everything(family: str, layout: Layout, seed: int) -> None:
    verdicts = judge(evidence(right(family), seed, layout), CRITERIA)
    assert [v.status for v in verdicts] == ["passed"] * len(CRITERIA), verdicts
    assert all(v.asks and v.finding.message for v in verdicts)


def test_he_uniform_loses_the_distribution_alone() -> None:
    assert failed(evidence(right("uniform"))) == ["distribution"]


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("label", mistakes(MISCONCEPTIONS))
def test_every_mistake_of_the_catalogue_is_caught_and_named(label: str, layout: Layout) -> None:
    verdicts = judge(evidence(mistakes(MISCONCEPTIONS)[label], 3, layout), CRITERIA)
    caught = [v.finding for v in verdicts if v.status == "failed"]
    assert caught, "not caught"
    named = {name for finding in caught for name in (finding.diagnosis, *finding.twins)}
    assert label.partition(":")[0] in named, caught


@pytest.mark.parametrize(
    ("name", "twin"),
    [("kernel_area_ignored", "shape_1"), ("out_channels", "shape_0")],
)
def test_mistake_that_coincides_with_a_rare_one_on_every_shape_is_named_alone(name: str, twin: str) -> None:
    """In PyTorch's layout, (out, in, kh, kw), shape[1] is in_channels and shape[0] is out_channels."""
    finding = verdict(evidence(mistakes(MISCONCEPTIONS)[name], 1, Layout.TORCH), "variance_conv").finding
    assert finding.diagnosis == name
    assert twin in finding.twins
    assert BY_NAME[name].says in finding.message
    assert BY_NAME[twin].says not in finding.message


@pytest.mark.parametrize(
    ("deviation", "says"),
    [
        (lambda k: math.sqrt(2.0 / k.fan_in**1.5), "it is about 2.01 · fan_in^-1.50"),
        (lambda k: math.sqrt(3.0 / k.fan_out), "it is about 3.01 · fan_out^-1.00"),
        (lambda k: math.sqrt(0.1 / math.log(k.fan_in)), "and no power"),
    ],
)
def test_law_that_no_entry_fits_is_told_by_its_exponents(deviation: Callable[[KernelShape], float], says: str) -> None:
    finding = verdict(evidence(law(deviation), 2), "variance").finding
    assert finding.diagnosis == "unknown_variance"
    told = finding.message.partition("it is about ")[2]
    if says.startswith("and no"):
        assert says in finding.message
    else:
        wanted = says.partition("about ")[2].split(" · ")
        found = told.partition(";")[0].split(" · ")
        assert found[1].partition("^")[0] == wanted[1].partition("^")[0], finding.message
        assert float(found[1].partition("^")[2]) == pytest.approx(float(wanted[1].partition("^")[2]), abs=0.02)
        assert float(found[0]) == pytest.approx(float(wanted[0]), rel=0.05)


@pytest.mark.parametrize(
    ("deviation", "says"),
    [
        (lambda k: math.sqrt(5.0 / k.fan_in), "it is 2.5 × 2/fan_in."),
        (lambda k: math.sqrt(2.3 / k.fan_in), r"it is 1[45]\.\d% too large."),
        (lambda k: math.sqrt(1.9466 / k.fan_in), r"it is 2\.[5-9]% too small."),
        (lambda k: 2.0 / (k.height * k.outputs), "it is (2/(kh·out_channels))²."),
        (
            lambda k: math.sqrt(2.0 / (k.fan_in if k.is_dense else k.height * k.inputs * k.outputs)),
            "on convolutions, it is 2/(kh·in_channels·out_channels).",
        ),
    ],
)
def test_law_that_no_entry_fits_is_told_by_its_factor_or_by_the_axes_that_were_multiplied(
    deviation: Callable[[KernelShape], float], says: str
) -> None:
    finding = verdict(evidence(law(deviation), 2), "variance_conv").finding
    assert finding.diagnosis == "unknown_variance"
    assert "The variance fits no mistake that we know: " in finding.message
    assert says in finding.message or re.search(says, finding.message)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize(
    ("dense", "convolution", "criterion", "says"),
    [
        ("he_normal", "lecun", "variance_conv", ("1/fan_in", "on convolutions (dense kernels are right)")),
        ("he_normal", "fan_out", "variance_conv", ("2/fan_out", "on convolutions (dense kernels are right)")),
        ("he_normal", "out_channels", "variance_conv", ("2/out_channels", "on convolutions (dense kernels are right)")),
        ("glorot_normal", "he_normal", "variance", ("2/(fan_in+fan_out)", "on dense kernels (convolutions are right)")),
        ("fan_out", "lecun", "variance", ("2/fan_out", "on dense kernels (convolutions show another mistake)")),
        ("fan_out", "lecun", "variance_conv", ("1/fan_in", "on convolutions (dense kernels show another mistake)")),
    ],
)
def test_laws_of_dense_and_convolution_kernels_are_named_apart_where_none_fits_both(
    dense: str, convolution: str, criterion: str, says: tuple[str, str], layout: Layout
) -> None:
    laws = {entry.name: entry for entry in SCALES}

    def both(kernel: KernelShape) -> float:
        return math.sqrt(laws[dense if kernel.is_dense else convolution].variance_of(kernel, layout))

    formula, where = says
    told = verdict(evidence(law(both), 2, layout), criterion).finding.message
    assert told.startswith(f"Your Var(W) is {formula}")
    assert f", {where}. " in told


def test_only_an_orthogonal_matrix_is_said_to_be_one() -> None:
    """On the model's layers, 2/max(fan_in, fan_out) is the variance of an orthogonal matrix times √2."""
    assert BY_NAME["larger_fan"].ratio_of(KernelShape(64, 128), Layout.TORCH) == pytest.approx(
        BY_NAME["orthogonal"].ratio_of(KernelShape(64, 128), Layout.TORCH)
    )
    found = model_evidence(np.random.default_rng(1), Layout.TORCH, "normal", BY_NAME["larger_fan"])
    finding = next(v for v in judge(found, OF_MODELS) if v.name == "variance_hidden").finding
    assert finding.diagnosis == "larger_fan"
    assert "orthogonal" not in finding.message


def test_only_a_normal_without_tails_is_said_to_be_cut() -> None:
    cut = BY_NAME["truncated_at_3"]
    whole = replace(cut, simulated_as="normal")
    named = [verdict(evidence(mistakes((entry,))[cut.name], 2), "variance").finding for entry in (cut, whole)]
    assert [finding.diagnosis for finding in named] == ["truncated_at_3", "unknown_variance"]
    assert "cut" not in named[1].message


def test_heavy_tailed_law_outside_the_catalogue_is_not_misnamed() -> None:
    def student(rng: np.random.Generator) -> Initializer:
        def initializer(kernel: KernelShape, layout: Layout) -> Draw:
            values = rng.standard_t(3, kernel.in_layout(layout)) * HE.deviation(kernel)
            return came_back(kernel, layout, values.astype(np.float32))

        return initializer

    verdicts = judge(evidence(student), CRITERIA)
    names = {v.finding.diagnosis for v in verdicts if v.status == "failed"}
    assert names == {"unknown_variance", "unknown_distribution"}


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
def test_mistake_costs_its_own_criteria_and_no_other(change: Change, criteria: list[str]) -> None:
    assert failed(evidence(changed(change))) == criteria, "does the new criterion need another one, in `needs`?"


@pytest.mark.parametrize("slope", [0.01, 0.1])
def test_deviation_too_small_to_matter_is_accepted_by_design(slope: float) -> None:
    for seed in range(10):
        found = evidence(law(lambda k: math.sqrt(2.0 / ((1 + slope**2) * k.fan_in))), seed)
        assert failed(found) == []


# --- a repetition counts only when a fresh draw confirms it ---------------------------------------------


def with_rounds(found: InitializerEvidence, *rounds: int) -> InitializerEvidence:
    """The evidence with its first shape's draw in each round taken from the round given."""
    return replace(
        found,
        rounds=tuple((found.rounds[source][0], *draws[1:]) for source, draws in zip(rounds, found.rounds, strict=True)),
    )


def test_two_of_three_draws_alike_is_bad_luck_and_three_are_a_mistake() -> None:
    """Unseeded Keras initializers draw their seeds from a billion: two draws may collide."""
    found = evidence(right("normal"))
    assert failed(with_rounds(found, 0, 0, 2)) == []
    assert failed(with_rounds(found, 0, 1, 1)) == []
    assert failed(with_rounds(found, 0, 0, 0)) == ["fresh"]


def test_two_tensors_kept_for_every_shape_and_handed_out_in_turn_are_no_fresh_draws() -> None:
    assert failed(evidence(mistakes(MISCONCEPTIONS)["cached_tensor: two in turn"])) == ["fresh"]


def test_formula_that_is_right_for_the_one_shape_it_does_not_raise_for_earns_no_variance() -> None:
    """`assert shape[0] == shape[-1]` makes fan_out look right: on square kernels the fans agree."""
    plain = evidence(law(lambda k: math.sqrt(2.0 / k.fan_out)))

    def raising(draw: Draw) -> Draw:
        square = draw.kernel.is_dense and draw.kernel.inputs == draw.kernel.outputs
        return draw if square else Draw(draw.kernel, "nothing", error="AssertionError")

    found = replace(plain, rounds=tuple(tuple(raising(d) for d in draws) for draws in plain.rounds))
    statuses = {v.name: v.status for v in judge(found, CRITERIA)}
    assert statuses["output"] == "failed"
    assert statuses["variance"] == statuses["variance_conv"] == "skipped"


# --- in place -------------------------------------------------------------------------------------------


def in_place(change: Callable[[Draw], Draw], on_parameter: Callable[[Draw], Draw] = lambda d: d) -> dict[str, str]:
    plain = evidence(right("normal"), layout=Layout.TORCH)
    found = replace(
        plain,
        fill=2.5,
        rounds=tuple(tuple(change(d) for d in draws) for draws in plain.rounds),
        on_parameter=on_parameter(plain.rounds[0][-1]),
    )
    return {v.name: v.finding.diagnosis or v.status for v in judge(found, tuple(TASKS[2].weights))}


def untouched(draw: Draw) -> Draw:
    return replace(draw, same=False, passed=np.full_like(draw.returned, 2.5))


def test_tensor_filled_in_place_but_returned_in_another_shape_is_no_right_output() -> None:
    def flattened(draw: Draw) -> Draw:
        return replace(draw, same=False, passed=draw.returned, returned=None, shape=(draw.kernel.size,))

    said = in_place(flattened)
    assert said["output"] == "flat"
    assert said["in_place"] == "returned_another"
    assert said["variance"] == "passed"


def test_parameter_is_held_to_what_a_plain_tensor_is() -> None:
    assert in_place(lambda d: d)["in_place"] == "passed"
    assert in_place(lambda d: d, untouched)["in_place"] == "not_in_place"
    assert in_place(lambda d: d, lambda d: Draw(d.kernel, "None", passed=d.returned))["in_place"] == "returned_none"


def test_two_shapes_that_share_a_stream_twice_is_bad_luck_and_thrice_is_a_mistake() -> None:
    rng = np.random.default_rng(0)
    kernels = draw_challenge(rng).kernels

    def found(shared: int) -> InitializerEvidence:
        rounds = []
        for number in range(3):
            seeds = [(number, 0 if number < shared and k < 2 else 1 + k) for k in range(len(kernels))]
            draws = [
                right("normal")(np.random.default_rng(seed))(k, Layout.KERAS)
                for k, seed in zip(kernels, seeds, strict=True)
            ]
            rounds.append(tuple(draws))
        return InitializerEvidence(Layout.KERAS, tuple(rounds))

    assert failed(found(2)) == []
    assert failed(found(3)) == ["fresh"]


# --- properties -----------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.floats(0.05, 20.0), st.integers(0, 2**32))
def test_scaling_the_weights_by_c_scales_the_ratio_by_c_squared(c: float, seed: int) -> None:
    plain = verdict(evidence(right("normal"), seed), "variance").finding
    scaled = verdict(evidence(changed(lambda w: w * np.float32(c)), seed), "variance")
    ratio = scaled.finding.measured / scaled.finding.expected
    assert ratio == pytest.approx(c * c * plain.measured / plain.expected, rel=0.02)
    if abs(c * c - 1.0) > 0.07:
        assert scaled.status == "failed"


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_shuffling_a_right_draw_keeps_it_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert failed(evidence(changed(lambda w: rng.permutation(w.ravel()).reshape(w.shape)), seed)) == []


def transposed(found: InitializerEvidence) -> InitializerEvidence:
    """The same kernels as the other framework would hold them."""
    other = Layout.TORCH if found.layout is Layout.KERAS else Layout.KERAS

    def moved(values: np.ndarray, kernel: KernelShape) -> np.ndarray:
        order = (-1, -2, *range(len(kernel.window))) if other is Layout.TORCH else (*range(2, values.ndim), 1, 0)
        return np.ascontiguousarray(np.transpose(values, order))

    rounds = tuple(
        tuple(came_back(d.kernel, other, moved(d.returned, d.kernel)) for d in draws) for draws in found.rounds
    )
    return InitializerEvidence(other, rounds)


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(["glorot_normal", "std_2_over_fan_in", "laplace_distribution", "unit_norm", "rank_one", "right"]),
    st.integers(0, 2**32),
)
def test_verdict_does_not_depend_on_the_layout_once_transposed(label: str, seed: int) -> None:
    make = right("normal") if label == "right" else mistakes(MISCONCEPTIONS)[label]
    found = evidence(make, seed)
    here, there = (judge(each, CRITERIA) for each in (found, transposed(found)))
    assert [(v.name, v.status, v.finding.diagnosis) for v in here] == [
        (v.name, v.status, v.finding.diagnosis) for v in there
    ]


ODD = st.sampled_from([0.0, 1e-100, 1e100, -0.0, 1e-45, 3e38, -3e38, 1e300, math.inf, -math.inf, math.nan, 1.0])


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.float64, 64, elements=ODD), st.sampled_from(list(Layout)))
def test_no_values_make_the_judge_raise(values: np.ndarray, layout: Layout) -> None:
    verdicts = judge(evidence(changed(lambda w: np.resize(values, w.shape)), 1, layout), CRITERIA)
    assert [v.name for v in verdicts] == list(CRITERIA)
    assert any(v.status == "failed" for v in verdicts)


def cast(values: np.ndarray, dtype: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        return values.astype(dtype)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.integers(-320, 300), st.sampled_from(["float16", "float32", "float64"]), st.sampled_from(list(Layout)))
def test_no_scale_makes_the_judge_raise(power: int, dtype: str, layout: Layout) -> None:
    found = evidence(changed(lambda w: cast(w.astype(np.float64) * 10.0**power, dtype)), 1, layout)
    verdicts = judge(found, CRITERIA)
    assert [v.name for v in verdicts] == list(CRITERIA)
    if power != 0:
        assert {"variance", "output"} & {v.name for v in verdicts if v.status == "failed"}


def test_ks_distance_agrees_with_scipys() -> None:
    rng = np.random.default_rng(5)
    for values in (rng.standard_normal(50_000), rng.uniform(-1.5, 1.5, 50_000), rng.laplace(0, 0.7, 50_000)):
        histogram = Histogram()
        histogram.add(values.astype(np.float32))
        exact = stats.kstest(values, "norm").statistic
        assert exact - 0.0006 <= histogram.distances()["normal"] <= exact + 1e-6


def test_autocorrelation_finds_the_period_and_reflection_the_mirror() -> None:
    rng = np.random.default_rng(1)
    kernel = KernelShape(100, 500)
    tiled = draw_figures(kernel, Layout.KERAS, np.tile(rng.standard_normal(1000), 50).reshape(100, 500))
    [found] = largest_within([tiled])
    assert found.lag % 1000 == 0
    assert found.repeated > 0.9
    half = rng.standard_normal(25_000)
    mirrored = draw_figures(kernel, Layout.KERAS, np.concatenate([half, half[::-1]]).reshape(100, 500))
    [found] = largest_within([mirrored])
    assert found.mirrored > 0.9


# --- models -------------------------------------------------------------------------------------------

WIDTHS = (64, 128, 64, 10)


def build(
    rng: np.random.Generator, gain: float = 2.0, bias: float = 0.0, widths: tuple[int, ...] = WIDTHS
) -> ModelBuild:
    parameters = []
    for number, (a, b) in enumerate(pairwise(widths)):
        kernel = rng.standard_normal((a, b), dtype=np.float32) * np.float32(math.sqrt(gain / a))
        parameters.append(Parameter(f"dense{number}.kernel", (a, b), kernel))
        parameters.append(Parameter(f"dense{number}.bias", (b,), np.full(b, bias, np.float32)))
    return ModelBuild("Sequential", tuple(parameters))


def models(seed: int = 0, hidden: str = "ReLU", last: str = "softmax", **how: Any) -> ModelEvidence:
    rng = np.random.default_rng(seed)
    inputs = draw_challenge(rng).inputs
    builds = []
    for batch in inputs:
        bare = build(rng, **how)
        layers = ModelMeasurements(
            ModelEvidence(Layout.KERAS, WIDTHS, (), True, (np.ones((2, 64), np.float32),), (bare,))
        ).layers[0]
        outputs = LAST_ACTIVATIONS[last](hidden_pass(layers, batch, [hidden] * (len(layers) - 1))).astype(np.float32)
        builds.append(ModelBuild(bare.kind, bare.parameters, outputs))
    return ModelEvidence(Layout.KERAS, WIDTHS, (), True, inputs, tuple(builds))


def statuses(found: ModelEvidence) -> dict[str, str]:
    return {v.name: v.status for v in judge(found, OF_MODELS)}


def test_row_repeated_in_a_hidden_layer_fails_its_variance_for_dependence() -> None:
    def repeated(built: ModelBuild) -> ModelBuild:
        kernel = np.repeat(built.parameters[0].values[:, :1], 128, axis=1)
        return replace(built, parameters=(replace(built.parameters[0], values=kernel), *built.parameters[1:]))

    right_ones = models(2)
    wrong = replace(right_ones, builds=tuple(repeated(b) for b in right_ones.builds))
    verdict = next(v for v in judge(wrong, OF_MODELS) if v.name == "variance_hidden")
    assert (verdict.status, verdict.finding.diagnosis) == ("failed", "repeated")


def test_he_weights_in_the_first_layer_alone_are_named_so() -> None:
    def default_after(built: ModelBuild) -> ModelBuild:
        limit = math.sqrt(6.0 / (128 + 64))
        rng = np.random.default_rng(int(built.outputs[0, 0] * 1e9))  # another for each build
        kernel = rng.uniform(-limit, limit, (128, 64)).astype(np.float32)
        return replace(
            built,
            parameters=(*built.parameters[:2], replace(built.parameters[2], values=kernel), *built.parameters[3:]),
        )

    right_ones = models(2)
    wrong = replace(right_ones, builds=tuple(default_after(b) for b in right_ones.builds))
    verdict = next(v for v in judge(wrong, OF_MODELS) if v.name == "variance_hidden")
    assert (verdict.status, verdict.finding.diagnosis) == ("failed", "only_first_layer")


DEFECTS: dict[str, Callable[[ModelBuild], ModelBuild]] = {
    "right": lambda b: b,
    "extra": lambda b: replace(b, parameters=(*b.parameters, Parameter("x", (3,), np.ones(3, np.float32)))),
    "renamed": lambda b: replace(b, parameters=tuple(replace(p, name=f"a.{p.name}") for p in b.parameters)),
    "none": lambda b: replace(b, kind="NoneType", parameters=None, outputs=None),
    "short": lambda b: replace(b, parameters=b.parameters[:2]),
    "nan": lambda b: replace(
        b, parameters=(replace(b.parameters[0], values=b.parameters[0].values * np.nan), *b.parameters[1:])
    ),
    "silent": lambda b: replace(b, outputs=None),
    "raised": lambda b: replace(b, outputs=None, forward_error="ValueError: no"),
    "huge": lambda b: replace(
        b, parameters=tuple(replace(p, values=None) if len(p.shape) == 2 else p for p in b.parameters)
    ),
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(DEFECTS)), min_size=4, max_size=4))
def test_each_build_may_be_broken_in_a_way_of_its_own_and_the_judge_still_judges(broken: list[str]) -> None:
    right_ones = models(1)
    found = replace(right_ones, builds=tuple(DEFECTS[d](b) for d, b in zip(broken, right_ones.builds, strict=True)))
    verdicts = judge(found, OF_MODELS)
    assert {v.name for v in verdicts} == set(TASKS[1].weights)
    if {"none", "short", "nan", "huge"} & set(broken):
        assert {v.status for v in verdicts} == {"failed", "skipped"}


def test_layers_may_be_made_in_any_order() -> None:
    def turned(built: ModelBuild) -> ModelBuild:
        first, second, third = built.parameters[0:2], built.parameters[2:4], built.parameters[4:6]
        return replace(built, parameters=(*third[::-1], *first, *second[::-1]))

    right_ones = models(1)
    found = replace(right_ones, builds=tuple(turned(b) for b in right_ones.builds))
    assert set(statuses(found).values()) == {"passed"}


def chain(*widths: int, name: str = "dense{}.{}", turned: bool = False) -> ModelBuild:
    """A build with dense layers of these widths, under names that ``name`` makes of number and part."""
    parameters = []
    for number, (a, b) in enumerate(pairwise(widths)):
        kernel = np.full((b, a) if turned else (a, b), float(number), np.float32)
        parameters.append(Parameter(name.format(number, "kernel"), kernel.shape, kernel))
        parameters.append(Parameter(name.format(number, "bias"), (b,), np.full(b, float(number), np.float32)))
    return ModelBuild("Sequential", tuple(parameters))


def in_order(build: ModelBuild, layout: Layout = Layout.KERAS) -> list[tuple[float, float | None]] | None:
    """The numbers of the layers found, in their order, as kernels and biases hold them."""
    found = ModelMeasurements(
        ModelEvidence(layout, WIDTHS, (), True, (np.ones((2, 64), np.float32),), (build,))
    ).layers[0]
    return found and [(x.kernel[0, 0], None if x.bias is None else x.bias[0]) for x in found]


@pytest.mark.parametrize("widths", [WIDTHS, (64, 10, 10), (64, 64, 64, 64, 10), (64, 96, 64, 32, 10)])
@pytest.mark.parametrize("name", ["dense{}.{}", "w{}{}", "{1}s.{0}"])
def test_layers_of_other_widths_and_numbers_are_found_under_any_names(widths: tuple[int, ...], name: str) -> None:
    expected = [(float(number), float(number)) for number in range(len(widths) - 1)]
    assert in_order(chain(*widths, name=name)) == expected
    assert in_order(chain(*widths, name=name, turned=True), Layout.TORCH) == expected


def test_kernels_of_a_model_that_multiplies_them_itself_are_found_in_the_other_layout() -> None:
    assert in_order(chain(*WIDTHS, turned=True)) == in_order(chain(*WIDTHS)) == in_order(chain(*WIDTHS), Layout.TORCH)


def test_what_does_not_lead_from_the_inputs_to_the_outputs_is_no_model_that_can_be_judged() -> None:
    for widths in ((64, 10), (64, 128), (63, 128, 10), (64,), (64, 1, 10)):
        assert in_order(chain(*widths)) is None
    many = chain(*[64] * 31)
    assert in_order(many) is None


def test_other_matrices_do_not_hide_the_layers_asked_for() -> None:
    build = chain(*WIDTHS)
    other = Parameter("embedding.table", (64, 9), np.ones((64, 9), np.float32))
    assert in_order(replace(build, parameters=(other, *build.parameters))) == in_order(build)


@pytest.mark.parametrize("widths", [(64, 128, 32, 10), (64, 128, 64, 64, 10), (64, 64, 10)])
def test_model_of_other_widths_is_judged_by_everything_else(widths: tuple[int, ...]) -> None:
    found = models(1, widths=widths)
    assert statuses(found) == {name: "failed" if name == "layers" else "passed" for name in OF_MODELS}


@pytest.mark.parametrize("widths", [(64, 2, 3, 10), (64, 10, 10), (64, 2, 2, 2, 2, 2, 10)])
def test_model_of_few_weights_is_judged_without_an_exception(widths: tuple[int, ...]) -> None:
    assert statuses(models(1, widths=widths, hidden="SiLU"))["layers"] == "failed"


def test_models_that_repeat_each_other_are_told_so_and_lose_nothing() -> None:
    a, b, *_ = models(1).builds
    inputs = models(1).inputs
    found = ModelEvidence(Layout.KERAS, WIDTHS, (), True, (inputs[0], inputs[1]) * 2, (a, b, a, b))
    verdict = next(v for v in judge(found, OF_MODELS) if v.name == "variance_hidden")
    assert verdict.status == "passed"
    assert "have the same weights" in verdict.finding.message


def test_layers_that_share_one_initializer_object_are_told_so_and_lose_nothing() -> None:
    def shared(built: ModelBuild) -> ModelBuild:
        kernel = (built.parameters[0].values.reshape(128, 64) / np.float32(math.sqrt(2.0))).copy()
        return replace(
            built,
            parameters=(*built.parameters[:2], replace(built.parameters[2], values=kernel), *built.parameters[3:]),
        )

    right_ones = models(1)
    found = replace(right_ones, builds=tuple(shared(b) for b in right_ones.builds))
    verdict = next(v for v in judge(found, OF_MODELS) if v.name == "variance_hidden")
    assert verdict.status == "passed"
    assert "Both layers begin with the same random numbers" in verdict.finding.message


def test_rare_mistakes_that_coincide_on_dense_kernels_are_not_told_and_those_about_windows_are_no_twins() -> None:
    found = model_evidence(np.random.default_rng(1), Layout.TORCH, "normal", BY_NAME["fan_out"])
    finding = next(v for v in judge(found, OF_MODELS) if v.name == "variance_hidden").finding
    assert finding.diagnosis == "fan_out"
    assert set(finding.twins) == {"wrong_layout", "shape_0"}
    assert BY_NAME["fan_out"].says in finding.message
    assert BY_NAME["wrong_layout"].says not in finding.message


def test_nan_in_a_bias_is_told_as_such() -> None:
    right_ones = models(1)
    spoilt = tuple(
        replace(
            b,
            parameters=(
                b.parameters[0],
                replace(b.parameters[1], values=b.parameters[1].values * np.nan + np.nan),
                *b.parameters[2:],
            ),
        )
        for b in right_ones.builds
    )
    verdict = judge(replace(right_ones, builds=spoilt), OF_MODELS)[0]
    assert (verdict.name, verdict.finding.diagnosis) == ("layers", "not_finite")


@pytest.mark.parametrize("seed", range(20))
def test_right_models_pass_everything(seed: int) -> None:
    assert set(statuses(models(seed)).values()) == {"passed"}


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5, 2.5, 4.0])
def test_wrong_gain_fails_the_hidden_variance(gain: float) -> None:
    assert statuses(models(gain=gain))["variance_hidden"] == "failed"


@pytest.mark.parametrize("hidden", ["no activation", "tanh", "leaky ReLU", "SiLU"])
@pytest.mark.parametrize("last", ["softmax", "logits"])
def test_wrong_activation_is_named(hidden: str, last: str) -> None:
    verdict = next(v for v in judge(models(hidden=hidden, last=last), OF_MODELS) if v.name == "forward")
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


OWN: dict[str, Change] = {
    "glorot": lambda w: w * np.float32(math.sqrt(w.shape[0] / sum(w.shape))),
    "a mean": lambda w: w + np.float32(0.3 * w.std()),
    "rows repeated": lambda w: np.broadcast_to(w[:1], w.shape).copy(),
    "zeros": np.zeros_like,
}


@pytest.mark.parametrize("of_own", [*OWN, "right"])
@pytest.mark.parametrize("of_model", OWN)
def test_model_loses_half_for_the_mistake_of_its_own_initializer(of_model: str, of_own: str) -> None:
    rng = np.random.default_rng(4)

    def drawn(shape: tuple[int, ...]) -> np.ndarray:
        return (rng.standard_normal(shape) * math.sqrt(2.0 / shape[0])).astype(np.float32)

    def changed(parameter: Parameter) -> Parameter:
        hidden = len(parameter.shape) == 2 and parameter.shape[1] > 10
        return replace(parameter, values=OWN[of_model](parameter.values)) if hidden else parameter

    found = models(1)
    found = replace(
        found,
        builds=tuple(replace(b, parameters=tuple(map(changed, b.parameters))) for b in found.builds),
        own=tuple(tuple(OWN.get(of_own, lambda w: w)(drawn(shape)) for _ in range(4)) for shape in pairwise(WIDTHS)),
    )
    verdict = next(v for v in judge(found, OF_MODELS) if v.name == "variance_hidden")
    assert (verdict.status, verdict.credit) == ("failed", 0.5 if of_own == of_model else 0.0)


@pytest.mark.parametrize("spoilt", [1, 2])
def test_infinity_in_a_million_costs_a_models_layers_alone(spoilt: int) -> None:
    found = models(1)

    def infinite(built: ModelBuild) -> ModelBuild:
        first, *others = built.parameters
        values = first.values.copy()
        values.flat[7] = np.inf
        return replace(built, parameters=(replace(first, values=values), *others), outputs=built.outputs * np.nan)

    builds = [infinite(b) if i < spoilt else b for i, b in enumerate(found.builds)]
    assert statuses(replace(found, builds=tuple(builds))) == {
        name: "failed" if name == "layers" else "passed" for name in OF_MODELS
    }
