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
        int | None, typer.Option(min=1, help="Warm servers, each running one notebook; one a core by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for results, a file a student, and the class's report.")] = Path(
        "build/class"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on in a folder that holds results already.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the scores as CSV, a row a student.")] = None,
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

    Each result is kept as it ends; --resume grades what is missing or has changed, and nothing else. Exit status: 0
    graded, whatever the scores; 2 bad usage, or a submission that cannot be read; 3 a fault of the grader; 130 stopped.
    """
    if gradebook is not None:
        raise typer.BadParameter("it is gone: make autograde writes the gradebook", param_hint="--gradebook")
    from rich.console import Console

    from autograder.cli.class_grading import Request, grade_class

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
    tally = grade_class(request, Console(highlight=False))
    raise typer.Exit(ExitCode.FAULT if tally.faults else ExitCode.BAD_INPUT if tally.unreadable else ExitCode.GRADED)
