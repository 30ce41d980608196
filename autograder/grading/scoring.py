"""Turns a task's evidence into verdicts, the verdicts into points, and both into the texts that a student reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autograder.assignment.names import FRAMEWORKS
from autograder.assignment.questions import ANY_RANDOM_DRAW, Task
from autograder.assignment.settings import HelpLevel
from autograder.grading.interview import Evidence
from autograder.grading.pictures import picture_signal, picture_weights
from autograder.grading.points import IN_FULL_FROM, earned_weights, follows_variance
from autograder.judge.criterion import Status
from autograder.judge.evidence import InitializerEvidence
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.judging import Verdict, judge
from autograder.judge.model import ModelMeasurements
from autograder.report.picture import Picture
from autograder.report.result import CriterionResult, CriterionStatus, QuestionResult, QuestionStatus, points_text

#: What a student reads at a criterion that any random draw meets, by the factor of its points.
_BELOW_FULL = {
    0.0: "It earns nothing, because the variance earns nothing.",
    0.5: f"It earns half, because the variance earns less than {100 * IN_FULL_FROM:g} % of its points.",
}

#: Stands over a row that earns half because of another mistake, though each kernel's variance is right.
_RIGHT_BUT = "Another mistake takes half of this row's points."


def score_task(
    task: Task, evidence: Evidence, points: float, help_level: HelpLevel = HelpLevel.EXPLAIN
) -> QuestionResult:
    """Judge ``evidence`` by the task's criteria, and share ``points`` between them by their weights."""
    picture: Picture | None
    with np.errstate(all="ignore"):  # infinite weights are a finding and no reason for a warning
        if isinstance(evidence, InitializerEvidence):
            weights = InitializerMeasurements(evidence)
            verdicts = judge(weights, tuple(task.weights))
            picture = picture_weights(weights, verdicts)
        else:
            model = ModelMeasurements(evidence)
            verdicts = judge(model, tuple(task.weights))
            picture = picture_signal(model, verdicts)
    total = sum(task.weights.values())

    def share(weight: float) -> float:
        # A perfect answer gets the full points, exactly: 0.7 * 28 / 28 is less than 0.7.
        return points * weight / total if weight != total else points

    credit_of = {verdict.name: verdict.credit for verdict in verdicts}
    earned, factor = earned_weights(task, credit_of), follows_variance(task, credit_of)
    return QuestionResult.of(
        task,
        QuestionStatus.GRADED,
        # Weights are added before they become points: each division would round.
        score=share(sum(earned.values())),
        max_score=points,
        criteria=tuple(
            _criterion(
                verdict,
                share(earned[verdict.name]),
                share(task.weights[verdict.name]),
                help_level,
                _BELOW_FULL.get(factor) if verdict.credit and verdict.name in ANY_RANDOM_DRAW else None,
            )
            for verdict in verdicts
        ),
        picture=picture,
    )


def _criterion(verdict: Verdict, earned: float, worth: float, level: HelpLevel, depends: str | None) -> CriterionResult:
    finding, lesson = verdict.finding, verdict.lesson
    explains = level != HelpLevel.NAME
    message = finding.message if explains else finding.named or finding.message
    return CriterionResult(
        name=verdict.name,
        status=CriterionStatus(verdict.status),
        points=earned,
        max_points=worth,
        asks=_RIGHT_BUT if verdict.status == Status.FAILED and set(finding.wrong.values()) == {False} else verdict.asks,
        message=f"{message} {depends}" if depends else message,
        diagnosis=finding.diagnosis,
        measured=finding.measured,
        expected=finding.expected,
        p_value=finding.p_value,
        look_up=lesson.look_up if lesson else None,
        mistake=verdict.mistake,
        recognized=finding.recognized if explains else None,
        figures=finding.figures,
        why=lesson.why if lesson and explains else None,
        effect=finding.consequence if explains else None,
        change=lesson.change if lesson and explains else None,
        formula=lesson.formula if lesson and level == HelpLevel.FORMULA else None,
    )


def better_of_the_two(questions: Sequence[QuestionResult]) -> tuple[QuestionResult, ...]:
    """Raise the lower framework's points to the share that the better framework earned of its own.

    No question loses points. Each question of the lower framework gets the same part of its missing points, so that
    the total has exactly the better one's share. Its message says so.
    """
    of = {f: [q for q in questions if q.framework == f] for f in FRAMEWORKS}
    shares = {f: _total(own) / most if (most := _most(own)) else 0.0 for f, own in of.items()}
    worse, better = sorted(shares, key=shares.__getitem__)
    target, own, most = shares[better] * _most(of[worse]), _total(of[worse]), _most(of[worse])
    if target - own < 1e-9:
        return tuple(questions)
    part = (target - own) / (most - own)
    earned = f"{points_text(_total(of[better]))} of {points_text(_most(of[better]))}"

    def raised(question: QuestionResult) -> QuestionResult:
        if question not in of[worse] or question.score >= question.max_score:
            return question
        score = question.score + part * (question.max_score - question.score)
        note = (
            f"Raised from {points_text(question.score)} to {points_text(score)} points: in this course the better of "
            f"the two frameworks counts for both, and {FRAMEWORKS[better]} earned {earned}."
        )
        return replace(question, score=score, message=f"{question.message} {note}" if question.message else note)

    return tuple(raised(question) for question in questions)


def _total(questions: Sequence[QuestionResult]) -> float:
    return sum(question.score for question in questions)


def _most(questions: Sequence[QuestionResult]) -> float:
    return sum(question.max_score for question in questions)
