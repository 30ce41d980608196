"""Finds files of this package's repository that the package itself does not contain.

A package that was installed without its repository (a wheel, Gradescope, a worker of a cluster) lacks these files. A
command then needs the file's path, and stops without one. The current folder is never searched, because it may be a
student's.
"""

from __future__ import annotations

import os
from pathlib import Path

#: The name of this project, in its pyproject.toml and where packages are listed.
PROJECT_NAME = "weight-initialization-autograder"
#: The package itself.
PACKAGE = Path(__file__).resolve().parent
#: The folder of the package: its repository, or a folder of Python's libraries if it was installed without one.
BESIDE = PACKAGE.parent
#: Paths of the repository that are enough to install the grader and to grade. The students' repository, the zip for
#: Gradescope, the workflows' paths and the warnings about pull requests all use this list.
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
#: Files that set up and run the grader in the repository.
RUNS_THE_GRADER = ("Makefile", "constraints.txt", "nbgrader_config.py", "setup.mk")
#: Folders inside of `GRADER` with which people mark the written answers. They leave this repository for no other.
MARKING = ("autograder/marking", "autograder/nbgrader_bridge/desk", "autograder/nbgrader_bridge/templates/desk")
#: Folders inside of `GRADER` that are not exported themselves: their files are copied to other places.
TEMPLATES = (
    "autograder/publishing/templates/gradescope",
    "autograder/publishing/templates/student_repository",
)


def repository(beside: Path = BESIDE) -> Path | None:
    """Return ``beside`` if it is this project's repository; None if it is a folder of libraries."""
    try:
        text = (beside / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return beside if f'name = "{PROJECT_NAME}"' in text else None


def named(path: Path | None, variable: str) -> Path | None:
    """Return the file that ``path`` or the environment names; None if neither does."""
    variable_value = os.environ.get(variable)
    return path or (Path(variable_value) if variable_value else None)


def unnamed(what: str, file: Path, option: str, variable: str) -> str:
    """Return a one-line message that ``what`` was neither found nor named, and how to name it."""
    there = repository() is not None
    why = f"there is no {file}" if there else f"autograder was installed without its repository, which holds {what}"
    return f"{why}: name {what} with {option} FILE, or in the environment, as {variable}=FILE"
