"""`autograder grade`: grade notebooks and write reports."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli import options
from autograder.cli.messages import complain
from autograder.errors import ExitCode
from autograder.report.formats import formats

_ADVICE = (
    "To check a notebook of your own: autograder check NOTEBOOK. To grade without confinement, if you trust every "
    "submission or can reset the machine: --unconfined. The reports will say so."
)


def grade(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOK…", show_default=False)],
    *,
    reports: dict[str, Path],
    seed: options.Seed = None,
    github: options.Github = False,
    pull_request: Annotated[
        Path | None,
        typer.Option("--pull-request", metavar="FILE", help="The pull-request.json of autograder take, for --github."),
    ] = None,
    release: options.Release = None,
    settings: options.Settings = None,
    fail_under: Annotated[
        float | None, typer.Option(metavar="POINTS", help="Exit with 1 when a score is lower.")
    ] = None,
    timeout: options.Timeout = None,
    step_timeout: options.StepTimeout = None,
    jobs: options.Jobs = None,
    unconfined: Annotated[
        bool,
        typer.Option("--unconfined", help="Run student code with all your own rights. The reports say so."),
    ] = False,
) -> None:
    """Grade notebooks. Print the whole result of one notebook, or a table of several.

    Exit status: 0 graded, whatever the score; 1 below --fail-under; 2 a file that cannot be read; 3 a
    fault of the grader, or a machine that cannot confine student code (see doctor).

    A report whose FILE is - goes to the standard output, and what the terminal shows goes to stderr.
    """
    from autograder.cli.github_actions import Actions
    from autograder.cli.grading import grade_notebooks, prepare_reports, print_results
    from autograder.report.pull_request import load_pull_request
    from autograder.sandbox.support import NoConfinement

    if fail_under is not None and not math.isfinite(fail_under):
        raise typer.BadParameter("give a number of points", param_hint="--fail-under")
    single = len(notebooks) == 1
    for_one = [f"--{name}" for name in reports if formats()[name].for_one]
    for option in [*for_one, *(["--github"] if github else [])]:
        if not single:
            raise typer.BadParameter("it is for one notebook at a time", param_hint=option)
    course = options.course_settings(settings, timeout, step_timeout)
    files = prepare_reports(reports, [*notebooks, release, settings, pull_request])
    if github and files.to_stdout:
        raise typer.BadParameter("write the report to a file: --github needs the standard output", param_hint="-")
    actions = Actions(notebooks[0], load_pull_request(pull_request) if pull_request else None) if github else None
    try:
        outcome = grade_notebooks(notebooks, course, seed=seed, release=release, jobs=jobs, unconfined=unconfined)
    except NoConfinement as problem:
        raise NoConfinement(f"{problem} {_ADVICE}") from None
    # The reports come first: a terminal that was closed must not cost them.
    problems = files.write(outcome.results, outcome.unreadable, single=single)
    if actions is not None:
        problems += actions.report(outcome.results, outcome.unreadable)
    else:
        with files.terminal():
            print_results(outcome, single=single)
    for each in problems:
        complain(each)
    raise typer.Exit(ExitCode.BAD_INPUT if problems else outcome.exit_code(fail_under))
