"""Options that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.report.formats import Format, formats

if TYPE_CHECKING:
    from autograder.assignment.settings import Settings as CourseSettings

Seed = Annotated[
    int | None,
    typer.Option(min=0, help="Draw the same shapes and numbers again. Fresh by default, and shown."),
]
Github = Annotated[
    bool,
    typer.Option(
        "--github", help="Write for GitHub Actions: job summary, annotations, the outputs score and max-score."
    ),
]
Release = Annotated[
    Path | None, typer.Option("--release", help="The released notebook: points and grade ids come from it.")
]
Settings = Annotated[
    Path | None,
    typer.Option("--settings", help="The course's settings; course.toml in the grader's repository by default."),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Notebooks that run at once; one a core by default.")]
Timeout = Annotated[
    float | None,
    typer.Option(min=1.0, max=86_400.0, help="Seconds for Q7, and for other cells as many; course.toml's by default."),
]
StepTimeout = Annotated[
    float | None,
    typer.Option(min=0.5, max=86_400.0, help="Seconds that one cell or call may take; course.toml's by default."),
]


def course_settings(file: Path | None, timeout: float | None, step_timeout: float | None) -> CourseSettings:
    """Read course.toml, with the limits that a run's options set in the place of its own; raise `BadSettings`."""
    from autograder.assignment.settings import load_settings

    course = load_settings(file)
    return replace(course, limits=course.limits.with_times(timeout, step_timeout))


def with_reports(
    command: Callable[..., None], wanted: Callable[[Format], bool] = lambda _: True
) -> Callable[..., None]:
    """Give a command an option for each output format, `--json FILE` and so on.

    The command gets the files that were named in its parameter ``reports``, by the format's name.
    """
    options = {made.name: f"{made.name}_file" for made in formats().values() if wanted(made)}
    signature = inspect.signature(command, eval_str=True)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "reports"]
    added = [
        inspect.Parameter(
            parameter,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[Path | None, typer.Option(f"--{name}", help=formats()[name].help)],
        )
        for name, parameter in options.items()
    ]

    @functools.wraps(command)
    def with_options(**arguments: Any) -> None:
        files = {name: arguments.pop(parameter) for name, parameter in options.items()}
        command(**arguments, reports={name: file for name, file in files.items() if file is not None})

    with_options.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    return with_options
