"""`autograder doctor`: what this machine offers."""

from __future__ import annotations

import typer

from autograder.errors import ExitCode


def doctor() -> None:
    """Tell what this machine offers, and whether grades made here can be official (exit status 0) or not (3)."""
    from autograder.cli.examine import examine

    report = examine()
    print(report.text)
    raise typer.Exit(ExitCode.GRADED if report.official else ExitCode.FAULT)
