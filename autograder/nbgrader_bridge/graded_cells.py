"""What grading puts into a notebook's cells, kept on disk under the key of what it rests on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat.v4
from nbformat import NotebookNode

from autograder.files import write_bytes
from autograder.grading.jobs import Graded
from autograder.nbgrader_bridge.cell_outputs import check_outputs, student_outputs
from autograder.report.document import to_json


@dataclass(frozen=True)
class GradedCells:
    """A result as JSON, and the outputs of the notebook's cells, by grade id or ``cell N``."""

    result: dict[str, Any]
    outputs: dict[str, list[NotebookNode]]


def graded_cells(graded: Graded) -> GradedCells:
    """Return what goes into the notebook: what the student's cells put out, and the results of the check cells."""
    outputs = {name: student_outputs(output) for name, output in graded.outputs.items()}
    outputs |= {question.grade_id: check_outputs(question) for question in graded.result.questions}
    return GradedCells(to_json(graded.result), outputs)


class Cache:
    """A folder with a file for each key. It may be deleted at any time; the submissions are then run again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> GradedCells | None:
        """Return what is kept under ``key``; None where there is nothing, or nothing whole."""
        try:
            document = json.loads(self._path(key).read_text(encoding="utf-8"))
            outputs = {
                name: [nbformat.from_dict(output) for output in each] for name, each in document["outputs"].items()
            }
            return GradedCells(document["result"], outputs)
        except (OSError, ValueError, KeyError, AttributeError):
            return None

    def save(self, key: str, cells: GradedCells) -> None:
        """Keep ``cells`` under ``key``, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"result": cells.result, "outputs": cells.outputs}, ensure_ascii=False)
        write_bytes(self._path(key), text.encode("utf-8", "backslashreplace"))

    def forget(self, key: str) -> None:
        """Have the submission with this key run again."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
