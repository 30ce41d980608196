"""Every sample submission under submissions/ gets a fair teacher's score, with messages that say why."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from autograder.report.result import QuestionResult, Result, points_text
from autograder.report.terminal import print_result
from tests.support.graders import Grader
from tests.support.samples import Scenario, scenario, scenarios, write

SCENARIOS = scenarios()
SEED = 20_261_124


#: What a student can tell from the first lines of the feedback: what is wrong, and what to change.
TOLD = {
    "dense_only_fans": ("an exception for some of the shapes", "Call your function with the shape"),
    "fan_out": ("fan_out in place of fan_in", "Use fan_in in place of fan_out"),
    "float64": ("a NumPy array where a tensor is asked for", "Return a tensor of this framework"),
    "forgot_the_root": ("He's variance used as a standard deviation", "Take one square root, of the whole fraction"),
    "glorot": ("Glorot's (Xavier's) variance in place of He's", "Use He's variance, 2/fan_in, in place of Glorot's"),
    "he_uniform": (
        "a uniform distribution in place of a normal one",
        "Draw from a normal distribution with the variance asked for",
    ),
    "kernel_area_ignored": ("leaves out the kernel's window", "Count the terms of one output from the kernel's shape"),
    "not_in_place": ("the tensor that was passed in was not filled", "Change the values of the tensor that was passed"),
    "returns_none": ("None where a tensor is asked for", "Return the tensor at the end of the function"),
    "reused_instance": ("the same random numbers in every call", "create a new object in every call"),
    "seed_inside": ("the same random numbers in every call", "Set no seed inside the function"),
    "torch_default_bias": ("biases left at PyTorch's default", "Set the biases of all three layers to 0"),
    "wrong_activations": ("no ReLU in the hidden layers", "Use ReLU after both hidden layers"),
    "zeros": ("one value for all weights", "Draw random numbers"),
}
#: Lines of a terminal of 100 columns that one mistake may take.
SCREEN = 45


def question(result: Result, grade_id: str) -> QuestionResult:
    return next(q for q in result.questions if q.grade_id == grade_id)


@pytest.mark.parametrize("sample", SCENARIOS, ids=lambda s: s.name)
def test_scenario_scores_as_expected(sample: Scenario, grader: Grader, tmp_path: Path) -> None:
    expected = sample.expected
    result = grader.grade(write(sample.build(), tmp_path / f"{sample.name}.ipynb"), SEED)

    assert result.status == "graded"
    told = "\n".join(
        f"{q.grade_id} {q.status} {q.message} " + "".join(f"\n  {c.status} {c.name}: {c.message}" for c in q.criteria)
        for q in result.questions
    )
    if "score" in expected:
        assert result.score == pytest.approx(expected["score"]), told
    if "status" in expected:
        assert {q.status for q in result.questions} == {expected["status"]}, told
    if "written" in expected:
        assert {a.status for a in result.written} == {expected["written"]}
    if "problems" in expected:
        assert len(result.problems) == len(expected["problems"]), result.problems
        for found, says in zip(result.problems, expected["problems"], strict=True):
            assert says in found.message
    for grade_id, wanted in expected.items():
        if isinstance(wanted, dict):
            check_question(question(result, grade_id), wanted, told)
    check_feedback(result, *TOLD.get(sample.name, ()))


def check_feedback(result: Result, wrong: str = "", change: str = "") -> None:
    """The score and the mistakes come first, each is explained once, and one mistake fits on one screen."""
    console = Console(file=io.StringIO(), width=100, color_system=None)
    print_result(console, result)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    shown = " ".join(" ".join(lines).split())
    first = " ".join(shown.partition("── Part 1")[0].split())
    assert lines[1].startswith(f"Q7: {points_text(result.score)} of {points_text(result.max_score)} points. ")
    assert wrong in result.summary
    assert wrong in first
    assert change in first
    for mistake in result.mistakes:
        explained = dict(mistake.help)
        assert {"Why", "Change", "Look up"} <= set(explained)
        for text in explained.values():
            assert shown.count(text) == sum(text in dict(each.help).values() for each in result.mistakes)
    if len(result.mistakes) == 1:
        assert len(lines) <= SCREEN, shown


def check_question(found: QuestionResult, wanted: dict, told: str) -> None:
    assert found.score == pytest.approx(wanted["score"]), told
    assert found.status == wanted.get("status", "graded"), told
    failed = [c for c in found.criteria if c.status == "failed"]
    skipped = [c.name for c in found.criteria if c.status == "skipped"]
    if "failed" in wanted:
        assert [c.name for c in failed] == wanted["failed"], told
        assert all(c.points < c.max_points for c in failed)
    if "skipped" in wanted:
        assert skipped == wanted["skipped"], told
    if "diagnosis" in wanted:
        assert wanted["diagnosis"] in {c.diagnosis for c in failed}, told
    if "says" in wanted:
        said = " ".join([found.message or "", *(c.message for c in failed)])
        assert wanted["says"] in said, told


def test_points_of_a_question_add_up_to_its_criteria(grader: Grader, tmp_path: Path) -> None:
    result = grader.grade(write(scenario("glorot").build(), tmp_path / "glorot.ipynb"), SEED)
    for found in result.questions:
        assert sum(c.points for c in found.criteria) == pytest.approx(found.score)
        assert sum(c.max_points for c in found.criteria) == pytest.approx(found.max_score)


def test_reference_solution_scores_40_on_10_consecutive_seeds(grader: Grader, tmp_path: Path) -> None:
    """`make calibrate` does the same with 200, and simulates 20,000 gradings of right weights."""
    path = write(scenario("reference").build(), tmp_path / "reference.ipynb")
    lost = {
        seed: [(c.name, c.message) for q in result.questions for c in q.criteria if c.status != "passed"]
        for seed in range(10)
        if (result := grader.grade(path, seed)).score != 40.0
    }
    assert lost == {}
