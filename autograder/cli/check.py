"""`autograder check`: what students use on their own notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli import options
from autograder.cli.messages import complain
from autograder.errors import ExitCode, UserError

if TYPE_CHECKING:
    from autograder.assignment.settings import Settings
    from autograder.report.result import Result


def check(
    notebook: Annotated[Path | None, typer.Argument(show_default="the released notebook, answered in place")] = None,
    *,
    reports: dict[str, Path],
    seed: options.Seed = None,
    release: options.Release = None,
    settings: options.Settings = None,
    timeout: options.Timeout = None,
    step_timeout: options.StepTimeout = None,
) -> None:
    """Check your own notebook before you hand it in: the judge that grades, with fresh shapes."""
    from autograder.assignment.release import DEFAULT_PATH
    from autograder.cli.grading import grade_notebooks, prepare_reports, print_results
    from autograder.sandbox import support

    if notebook is None and not DEFAULT_PATH.exists():
        raise UserError(f"say which notebook: autograder check NOTEBOOK (there is no {DEFAULT_PATH}, the usual one)")
    path = notebook or _shortest(DEFAULT_PATH)
    course = options.course_settings(settings, timeout, step_timeout)
    files = prepare_reports(reports, [path])
    confinable = support.probe().official
    if not confinable:
        complain(
            "this machine cannot confine a notebook's code, so yours runs as any program of yours does. The score is "
            "the same; the grade that counts is made elsewhere. (autograder doctor says more.)"
        )
    outcome = grade_notebooks([path], course, seed=seed, release=release, unconfined=not confinable)
    problems = files.write(outcome.results, outcome.unreadable, single=True)
    print_results(outcome, single=True, pictures=True)
    for result in outcome.results:
        if result.fault is None:
            _advise(result, course)
    for problem in problems:
        complain(problem)
    raise typer.Exit(ExitCode.BAD_INPUT if problems else outcome.exit_code())


def _shortest(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _advise(result: Result, settings: Settings) -> None:
    """Say in a sentence or two what is left to do, and until when."""
    open_answers = [a.grade_id.upper() for a in result.written if a.status != "answered"]
    print()
    if result.score >= result.max_score:
        print("Q7 is complete. ", end="")
    else:
        print(
            "Mend what is marked ✗ above and check again: shapes and numbers are drawn anew each time. ",
            end="",
        )
    if open_answers:
        print(f"Still to be written: {', '.join(open_answers)}.")
    else:
        print("All of Q1–Q6 are answered; people will read them.")
    if settings.deadline_text is not None:
        print(f"Due {settings.deadline_text}; {settings.late}.")
