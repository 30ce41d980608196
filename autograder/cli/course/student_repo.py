"""`autograder course student-repo`: exports the repository that students fork."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def student_repo(
    destination: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)],
    *,
    course: Annotated[
        str, typer.Option(help="Address that students clone. On Colab, the notebook fetches the course from it.")
    ] = "",
    owners: Annotated[str, typer.Option(help="Owners that CODEOWNERS names: @org/team.")] = "",
) -> None:
    """Export the repository that students fork, or update an earlier export."""
    from autograder.publishing.tracked_files import own_repository

    project = own_repository()
    from autograder.publishing.student_repository import advice, export, require_committed

    require_committed(project)
    exported = export(destination, course, owners, project=project)
    for line in advice(destination, exported):
        print(line)
