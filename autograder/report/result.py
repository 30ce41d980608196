"""The result of grading one notebook, as frozen dataclasses. Every report shows these objects."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Self

from autograder.assignment.names import SHORT_NAMES, AnswerStatus
from autograder.notebook import printable_path
from autograder.report.picture import Picture

if TYPE_CHECKING:
    from autograder.assignment.questions import Task

#: Notice that every report shows for a result that was made without confinement.
UNCONFINED_NOTICE = "Unconfined: the code could do all that the grader may do, so this is no official grade."


class ResultStatus(StrEnum):
    """Whether a notebook was graded. A ``fault`` is a failure of the grader and has no score."""

    GRADED = "graded"
    FAULT = "fault"


class Outcome(StrEnum):
    """Outcome of a submission, in the words that a class's progress bar and tables use."""

    GRADED = "graded"
    ERROR = "error"
    TIMEOUT = "timeout"
    FAULT = "fault"
    UNREADABLE = "unreadable"


class QuestionStatus(StrEnum):
    """Outcome of grading one check cell."""

    GRADED = "graded"
    NOT_ATTEMPTED = "not_attempted"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    BLOCKED = "blocked"

    @property
    def words(self) -> str:
        """The status with spaces, for people."""
        return self.value.replace("_", " ")


class CriterionStatus(StrEnum):
    """Whether a criterion holds. It is ``skipped`` if a criterion that it depends on failed."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Unreadable:
    """A file that could not be graded, and the reason in one line."""

    path: Path
    reason: str

    @property
    def name(self) -> str:
        """The path as reports show it."""
        return printable_path(self.path)


@dataclass(frozen=True)
class CriterionResult:
    """The result of one criterion. ``asks`` states the criterion; ``message`` says what the judge found.

    ``diagnosis`` names a recognized mistake, and ``look_up`` says what to read about it. ``p_value`` bounds the
    probability that a right answer deviates as far. ``why`` explains the mistake, and ``formula`` states the right
    formula; both are None if the course's help level excludes them.
    """

    name: str
    status: CriterionStatus
    points: float
    max_points: float
    asks: str
    message: str
    diagnosis: str | None = None
    measured: float | None = None
    expected: float | None = None
    p_value: float | None = None
    look_up: str | None = None
    why: str | None = None
    formula: str | None = None

    @property
    def failed(self) -> bool:
        """True if this criterion failed. A skipped criterion did not fail."""
        return self.status == CriterionStatus.FAILED

    @property
    def help(self) -> list[tuple[str, str]]:
        """The headings and sentences that explain a failed criterion; empty for any other."""
        texts = (("Why", self.why), ("Formula", self.formula), ("Look up", self.look_up))
        return [(heading, text.removesuffix(".") + ".") for heading, text in texts if text and self.failed]


@dataclass(frozen=True)
class QuestionResult:
    """One check cell.

    Attributes
    ----------
    grade_id, task : str
        nbgrader's ids of the check cell and of the stub that it checks.
    title : str
        Title for people.
    framework, kind : str
        ``tensorflow`` or ``torch``; ``initializer`` or ``model``.
    status : QuestionStatus
        Outcome of grading it.
    score, max_score : float
        Points.
    message : str, optional
        Why it was not graded, or that its points were raised to the better framework's share.
    criteria : tuple of CriterionResult
        Empty if it was not graded.
    picture : Picture, optional
        Data of its figure.
    """

    grade_id: str
    task: str
    title: str
    framework: str
    kind: str
    status: QuestionStatus
    score: float
    max_score: float
    message: str | None = None
    criteria: tuple[CriterionResult, ...] = ()
    picture: Picture | None = None

    @classmethod
    def of(
        cls,
        task: Task,
        status: QuestionStatus,
        score: float,
        max_score: float,
        message: str | None = None,
        criteria: tuple[CriterionResult, ...] = (),
        picture: Picture | None = None,
    ) -> Self:
        """Return the result of one of the assignment's tasks."""
        about = (task.check, task.stub, task.title, task.framework, task.kind)
        return cls(*about, status, score, max_score, message, criteria, picture)

    @property
    def short_name(self) -> str:
        """A short name for tables, such as ``tf model``."""
        return f"{SHORT_NAMES.get(self.framework, self.framework)} {self.kind}"


@dataclass(frozen=True)
class WrittenResult:
    """One written answer, which a person grades.

    ``remark`` says that an answer is short or copied from the prompt. It does not change the points.
    """

    grade_id: str
    status: AnswerStatus
    words: int
    max_score: float
    remark: str | None = None


@dataclass(frozen=True)
class RemarkResult:
    """A decision of the reader about something unusual in the notebook; ``text`` is a sentence about it.

    ``cell`` is the cell's grade id or place; it is empty for the whole notebook. ``kind`` names the kind of decision.
    """

    cell: str
    kind: str
    text: str


@dataclass(frozen=True)
class CellProblem:
    """A student's cell that did not run to its end; ``message`` says why."""

    cell: str
    message: str


@dataclass(frozen=True)
class Provenance:
    """Versions, seed and confinement with which a result was made, so that it can be reproduced."""

    grader_version: str
    grader_sha256: str
    seed: int
    python: str
    numpy: str
    torch: str
    tensorflow: str
    keras: str
    confinement: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """Result of grading one notebook.

    ``fault`` says how the grader failed. A result with a fault has no score and no questions.
    """

    path: str
    sha256: str
    status: ResultStatus
    questions: tuple[QuestionResult, ...] = ()
    written: tuple[WrittenResult, ...] = ()
    remarks: tuple[RemarkResult, ...] = ()
    problems: tuple[CellProblem, ...] = ()
    provenance: Provenance | None = None
    fault: str | None = None

    @property
    def score(self) -> float:
        """Points for Q7."""
        return round(sum(question.score for question in self.questions), 6)

    @property
    def max_score(self) -> float:
        """Points that Q7 is worth."""
        return round(sum(question.max_score for question in self.questions), 6)

    @property
    def outcome(self) -> Outcome:
        """Outcome of the submission. An error or timeout in one question is the outcome of the whole submission."""
        statuses = {question.status for question in self.questions}
        if self.status is ResultStatus.FAULT:
            return Outcome.FAULT
        if QuestionStatus.TIMEOUT in statuses:
            return Outcome.TIMEOUT
        return Outcome.GRADED if statuses <= {QuestionStatus.GRADED, QuestionStatus.NOT_ATTEMPTED} else Outcome.ERROR

    @property
    def unconfined(self) -> bool:
        """True if the notebook's code ran without confinement; the score is then not official."""
        return self.provenance is not None and "unconfined" in self.provenance.confinement


def points_text(points: float) -> str:
    """Return points without trailing zeros: 9, 9.5, 2.67."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def question_text(question: QuestionResult) -> str:
    """Return one check cell's result as plain text: the points, and the criteria that lost points."""
    lines = [f"{question.task}: {points_text(question.score)} of {points_text(question.max_score)} points"]
    if question.status != QuestionStatus.GRADED:
        lines.append(f"{question.status.words}: {question.message or ''}")
    elif question.message:
        lines.append(question.message)
    for criterion in question.criteria:
        if criterion.status != CriterionStatus.PASSED:
            lost = points_text(criterion.max_points - criterion.points)
            lines.append(f"- {criterion.name}, {criterion.status} (−{lost}): {criterion.message}")
            lines += [f"  {heading}: {text}" for heading, text in criterion.help]
    return "\n".join(textwrap.fill(line, 100, subsequent_indent="  ") for line in lines) + "\n"


def reasons(result: Result) -> list[str]:
    """Return short reasons for lost points, each with its questions, for a row of a table."""
    if result.fault is not None:
        return [f"fault: {result.fault}"]
    where: dict[str, list[str]] = {}
    for question in result.questions:
        if question.status == QuestionStatus.GRADED:
            found = [c.diagnosis or c.name for c in question.criteria if c.failed]
        else:
            found = [question.status]
        for reason in dict.fromkeys(found):
            where.setdefault(reason, []).append(question.short_name)
    return [f"{reason.replace('_', ' ')}: {', '.join(tasks)}" for reason, tasks in where.items()]


def to_look_at(result: Result) -> list[str]:
    """Return what is unusual about the written answers, such as ``Q2 short``. A grader should read these first."""
    found: dict[str, list[str]] = {}
    for answer in result.written:
        if (described := answer.remark or answer.status) != AnswerStatus.ANSWERED:
            found.setdefault(described, []).append(answer.grade_id.upper())
    return [f"{', '.join(questions)} {described}" for described, questions in found.items()]


def short_names(paths: Sequence[str]) -> list[str]:
    """Return each path without the first and last parts that all paths share."""
    if len(set(paths)) < 2:
        return list(paths)
    parts = [Path(path).parts for path in paths]
    shortest = min(len(p) for p in parts)
    start = next((i for i in range(shortest) if len({p[i] for p in parts}) > 1), 0)
    end = next((i for i in range(shortest - start) if len({p[-1 - i] for p in parts}) > 1), 0)
    return [str(Path(*p[start : len(p) - end])) for p in parts]
