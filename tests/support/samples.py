"""Sample submissions: built from the release, or the solutions, and a folder of cells under `submissions/`.

A scenario is a folder with an `expected.toml` and Python files. Its `base` is the release, the solution or
another scenario; a file named for a grade id replaces that cell; `early*.py` become cells of the student's
own after the set-up cell, `late*.py` at the end.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = ROOT / "solutions/weight_initialization/weight_initialization.ipynb"
RELEASE = ROOT / "assignment/weight_initialization/weight_initialization.ipynb"
#: For commands: nbgrader starts others of this environment's by name.
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
SCENARIOS = ROOT / "tests/specification/submissions"
#: A picture of one pixel, in base64.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def answered(sources: dict[str, str], base: Path = RELEASE) -> NotebookNode:
    """Return the notebook at ``base`` with the sources of these cells, by grade id."""
    notebook = read(base)
    for grade_id, source in sources.items():
        cell(notebook, grade_id).source = source
    return notebook


def with_own_cells(
    notebook: NotebookNode, *, first: Sequence[str] = (), early: Sequence[str] = (), late: Sequence[str] = ()
) -> NotebookNode:
    """Add cells of the student's own: before the set-up cell, after it, and at the end."""
    setup = notebook.cells.index(cell(notebook, "setup"))
    notebook.cells[setup + 1 : setup + 1] = [new_code_cell(source) for source in early]
    notebook.cells[setup:setup] = [new_code_cell(source) for source in first]
    notebook.cells += [new_code_cell(source) for source in late]
    return notebook


@dataclass(frozen=True)
class Scenario:
    """One sample submission and what a fair teacher would make of it."""

    name: str
    expected: dict[str, Any]

    @property
    def folder(self) -> Path:
        return SCENARIOS / self.name

    def build(self) -> NotebookNode:
        notebook = base_notebook(self.expected["base"])
        sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.py"))}
        own = {name: sources.pop(name) for name in list(sources) if name.startswith(("early", "late"))}
        for grade_id, source in sources.items():
            cell(notebook, grade_id).source = source
        early = [source for name, source in own.items() if name.startswith("early")]
        late = [source for name, source in own.items() if name.startswith("late")]
        return with_own_cells(notebook, early=early, late=late)


def scenario(name: str) -> Scenario:
    return Scenario(name, tomllib.loads((SCENARIOS / name / "expected.toml").read_text(encoding="utf-8")))


def base_notebook(name: str) -> NotebookNode:
    """The release, the source with its solutions, or what another scenario builds."""
    files = {"release": RELEASE, "solution": SOLUTION}
    return read(files[name]) if name in files else scenario(name).build()


def scenarios() -> list[Scenario]:
    return [scenario(path.parent.name) for path in sorted(SCENARIOS.glob("*/expected.toml"))]
