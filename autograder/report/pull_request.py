"""What was taken out of a pull request, and what else it changes: data for the reports, as a small JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.files import write_text


@dataclass(frozen=True)
class Changed:
    """A file that a pull request changes besides the notebook.

    ``status`` is A, M, D or T, as in git diff; ``concerns`` is ``"the grader"``, ``"the workflow"``,
    ``"another student's folder"`` or None.
    """

    path: str
    status: str
    concerns: str | None = None


@dataclass(frozen=True)
class PullRequest:
    """The commit that a notebook was taken from, its path there, and the other files changed."""

    commit: str
    path: str
    changed: tuple[Changed, ...] = ()

    def save(self, file: Path) -> None:
        """Write it down as JSON."""
        write_text(file, json.dumps(asdict(self), indent=1) + "\n")


def load_pull_request(file: Path) -> PullRequest:
    """Read what `PullRequest.save` wrote; raise `UserError` when it cannot be read."""
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        changed = tuple(Changed(**each) for each in told.pop("changed"))
        return PullRequest(**told, changed=changed)
    except OSError as problem:
        raise UserError(f"{file} cannot be read: {problem.strerror}") from None
    except (TypeError, KeyError, AttributeError, ValueError) as problem:
        raise UserError(f"{file} was not written by autograder take: {problem}") from None
