"""A figure shows what the judge decided: nothing that failed looks right, and nothing that passed looks wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from scipy.special import softmax

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import task
from autograder.grading.scoring import score_task
from autograder.judge import lessons as learn
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.evidence import ModelEvidence
from autograder.judge.law import HE
from autograder.judge.misconception import Misconception
from autograder.report.figures import describe, draw
from autograder.report.palette import VERMILION
from autograder.report.picture import Picture, SignalPicture, WeightsPicture
from autograder.report.result import QuestionResult
from autograder.report.terminal import picture_text
from calibration.samplers import Maker, mistakes, right
from calibration.simulate import initializer_evidence, model_evidence


def scaled(ratio: float, mean: float = 0.0) -> Misconception:
    """He's variance times ``ratio``, about a mean in He's deviations."""
    return Misconception(
        "scaled",
        "scaled",
        learn.LAW,
        variance=lambda k, layout: ratio * HE.variance(k),
        mean=lambda k, layout: mean * HE.deviation(k),
    )


def drawn(entry: Misconception) -> Maker:
    return mistakes((entry,))[entry.name]


def initializer(make: Maker) -> QuestionResult:
    evidence = initializer_evidence(make, np.random.default_rng(1), Layout.TORCH)
    return score_task(task("q7_torch_initializer"), replace(evidence, fill=2.5), 12.0)


def model(ratio: float) -> QuestionResult:
    evidence = model_evidence(np.random.default_rng(2), Layout.TORCH, "normal", scaled(ratio))
    return score_task(task("q7_torch_model"), evidence, 8.0)


def failed(question: QuestionResult) -> set[str]:
    return {criterion.name for criterion in question.criteria if criterion.failed}


def picture_as_text(picture: Picture) -> str:
    console = Console(width=100)
    with console.capture() as printed:
        console.print(picture_text(picture))
    return printed.get()


WRONG_FOR_ALL = "The standard deviation is wrong for 6 of 6 kernel shapes."
RIGHT_FOR_ALL = "The standard deviation is right for all 6 kernel shapes."
CASES: dict[str, tuple[Callable[[], Maker], str]] = {
    "normal": (lambda: right("normal"), RIGHT_FOR_ALL),
    "truncated normal": (lambda: right("truncated normal"), RIGHT_FOR_ALL),
    "cut at 3": (lambda: drawn(BY_NAME["truncated_at_3"]), WRONG_FOR_ALL),
    "leaky 0.2": (lambda: drawn(BY_NAME["leaky_gain_0_2"]), WRONG_FOR_ALL),
    "variance 1.07": (lambda: drawn(scaled(1.07)), WRONG_FOR_ALL),
    "variance 0.93": (lambda: drawn(scaled(0.93)), WRONG_FOR_ALL),
    "convolutions alone": (
        lambda: drawn(BY_NAME["kernel_area_ignored"]),
        "The standard deviation is wrong for 3 of 6 kernel shapes.",
    ),
    "mean 0.1": (lambda: drawn(scaled(1.0, 0.1)), f"{RIGHT_FOR_ALL} The mean is wrong."),
    "mean 1": (lambda: drawn(scaled(1.0, 1.0)), f"{RIGHT_FOR_ALL} The mean is wrong."),
    "uniform": (lambda: right("uniform"), f"{RIGHT_FOR_ALL} The shape of the distribution is wrong."),
    "two values": (lambda: right("two values"), f"{RIGHT_FOR_ALL} The shape of the distribution is wrong."),
    "repeated": (
        lambda: mistakes(MISCONCEPTIONS)["repeated: tile"],
        f"{RIGHT_FOR_ALL} This figure does not show what failed: independence.",
    ),
    "fixed seed": (
        lambda: mistakes(MISCONCEPTIONS)["fixed_seed"],
        f"{RIGHT_FOR_ALL} This figure does not show what failed: fresh.",
    ),
}


@pytest.mark.parametrize("name", ["repeated: rows", "rank_one", "uneven_scale", "few_values", "returned_numpy"])
def test_a_variance_that_earns_half_because_of_another_mistake_is_not_called_a_failure_beside_right(name: str) -> None:
    question = initializer(mistakes(MISCONCEPTIONS)[name])
    picture = question.picture
    assert isinstance(picture, WeightsPicture)
    assert [shape.wrong for shape in picture.shapes] == [False] * 6
    assert set(picture.unseen) == failed(question) - {"variance", "variance_conv"} != set()
    assert describe(picture).startswith(RIGHT_FOR_ALL)


@pytest.mark.parametrize("case", CASES)
def test_a_figure_of_weights_says_what_the_judge_decided(case: str) -> None:
    make, said = CASES[case]
    question = initializer(make())
    picture = question.picture
    assert isinstance(picture, WeightsPicture)
    assert describe(picture).startswith(said)
    for criterion, shapes in (("variance", picture.shapes[:3]), ("variance_conv", picture.shapes[3:])):
        assert any(shape.wrong for shape in shapes) == (criterion in failed(question))
    visible = failed(question) - {"independence", "fresh"}
    assert (VERMILION.lower() in draw(picture).svg) == bool(visible), "what is drawn in vermilion is wrong"


@pytest.mark.parametrize("ratio", [1.0, 0.92, 1.15, 1.3, 0.85])
def test_a_figure_of_a_signal_says_what_the_judge_decided(ratio: float) -> None:
    question = model(ratio)
    picture = question.picture
    assert isinstance(picture, SignalPicture)
    wrong = "variance_hidden" in failed(question)
    assert wrong == (ratio != 1.0)
    assert picture.wrong[:2] == (wrong, wrong)
    assert ("Your hidden layers keep the signal, on average." in describe(picture)) == (not wrong)
    assert (VERMILION.lower() in draw(picture).svg) == wrong


def test_models_that_repeat_the_same_weights_are_not_called_an_average() -> None:
    evidence = model_evidence(np.random.default_rng(3), Layout.TORCH, "normal")
    first = evidence.builds[0]
    same = replace(evidence, builds=(first,) * len(evidence.builds), inputs=evidence.inputs[:1] * len(evidence.builds))
    said = describe(score_task(task("q7_torch_model"), same, 8.0).picture)
    assert f"The {len(same.builds)} models that your code built have the same weights and different inputs." in said
    assert "keep the signal, on average" not in said


def wrong_pass(evidence: ModelEvidence, outputs: Callable[[np.ndarray], np.ndarray]) -> ModelEvidence:
    builds = tuple(replace(b, outputs=outputs(b.outputs)) for b in evidence.builds if b.outputs is not None)
    return replace(evidence, builds=builds)


@pytest.mark.parametrize("outputs", [np.negative, np.zeros_like, np.sin])
def test_a_figure_of_a_signal_with_other_activations_is_not_called_the_models_own(
    outputs: Callable[[np.ndarray], np.ndarray],
) -> None:
    evidence = model_evidence(np.random.default_rng(2), Layout.TORCH, "normal")
    question = score_task(task("q7_torch_model"), wrong_pass(evidence, outputs), 8.0)
    assert failed(question) == {"forward"}
    assert isinstance(question.picture, SignalPicture)
    said = describe(question.picture)
    assert said.startswith("This is not your model's own signal: it is computed from your weights with ReLU.")
    assert "keep the signal" not in said
    assert "This figure does not show what failed: forward." in said


def test_a_figure_of_a_signal_with_another_ending_is_the_models_own() -> None:
    evidence = model_evidence(np.random.default_rng(2), Layout.TORCH, "normal")
    question = score_task(task("q7_torch_model"), wrong_pass(evidence, lambda z: softmax(z, axis=-1)), 8.0)
    assert failed(question) == {"forward"}
    said = describe(question.picture)
    assert said.startswith("Your hidden layers keep the signal, on average.")
    assert "This figure does not show what failed: forward." in said


@pytest.mark.parametrize("seed", range(8))
def test_no_verdict_stands_on_a_value_that_only_scatters(seed: int) -> None:
    """A right model's signal lies outside of the average now and then. What is marked are the layers' weights."""
    evidence = model_evidence(np.random.default_rng(seed), Layout.KERAS, "normal", None)
    picture = score_task(task("q7_tf_model"), evidence, 8.0).picture
    assert isinstance(picture, SignalPicture)
    figure = draw(picture)
    assert [row.wrong for row in figure.rows] == list(picture.wrong) == [False, False, False]
    assert (figure.expected, figure.judged) == ("expected on average", "this layer's weights")
    bars = picture_as_text(picture)
    assert ("◆" in bars, "●" in bars) == (False, False)


def test_what_was_not_judged_is_drawn_neither_as_off_nor_as_right() -> None:
    picture = initializer(right("normal")).picture
    assert isinstance(picture, WeightsPicture)
    unjudged = replace(picture, shapes=tuple(replace(shape, wrong=None) for shape in picture.shapes))
    assert "right" not in describe(unjudged)
    assert "wrong" not in describe(unjudged)


@pytest.mark.parametrize("family", HE.families)
def test_the_expected_density_is_the_nearer_accepted_one_in_units_of_the_weights(family: str) -> None:
    picture = initializer(right(family)).picture
    assert isinstance(picture, WeightsPicture)
    step = (picture.high - picture.low) / (len(picture.expected) - 1)
    assert sum(picture.expected) * step == pytest.approx(1.0, abs=0.01)
    points = [picture.low + step * i for i in range(len(picture.expected))]
    second = sum(d * x * x for d, x in zip(picture.expected, points, strict=True)) * step
    assert math.sqrt(second) == pytest.approx(picture.shapes[picture.shown].expected, rel=0.02)
    assert (picture.expected[0] == 0.0) == (family == "truncated normal")
