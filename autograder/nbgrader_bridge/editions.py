"""What `make release` adds to nbgrader's own steps: the hashes of earlier releases, in the metadata of the new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.assignment.editions import FILE, BadEditions, add_editions


class KeepEditions(NbGraderPreprocessor):
    """Adds the released texts to ``solutions/editions.json``, and the earlier ones' hashes to the release."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Write the file, and the release's metadata."""
        course = self.parent.parent.coursedir
        file = Path(course.root) / course.source_directory / FILE
        released = {
            str(cell.metadata.nbgrader.grade_id): str(cell.source) for cell in nb.cells if "nbgrader" in cell.metadata
        }
        try:
            nb.metadata.update(add_editions(file, released))
        except (BadEditions, OSError) as problem:
            self.log.error("%s", problem)
            raise NbGraderException(str(problem)) from None
        return nb, resources
