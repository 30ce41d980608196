"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[
    int | None,
    typer.Option(min=0, help="Draw the same shapes and numbers again. Fresh by default, and shown."),
]
Json = Annotated[Path | None, typer.Option("--json", help="Write the result as JSON: an array for several notebooks.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a self-contained HTML report.")]
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
Timeout = Annotated[float, typer.Option(min=1.0, max=86_400.0, help="Seconds for Q7, and for other cells as many.")]
StepTimeout = Annotated[float, typer.Option(min=0.5, max=86_400.0, help="Seconds that one cell or call may take.")]
