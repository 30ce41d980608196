"""`autograder take`: takes the notebook from a pull request's commit, before it is graded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli import options
from autograder.errors import UserError


def take(
    notebook: Annotated[str, typer.Argument(help="The notebook's path in the repository.")] = "",
    *,
    repository: Annotated[Path, typer.Option(help="Folder with a clone. Nothing of it is run.")] = Path(),
    commit: Annotated[str, typer.Option(help="Commit with the notebook. It must be checked out.")] = "HEAD",
    base: Annotated[
        str, typer.Option(help="Commit that it will be merged into. Reports then list the changed files.")
    ] = "",
    author: Annotated[str, typer.Option(help="Author of the pull request.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for the notebook and pull-request.json.")] = Path("taken"),
    github: options.Github = False,
) -> None:
    """Take the notebook, and nothing else, from a pull request's commit. It must be a regular file of limited size."""
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
