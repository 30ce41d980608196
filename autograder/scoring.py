"""A task's evidence → verdicts → points."""

from __future__ import annotations

from autograder.assignment import Task
from autograder.interview import Evidence
from autograder.judge.evidence import InitializerEvidence
from autograder.judge.initializer import judge_initializer
from autograder.judge.misconceptions import BY_NAME
from autograder.judge.model import judge_model
from autograder.report.result import CriterionResult, QuestionResult


def score_task(task: Task, evidence: Evidence, points: float) -> QuestionResult:
    """Judge ``evidence`` by the task's criteria, and share ``points`` between them by their weights."""
    criteria = tuple(task.weights)
    verdicts = (
        judge_initializer(evidence, criteria)
        if isinstance(evidence, InitializerEvidence)
        else judge_model(evidence, criteria)
    )
    total = sum(task.weights.values())

    def share(weight: int) -> float:
        return points * weight / total

    # Weights are added before they become points: a perfect answer gets the full points, exactly.
    passed = sum(task.weights[v.name] for v in verdicts if v.status == "passed")
    return QuestionResult(
        grade_id=task.check,
        status="graded",
        score=share(passed),
        max_score=points,
        criteria=tuple(
            CriterionResult(
                name=v.name,
                status=v.status,
                points=share(task.weights[v.name]) if v.status == "passed" else 0.0,
                max_points=share(task.weights[v.name]),
                asks=v.asks,
                message=v.finding.message,
                diagnosis=v.finding.diagnosis,
                measured=v.finding.measured,
                expected=v.finding.expected,
                p_value=v.finding.p_value,
                look_up=BY_NAME[v.finding.diagnosis].look_up if v.finding.diagnosis else None,
            )
            for v in verdicts
        ),
    )
