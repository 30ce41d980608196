"""Which notebook in a student's folder is the submission: one rule for every command."""

from __future__ import annotations

from pathlib import Path

from autograder.assignment.questions import NAME


class NoNotebook(ValueError):
    """The folder has no notebook, or several and none with the right name; the message follows the folder's name."""


def submitted_notebook(folder: Path) -> Path:
    """Return the submission in ``folder``: the notebook with the release's name, or else the only one there.

    Raises
    ------
    NoNotebook
        There is none, or nobody can say which of several it is.
    """
    notebooks = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    named = folder / f"{NAME}.ipynb"
    if named in notebooks:
        return named
    if len(notebooks) == 1:
        return notebooks[0]
    if not notebooks:
        raise NoNotebook("holds no notebook")
    raise NoNotebook(f"holds {len(notebooks)} notebooks, none of them {named.name}")


def submitted_notebooks(submitted: Path) -> dict[str, Path | NoNotebook]:
    """Return every student's submission under ``submitted``, as nbgrader lays it out, by student; sorted."""
    found: dict[str, Path | NoNotebook] = {}
    for folder in sorted(submitted.glob(f"*/{NAME}")):
        try:
            found[folder.parent.name] = submitted_notebook(folder)
        except NoNotebook as problem:
            found[folder.parent.name] = problem
    return found
