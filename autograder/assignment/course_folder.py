"""Finds the course folder and its paths in nbgrader_config.py, for commands that work beside nbgrader's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory

from autograder.assignment.folder_names import CONFIG, folder_problems
from autograder.assignment.questions import NAME
from autograder.assignment.submitted import NoNotebook, submitted_notebooks
from autograder.errors import UserError


class NoCourse(UserError):
    """The current folder is not a course folder."""


@dataclass(frozen=True)
class CourseFolder:
    """Paths of a course folder, as nbgrader_config.py sets them."""

    root: Path
    db_url: str
    release: Path
    submitted: str
    autograded: str

    def submission(self, student: str) -> Path:
        """Return where a student's submitted notebook belongs."""
        return self.root / self.submitted / student / NAME / f"{NAME}.ipynb"

    def autograded_folder(self, student: str) -> Path:
        """Return the folder of a student's autograded notebook."""
        return self.root / self.autograded / student / NAME

    def submissions(self) -> dict[str, Path | NoNotebook]:
        """Return the submission of every student with a folder, or why there is none, sorted by student."""
        return submitted_notebooks(self.root / self.submitted)


def course_folder() -> CourseFolder:
    """Read the settings of the current folder, as nbgrader's own commands do.

    Raises
    ------
    NoCourse
        The current folder has no nbgrader_config.py, or a name that nbgrader cannot work in.
    """
    if not Path(CONFIG).exists():
        raise NoCourse(f"there is no {CONFIG} in {Path.cwd()}; go to the course folder first")
    for problem in folder_problems(Path.cwd()):
        raise NoCourse(problem)
    app = NbGrader()
    app.load_config_file()
    course = CourseDirectory(config=app.config)
    return CourseFolder(
        root=Path(os.path.abspath(course.root)),  # noqa: PTH100 (resolve() would follow links, nbgrader does not)
        db_url=course.db_url,
        release=Path(course.format_path(course.release_directory, ".", NAME)) / f"{NAME}.ipynb",
        submitted=course.submitted_directory,
        autograded=course.autograded_directory,
    )
