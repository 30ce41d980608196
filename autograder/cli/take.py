"""`autograder take`: the first step of grading a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli import options
from autograder.errors import UserError


def take(
    notebook: Annotated[str, typer.Argument(help="The notebook's path in the repository.")] = "",
    *,
    repository: Annotated[Path, typer.Option(help="A folder with a clone; nothing of it is run.")] = Path(),
    commit: Annotated[
        str, typer.Option(help="Where the notebook is taken from; it must be what is checked out.")
    ] = "HEAD",
    base: Annotated[str, typer.Option(help="The commit that it will be merged into: what is changed is told.")] = "",
    author: Annotated[str, typer.Option(help="Who opened the pull request.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for the notebook and pull-request.json.")] = Path("taken"),
    github: options.Github = False,
) -> None:
    """Take the one notebook out of a pull request's commit: a regular file below the size cap, and nothing else."""
    from autograder.cli.github_actions import Actions
    from autograder.collection.take import NOTEBOOK, take_pull_request
    from autograder.git import Repository

    path = notebook or NOTEBOOK
    try:
        taken = take_pull_request(Repository(repository), commit, path, base or None, author or None, out)
    except (UserError, OSError) as problem:
        if github:
            Actions(Path(path), getattr(problem, "pull_request", None)).refuse(str(problem))
        raise UserError(str(problem)) from None
    print(f"Took {path} from commit {taken.commit}.")
