"""Says on a student's page of feedback what each cell is and what it earned: `nbgrader_config.py` names the class here.

A student may see the page before every answer is marked. An answer that waits for a person has no points yet.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_grade, is_solution, is_task

from autograder.assignment.names import TITLE
from autograder.assignment.questions import TASKS
from autograder.nbgrader_bridge.preprocessors import NO_RESPONSE
from autograder.report.result import points_of, points_text

Resources = dict[str, Any]
_NOT_MARKED = "not marked yet"
_TITLES = {name: f"Q7, {task.title}" for task in TASKS for name in (task.check, task.stub)}


class GradesInWords(GetGrades):
    """Takes the grades from the gradebook, and adds words for people to the cells and to the resources."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Add ``feedback`` to the resources: a title, what the whole earned, and what being late cost."""
        done: tuple[NotebookNode, Resources] = super().preprocess(nb, resources)
        grades = resources["nbgrader"]
        earned = points_of(grades["score"], grades["max_score"])
        told = [cell.metadata["feedback"] for cell in nb.cells if "feedback" in cell.metadata]
        if waiting := [each["title"] for each in told if each["earned"] == _NOT_MARKED]:
            earned += f" so far. {', '.join(waiting)} {'is' if len(waiting) == 1 else 'are'} {_NOT_MARKED}."
        late = f"Late submission: −{points_text(grades['late_penalty'])} points" if grades["late_penalty"] else ""
        resources["feedback"] = {"title": TITLE, "earned": earned, "late": late}
        return done

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, cell_index: int
    ) -> tuple[NotebookNode, Resources]:
        """Add ``feedback`` to the metadata of an answer or a check cell.

        It holds the cell's title, what it earned, and what a list of all parts says beside that.
        """
        done: tuple[NotebookNode, Resources] = super().preprocess_cell(cell, resources, cell_index)
        if is_grade(cell) or is_solution(cell) or is_task(cell):
            name = str(cell.metadata.nbgrader.grade_id)
            title, comment = _TITLES.get(name, name.upper()), cell.metadata.nbgrader.get("comment")
            graded = is_grade(cell) or is_task(cell)
            beside = ", no answer" if comment == NO_RESPONSE else ", with a comment" if comment else ""
            cell.metadata["feedback"] = {
                "title": title if graded else f"{title}: your code",
                "earned": self._earned(name) if graded else "",
                "beside": beside,
            }
        return done

    def _earned(self, name: str) -> str:
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        if grade.needs_manual_grade:
            return _NOT_MARKED
        return points_of(grade.score, grade.max_score)
