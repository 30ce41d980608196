"""Creates a temporary course folder, and runs nbgrader's own commands in it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from tests.support.commands import Commands
from tests.support.samples import ENVIRONMENT, ROOT, write

ASSIGNMENT = "weight_initialization"
#: Shorter than the default: an endless loop is endless after three seconds, too.
LIMITS = {"step_seconds = 20": "step_seconds = 3", "total_seconds = 60": "total_seconds = 30"}

Scores = dict[str, dict[str, tuple[float | None, float | None, bool]]]


def leave_autograding_to_nbgrader(config: Path) -> None:
    """Take out of a course's nbgrader_config.py what has submissions graded in our sandbox."""
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith("c.Autograde."))
    end = next(i for i, line in enumerate(lines) if line.startswith("# --- Late submissions"))
    config.write_text("".join([*lines[:start], *lines[end:]]), encoding="utf-8")


@dataclass
class Course:
    """A copy of an instructor's course folder, and its students."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    commands: Commands | None = None

    @classmethod
    def make(
        cls, folder: Path, gradebook: str | None = None, commands: Commands | None = None, **environment: str
    ) -> Course:
        """Copy what an instructor has into ``folder``; ``commands``, if given, runs nbgrader in this process."""
        shutil.copytree(ROOT / "solutions", folder / "solutions")
        shutil.copy(ROOT / "nbgrader_config.py", folder)
        settings = (ROOT / "course.toml").read_text(encoding="utf-8")
        for usual, short in LIMITS.items():
            assert usual in settings
            settings = settings.replace(usual, short)
        (folder / "course.toml").write_text(settings, encoding="utf-8")
        if gradebook is not None:
            environment["AUTOGRADER_GRADEBOOK"] = gradebook
        return cls(folder, environment, commands)

    @classmethod
    def stock(cls, folder: Path, commands: Commands | None = None) -> Course:
        """Make a course whose autograding is nbgrader's own, in the student's kernel; folders and release as ours."""
        made = cls.make(folder, commands=commands)
        leave_autograding_to_nbgrader(folder / "nbgrader_config.py")
        return made

    @property
    def db_url(self) -> str:
        return self.environment.get("AUTOGRADER_GRADEBOOK", f"sqlite:///{self.folder}/gradebook.db")

    def run(self, *command: str, expect: int | None = 0, cwd: Path | None = None, **environment: str) -> str:
        """Run a command in the course folder and return all that it said."""
        run = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env={**ENVIRONMENT, "COLUMNS": "160", **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert expect is None or run.returncode == expect, run.stdout
        return run.stdout

    def nbgrader(self, *arguments: str, expect: int | None = 0) -> str:
        """Run nbgrader, in this process where the course has a warm sandbox; return all that it said."""
        if self.commands is None:
            return self.run("nbgrader", *arguments, expect=expect)
        environment = {**ENVIRONMENT, "COLUMNS": "160", **self.environment}
        run = self.commands.nbgrader(*arguments, cwd=self.folder, **environment)
        assert expect is None or run.returncode == expect, run.stdout + run.stderr
        return run.stdout + run.stderr

    def autograde(self, *arguments: str, expect: int | None = 0) -> str:
        return self.nbgrader("autograde", ASSIGNMENT, *arguments, expect=expect)

    def submission(self, student: str) -> Path:
        return self.folder / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"

    def submit(self, student: str, notebook: NotebookNode | bytes) -> None:
        path = self.submission(student)
        if isinstance(notebook, bytes):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(notebook)
        else:
            write(notebook, path)

    def autograded(self, student: str) -> NotebookNode:
        return nbformat.read(self.folder / "autograded" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)

    def feedback(self, student: str) -> str:
        path = self.folder / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
        return path.read_text(encoding="utf-8")

    def record(self, student: str) -> dict[str, object]:
        return json.loads((self.folder / "records" / ASSIGNMENT / f"{student}.json").read_text(encoding="utf-8"))

    def gradebook(self) -> Gradebook:
        return Gradebook(self.db_url, "weight-initialization")

    def scores(self) -> Scores:
        """Every grade in the gradebook: automatic points, a person's points, and whether a person should look."""
        with self.gradebook() as gradebook:
            return {
                submission.student.id: {
                    grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                }
                for submission in gradebook.assignment_submissions(ASSIGNMENT)
            }

    def totals(self) -> dict[str, float]:
        with self.gradebook() as gradebook:
            return {s.student.id: s.score for s in gradebook.assignment_submissions(ASSIGNMENT)}

    def grade_by_hand(self, student: str, grade_id: str, points: float, comment: str | None = None) -> None:
        """Do what the formgrader does when somebody types a score and a comment."""
        with self.gradebook() as gradebook:
            grade = gradebook.find_grade(grade_id, ASSIGNMENT, ASSIGNMENT, student)
            grade.manual_score, grade.needs_manual_grade = points, False
            if comment is not None:
                gradebook.find_comment(grade_id, ASSIGNMENT, ASSIGNMENT, student).manual_comment = comment
            gradebook.db.commit()
