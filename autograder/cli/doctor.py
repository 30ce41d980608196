"""`autograder doctor`: examines this machine."""

from __future__ import annotations

import typer

from autograder.errors import ExitCode


def doctor() -> None:
    """Examine this machine: grades that are made here can be official (exit status 0) or cannot (3)."""
    from autograder.cli.examine import examine

    report = examine()
    print(report.text)
    raise typer.Exit(ExitCode.GRADED if report.official else ExitCode.FAULT)
