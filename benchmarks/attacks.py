"""`make bench-attacks`: measures the points that attacks gain under stock nbgrader and under this grader.

The benchmark uses the attacks that make sense for both: they forge a verdict or read a secret. Each is planted on the
same wrong code. The benchmark counts the points that an attack gains over that code, and whether a planted secret shows
up in pages for graders and students.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from autograder.assignment.release import load_release
from autograder.notebook import UnreadableNotebook
from autograder.report.document import to_json
from autograder.sandbox import Limits, Sandbox
from autograder.version import __version__
from tests.support.corpus import WRONG_CODE, corpus, seed_notebook
from tests.support.course import leave_autograding_to_nbgrader
from tests.support.graders import Grader
from tests.support.samples import ENVIRONMENT, ROOT, SOLUTION, scenario, write

ASSIGNMENT = "weight_initialization"
#: All of them, or those whose names are given on the command line.
ATTACKS = [a for a in corpus() if "Bench" in a.said and (len(sys.argv) < 2 or a.name in sys.argv[1:])]
SEED = 4


@dataclass(frozen=True)
class Outcome:
    """What a submission got: no score where it was refused, or its grading failed."""

    score: float | None
    leaked: bool

    def against(self, wrong: Outcome) -> str:
        if self.score is None:
            return "not graded"
        gained = self.score - (wrong.score or 0.0)
        points = f"{gained:+g}" if gained > 0 else "0"
        return points + (", secret leaked" if self.leaked else "")


def course(root: Path, canary: str) -> dict[str, object]:
    """Lay out an nbgrader course with secrets in it; return where they are."""
    home = root / "home"
    home.mkdir()
    shutil.copytree(ROOT / "solutions", root / "solutions")
    for settings in ("nbgrader_config.py", "course.toml"):
        shutil.copy(ROOT / settings, root)
    leave_autograding_to_nbgrader(root / "nbgrader_config.py")
    nbgrader(root, "generate_assignment", ASSIGNMENT, "--create")
    solutions, classmate = root / "solutions", root / "submitted/ada"
    for folder in (solutions, classmate):
        path = folder / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOLUTION, path)
        seed_notebook(path, canary)
    (home / ".secret").write_text(canary)
    with contextlib.closing(sqlite3.connect(root / "grades.db")) as database, database:
        database.execute("create table secret (word text)")
        database.execute("insert into secret values (?)", [canary])
    return {
        "solutions": str(solutions / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"),
        "project_solutions": str(SOLUTION),
        "classmate": str(classmate / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"),
        "gradebook": str(root / "grades.db"),
        "home": str(home),
        "grader": os.getpid(),
    }


def nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**ENVIRONMENT, "CANARY": os.environ["CANARY"], "HOME": str(root / "home")}
    return subprocess.run(["nbgrader", *arguments], cwd=root, env=environment, capture_output=True, text=True)


def stock(root: Path, names: list[str], canary: str) -> dict[str, Outcome]:
    """Grade everything submitted with nbgrader as it comes."""
    nbgrader(root, "autograde", ASSIGNMENT)
    from nbgrader.api import Gradebook, MissingEntry

    outcomes = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for name in names:
            shown = root / "autograded" / name / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
            try:
                notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, name)
                score = sum(grade.auto_score or 0.0 for grade in notebook.grades if grade.name.startswith("q7"))
            except MissingEntry:
                outcomes[name] = Outcome(None, leaked=False)
                continue
            outcomes[name] = Outcome(
                score if shown.exists() else None, shown.exists() and f"LOOT {canary}" in shown.read_text()
            )
    return outcomes


def ours(root: Path, names: list[str], canary: str) -> dict[str, Outcome]:
    """Grade everything submitted with this grader."""
    outcomes = {}
    with Sandbox(Limits(step_seconds=5.0)) as sandbox:
        grader = Grader(sandbox, load_release())
        for name in names:
            try:
                result = grader.grade(root / "submitted" / name / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", SEED)
            except UnreadableNotebook:
                outcomes[name] = Outcome(None, leaked=False)
                continue
            assert result.fault is None, result.fault
            outcomes[name] = Outcome(result.score, canary in str(to_json(result)))
    return outcomes


def main() -> int:
    canary = f"canary-{uuid.uuid4().hex}"
    os.environ["CANARY"] = canary
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        planted = course(root, canary)
        built = {"wrong": scenario(WRONG_CODE).build()} | {a.name: a.build(planted) for a in ATTACKS}
        for student, notebook in built.items():
            write(notebook, root / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
        here = ours(root, list(built), canary)
        there = stock(root, list(built), canary)
    systems = {f"nbgrader {version('nbgrader')}, stock": there, f"this grader {__version__}": here}
    print(f"Points gained over the wrong code's own ({here['wrong'].score:g} of 40), by attack and system.")
    print(f"Python {sys.version.split()[0]}, torch {version('torch')}, TensorFlow {version('tensorflow-cpu')}.\n")
    print(f"| attack | tries | {' | '.join(systems)} |")
    print("|---|---|" + "---:|" * len(systems))
    for attack in ATTACKS:
        cells = [outcomes[attack.name].against(outcomes["wrong"]) for outcomes in systems.values()]
        print(f"| `{attack.family}/{attack.name}` | {attack.tries} | {' | '.join(cells)} |")
    totals = [
        sum((o[a.name].score or 0.0) > (o["wrong"].score or 0.0) or o[a.name].leaked for a in ATTACKS)
        for o in systems.values()
    ]
    print(f"| **succeed**, of {len(ATTACKS)} | | " + " | ".join(f"**{n}**" for n in totals) + " |")
    return 0 if totals[-1] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
