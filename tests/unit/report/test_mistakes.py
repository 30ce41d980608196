"""A mistake is explained once, and what differs between its parts is said of the part where it is so."""

from __future__ import annotations

from dataclasses import replace

from autograder.assignment.questions import TASKS
from autograder.report.formats import Outcomes, junit
from autograder.report.result import (
    CriterionResult,
    CriterionStatus,
    QuestionResult,
    QuestionStatus,
    Result,
    first_shown,
    mistakes,
)

FAILED = CriterionResult(
    "variance",
    CriterionStatus.FAILED,
    0.0,
    3.0,
    "Give the variance asked for.",
    "It is not.",
    mistake="fan_out in place of fan_in",
    recognized="Var(W) is 2/fan_out.",
    why="The task asks for the forward form.",
    change="Use fan_in.",
    look_up="equation 10",
)


def questions(*failed: tuple[CriterionResult, ...]) -> list[QuestionResult]:
    return [
        QuestionResult.of(task, QuestionStatus.GRADED, 0.0, 12.0, None, criteria)
        for task, criteria in zip(TASKS, failed, strict=False)
    ]


def test_what_is_the_same_in_all_parts_is_told_once() -> None:
    (mistake,) = mistakes(questions((FAILED,), (FAILED,), (FAILED,)))
    assert mistake.parts == ("Part 1", "Part 2", "Part 3")
    assert mistake.help == FAILED.help


def test_look_up_and_change_of_each_framework_are_told_of_its_parts() -> None:
    torch = replace(FAILED, change="Use fan_in of PyTorch.", look_up="torch.nn.init")
    explained = dict(mistakes(questions((FAILED,), (FAILED,), (torch,)))[0].help)
    assert explained["Change"] == "In parts 1 and 2: Use fan_in. In Part 3: Use fan_in of PyTorch."
    assert explained["Look up"] == "In parts 1 and 2: equation 10. In Part 3: torch.nn.init."
    assert explained["Why"] == FAILED.why


def test_what_the_frameworks_share_of_an_explanation_is_told_once() -> None:
    keras = replace(FAILED, look_up="He et al. (2015), section 2.2; the sum in the documentation of tf.nn.conv2d")
    torch = replace(FAILED, look_up="He et al. (2015), section 2.2; the sum in the documentation of torch.nn.Conv2d")
    explained = dict(mistakes(questions((keras,), (keras,), (torch,)))[0].help)
    assert explained["Look up"] == (
        "He et al. (2015), section 2.2. In parts 1 and 2: the sum in the documentation of tf.nn.conv2d. "
        "In Part 3: the sum in the documentation of torch.nn.Conv2d."
    )
    # A part that says nothing below this heading says the shared words neither.
    silent = replace(FAILED, look_up=None)
    explained = dict(mistakes(questions((keras,), (silent,), (torch,)))[0].help)
    assert explained["Look up"].startswith("In Part 1: He et al. (2015), section 2.2; the sum")


def test_what_was_measured_in_one_part_is_not_said_of_another() -> None:
    one = replace(FAILED, effect="The signal halves.")
    other = replace(FAILED, recognized="The variance is 3 × 2/fan_in.", effect="The signal grows 3-fold.")
    none = replace(FAILED, recognized=None)
    explained = dict(mistakes(questions((one,), (none,), (other,)))[0].help)
    assert explained["What"] == "In Part 1: Var(W) is 2/fan_out. In Part 3: The variance is 3 × 2/fan_in."
    assert explained["Effect"] == "In Part 1: The signal halves. In Part 3: The signal grows 3-fold."
    assert list(explained) == ["What", "Why", "Effect", "Change", "Look up"]


def test_each_question_has_the_mistakes_that_it_shows_first_with_the_words_for_all_parts() -> None:
    bias = replace(FAILED, name="bias", mistake="biases that are not 0")
    torch = replace(FAILED, look_up="torch.nn.init")
    asked = questions((FAILED, FAILED), (bias, FAILED), (torch,), ())
    shown = first_shown(asked)
    assert [question for question, _ in shown] == asked
    assert [[mistake.title for mistake in new] for _, new in shown] == [[FAILED.mistake], [bias.mistake], [], []]
    told = [mistake for _, new in shown for mistake in new]
    assert tuple(told) == mistakes(asked)
    assert told[0].parts == ("Part 1", "Part 2", "Part 3")
    assert "In Part 3: torch.nn.init." in dict(told[0].help)["Look up"]
    said = junit.render(Outcomes([Result("a.ipynb", "0" * 64, "graded", tuple(asked))], [], single=True)) or ""
    assert said.count("In Part 3: torch.nn.init.") == 1


def test_a_question_without_a_mistake_shows_none() -> None:
    passed = replace(FAILED, status=CriterionStatus.PASSED)
    assert [new for _, new in first_shown(questions((passed,), ()))] == [(), ()]
