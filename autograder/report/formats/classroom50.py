"""A result as Classroom 50's `result.json`, schema `classroom50/result/v1`.

The shape is that of its documentation, "The result.json contract": whole points, the total being the sum of the
tests'. A test is one of Q7's four questions; its exact points go along, as the extra fields that are kept verbatim.
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
    """Classroom 50's runner did not say whose submission this is."""


@dataclass(frozen=True)
class Context:
    """What its runner tells an autograder of the submission, and when the graded commit was made."""

    classroom: str
    assignment: str
    submission: str
    commit: str
    release: str
    review: str
    time: datetime


_REQUIRED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")


def require(environment: Mapping[str, str]) -> None:
    """Make sure that the runner told whose submission this is; raise `MissingContext` when it did not."""
    if missing := [name for name in _REQUIRED if not environment.get(name)]:
        raise MissingContext(
            f"--classroom50 needs {', '.join(missing)}, which Classroom 50's runner sets in the environment"
        )


def context(environment: Mapping[str, str], time: datetime) -> Context:
    """Return what the runner's environment variables tell; raise `MissingContext` when one is not there."""
    require(environment)
    classroom, assignment, submission, commit, release = (environment[name] for name in _REQUIRED)
    return Context(classroom, assignment, submission, commit, release, environment.get("REVIEW_URL") or commit, time)


def render(outcomes: Outcomes) -> str | None:
    """Return the JSON document of a graded result; None where there is none."""
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
            "lost": [f"{c.name}: {c.message}" for c in question.criteria if c.status != CriterionStatus.PASSED],
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
    """Return when the commit was made that is checked out around ``folder``; now, where none is."""
    try:
        return Repository(folder).commit("HEAD").time
    except GitFailed:
        return datetime.now(tz=UTC)


FORMAT = Format(
    "classroom50",
    "Write Classroom 50's result.json, from what its runner tells.",
    render,
    for_one=True,
    require=lambda: require(os.environ),
)
