"""Converts a result to its JSON document, `autograder/result/v1`. The types below define the published schema.

`make schema` writes docs/result.schema.json from them. Adding a member is a new minor version: older readers ignore
unknown members.
"""

from __future__ import annotations

import json
import math
from typing import Any, Literal

import msgspec

from autograder.report.result import (
    CellProblem,
    CriterionResult,
    CriterionStatus,
    Provenance,
    QuestionResult,
    QuestionStatus,
    RemarkResult,
    Result,
    ResultStatus,
    WrittenResult,
)

SCHEMA: Literal["autograder/result/v1"] = "autograder/result/v1"


class SubmissionDocument(msgspec.Struct):
    """The file that was graded."""

    path: str
    sha256: str


class CriterionDocument(msgspec.Struct):
    """`CriterionResult` without the explanations, which depend on the course's help level."""

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


class QuestionDocument(msgspec.Struct):
    """`QuestionResult` without its picture."""

    grade_id: str
    status: QuestionStatus
    score: float
    max_score: float
    message: str | None = None
    criteria: list[CriterionDocument] = []
    task: str = ""
    title: str = ""
    framework: str = ""
    kind: str = ""


class ResultDocument(msgspec.Struct, kw_only=True):
    """The whole document. ``score`` and ``max_score`` are null for a fault, and only a fault has ``fault``.

    ``summary`` says the points and the mistakes in a few sentences; it is empty for a fault.
    """

    schema: Literal["autograder/result/v1"]
    status: ResultStatus
    score: float | None
    max_score: float | None
    fault: str | msgspec.UnsetType = msgspec.UNSET
    submission: SubmissionDocument
    provenance: Provenance | None
    questions: list[QuestionDocument]
    written: list[WrittenResult]
    problems: list[CellProblem]
    remarks: list[RemarkResult] = []
    summary: str = ""


def to_json(result: Result) -> dict[str, Any]:
    """Return ``result`` as `autograder/result/v1`: JSON types alone, no time, nothing of the machine's.

    Numbers have six significant figures: more would be the last bits of a sum, which may differ between processors.
    """
    graded = result.fault is None
    document = ResultDocument(
        schema=SCHEMA,
        status=result.status,
        score=result.score if graded else None,
        max_score=result.max_score if graded else None,
        fault=msgspec.UNSET if result.fault is None else result.fault,
        submission=SubmissionDocument(result.path, result.sha256),
        provenance=result.provenance,
        questions=msgspec.convert(result.questions, list[QuestionDocument], from_attributes=True),
        written=list(result.written),
        problems=list(result.problems),
        remarks=list(result.remarks),
        summary=result.summary if graded else "",
    )
    rounded: dict[str, Any] = _rounded(msgspec.to_builtins(document))
    return rounded


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None  # JSON knows no infinity
    return value


def from_json(document: object) -> Result:
    """Return the result that `to_json` made ``document`` of, with numbers as they stand there.

    Members that this version does not know are ignored, at every level.

    Raises
    ------
    ValueError
        It is no `autograder/result/v1`; the message names the first member that is not as it must be.
    """
    try:
        read = msgspec.convert(document, ResultDocument)
    except msgspec.ValidationError as problem:
        raise ValueError(f"this is no {SCHEMA}: {problem}") from None
    return Result(
        path=read.submission.path,
        sha256=read.submission.sha256,
        status=read.status,
        questions=tuple(_question(question) for question in read.questions),
        written=tuple(read.written),
        remarks=tuple(read.remarks),
        problems=tuple(read.problems),
        provenance=read.provenance,
        fault=None if read.fault is msgspec.UNSET else read.fault,
    )


def _question(read: QuestionDocument) -> QuestionResult:
    criteria = tuple(CriterionResult(**msgspec.structs.asdict(criterion)) for criterion in read.criteria)
    # Documents of before 0.2 do not have the names.
    named = {"task": read.task or read.grade_id, "title": read.title or read.grade_id}
    return QuestionResult(**{**msgspec.structs.asdict(read), **named, "criteria": criteria})


def schema() -> dict[str, Any]:
    """Return the JSON schema of a result's document, which docs/result.schema.json publishes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **msgspec.json.schema(ResultDocument),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
