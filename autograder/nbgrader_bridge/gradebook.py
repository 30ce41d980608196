"""Reads and writes nbgrader's gradebook. No other module writes scores."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import CalledProcessError

from nbgrader.api import Grade, Gradebook, MissingEntry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from autograder.errors import UserError
from autograder.nbgrader_bridge.gradebook_file import SQLITE, what_to_do
from autograder.nbgrader_bridge.sanitize import ReleasedCell


class GradebookProblem(UserError):
    """The gradebook cannot be used."""


@dataclass(frozen=True)
class SubmissionId:
    """One notebook of one student's submission, as nbgrader names it."""

    db_url: str
    student: str
    assignment: str
    notebook: str


@contextmanager
def opened(db_url: str) -> Iterator[Gradebook]:
    """Open the gradebook at a SQLAlchemy address and close it again.

    Raises
    ------
    GradebookProblem
        There is no gradebook, or it cannot be read or written.
    """
    if db_url.startswith(SQLITE) and not Path(db_url.removeprefix(SQLITE)).exists():
        # SQLite would create an empty gradebook.
        raise GradebookProblem(f"there is no gradebook {_shown(db_url)}; run `make release`, which makes one")
    try:
        gradebook = Gradebook(db_url)
    except (SQLAlchemyError, ModuleNotFoundError, FileNotFoundError, CalledProcessError) as problem:
        raise _unusable(db_url, problem) from None
    with gradebook:
        try:
            yield gradebook
        except SQLAlchemyError as problem:
            raise _unusable(db_url, problem) from None


def _unusable(db_url: str, problem: Exception) -> GradebookProblem:
    cause = str(getattr(problem, "orig", None) or problem).splitlines()[0]
    return GradebookProblem(f"the gradebook {_shown(db_url)} {what_to_do(cause)}")


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "at the address that is set"


@contextmanager
def _known(assignment: str, db_url: str) -> Iterator[None]:
    try:
        yield
    except MissingEntry:
        raise GradebookProblem(
            f"the gradebook {_shown(db_url)} does not know the assignment {assignment} yet; run `make release`"
        ) from None


def released_cells(
    db_url: str, assignment: str, notebook: str, order: Sequence[str], deadline: datetime | None = None
) -> tuple[ReleasedCell, ...]:
    """Return the released cells in ``order``. Cells that are not in ``order`` come last.

    ``deadline`` is a naive datetime in UTC. It becomes the assignment's due date; None keeps the gradebook's.

    Raises
    ------
    GradebookProblem
        The gradebook cannot be used, or does not know the assignment.
    """
    with opened(db_url) as gradebook, _known(assignment, db_url):
        known = gradebook.find_assignment(assignment)
        if deadline is not None and known.duedate != deadline:
            known.duedate = deadline
            gradebook.db.commit()
        found = gradebook.find_notebook(notebook, assignment)
        points = {cell.name: float(cell.max_score) for cell in (*found.grade_cells, *found.task_cells)}
        solutions = {cell.name for cell in found.solution_cells}
        tasks = {cell.name for cell in found.task_cells}
        cells = [
            ReleasedCell(
                grade_id=cell.name,
                kind=cell.cell_type,
                source=cell.source or "",
                checksum=cell.checksum,
                locked=cell.locked,
                solution=cell.name in solutions,
                points=points.get(cell.name),
                task=cell.name in tasks,
            )
            for cell in found.source_cells
        ]
    places = {grade_id: place for place, grade_id in enumerate(order)}
    return tuple(sorted(cells, key=lambda cell: (places.get(cell.grade_id, len(places)), cell.grade_id)))


def points_and_totals(db_url: str, assignment: str, notebook: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return the maximum points by grade id, and each student's total score.

    Raises
    ------
    GradebookProblem
        The gradebook cannot be used, or does not know the assignment.
    """
    with opened(db_url) as gradebook, _known(assignment, db_url):
        cells = gradebook.find_notebook(notebook, assignment).grade_cells
        totals = {each.student.id: float(each.score) for each in gradebook.assignment_submissions(assignment)}
        return {cell.name: float(cell.max_score) for cell in cells}, totals


def clear_scores(which: SubmissionId) -> None:
    """Clear the automatic scores, so that no score of an earlier submission stays if autograding fails."""
    with opened(which.db_url) as gradebook:
        try:
            submission = gradebook.find_submission_notebook(which.notebook, which.assignment, which.student)
        except MissingEntry:
            return
        for grade in submission.grades:
            grade.auto_score = None
            grade.needs_manual_grade = True
        gradebook.db.commit()


@dataclass(frozen=True)
class Grades:
    """Grades from the autograding of one submission.

    Attributes
    ----------
    scores : dict of str to float or None
        Points by grade id; None if a person has to give them.
    comments : dict of str to str or None
        nbgrader's automatic comment on each cell that a student answers in.
    changed : collection of str
        Cells whose answer is not the one of the previous autograding.
    confirmed : collection of str
        Cells with the same answer and points as before. A person who reviewed them need not review them again.
    unsure : collection of str
        Cells that a person should review, whatever their score.
    """

    scores: dict[str, float | None]
    comments: dict[str, str | None]
    changed: Collection[str]
    confirmed: Collection[str]
    unsure: Collection[str]


@dataclass(frozen=True)
class Dropped:
    """What a person gave for an answer that is another one now.

    ``keeps_comment`` is True if there is a comment that was typed in the formgrader: it stays, because nobody else has
    these words.
    """

    points: float
    keeps_comment: bool


def write_grades(which: SubmissionId, grades: Grades) -> dict[str, Dropped]:
    """Write ``grades``, and return what people gave for answers that changed, by grade id.

    Points that people gave are kept, except those of changed answers. The comment that the marking desk wrote goes with
    its points, and the desk's mark becomes stale; comments that people typed are kept.
    """
    # Copies of the grader without the desk have this module, too, and never write grades.
    from autograder.nbgrader_bridge.desk.database import now
    from autograder.nbgrader_bridge.desk.withdrawal import withdraw

    dropped = {}
    with opened(which.db_url) as gradebook:
        submission = gradebook.find_submission_notebook(which.notebook, which.assignment, which.student)
        # The desk's transaction is this one. It comes first, because it must see the scores that it wrote.
        changed = {grade.id: grade for grade in submission.grades if grade.name in grades.changed}
        points = {key: _given(grade) for key, grade in changed.items()}
        kept = withdraw(gradebook.db.connection(), changed.keys(), now())
        gradebook.db.expire_all()
        for grade in submission.grades:
            if grade.name not in grades.scores:
                continue
            grade.auto_score = grades.scores[grade.name]
            if (gave := points.get(grade.id)) is not None:
                dropped[grade.name] = Dropped(gave, grade.id in kept)
                grade.manual_score = grade.extra_credit = None
            reviewed = grade.auto_score is not None if grade.manual_score is None else grade.name in grades.confirmed
            grade.needs_manual_grade = grade.name in grades.unsure or not reviewed
        for comment in submission.comments:
            if comment.name in grades.comments:
                comment.auto_comment = grades.comments[comment.name]
        gradebook.db.commit()
    return dropped


def _given(grade: Grade) -> float | None:
    if grade.manual_score is None and grade.extra_credit is None:
        return None
    return float((grade.manual_score or 0.0) + (grade.extra_credit or 0.0))
