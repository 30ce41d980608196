"""Describes a pull request for the reports: the graded commit, and the other files that it changes."""

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
    """The commit and path of a notebook that was taken from a pull request, and the other changed files."""

    commit: str
    path: str
    changed: tuple[Changed, ...] = ()

    def save(self, file: Path) -> None:
        """Write the description to a JSON file."""
        write_text(file, json.dumps(asdict(self), indent=1) + "\n")


def load_pull_request(file: Path) -> PullRequest:
    """Read a file that `PullRequest.save` wrote; raise `UserError` if it cannot be read."""
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        changed = tuple(Changed(**each) for each in document.pop("changed"))
        return PullRequest(**document, changed=changed)
    except OSError as problem:
        raise UserError(f"{file} cannot be read: {problem.strerror}") from None
    except (TypeError, KeyError, AttributeError, ValueError) as problem:
        raise UserError(f"{file} was not written by autograder take: {problem}") from None
