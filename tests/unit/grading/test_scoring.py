"""How the criteria of a question share its points."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import TASKS, Task
from autograder.grading.points import IN_FULL_FROM
from autograder.grading.scoring import better_of_the_two, score_task
from autograder.judge.catalogue import BY_NAME
from calibration.samplers import right
from calibration.simulate import initializer_evidence, model_evidence
from tests.support.samples import ROOT

MODELS = [task for task in TASKS if "layers" in task.weights]
INITIALIZERS = [task for task in TASKS if task not in MODELS]


@pytest.mark.parametrize("points", [12.0, 7.0])
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.stub)
def test_each_criterion_is_worth_its_weights_share_of_the_points(task: Task, points: float) -> None:
    rng = np.random.default_rng(1)
    if task in MODELS:  # He's weights are fan_out's here: the hidden variance fails, and what needs it
        found = model_evidence(rng, task.layout, "normal", BY_NAME["fan_out"])
    else:
        found = initializer_evidence(right("uniform"), rng, task.layout)
    question = score_task(task, found, points)
    whole = sum(task.weights.values())
    assert [c.name for c in question.criteria] == list(task.weights)
    assert [c.max_points for c in question.criteria] == [points * w / whole for w in task.weights.values()]
    assert [c.points for c in question.criteria] == [c.max_points * (c.status == "passed") for c in question.criteria]
    assert question.score == pytest.approx(sum(c.points for c in question.criteria))
    assert 0.0 < question.score < question.max_score == points


@pytest.mark.parametrize("task", INITIALIZERS, ids=lambda task: task.stub)
def test_right_answer_has_the_full_points_exactly(task: Task) -> None:
    question = score_task(task, initializer_evidence(right("normal"), np.random.default_rng(1), task.layout), 0.7)
    assert question.score == question.max_score == 0.7


def test_framework_that_scored_lower_is_raised_to_the_others_share_and_no_further() -> None:
    tensorflow, torch = INITIALIZERS
    rng = np.random.default_rng(1)
    whole = score_task(tensorflow, initializer_evidence(right("normal"), rng, Layout.KERAS), 12.0)
    part = score_task(torch, initializer_evidence(right("uniform"), rng, Layout.TORCH), 6.0)
    assert part.score < 6.0
    for order in ((whole, part), (part, whole)):
        raised = {question.grade_id: question for question in better_of_the_two(order)}
        assert raised[whole.grade_id] == whole
        assert raised[part.grade_id].score == pytest.approx(6.0)
        assert "earned 12 of 12" in raised[part.grade_id].message
    assert better_of_the_two((whole, whole)) == (whole, whole)


@pytest.mark.parametrize("template", ["guide.md", "question.html"])
def test_pages_name_the_share_from_which_any_random_draw_counts_in_full(template: str) -> None:
    page = (ROOT / "autograder" / "report" / "templates" / template).read_text(encoding="utf-8")
    assert f"less than {100 * IN_FULL_FROM:g} % of their points" in page
