"""Lists the commands of `autograder course`."""

from __future__ import annotations

import typer

from autograder.cli.course.attempt import attempt
from autograder.cli.course.gradescope_zip import gradescope_zip
from autograder.cli.course.regrade import regrade
from autograder.cli.course.release_drift import release_drift
from autograder.cli.course.settings import settings
from autograder.cli.course.student_repo import student_repo
from autograder.cli.course.triage import triage

app = typer.Typer(help="Run a course: settings, grading, and what students get.", no_args_is_help=True)
for command in (settings, attempt, triage, regrade, release_drift, student_repo, gradescope_zip):
    app.command()(command)

FORMERLY_AT_THE_TOP = (settings, triage, regrade)
