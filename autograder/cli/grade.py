"""`autograder grade`: grade notebooks, and write reports."""

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
    "To check a notebook of your own: autograder check NOTEBOOK. To grade without confinement, where you trust every "
    "submission or the machine may be thrown away: --unconfined; the reports will say so, too."
)


def grade(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOK…", show_default=False)],
    *,
    reports: dict[str, Path],
    seed: options.Seed = None,
    github: options.Github = False,
    pull_request: Annotated[
        Path | None,
        typer.Option("--pull-request", metavar="FILE", help="What autograder take wrote, for --github."),
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
        typer.Option("--unconfined", help="Run student code with all that you may do yourself. The reports say so."),
    ] = False,
) -> None:
    """Grade notebooks and print what was found: in full for one, as a table for several.

    Exit status: 0 graded, whatever the score; 1 below --fail-under; 2 a file that cannot be read; 3 a
    fault of the grader, or a machine that cannot confine student code (see doctor).
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
    files = prepare_reports(reports, notebooks)
    actions = Actions(notebooks[0], load_pull_request(pull_request) if pull_request else None) if github else None
    try:
        outcome = grade_notebooks(notebooks, course, seed=seed, release=release, jobs=jobs, unconfined=unconfined)
    except NoConfinement as problem:
        raise NoConfinement(f"{problem} {_ADVICE}") from None
    # Files first: a terminal that went away must not take the reports with it.
    problems = files.write(outcome.results, outcome.unreadable, single=single)
    if actions is not None:
        problems += actions.report(outcome.results, outcome.unreadable)
    else:
        print_results(outcome, single=single)
    for each in problems:
        complain(each)
    raise typer.Exit(ExitCode.BAD_INPUT if problems else outcome.exit_code(fail_under))
