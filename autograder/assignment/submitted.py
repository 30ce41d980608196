"""Finds the submission among the notebooks in a student's folder, by one rule for every command."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from autograder.assignment.questions import NAME


class NoNotebook(ValueError):
    """The folder has no notebook, or several and none with the right name; the message follows the folder's name."""


def submitted_notebook(folder: Path) -> Path:
    """Return the submission in ``folder``: the notebook with the release's name, or else the only one there.

    Raises
    ------
    NoNotebook
        There is no notebook, or there are several and none has the right name.
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


def is_misnamed(path: Path) -> bool:
    """Return True if a file in a student's folder of nbgrader's layout does not have the release's name.

    Examples
    --------
    >>> is_misnamed(Path("submitted/ann/weight_initialization/Untitled.ipynb")), is_misnamed(Path("ann.ipynb"))
    (True, False)
    """
    return path.parent.name == NAME and path.name != f"{NAME}.ipynb"


def submitted_notebooks(submitted: Path) -> dict[str, Path | NoNotebook]:
    """Return the submissions in nbgrader's folder ``submitted``, sorted by student; or why a student has none."""
    found: dict[str, Path | NoNotebook] = {}
    for folder in sorted(submitted.glob(f"*/{NAME}")):
        try:
            found[folder.parent.name] = submitted_notebook(folder)
        except NoNotebook as problem:
            found[folder.parent.name] = problem
    return found


def same_student(student: str) -> str:
    """Return a key that is equal for ids which people, or file systems, take for one: in case, or in how they encode.

    Examples
    --------
    >>> same_student("Jose\u0301") == same_student("jos\u00e9")
    True
    """
    return unicodedata.normalize("NFKC", student).casefold()
