"""The result of grading one notebook, as frozen dataclasses. Every report shows these objects."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from autograder.assignment.names import AnswerStatus
from autograder.notebook import printable_path
from autograder.report.picture import Picture

if TYPE_CHECKING:
    from autograder.assignment.questions import Task

#: Notice that every report shows for a result that was made without confinement.
UNCONFINED_NOTICE = "Unconfined: the code could do all that the grader may do, so this is no official grade."


#: Between two clauses of an explanation.
_CLAUSE = re.compile(r"(?<=;) |(?<=[.?]) (?=[A-Z])")
#: Mistakes that a summary names, and numbers as words.
_MOST_IN_SUMMARY = 3
#: Headings of what explains a mistake, in the order in which people read them.
_HEADINGS = ("What", "Why", "Effect", "Change", "Formula", "Look up")
_NUMBERS = {1: "One", 2: "Two", 3: "Three", 4: "Four"}


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
        """The status for people."""
        return "too much memory" if self is QuestionStatus.MEMORY else self.value.replace("_", " ")


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

    ``diagnosis`` identifies a recognized mistake, and ``mistake`` is its name for people. ``look_up`` says what to read
    about it. ``p_value`` bounds the probability that a right answer deviates as far. ``recognized`` and ``figures`` are
    the message in two parts: what the mistake does, and what was measured here. ``why`` explains the mistake,
    ``effect`` says what the weights that were measured do to a network, ``change`` says what to change, and ``formula``
    states the right formula. These are None if there is nothing to say, or if the course's help level excludes them.
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
    mistake: str | None = None
    recognized: str | None = None
    figures: str | None = None
    why: str | None = None
    effect: str | None = None
    change: str | None = None
    formula: str | None = None

    @property
    def failed(self) -> bool:
        """True if this criterion failed. A skipped criterion did not fail."""
        return self.status == CriterionStatus.FAILED

    @property
    def held_back(self) -> bool:
        """True if this criterion passed, and earned less than its points because the variance earned little."""
        return self.status == CriterionStatus.PASSED and self.points < self.max_points

    @property
    def verdict(self) -> str:
        """The status in words: ``passed``, or ``passed, held back`` where the variance keeps it from its points."""
        return f"{self.status}, held back" if self.held_back else str(self.status)

    @property
    def here(self) -> str:
        """What was found, for a report that explains the mistake elsewhere."""
        return self.figures or self.message

    @property
    def found(self) -> str:
        """What was found, after the mistake's name: for a row that stands apart from the explanation."""
        named = f"{self.mistake[0].upper()}{self.mistake[1:]}. " if self.mistake and self.figures else ""
        return named + self.here

    @property
    def title(self) -> str:
        """The mistake's name, or what was asked for where no mistake was recognized."""
        return self.mistake or (self.diagnosis or f"“{self.name}” is not met").replace("_", " ")

    @property
    def help(self) -> tuple[tuple[str, str], ...]:
        """The headings and sentences that explain a failed criterion's mistake; empty for any other."""
        texts = (self.recognized, self.why, self.effect, self.change, self.formula, self.look_up)
        told = zip(_HEADINGS, texts, strict=True)
        return tuple((heading, text.removesuffix(".") + ".") for heading, text in told if text and self.failed)


@dataclass(frozen=True)
class Mistake:
    """A mistake, explained once for all parts in which it shows.

    Attributes
    ----------
    title : str
        Its name for people.
    parts : tuple of str
        The parts in which it shows, such as ``Part 1``.
    help : tuple of (str, str)
        Headings, and sentences that explain it.
    """

    title: str
    parts: tuple[str, ...]
    help: tuple[tuple[str, str], ...]


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
    def part(self) -> str:
        """What a sentence calls this question: ``Part 1``."""
        return self.title.partition(":")[0]

    @property
    def points(self) -> str:
        """The points as text: ``9.5 of 12 points``."""
        return points_of(self.score, self.max_score)

    @property
    def summary(self) -> str:
        """The points and the mistakes of this question, in one or two sentences."""
        return f"{self.title}, {self.points}. {_outcome([self])}"

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes of this question."""
        return mistakes([self])

    @property
    def holds_back(self) -> bool:
        """True if a criterion is met, and earned less than its points because the variance earned little."""
        return any(criterion.held_back for criterion in self.criteria)


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
    def summary(self) -> str:
        """The points and the mistakes of the whole, in a few sentences: what every report says first."""
        outcome = _outcome(self.questions)
        return f"Q7: {points_text(self.score)} of {points_text(self.max_score)} points. {outcome}"

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes of all questions."""
        return mistakes(self.questions)

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


def points_of(score: float, most: float) -> str:
    """Return a score as text, such as ``9.5 of 12 points``."""
    return f"{points_text(score)} of {points_text(most)} points"


def mistakes(questions: Sequence[QuestionResult]) -> tuple[Mistake, ...]:
    """Return the mistakes of ``questions`` in their order, each once, with what explains it in all of its parts."""
    shown: dict[str, list[tuple[str, CriterionResult]]] = {}
    for question in questions:
        for criterion in question.criteria:
            if criterion.failed:
                shown.setdefault(criterion.title, []).append((question.part, criterion))
    return tuple(
        Mistake(title, tuple(dict.fromkeys(part for part, _ in where)), _help(where)) for title, where in shown.items()
    )


def first_shown(questions: Sequence[QuestionResult]) -> list[tuple[QuestionResult, tuple[Mistake, ...]]]:
    """Return each question with those mistakes of all ``questions`` that it shows first, so that each is told once."""
    untold = {mistake.title: mistake for mistake in mistakes(questions)}
    return [
        (question, tuple(untold.pop(each.title) for each in question.mistakes if each.title in untold))
        for question in questions
    ]


def _help(where: Sequence[tuple[str, CriterionResult]]) -> tuple[tuple[str, str], ...]:
    """Return what explains a mistake, in the words of the first criterion of each part in which it shows."""
    by_part: dict[str, dict[str, str]] = {}
    for part, criterion in where:
        by_part.setdefault(part, dict(criterion.help))
    told = ((heading, _same_or_by_part(heading, by_part)) for heading in _HEADINGS)
    return tuple((heading, text) for heading, text in told if text)


def _same_or_by_part(heading: str, by_part: Mapping[str, Mapping[str, str]]) -> str:
    """Return the words below a heading: first those that all parts have, then others after the parts that have them."""
    parts: dict[str, list[str]] = {}
    for part, texts in by_part.items():
        if heading in texts:
            parts.setdefault(texts[heading], []).append(part)
    clauses = {text: _CLAUSE.split(text) for text in parts}
    everywhere = len(parts) > 1 and sum(map(len, parts.values())) == len(by_part)
    alike = takewhile(lambda each: len(set(each)) == 1, zip(*clauses.values(), strict=False))
    shared = [each[0] for each in alike] if everywhere else []
    said = [re.sub(";$", ".", " ".join(shared))] if shared else []
    for text, having in parts.items():
        if own := " ".join(clauses[text][len(shared) :]):
            said.append(own if len(having) == len(by_part) else f"In {_listed(having)}: {own}")
    return " ".join(said)


def _outcome(questions: Sequence[QuestionResult]) -> str:
    """Return one or two sentences on the mistakes of ``questions`` and on those that were not graded."""
    said, found = [], mistakes(questions)
    for words, parts in _ungraded(questions).items():
        said.append(
            f"{words.capitalize()}: {_named(parts, questions)}." if len(questions) > 1 else f"{words.capitalize()}."
        )
    shown = [(each.title, _named(each.parts, questions)) for each in found]
    if len(shown) == 1:
        (title, where), *_ = shown
        said.append(f"One mistake in {where}: {title}." if len(questions) > 1 else f"One mistake: {title}.")
    elif shown:
        listed = [f"{title} ({where})" if len(questions) > 1 else title for title, where in shown[:_MOST_IN_SUMMARY]]
        more = [f"{len(shown) - len(listed)} more"] if len(shown) > len(listed) else []
        said.append(f"{_NUMBERS.get(len(shown), len(shown))} mistakes: {'; '.join(listed + more)}.")
    elif not said:
        right = all(question.score >= question.max_score for question in questions)
        said.append("Everything is right." if right else "Nothing failed, but not everything could be judged.")
    return " ".join(said)


def _ungraded(questions: Sequence[QuestionResult]) -> dict[str, tuple[str, ...]]:
    """Return why some of ``questions`` were not graded, in words, each with its parts."""
    found: dict[str, list[str]] = {}
    for question in questions:
        if question.status != QuestionStatus.GRADED:
            found.setdefault(question.status.words, []).append(question.part)
    return {words: tuple(dict.fromkeys(parts)) for words, parts in found.items()}


def _named(parts: Sequence[str], questions: Sequence[QuestionResult]) -> str:
    """Return words for some parts of all ``questions``: ``Part 1``, ``parts 1 and 3``, or ``all four parts``."""
    if len(parts) == len(questions) > 1:
        return f"all {str(_NUMBERS.get(len(parts), len(parts))).lower()} parts"
    return _listed(parts)


def _listed(parts: Sequence[str]) -> str:
    """Return words for some parts: ``Part 1``, or ``parts 1 and 3``."""
    *most, last = (part.removeprefix("Part ") for part in parts)
    return f"parts {', '.join(most)} and {last}" if most else parts[0]


def question_text(
    question: QuestionResult, summary: str | None = None, explained: Sequence[Mistake] | None = None
) -> str:
    """Return one check cell's result as plain text: the summary, the mistakes, and what lost points.

    ``summary`` is the question's own and ``explained`` are all of its mistakes, if they are not given.
    """
    lines = (question.summary if summary is None else summary).splitlines()
    if question.message:
        lines.append(question.message)
    for mistake in question.mistakes if explained is None else explained:
        lines += [f"{heading}: {text}" for heading, text in mistake.help]
    for criterion in question.criteria:
        if criterion.status != CriterionStatus.PASSED:
            lost = points_text(criterion.max_points - criterion.points)
            lines.append(f"- {criterion.name}, {criterion.status} (−{lost}): {criterion.here}")
    return "\n".join(textwrap.fill(line, 100, subsequent_indent="  ") for line in lines) + "\n"


def reasons(result: Result) -> list[str]:
    """Return the reasons for lost points for a row of a table, in the words of the summary, each with its parts."""
    if result.fault is not None:
        return [f"fault: {result.fault}"]
    where = {words: _named(parts, result.questions) for words, parts in _ungraded(result.questions).items()}
    where |= {mistake.title: _named(mistake.parts, result.questions) for mistake in result.mistakes}
    return [f"{reason}: {parts}" for reason, parts in where.items()]


def to_look_at(result: Result) -> list[str]:
    """Return what is unusual about the written answers, such as ``Q2 short``. A grader should read these first."""
    found: dict[str, list[str]] = {}
    for answer in result.written:
        if answer.remark or answer.status != AnswerStatus.ANSWERED:
            described = answer.remark or answer.status.words
            found.setdefault(described, []).append(answer.grade_id.upper())
    return [f"{', '.join(questions)} {described}" for described, questions in found.items()]


def short_names(paths: Sequence[str]) -> list[str]:
    """Return each path without the first and last parts that all paths share, and the file's name of a single path."""
    if len(set(paths)) < 2:
        return [Path(path).name for path in paths]
    parts = [Path(path).parts for path in paths]
    shortest = min(len(p) for p in parts)
    start = next((i for i in range(shortest) if len({p[i] for p in parts}) > 1), 0)
    end = next((i for i in range(shortest - start) if len({p[-1 - i] for p in parts}) > 1), 0)
    return [str(Path(*p[start : len(p) - end])) for p in parts]
