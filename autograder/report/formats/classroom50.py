"""Writes a result as Classroom 50's `result.json`, schema `classroom50/result/v1`.

Classroom 50's documentation, "The result.json contract", defines the format: points are integers, and the total is the
sum over the tests. A test is one of Q7's four questions. Its exact points stand in an extra field, which Classroom 50
keeps.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import UserError
from autograder.git import GitFailed, Repository
from autograder.report.formats import Format, Outcomes
from autograder.report.result import CriterionStatus, Result

SCHEMA = "classroom50/result/v1"


class MissingContext(UserError):
    """An environment variable of Classroom 50's runner is missing."""


@dataclass(frozen=True)
class Context:
    """The submission as Classroom 50's runner names it, and the time of the graded commit."""

    classroom: str
    assignment: str
    submission: str
    commit: str
    release: str
    review: str
    time: datetime


_REQUIRED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")


def require(environment: Mapping[str, str]) -> None:
    """Check that the runner named the submission; raise `MissingContext` if it did not."""
    if missing := [name for name in _REQUIRED if not environment.get(name)]:
        raise MissingContext(
            f"--classroom50 needs {', '.join(missing)}, which Classroom 50's runner sets in the environment"
        )


def context(environment: Mapping[str, str], time: datetime) -> Context:
    """Read the runner's environment variables; raise `MissingContext` if one is missing."""
    require(environment)
    classroom, assignment, submission, commit, release = (environment[name] for name in _REQUIRED)
    return Context(classroom, assignment, submission, commit, release, environment.get("REVIEW_URL") or commit, time)


def render(outcomes: Outcomes) -> str | None:
    """Return the JSON document of a graded result; None for a fault or an unreadable file."""
    if not outcomes.results or outcomes.results[0].fault is not None:
        return None
    result = outcomes.results[0]
    return document(result, context(os.environ, _committed(Path(result.path).parent)))


def document(result: Result, about: Context) -> str:
    """Return the JSON document of a graded result."""
    tests = [
        {
            "test-name": question.task,
            "passed": question.score >= question.max_score,
            "score": _whole(question.score),
            "max-score": _whole(question.max_score),
            "exact-score": round(question.score, 6),
            "status": question.status,
            "lost": [f"{c.name}: {c.found}" for c in question.criteria if c.status != CriterionStatus.PASSED],
            "notes": [remark.text for remark in result.remarks],
        }
        for question in result.questions
    ]
    contents = {
        "schema": SCHEMA,
        "classroom": about.classroom,
        "assignment": about.assignment,
        "submission": about.submission,
        "commit": about.commit,
        "release": about.release,
        "review": about.review,
        "datetime": f"{about.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "score": sum(_whole(question.score) for question in result.questions),
        "max-score": sum(_whole(question.max_score) for question in result.questions),
        "tests": tests,
    }
    return json.dumps(contents, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _whole(points: float) -> int:
    """Round half up, as people do."""
    return math.floor(points + 0.5)


def _committed(folder: Path) -> datetime:
    """Return the time of the commit that is checked out in ``folder``; the current time if there is none."""
    try:
        return Repository(folder).commit("HEAD").time
    except GitFailed:
        return datetime.now(tz=UTC)


FORMAT = Format(
    "classroom50",
    "Write Classroom 50's result.json, for the submission that its runner names.",
    render,
    for_one=True,
    require=lambda: require(os.environ),
)
