"""`autograder check`: students check their own notebook."""

from __future__ import annotations

import shlex
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
    notebook: Annotated[Path | None, typer.Argument(show_default="the course's notebook, in its repository")] = None,
    *,
    reports: dict[str, Path],
    seed: options.Seed = None,
    release: options.Release = None,
    settings: options.Settings = None,
    timeout: options.Timeout = None,
    step_timeout: options.StepTimeout = None,
) -> None:
    """Check your own notebook before you submit it. The judge is the one that grades, with new random shapes.

    A report whose FILE is - goes to the standard output, and what the terminal shows goes to stderr.
    """
    from autograder.cli.grading import grade_notebooks, prepare_reports, print_results
    from autograder.sandbox import support

    path = notebook or _course_notebook()
    course = options.course_settings(settings, timeout, step_timeout)
    files = prepare_reports(reports, [path, release, settings])
    confinable = support.probe().official
    if not confinable:
        complain(
            "this machine cannot confine a notebook's code, so your code runs like any other program of yours. The "
            "score is the same. The grade that counts is made elsewhere. (autograder doctor says more.)"
        )
    outcome = grade_notebooks([path], course, seed=seed, release=release, unconfined=not confinable)
    problems = files.write(outcome.results, outcome.unreadable, single=True)
    with files.terminal():
        print_results(outcome, single=True, pictures=True)
        for result in outcome.results:
            if result.fault is None:
                _advise(result, course)
    for problem in problems:
        complain(problem)
    raise typer.Exit(ExitCode.BAD_INPUT if problems else outcome.exit_code())


def _course_notebook() -> Path:
    """Return the notebook that students answer in the course's repository, if the current folder leads to it.

    Elsewhere a student would take the score of the untouched notebook for the score of their own.
    """
    from autograder.assignment.release import DEFAULT_PATH
    from autograder.places import BESIDE

    here = Path.cwd()
    if here.is_relative_to(BESIDE) and DEFAULT_PATH.is_relative_to(here) and DEFAULT_PATH.exists():
        return DEFAULT_PATH.relative_to(here)
    found = sorted(path.name for path in here.glob("*.ipynb"))
    example = shlex.quote(found[0]) if found else "path/to/notebook.ipynb"
    there_is = "no notebook was named" if found else f"there is no notebook in {here}"
    raise UserError(f"{there_is}; name the notebook to check: autograder check {example}")


def _advise(result: Result, settings: Settings) -> None:
    """Print what the student still has to do, and the deadline."""
    from autograder.assignment.names import AnswerStatus

    open_answers = [a.grade_id.upper() for a in result.written if a.status != AnswerStatus.ANSWERED]
    print()
    if result.score >= result.max_score:
        print("Q7 is complete. ", end="")
    else:
        print(
            "Fix what is marked ✗ above and check again. Each check uses new random shapes and numbers. ",
            end="",
        )
    if open_answers:
        print(f"Still to be written: {', '.join(open_answers)}.")
    else:
        print("All of Q1–Q6 are answered. People will grade them.")
    if settings.deadline_text is not None:
        print(f"Due {settings.deadline_text}; {settings.late}.")
