"""A result as Classroom 50's `result.json`, schema `classroom50/result/v1`.

The shape is that of its documentation, "The result.json contract": whole points, the total being the sum of the
tests'. A test is one of Q7's four questions; its exact points go along, as the extra fields that are kept verbatim.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from autograder.errors import UserError
from autograder.report.result import Result

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


def render(result: Result, about: Context) -> str:
    """Return the JSON document of a graded result."""
    tests = [
        {
            "test-name": question.grade_id.removesuffix("_check"),
            "passed": question.score >= question.max_score,
            "score": _whole(question.score),
            "max-score": _whole(question.max_score),
            "exact-score": round(question.score, 6),
            "status": question.status,
            "lost": [f"{c.name}: {c.message}" for c in question.criteria if c.status != "passed"],
        }
        for question in result.questions
    ]
    document = {
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
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _whole(points: float) -> int:
    """Round half up, as people do."""
    return math.floor(points + 0.5)
