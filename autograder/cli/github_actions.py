"""Reports a result to the runner of GitHub Actions: summary, outputs, annotations and log."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.report import github
from autograder.report.pull_request import PullRequest
from autograder.report.result import Result, Unreadable


@dataclass(frozen=True)
class Actions:
    """One notebook's grading in a job. Off GitHub, where the runner's files are missing, all goes to the log."""

    notebook: Path
    pull_request: PullRequest | None = None

    @property
    def _path(self) -> str:
        return self.pull_request.path if self.pull_request else self.notebook.as_posix()

    def report(self, results: Sequence[Result], unreadable: Sequence[Unreadable]) -> list[str]:
        """Report the outcome to the runner; return one line for each report that failed."""
        for each in unreadable:
            return self.refuse(f"the file {each.reason}")
        result = replace(results[0], path=self._path)
        source = self.notebook.read_text(encoding="utf-8", errors="replace")
        print(github.commands(_shown(result), result, self._path, source), end="", flush=True)
        problems = _append("GITHUB_STEP_SUMMARY", github.summary(result, self.pull_request))
        return problems + _append("GITHUB_OUTPUT", github.outputs(result))

    def refuse(self, reason: str) -> list[str]:
        """Report to the runner why the notebook cannot be graded."""
        print(github.refused(self._path, reason), flush=True)
        return _append("GITHUB_STEP_SUMMARY", github.refusal(self._path, reason, self.pull_request))


def _shown(result: Result) -> str:
    from rich.console import Console

    from autograder.report.terminal import print_result

    # Plain: a log is read in a browser, where a wide window costs nothing and colours would be noise.
    console = Console(file=(text := io.StringIO()), width=140, color_system=None, force_terminal=False, highlight=False)
    print_result(console, result)
    return text.getvalue()


def _append(variable: str, text: str) -> list[str]:
    path = os.environ.get(variable)
    if path is None:
        sys.stdout.write(f"--- {variable} ---\n{text}")
        return []
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        return [f"{path} cannot be written: {problem.strerror}"]
    return []
