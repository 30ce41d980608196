"""Lists the commands of `autograder dev`."""

from __future__ import annotations

import typer

from autograder.cli.dev.calibrate import calibrate
from autograder.cli.dev.judge import judge

app = typer.Typer(help="Develop the grader: what the judge promises, and whether it holds.", no_args_is_help=True)
for command in (judge, calibrate):
    app.command()(command)

FORMERLY_AT_THE_TOP = (judge, calibrate)
