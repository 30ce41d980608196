"""`autograder dev calibrate`: simulates gradings. The simulations are in the repository, not in the package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli import options
from autograder.errors import ExitCode, UserError


def calibrate(
    *,
    right: Annotated[int, typer.Option(min=3, help="Gradings of right NumPy draws, in each framework's layout.")] = 300,
    frameworks: Annotated[int, typer.Option(min=0, help="Gradings of real torch and Keras draws, each.")] = 50,
    mistakes: Annotated[int, typer.Option(min=1, help="Gradings of each mistake, in each layout.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all NumPy draws.")] = 1,
    jobs: options.Jobs = None,
    out: Annotated[Path, typer.Option(help="Folder for the page and its figures.")] = Path("build/calibration"),
    stability: Annotated[
        bool, typer.Option("--stability", help="Grade code under many seeds instead: does its score depend on them?")
    ] = False,
    seeds: Annotated[int, typer.Option(min=1, help="With --stability: the number of seeds.")] = 40,
    only: Annotated[str, typer.Option(help="With --stability: a pattern for the names, as in 'submissions/*'.")] = "*",
) -> None:
    """Simulate gradings of right answers and of every mistake, and print the judge's error rates.

    Exit status: 0 if no right answer failed, or, with --stability, if no result depended on the seed but those that
    are declared to; 1 otherwise.
    """
    try:
        from calibration.command import run_calibration
        from calibration.stability import run_stability
    except ModuleNotFoundError as problem:
        if problem.name != "calibration":
            raise
        raise UserError(
            "the simulations are in the grader's repository: run `python -m autograder dev calibrate` in its folder"
        ) from None
    jobs = jobs or os.cpu_count() or 1
    if stability:
        clean = run_stability(seeds=seeds, only=only, jobs=jobs, out=out)
    else:
        clean = run_calibration(right=right, frameworks=frameworks, mistakes=mistakes, seed=seed, jobs=jobs, out=out)
    raise typer.Exit(ExitCode.GRADED if clean else ExitCode.BELOW)
