"""Where this package's repository keeps what the package itself does not bring.

A package that was installed without its repository (a wheel, Gradescope, a worker of a cluster) has none of it:
whoever needs a file from there asks for it by name, and stops where nobody named it. The current folder is never
searched: it may be a student's.
"""

from __future__ import annotations

import os
from pathlib import Path

#: The name of this project, in its pyproject.toml and where packages are listed.
PROJECT_NAME = "weight-initialization-autograder"
#: The package itself.
PACKAGE = Path(__file__).resolve().parent
#: The folder that it lies in: its repository, or, where it was installed without, a folder of Python's libraries.
BESIDE = PACKAGE.parent
#: Paths of the repository that are enough to install the grader and to grade: the one list from which the students'
#: repository, the zip for Gradescope, the workflows' paths and the remarks on pull requests are made.
GRADER = (
    "assignment",
    "autograder",
    "course.toml",
    "install.py",
    "pyproject.toml",
    "requirements/grade.lock",
    "requirements/torch-cpu.lock",
    "requirements/torch-cuda.lock",
)
#: How the grader is set up and run in the repository.
RUNS_THE_GRADER = ("Makefile", "constraints.txt", "nbgrader_config.py", "setup.mk")
#: Files inside of `GRADER` that stay in this repository: copies of them are made for others.
TEMPLATES = (
    "autograder/publishing/templates/gradescope",
    "autograder/publishing/templates/student_repository",
)


def repository(beside: Path = BESIDE) -> Path | None:
    """Return ``beside`` where it is this project's repository, and None where it is a folder of libraries."""
    try:
        text = (beside / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return beside if f'name = "{PROJECT_NAME}"' in text else None


def named(path: Path | None, variable: str) -> Path | None:
    """Return the file that somebody named: as ``path``, or in the environment; None where nobody did."""
    variable_value = os.environ.get(variable)
    return path or (Path(variable_value) if variable_value else None)


def unnamed(what: str, file: Path, option: str, variable: str) -> str:
    """Say in one line that nobody named ``what``, that it is not where the repository keeps it, and how to name it."""
    there = repository() is not None
    why = f"there is no {file}" if there else f"autograder was installed without its repository, which holds {what}"
    return f"{why}: name {what} with {option} FILE, or in the environment, as {variable}=FILE"
