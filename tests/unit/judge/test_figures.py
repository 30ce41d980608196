"""The figures beside each verdict are those that the arrays give: computed here with NumPy alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import TASKS
from autograder.judge.catalogue import BY_NAME
from autograder.judge.criterion import Failed, Finding
from autograder.judge.evidence import Draw, InitializerEvidence, ModelEvidence, Parameter
from autograder.judge.judging import Verdict, judge
from autograder.judge.law import GLOROT, HE, LECUN, TargetLaw
from autograder.judge.measure import Moments, consequence, consequence_together, draw_figures, pool, signed
from autograder.judge.model import (
    HIDDEN_ACTIVATIONS,
    LAST_ACTIVATIONS,
    ModelMeasurements,
    hidden_pass,
    relative_difference,
)
from autograder.judge.naming import MeasuredRatio
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest, mean_rate, variance_rate
from calibration.samplers import right
from calibration.simulate import model_evidence
from tests.unit.judge.test_judge import OF_MODELS, Change, changed, evidence, models

OF_INITIALIZERS = tuple(TASKS[0].weights)


def verdicts(found: InitializerEvidence | ModelEvidence) -> dict[str, Verdict]:
    names = OF_MODELS if isinstance(found, ModelEvidence) else OF_INITIALIZERS
    return {v.name: v for v in judge(found, names)}


# --- one draw, and several ------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", Layout)
def test_draw_is_measured_in_hes_deviation(layout: Layout) -> None:
    kernel = KernelShape(5, 7, (2, 3))
    weights = np.random.default_rng(1).normal(0.3, 0.5, kernel.in_layout(layout))
    u = weights.ravel() * math.sqrt(30 / 2)
    figures = draw_figures(kernel, layout, weights)
    assert figures.mean == pytest.approx(u.mean())
    assert figures.second == pytest.approx(u.var())
    assert figures.fourth == pytest.approx(((u - u.mean()) ** 4).mean())
    units = weights.reshape(30, 7) if layout is Layout.KERAS else weights.reshape(7, 30).T
    assert figures.matrix == pytest.approx(units * math.sqrt(15) - u.mean())


def test_pooled_moments_are_those_of_all_draws_together() -> None:
    kernel = KernelShape(50, 8)
    rng = np.random.default_rng(1)
    draws = [rng.normal(shift, 0.2, (50, 8)) for shift in (0.0, 0.1, -0.3)]
    moments = pool([draw_figures(kernel, Layout.KERAS, draw) for draw in draws])
    u = np.concatenate([draw.ravel() for draw in draws]) * 5.0
    fourth = np.mean([((d * 5.0 - d.mean() * 5.0) ** 4).mean() for d in draws])
    assert (moments.n, moments.kernel) == (1200, kernel)
    assert moments.mean == pytest.approx(u.mean())
    assert moments.variance == pytest.approx(u.var())
    assert moments.kurtosis == pytest.approx(fourth / u.var() ** 2)
    assert moments.deviation == pytest.approx(u.std())
    assert moments.standardized_mean == pytest.approx(u.mean() / u.std())


def test_ratio_has_the_standard_errors_of_a_log_variance_and_of_a_mean() -> None:
    ratio = Moments(KernelShape(50, 8), 400, 0.25, 4.0, 1.8).ratio
    assert (ratio.ratio, ratio.mean) == (4.0, 0.25)
    assert ratio.log_error == pytest.approx(math.sqrt(0.8 / 400))
    assert ratio.mean_error == pytest.approx(2.0 / 20.0)
    assert Moments(KernelShape(50, 8), 400, 0.0, 1.0, math.nan).ratio.log_error == pytest.approx(math.sqrt(2.0 / 400))
    assert Moments(KernelShape(50, 8), 400, 0.0, 1.0, 1.0).ratio.log_error == pytest.approx(math.sqrt(0.1 / 400))


@pytest.mark.parametrize(
    ("variance", "mean", "is_right"),
    [
        (1.0, 0.0, True),
        (1.049, 0.0, True),
        (1.051, 0.0, False),
        (0.951, 0.0, True),
        (0.949, 0.0, False),
        (1.0, 0.029, True),
        (1.0, -0.031, False),
        (1.04, 0.0302, True),
    ],
)
def test_draws_are_right_within_the_thresholds_of_variance_and_mean(
    variance: float, mean: float, is_right: bool
) -> None:
    assert Moments(KernelShape(50, 8), 400, mean, variance, 3.0).is_right == is_right


@pytest.mark.parametrize(("mean", "off"), [(0.061, True), (-0.061, True), (0.059, False), (-0.059, False)])
def test_mean_is_off_beyond_three_hundredths_of_the_measured_deviation(mean: float, off: bool) -> None:
    assert MeasuredRatio(KernelShape(50, 8), 4.0, 0.01, mean, 0.1).mean_is_off == off


@pytest.mark.parametrize(
    ("variance", "said"),
    [
        (1.0, None),
        (1.019, None),
        (0.0, None),
        (math.inf, None),
        (0.5, "by 0.5; after ten, 0.00098 of it is left."),
        (2.0, "by 2; after ten it has grown 1,024-fold."),
        (0.01, "by 0.01; after ten, about 10⁻²⁰ of it is left."),
        (100.0, "by 100; after ten it has grown about 10²⁰-fold."),
        (2.51, "by 2.51; after ten it has grown 9,925-fold."),
    ],
)
def test_consequence_of_one_ratio_is_its_tenth_power(variance: float, said: str | None) -> None:
    found = consequence([variance, variance])
    assert found is None if said is None else found is not None and found.endswith(said)


def test_nothing_is_said_of_layers_of_no_network_where_the_ratio_depends_on_the_shape() -> None:
    """With 2/fan_out, the factors of layers one after the other cancel (He et al., 2015, below equation 14)."""
    assert consequence([0.00107, 0.999]) is None
    assert (
        consequence_together([0.501, 1.996])
        == "In theory, these layers multiply the signal's mean square by the product of these numbers, 1."
    )


@pytest.mark.parametrize(("law", "layer"), [(HE, "A ReLU layer"), (LECUN, "A linear layer"), (GLOROT, None)])
def test_consequence_is_that_of_layers_whose_signal_the_law_keeps(law: TargetLaw, layer: str | None) -> None:
    found = consequence([0.5], law)
    assert found is None if layer is None else found is not None and found.startswith(layer)


# --- initializers ---------------------------------------------------------------------------------------


def pooled(found: InitializerEvidence) -> list[tuple[KernelShape, np.ndarray]]:
    return [
        (draws[0].kernel, np.concatenate([d.returned.ravel().astype(np.float64) for d in draws]))
        for draws in zip(*found.rounds, strict=True)
    ]


@pytest.mark.parametrize("change", [lambda w: w, lambda w: w * 1.4 + 0.05 * w.std()], ids=["right", "wrong"])
def test_measured_mean_and_variance_are_the_worst_kernels(change: Change) -> None:
    found = evidence(changed(change), 5)
    by_name = verdicts(found)
    shapes = pooled(found)
    means = {kernel: w.mean() / w.std() for kernel, w in shapes}
    worst = max(means, key=lambda k: abs(means[k]))
    n = 3 * worst.size
    mean = by_name["mean"].finding
    assert mean.measured == pytest.approx(means[worst], abs=1e-6)
    assert mean.expected == 0.0
    assert mean.p_value == pytest.approx(min(1.0, 6 * min(1.0, 2 * math.exp(-n * means[worst] ** 2 / 2))), rel=1e-3)
    assert worst.words in mean.message or by_name["mean"].status == "passed"
    for name, dense in (("variance", True), ("variance_conv", False)):
        ratios = {k: w.var() * k.fan_in / 2 for k, w in shapes if k.is_dense == dense}
        worst = max(ratios, key=lambda k: abs(math.log(ratios[k])))
        finding = by_name[name].finding
        assert finding.measured == pytest.approx(ratios[worst] * 2 / worst.fan_in, rel=1e-4)
        assert finding.expected == pytest.approx(2 / worst.fan_in)
        # The factor 1.4² is the same for every shape, so that it says something of any network.
        assert (finding.consequence is None) == (by_name[name].status == "passed")


def test_bound_of_a_variance_is_the_less_of_the_worst_kernels_and_of_all_weights() -> None:
    found = evidence(changed(lambda w: w * 1.02), 5)
    shapes = pooled(found)
    ratios = {k: w.var() * k.fan_in / 2 for k, w in shapes if k.is_dense}
    worst = max(ratios, key=lambda k: abs(math.log(ratios[k])))
    total = sum(w.size for _, w in shapes)
    overall = sum(w.size * w.var() * k.fan_in / 2 for k, w in shapes) / total
    tail = {
        n: min(1.0, math.exp(-(n / 2) * (off - math.log1p(off))))
        for n, off in ((3 * worst.size, ratios[worst] - 1), (total, overall - 1))
    }
    expected = min(tail[3 * worst.size] * 2 * len(ratios), tail[total] * 2)
    assert 0.0 < expected < 1e-6
    assert verdicts(found)["variance"].finding.p_value == pytest.approx(expected, rel=0.01)


def test_share_of_weights_that_are_no_numbers_is_said() -> None:
    def spoilt(values: np.ndarray) -> np.ndarray:
        values = values.copy()
        values.flat[:3] = np.nan, np.inf, -np.inf
        return values

    found = evidence(changed(spoilt))
    kernel = found.rounds[0][0].kernel
    assert f"3 of {kernel.size:,} values are NaN or infinite" in verdicts(found)["output"].finding.message


def test_fresh_draws_and_other_shapes_are_compared_by_their_largest_correlation() -> None:
    found = evidence(right("normal"), 5)
    u = [[(d.returned / d.returned.std()).ravel().astype(np.float64) for d in draws] for draws in found.rounds]
    two = [float(np.mean(u[i][s] * u[j][s])) for s in range(6) for i, j in ((0, 1), (0, 2), (1, 2))]
    shapes = []
    for draws in u:
        for i in range(6):
            for j in range(i):
                n = min(draws[i].size, draws[j].size)
                shapes.append(float(np.mean(draws[i][:n] * draws[j][:n])))
    finding = verdicts(found)["fresh"].finding
    assert finding.measured == pytest.approx(max(two + shapes, key=abs), abs=1e-4)
    assert finding.expected == 0.0
    assert 0.0 < finding.p_value <= 1.0
    assert signed(finding.measured, 4) in finding.message


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_draw_that_negates_or_half_repeats_an_earlier_one_is_not_fresh(sign: float) -> None:
    found = evidence(right("normal"), 5)
    first, second, third = found.rounds

    def like_first(draw: Draw, model: Draw, share: float) -> Draw:
        values = share * model.returned + math.sqrt(1 - share**2) * draw.returned
        return replace(draw, returned=values.astype(np.float32))

    for share, said in ((sign, "gave the same weights"), (sign * 0.5, "two calls are correlated: r = ")):
        again = [tuple(like_first(d, m, share) for d, m in zip(draws, first, strict=True)) for draws in (second, third)]
        finding = verdicts(replace(found, rounds=(first, *again)))["fresh"].finding
        assert finding.measured == pytest.approx(share, abs=0.02)
        assert said in finding.message


# --- models ---------------------------------------------------------------------------------------------


def test_measured_variance_of_hidden_layers_is_the_worse_one() -> None:
    found = models(3, gain=3.0)
    ratios = [
        np.concatenate([b.parameters[i].values.ravel() for b in found.builds]).var() * fan_in / 2
        for i, fan_in in ((0, 64), (2, 128))
    ]
    worst = max((0, 1), key=lambda i: abs(math.log(ratios[i])))
    finding = verdicts(found)["variance_hidden"].finding
    assert finding.measured == pytest.approx(ratios[worst] * 2 / (64, 128)[worst], rel=1e-4)
    assert finding.expected == 2 / (64, 128)[worst]
    assert f"{ratios[0]:.3f} (64→128) and {ratios[1]:.3f} (128→64)" in finding.message


@pytest.mark.parametrize(
    ("gain", "status", "expected"),
    [(2.0, "passed", 2 / 64), (1.73, "passed", 2 / 74), (1.3, "failed", 2 / 74), (2.6, "failed", 2 / 64)],
)
def test_output_layer_is_held_to_the_nearer_of_hes_and_glorots_variance(
    gain: float, status: str, expected: float
) -> None:
    found = models(3, gain=gain)
    weights = np.concatenate([b.parameters[4].values.ravel() for b in found.builds])
    verdict = verdicts(found)["variance_output"]
    assert verdict.status == status
    assert verdict.finding.measured == pytest.approx(weights.var(), rel=1e-4)
    assert verdict.finding.expected == pytest.approx(expected)


def test_mean_of_an_output_layer_counts_too() -> None:
    found = models(3)

    def moved(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
        last = parameters[4]
        return (*parameters[:4], replace(last, values=last.values + 0.25 * last.values.std()), parameters[5])

    builds = tuple(replace(b, parameters=moved(b.parameters)) for b in found.builds)
    verdict = verdicts(replace(found, builds=builds))["variance_output"]
    assert (verdict.status, verdict.finding.diagnosis) == ("failed", "mean_not_zero")
    assert "The mean weight of the output layer is +0." in verdict.finding.message


#: f(1), f(−1) and f(½), from the definitions in the frameworks' pages.
ACTIVATIONS = {
    "ReLU": (1.0, 0.0, 0.5),
    "no activation": (1.0, -1.0, 0.5),
    "sigmoid": (0.731059, 0.268941, 0.622459),
    "tanh": (0.761594, -0.761594, 0.462117),
    "leaky ReLU": (1.0, -0.01, 0.5),
    "leaky ReLU (slope 0.2)": (1.0, -0.2, 0.5),
    "leaky ReLU (slope 0.3)": (1.0, -0.3, 0.5),
    "ELU": (1.0, -0.632121, 0.5),
    "GELU": (0.841345, -0.158655, 0.345731),
    "GELU (tanh)": (0.841192, -0.158808, 0.345714),
    "softplus": (1.313262, 0.313262, 0.974077),
    "SiLU": (0.731059, -0.268941, 0.311230),
}


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS)
def test_activation_is_the_one_of_its_name(name: str) -> None:
    assert HIDDEN_ACTIVATIONS[name](np.array([1.0, -1.0, 0.5])) == pytest.approx(ACTIVATIONS[name], abs=1e-6)


def test_last_activation_is_the_one_of_its_name() -> None:
    logits = np.log([[1.0, 3.0], [1.0, 1.0]])
    expected = {
        "logits": logits,
        "softmax": [[0.25, 0.75], [0.5, 0.5]],
        "softmax over the batch": [[0.5, 0.75], [0.5, 0.25]],
        "log-softmax": np.log([[0.25, 0.75], [0.5, 0.5]]),
        "sigmoid": [[0.5, 0.75], [0.5, 0.5]],
        "ReLU": logits,
    }
    assert set(LAST_ACTIVATIONS) == set(expected)
    for name, values in expected.items():
        assert LAST_ACTIVATIONS[name](logits) == pytest.approx(np.array(values)), name
    assert LAST_ACTIVATIONS["ReLU"](-logits).max() == 0.0


def test_difference_of_outputs_is_relative_to_the_largest_expected() -> None:
    assert relative_difference(np.array([1.0, 4.5]), np.array([1.0, 5.0])) == pytest.approx(0.1)
    assert relative_difference(np.array([2.0]), np.array([0.0])) == 2.0


def broken(found: ModelEvidence, **change: object) -> ModelEvidence:
    return replace(found, builds=tuple(replace(b, **change) for b in found.builds))


def test_model_that_is_none_is_told_of_the_missing_return() -> None:
    finding = verdicts(broken(models(), kind="NoneType", parameters=None))["layers"].finding
    assert finding.diagnosis == "not_a_model"
    assert "a NoneType, not a Keras model. Is the `return` missing?" in finding.message
    other = verdicts(replace(broken(models(), kind="dict", parameters=None), layout=Layout.TORCH))["layers"].finding
    assert other.message == "What was built is a dict, not a torch.nn.Module."


def test_model_whose_call_raises_fails_its_forward_pass_alone() -> None:
    found = broken(models(), outputs=None, forward_error="ValueError: no")
    by_name = verdicts(found)
    assert [name for name, v in by_name.items() if v.status == "failed"] == ["forward"]
    assert by_name["forward"].finding.message == "The forward pass raised ValueError: no."
    bare = verdicts(broken(found, parameters=()))["layers"].finding
    assert bare.diagnosis == "forward_error"


def test_weights_beside_the_layers_cost_the_layers_alone() -> None:
    found = models()
    more = Parameter("scale", (3,), np.ones(3, np.float32))
    by_name = verdicts(replace(found, builds=tuple(replace(b, parameters=(*b.parameters, more)) for b in found.builds)))
    assert [(name, v.finding.diagnosis) for name, v in by_name.items() if v.status != "passed"] == [
        ("layers", "extra_layers")
    ]
    assert by_name["layers"].finding.message.endswith("the model holds other weights: scale (3,)."), "and no other"
    without = tuple(replace(b, parameters=b.parameters[::2]) for b in found.builds)
    by_name = verdicts(replace(found, builds=without))
    assert by_name["layers"].status == "passed"
    assert by_name["bias"].finding.diagnosis == "no_bias"


def test_layers_under_other_names_cost_the_layers_alone() -> None:
    found = models()
    assert (
        verdicts(replace(found, names=("dense64", "dense128", "dense10")))["layers"].finding.diagnosis == "layer_names"
    )
    assert verdicts(replace(found, names=("dense0", "dense1", "dense2")))["layers"].status == "passed"


@pytest.mark.parametrize(
    ("layout", "largest", "diagnosis"),
    [
        (Layout.TORCH, 0.12, "bias_default"),
        (Layout.TORCH, 0.05, "bias_not_zero"),
        (Layout.TORCH, 0.13, "bias_not_zero"),
        (Layout.KERAS, 0.12, "bias_not_zero"),
    ],
)
def test_biases_left_at_pytorchs_default_are_known_by_its_limit(layout: Layout, largest: float, diagnosis: str) -> None:
    """The default of a layer with 64 inputs is uniform on ±1/√64 = ±0.125."""
    found = model_evidence(np.random.default_rng(1), layout, "normal", None)

    def set_first(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
        bias = np.linspace(-0.04, largest, 128, dtype=np.float32)
        return tuple(replace(p, values=bias) if p.shape == (128,) else p for p in parameters)

    builds = tuple(replace(b, parameters=set_first(b.parameters)) for b in found.builds)
    finding = {v.name: v for v in judge(replace(found, builds=builds), ("layers", "bias"))}["bias"].finding
    assert finding.diagnosis == diagnosis
    assert finding.measured == pytest.approx(largest)
    assert finding.expected == 0.0
    assert ("±0.125" in finding.message) == (diagnosis == "bias_default")


# --- statistical tests and their error rates ------------------------------------------------------------

PLAN = Plan((KernelShape(20, 30), KernelShape(4, 10, (3, 3)), KernelShape(50, 10)), 3, (6, 8, 4, 2), 4, (), 2)


def test_plan_counts_weights_and_pairs() -> None:
    assert (PLAN.smallest, PLAN.of_a_shape, PLAN.pooled) == (360, 1080, 3 * (600 + 360 + 500))
    assert PLAN.layers == [KernelShape(6, 8), KernelShape(8, 4), KernelShape(4, 2)]
    assert PLAN.draw_pairs == 9  # three of each of three shapes
    assert PLAN.shape_pairs == 9  # three in each of three rounds


def test_rates_of_a_mean_and_of_a_variance_are_their_bounds_at_the_limit() -> None:
    mean = mean_rate(10_000, 0.05, off=0.19, count=3)
    assert (mean.n, mean.count, mean.margin) == (10_000, 3, pytest.approx(5.0))
    assert mean.bound == pytest.approx(2 * math.exp(-10_000 * 0.81 * 0.05**2 / 2))
    variance = variance_rate(10_000, 0.1, mean=0.1, count=2)
    assert (variance.n, variance.count, variance.margin) == (10_000, 2, pytest.approx(0.1 / math.sqrt(2 / 10_000)))
    above, below = 0.1 - math.log(1.1), -0.09 - math.log(0.91)
    assert variance.bound == pytest.approx(math.exp(-5000 * above) + math.exp(-5000 * below))
    assert ErrorRate(1, 0.5).count == 1


def test_value_at_the_threshold_passes_and_no_number_fails_only_a_test_of_magnitudes() -> None:
    over = StatisticalTest("x", "> {}", 0.5, lambda plan, limit: ErrorRate(7, limit))
    below = StatisticalTest("x", "< {}", 0.5, lambda plan, limit: ErrorRate(7, limit), below=True)
    assert [over.fails(x) for x in (0.5, -0.5, 0.51, -0.51, math.nan)] == [False, False, True, True, True]
    assert [below.fails(x) for x in (0.5, 0.49, -0.51, math.nan)] == [False, True, True, False]
    assert over.sample(PLAN) == 7


def test_finding_has_its_message_alone_unless_more_is_said() -> None:
    assert Finding("x") == Finding("x", None, None, None, None, (), None, None)
    assert Finding("x").diagnosis is None


@pytest.mark.parametrize("layout", Layout)
def test_right_answers_pass_with_a_message_and_figures_for_every_criterion(layout: Layout) -> None:
    rng = np.random.default_rng(1)
    for found in (evidence(right("normal"), 1, layout), model_evidence(rng, layout, "normal", None)):
        by_name = {v.name: v for v in judge(found, OF_MODELS if isinstance(found, ModelEvidence) else OF_INITIALIZERS)}
        for name, verdict in by_name.items():
            finding = verdict.finding
            assert (verdict.status, finding.mistake, finding.twins) == ("passed", None, ()), name
            assert finding.message.endswith(".")
            figures = (finding.measured, finding.expected, finding.p_value)
            complete = all(isinstance(f, float) for f in figures)
            assert complete or figures == (None, None, None), f"{name}: a finding has all three figures, or none"
            # Biases and outputs are compared with one value each; all else is measured, and has a tolerance.
            assert ("accepted: " in finding.message) == complete, f"{name}: {finding.message}"


def test_two_wrong_activations_are_two_mistakes_each_with_what_to_change() -> None:
    plain = models()
    measured = ModelMeasurements(plain)

    def told(hidden: str, last: str) -> tuple[str | None, str]:
        builds = [
            replace(b, outputs=LAST_ACTIVATIONS[last](hidden_pass(layers, x, [hidden, hidden])).astype(np.float32))
            for b, layers, x in zip(plain.builds, measured.builds, plain.inputs, strict=True)
        ]
        verdict = verdicts(replace(plain, builds=tuple(builds)))["forward"]
        assert (verdict.status, verdict.finding.diagnosis) == ("failed", "wrong_activation")
        assert verdict.lesson is not None
        return verdict.mistake, verdict.lesson.change

    relu, softmax = "Use ReLU after both hidden layers.", "End the Keras model with softmax, over the classes."
    assert told("tanh", "softmax") == ("tanh in place of ReLU in the hidden layers", relu)
    assert told("no activation", "softmax") == ("no ReLU in the hidden layers", relu)
    assert told("ReLU", "logits") == ("logits in place of softmax at the end", softmax)
    both = "tanh in place of ReLU in the hidden layers, and logits in place of softmax at the end"
    assert told("tanh", "logits") == (both, f"{relu} {softmax}")


def test_finding_that_chance_can_give_needs_the_test_that_decided() -> None:
    with pytest.raises(ValueError, match="needs the statistical test"):
        Finding("x", p_value=0.1).failing()
    assert isinstance(Finding("x", p_value=0.0).failing(), Failed)
    assert Finding("x").failing().measurable is False


def test_mistake_of_hidden_layers_is_explained_or_only_named() -> None:
    found = model_evidence(np.random.default_rng(1), Layout.KERAS, "normal", BY_NAME["lecun"])
    finding = verdicts(found)["variance_hidden"].finding
    assert finding.diagnosis == "lecun"
    assert BY_NAME["lecun"].says in finding.message
    assert BY_NAME["lecun"].called() in finding.named
    assert BY_NAME["lecun"].says not in finding.named
