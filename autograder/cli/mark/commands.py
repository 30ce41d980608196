"""Lists the commands of `autograder mark`."""

from __future__ import annotations

import typer

from autograder.cli.mark.rubric import rubric

app = typer.Typer(no_args_is_help=True)
app.command()(rubric)


@app.callback()
def _group() -> None:
    """Mark Q1–Q6: mark schemes, markers, and what they gave."""
