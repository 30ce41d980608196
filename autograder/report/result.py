"""The one data model of a grading's outcome; every report is made from it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.report.picture import Picture

SCHEMA = "autograder/result/v1"
#: What every report says of a result that was made without confinement.
UNCONFINED_NOTICE = "Unconfined: the code could do all that the grader may do, so this is no official grade."


@dataclass(frozen=True)
class CriterionResult:
    """One criterion: ``status`` is passed, failed or skipped. ``asks`` states it; ``message`` says what was found.

    ``diagnosis`` names the mistake where it was recognised, and ``look_up`` says what to read about it. ``p_value``
    bounds the probability that a right answer strays as far. ``why`` explains, and ``formula`` states what is right,
    where the course's help goes that far.
    """

    name: str
    status: str
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
    def help(self) -> list[tuple[str, str]]:
        """What to say of a failure besides the message, each with its heading: why, the formula, what to look up."""
        told = (("Why", self.why), ("Formula", self.formula), ("Look up", self.look_up))
        return [(heading, text) for heading, text in told if text and self.status == "failed"]


@dataclass(frozen=True)
class QuestionResult:
    """One check cell.

    ``status`` is graded, not_attempted, error, timeout, memory, crashed or blocked; ``message`` says why when it is
    not graded, and, whatever the status, that the points were raised to the better framework's. ``picture`` is what
    its figure is drawn from.
    """

    grade_id: str
    status: str
    score: float
    max_score: float
    message: str | None = None
    criteria: tuple[CriterionResult, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True)
class WrittenResult:
    """One written answer, graded by hand: ``status`` is answered, unchanged, empty or missing.

    ``remark`` says of an answered one that it is short, or copied from the prompt. It costs and gives nothing.
    """

    grade_id: str
    status: str
    words: int
    max_score: float
    remark: str | None = None


@dataclass(frozen=True)
class CellProblem:
    """A cell of the student's that did not run to its end; ``message`` says what it raised, and where."""

    cell: str
    message: str


@dataclass(frozen=True)
class Provenance:
    """What a result was made with, enough to make it again."""

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
    """The outcome of grading one notebook.

    ``status`` is graded, or fault when the grader itself failed: then ``fault`` says how, and there is no
    score and no question.
    """

    path: str
    sha256: str
    status: str
    questions: tuple[QuestionResult, ...] = ()
    written: tuple[WrittenResult, ...] = ()
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
    def unconfined(self) -> bool:
        """Whether the notebook's code ran without confinement, so that the score is nobody's official grade."""
        return self.provenance is not None and "unconfined" in self.provenance.confinement

    def to_json(self) -> dict[str, Any]:
        """Return the result as `autograder/result/v1`: JSON types alone, no time, nothing of the machine's."""
        document: dict[str, Any] = {"schema": SCHEMA, "status": self.status}
        if self.status == "graded":
            document |= {"score": self.score, "max_score": self.max_score}
        else:
            document |= {"score": None, "max_score": None, "fault": self.fault}
        document["submission"] = {"path": self.path, "sha256": self.sha256}
        document["provenance"] = _fields(self.provenance) if self.provenance else None
        document["questions"] = [
            _fields(question) | {"criteria": [_fields(criterion) for criterion in question.criteria]}
            for question in self.questions
        ]
        document["written"] = [_fields(answer) for answer in self.written]
        document["problems"] = [_fields(problem) for problem in self.problems]
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Result:
        """Return the result that `to_json` made ``document`` of, with numbers as they stand there; ignore more members.

        Raises
        ------
        ValueError
            It is no `autograder/result/v1`.
        """
        try:
            if document["schema"] != SCHEMA or document["status"] not in ("graded", "fault"):
                raise ValueError
            provenance = document["provenance"]
            return cls(
                path=document["submission"]["path"],
                sha256=document["submission"]["sha256"],
                status=document["status"],
                questions=tuple(_question(question) for question in document["questions"]),
                written=tuple(WrittenResult(**answer) for answer in document["written"]),
                problems=tuple(CellProblem(**problem) for problem in document["problems"]),
                provenance=Provenance(**{**provenance, "confinement": tuple(provenance["confinement"])})
                if provenance
                else None,
                fault=document.get("fault"),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            raise ValueError(f"this is no {SCHEMA}") from problem


def _question(document: dict[str, Any]) -> QuestionResult:
    criteria = tuple(CriterionResult(**criterion) for criterion in document["criteria"])
    return QuestionResult(**{**document, "criteria": criteria})


#: What is for people alone, and no part of `autograder/result/v1`; and the criteria, which are put in one by one.
_NOT_IN_JSON = {"criteria", "picture", "why", "formula"}


def _fields(record: Any) -> dict[str, Any]:
    return {name: _rounded(value) for name, value in vars(record).items() if name not in _NOT_IN_JSON}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        # Six figures: more would be the last bits of a sum, which may differ between processors. JSON
        # knows no infinity.
        return float(f"{value:.6g}") if value - value == 0.0 else None
    return list(value) if isinstance(value, tuple) else value


def points_text(points: float) -> str:
    """Return points as people write them: 9, 9.5, 2.67."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def question_text(question: QuestionResult) -> str:
    """Return one check cell's result in a few lines of plain text: the points, and where they were lost."""
    lines = [
        f"{question.grade_id.removesuffix('_check')}: "
        f"{points_text(question.score)} of {points_text(question.max_score)} points"
    ]
    if question.status != "graded":
        lines.append(f"{question.status.replace('_', ' ')}: {question.message or ''}")
    elif question.message:
        lines.append(question.message)
    for criterion in question.criteria:
        if criterion.status != "passed":
            lost = points_text(criterion.max_points - criterion.points)
            lines.append(f"- {criterion.name}, {criterion.status} (−{lost}): {criterion.message}")
            lines += [f"  {heading}: {text}{'' if text.endswith('.') else '.'}" for heading, text in criterion.help]
    return "\n".join(textwrap.fill(line, 100, subsequent_indent="  ") for line in lines) + "\n"


def reasons(result: Result) -> list[str]:
    """Return, in a few words each, why points were lost and where: what a table has room for."""
    if result.fault is not None:
        return [f"fault: {result.fault}"]
    where: dict[str, list[str]] = {}
    for question in result.questions:
        if question.status == "graded":
            found = [c.diagnosis or c.name for c in question.criteria if c.status == "failed"]
        else:
            found = [question.status]
        for reason in dict.fromkeys(found):
            task = question.grade_id.removeprefix("q7_").removesuffix("_check")
            where.setdefault(reason, []).append(task.replace("_", " "))
    return [f"{reason.replace('_', ' ')}: {', '.join(tasks)}" for reason, tasks in where.items()]


def to_look_at(result: Result) -> list[str]:
    """Return, in a word each, what is remarkable about the written answers: where a grader should look first."""
    found: dict[str, list[str]] = {}
    for answer in result.written:
        if (said := answer.remark or answer.status) != "answered":
            found.setdefault(said, []).append(answer.grade_id.upper())
    return [f"{', '.join(questions)} {said}" for said, questions in found.items()]


def short_names(paths: Sequence[str]) -> list[str]:
    """Return each path without the folders and file names that all of them share."""
    if len(set(paths)) < 2:
        return list(paths)
    parts = [Path(path).parts for path in paths]
    shortest = min(len(p) for p in parts)
    start = next((i for i in range(shortest) if len({p[i] for p in parts}) > 1), 0)
    end = next((i for i in range(shortest - start) if len({p[-1 - i] for p in parts}) > 1), 0)
    return [str(Path(*p[start : len(p) - end])) for p in parts]
