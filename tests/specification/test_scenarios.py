"""Every sample submission under submissions/ gets a fair teacher's score, with messages that say why."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.report.result import QuestionResult, Result
from tests.support.graders import Grader
from tests.support.samples import Scenario, scenario, scenarios, write

SCENARIOS = scenarios()
SEED = 20_261_124


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
