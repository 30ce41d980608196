"""Lists the commands of `autograder mark`."""

from __future__ import annotations

import typer

from autograder.cli.mark.answers import index, similar
from autograder.cli.mark.copies import export, import_, log
from autograder.cli.mark.markers import agreement, assign, resolve, sample
from autograder.cli.mark.progress import progress
from autograder.cli.mark.requests import requests
from autograder.cli.mark.rubric import rubric

app = typer.Typer(no_args_is_help=True)
for command in (progress, index, rubric, assign, sample, agreement, resolve, similar, requests, export, log):
    app.command()(command)
app.command("import")(import_)


@app.callback()
def _group() -> None:
    """Mark Q1–Q6: mark schemes, markers, and what they gave."""
