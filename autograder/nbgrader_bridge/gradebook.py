"""What nbgrader's gradebook knows of an assignment and of a submission, and what we change in it ourselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nbgrader.api import Gradebook, MissingEntry

from autograder.nbgrader_bridge.sanitize import Given


@dataclass(frozen=True)
class Handed:
    """One notebook of one student's, as nbgrader names it: what all of its preprocessors are told."""

    db_url: str
    student: str
    assignment: str
    notebook: str

    @contextmanager
    def opened(self) -> Iterator[Gradebook]:
        """Open the gradebook and close it again."""
        with Gradebook(self.db_url) as gradebook:
            yield gradebook


def given_cells(handed: Handed, order: Sequence[str]) -> tuple[Given, ...]:
    """Return the cells that were handed out, in ``order``; those that it does not name come last."""
    with handed.opened() as gradebook:
        notebook = gradebook.find_notebook(handed.notebook, handed.assignment)
        points = {cell.name: float(cell.max_score) for cell in (*notebook.grade_cells, *notebook.task_cells)}
        solutions = {cell.name for cell in notebook.solution_cells}
        tasks = {cell.name for cell in notebook.task_cells}
        cells = [
            Given(
                grade_id=cell.name,
                kind=cell.cell_type,
                source=cell.source or "",
                checksum=cell.checksum,
                locked=cell.locked,
                solution=cell.name in solutions,
                points=points.get(cell.name),
                task=cell.name in tasks,
            )
            for cell in notebook.source_cells
        ]
    places = {grade_id: place for place, grade_id in enumerate(order)}
    return tuple(sorted(cells, key=lambda cell: (places.get(cell.grade_id, len(places)), cell.grade_id)))


def clear_automatic_scores(handed: Handed) -> None:
    """Forget what was scored automatically: whatever happens next, no score of an earlier submission stays."""
    with handed.opened() as gradebook:
        try:
            submission = gradebook.find_submission_notebook(handed.notebook, handed.assignment, handed.student)
        except MissingEntry:
            return
        for grade in submission.grades:
            grade.auto_score = None
            grade.needs_manual_grade = True
        gradebook.db.commit()


def clear_manual_scores(handed: Handed, grade_ids: Iterable[str]) -> dict[str, float]:
    """Forget the points that people gave for these cells, and return them; their comments stay."""
    cleared = {}
    with handed.opened() as gradebook:
        for grade_id in grade_ids:
            grade = gradebook.find_grade(grade_id, handed.notebook, handed.assignment, handed.student)
            if grade.manual_score is None and grade.extra_credit is None:
                continue
            cleared[grade_id] = (grade.manual_score or 0.0) + (grade.extra_credit or 0.0)
            grade.manual_score = grade.extra_credit = None
            grade.needs_manual_grade = grade.auto_score is None
        gradebook.db.commit()
    return cleared


def settle(handed: Handed, grade_ids: Sequence[str]) -> None:
    """Mark these cells as done where a person has given points: nbgrader asks again after every autograding."""
    with handed.opened() as gradebook:
        for grade_id in grade_ids:
            grade = gradebook.find_grade(grade_id, handed.notebook, handed.assignment, handed.student)
            if grade.manual_score is not None:
                grade.needs_manual_grade = False
        gradebook.db.commit()


def automatic_scores(handed: Handed) -> dict[str, float | None]:
    """Return what was scored automatically, by cell."""
    with handed.opened() as gradebook:
        submission = gradebook.find_submission_notebook(handed.notebook, handed.assignment, handed.student)
        return {grade.name: grade.auto_score for grade in submission.grades}


def ask_for_review(handed: Handed, grade_ids: Sequence[str]) -> None:
    """Mark these cells as waiting for a person, whatever they scored."""
    if not grade_ids:
        return
    with handed.opened() as gradebook:
        for grade_id in grade_ids:
            grade = gradebook.find_grade(grade_id, handed.notebook, handed.assignment, handed.student)
            grade.needs_manual_grade = True
        gradebook.db.commit()
