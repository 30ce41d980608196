"""`autograder class`: grade every submission of a class."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli import options
from autograder.errors import ExitCode


def class_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)],
    *,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Notebooks that run at once; one for each core by default.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for the class report, and for the results: one file for each student.")
    ] = Path("build/class"),
    resume: Annotated[bool, typer.Option("--resume", help="Continue in a folder that already holds results.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write the scores as CSV, one row for each student.")
    ] = None,
    gradebook: Annotated[str | None, typer.Option(hidden=True)] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Grade on a Dask cluster: tcp://HOST:8786.")
    ] = None,
    release: options.Release = None,
    settings: options.Settings = None,
    timeout: options.Timeout = None,
    step_timeout: options.StepTimeout = None,
) -> None:
    """Grade every submission under FOLDER: STUDENT/weight_initialization/*.ipynb, or STUDENT.ipynb.

    Each result is saved at once. --resume grades only submissions that have no result or that changed. Exit status: 0
    graded, whatever the scores; 2 bad usage, or a submission that cannot be read; 3 a fault of the grader; 130 stopped.

    With --csv -, the table goes to the standard output, and what the terminal shows goes to stderr.
    """
    if gradebook is not None:
        raise typer.BadParameter(
            "this option was removed: make autograde writes the gradebook", param_hint="--gradebook"
        )
    from rich.console import Console

    from autograder.cli.class_grading import Request, grade_class
    from autograder.files import is_stdout

    request = Request(
        folder=folder,
        out=out,
        jobs=jobs or os.cpu_count() or 1,
        resume=resume,
        course=options.course_settings(settings, timeout, step_timeout),
        release=release,
        csv=csv,
        scheduler=scheduler,
    )
    tally = grade_class(request, Console(highlight=False, stderr=csv is not None and is_stdout(csv)))
    raise typer.Exit(ExitCode.FAULT if tally.faults else ExitCode.BAD_INPUT if tally.unreadable else ExitCode.GRADED)
