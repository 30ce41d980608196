"""nbgrader's autograding with our grader in it: `nbgrader_config.py` names these classes.

nbgrader converts every submission twice: it sanitizes the file, then grades what it wrote. Here `SubmissionExporter`
reads the student's file and rebuilds it, `GradeInSandbox` stands where nbgrader executes notebooks in a kernel, and
`KeepRecord` follows its saving of scores.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, get_args
from weakref import WeakKeyDictionary

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, NbGraderPreprocessor
from traitlets import Enum, Float, Integer

from autograder.assignment.questions import TASKS
from autograder.assignment.release import BadRelease, Release, load_release
from autograder.assignment.seeds import course_seed, submission_seed
from autograder.assignment.settings import Frameworks, HelpLevel, Terms
from autograder.grading.jobs import Graded, Job
from autograder.grading.scoring import better_of_the_two
from autograder.nbgrader_bridge.cell_outputs import check_outputs, student_outputs
from autograder.nbgrader_bridge.gradebook import (
    Handed,
    ask_for_review,
    automatic_scores,
    clear_automatic_scores,
    clear_manual_scores,
    given_cells,
    settle,
)
from autograder.nbgrader_bridge.prefetch import Ahead, upcoming
from autograder.nbgrader_bridge.records import Record, load_record, record_path, save_record
from autograder.nbgrader_bridge.sanitize import Given, Sanitized, blank, sanitize
from autograder.nbgrader_bridge.warm import warm_engine
from autograder.notebook import Notebook, UnreadableNotebook, read_notebook
from autograder.report.document import to_json
from autograder.report.result import QuestionResult, QuestionStatus, Result
from autograder.sandbox import Limits
from autograder.submission.arrangement import arrange
from autograder.submission.reader import Submission, submission_in

Resources = dict[str, Any]


class GraderFault(RuntimeError):
    """The grader failed, and the submission has no score: nothing that the student did."""


@dataclass(frozen=True)
class Reading:
    """What reading a student's file gave, besides the notebook that was rebuilt from it.

    ``submission`` is what is graded, and ``problem`` says why there is none. ``missing`` lists the released cells that
    the file does not have. ``names`` says, for ids of cells in the rebuilt notebook, how the submission calls them.
    """

    path: str
    sha256: str
    given: tuple[Given, ...]
    problem: str | None = None
    submission: Submission | None = None
    missing: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    @property
    def graded(self) -> tuple[Given, ...]:
        """The cells that carry points."""
        return tuple(cell for cell in self.given if cell.points is not None)


def _handed(resources: Resources) -> Handed:
    told = resources["nbgrader"]
    return Handed(told["db_url"], told["student"], told["assignment"], told["notebook"])


class SubmissionExporter(NotebookExporter):
    """Reads a student's file, trusting nothing in it, and writes the notebook that is graded and shown."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._readings: dict[Handed, Reading] = {}
        self._given: dict[tuple[str, str], tuple[Notebook, tuple[Given, ...]]] = {}

    def from_filename(self, filename: str, resources: Any = None, **more: Any) -> Any:
        """Convert the student's file, and, when nbgrader comes again, what was made of it."""
        handed = _handed(resources)
        reading = self._readings.pop(handed, None)
        if reading is not None:
            resources["autograder"] = reading
            return super().from_filename(filename, resources=resources, **more)
        clear_automatic_scores(handed)
        sanitized, reading = self._read(Path(filename), handed)
        if reading.problem is not None:
            told = "%s %s. It scores 0, and waits for a person to look at it."
            self.log.error(told, filename, reading.problem)
        self._readings[handed] = reading
        return self.from_notebook_node(sanitized.notebook, resources=resources, **more)

    def look_ahead(self, path: Path, handed: Handed) -> Reading:
        """Read a student's file that nbgrader has not come to yet."""
        return self._read(path, handed)[1]

    def _read(self, path: Path, handed: Handed) -> tuple[Sanitized, Reading]:
        # Once a run: the same was released to everybody.
        key = (handed.assignment, handed.notebook)
        if key not in self._given:
            release = _release(self, handed).notebook
            self._given[key] = release, given_cells(handed, [cell.grade_id or "" for cell in release.cells])
        release, given = self._given[key]
        sha256 = ""
        try:
            notebook = read_notebook(path)
            sha256 = notebook.sha256
            arrangement = arrange(notebook, release)
        except UnreadableNotebook as problem:
            return blank(given, str(problem)), Reading(str(path), sha256, given, str(problem))
        sanitized = sanitize(arrangement, given)
        submission = submission_in(arrangement, release)
        return sanitized, Reading(str(path), sha256, given, None, submission, arrangement.missing, sanitized.names)


def _course(configurable: Any) -> Any:
    """Return the course directory that an exporter, or one of its preprocessors, works for."""
    return _course_converter(configurable).coursedir


def _course_converter(configurable: Any) -> Any:
    while not hasattr(configurable, "coursedir"):
        configurable = configurable.parent
    return configurable


def _release(configurable: Any, handed: Handed) -> Release:
    course = _course(configurable)
    folder = Path(course.format_path(course.release_directory, ".", handed.assignment))
    try:
        return load_release(folder / f"{handed.notebook}.ipynb")
    except BadRelease as problem:
        raise GraderFault(str(problem)) from None


class GradeInSandbox(NbGraderPreprocessor):
    """Grades in our sandbox, where nbgrader would execute the notebook in the student's kernel."""

    step_seconds = Float(20.0, help="Seconds that one cell, or one call of a student's function, may take.").tag(
        config=True
    )
    total_seconds = Float(60.0, help="Seconds that one submission may take altogether.").tag(config=True)
    help_level = Enum(get_args(HelpLevel), "explain", help="How far the feedback helps.").tag(config=True)
    frameworks = Enum(get_args(Frameworks), "both", help="Which framework counts.").tag(config=True)
    jobs = Integer(
        0, help="Submissions that run at once, ahead of nbgrader's own work on them; 0 stands for one a core."
    ).tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._limits = Limits(total_seconds=self.total_seconds, step_seconds=min(self.step_seconds, self.total_seconds))
        converter = _course_converter(self)
        waiting = 1 + sum(1 for _ in islice(upcoming(converter, None), os.cpu_count() or 1))
        self._servers = min(self.jobs or os.cpu_count() or 1, waiting)
        self._engine = warm_engine(self._limits, self._servers)
        # nbgrader makes this object anew for every notebook; what is under way belongs to the converter's whole run.
        self._ahead: Ahead = _runs.setdefault(converter, Ahead())

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Fill in the outputs of every code cell; raise `GraderFault` where there is no result."""
        reading = resources.get("autograder")
        if not isinstance(reading, Reading):
            raise GraderFault(
                "the submission was not read by SubmissionExporter: set c.Autograde.exporter_class as in "
                "the course's own nbgrader_config.py"
            )
        if reading.submission is None:
            questions = {
                task.check: QuestionResult.of(
                    task, QuestionStatus.ERROR, 0.0, cell.points or 0.0, f"The file {reading.problem}."
                )
                for task in TASKS
                for cell in reading.graded
                if cell.grade_id == task.check
            }
            resources["result"] = None
        else:
            graded = self._grade(resources, reading, reading.submission)
            resources["result"] = graded.result
            questions = {question.grade_id: question for question in graded.result.questions}
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in questions:
                cell.outputs = check_outputs(questions[grade_id])
                cell.execution_count = 1
            elif reading.submission is not None and (put_out := graded.outputs.get(reading.names.get(cell.id, ""))):
                cell.outputs = student_outputs(put_out)
        return nb, resources

    def _grade(self, resources: Resources, reading: Reading, submission: Submission) -> Graded:
        handed = _handed(resources)
        release, seed = self._challenge(handed, reading)
        self._begin_others(handed)
        job = Job.of(submission, release, self._terms, seed)
        graded = self._ahead.take(handed, job)
        self.log.debug("%s: %s", handed.student, "graded here and now" if graded is None else "graded ahead")
        graded = graded or self._engine.grade(job)
        if graded.result.fault is not None:
            raise GraderFault(f"{reading.path} was not graded, and has no score: {graded.result.fault}")
        result = graded.result
        if self.frameworks == "better":
            result = replace(result, questions=better_of_the_two(result.questions))
        return replace(graded, result=result)

    @property
    def _terms(self) -> Terms:
        # Which framework is the better one is known only when missing cells have scored 0.
        return Terms(help_level=self.help_level)

    def _challenge(self, handed: Handed, reading: Reading) -> tuple[Release, int]:
        release = _release(self, handed)
        # The gradebook's points, should somebody have changed the release without releasing it.
        points = {cell.grade_id: cell.points for cell in reading.graded if cell.points is not None}
        release = replace(release, points={**release.points, **points})
        return release, submission_seed(course_seed(Path(_course(self).root)), reading.sha256)

    def _begin_others(self, handed: Handed) -> None:
        """Have the engine begin with the submissions that nbgrader will come to next."""
        exporter: SubmissionExporter = self.parent
        for path, other in islice(upcoming(_course_converter(self), handed), 2 * self._servers):
            if other in self._ahead:
                continue
            reading = exporter.look_ahead(path, other)
            if reading.submission is not None:
                release, seed = self._challenge(other, reading)
                job = Job.of(reading.submission, release, self._terms, seed)
                self._ahead.begin(self._engine, other, job)


#: What is graded ahead, by the nbgrader run that will come to it.
_runs: WeakKeyDictionary[Any, Ahead] = WeakKeyDictionary()


class KeepRecord(NbGraderPreprocessor):
    """Follows SaveAutoGrades: drops people's points for answers that are not the ones they read, and keeps a record."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Compare with the record of the grading before, and replace it."""
        reading: Reading = resources["autograder"]
        handed = _handed(resources)
        path = record_path(Path(_course(self).root), handed.assignment, handed.student)
        answers = _answers(nb, reading)
        before = load_record(path)
        if before is not None and before.sha256 != reading.sha256:
            changed = [grade_id for grade_id in answers if before.answers.get(grade_id) != answers[grade_id]]
            for grade_id, points in clear_manual_scores(handed, changed).items():
                self.log.warning(
                    "%s: %s is another answer than the one that a person gave %g points; grade it again.",
                    handed.student,
                    grade_id,
                    points,
                )
        scores = automatic_scores(handed)
        if before is not None:
            # The answer that a person read, and the same points under it: nothing to look at again.
            same = [g for g in answers if before.answers.get(g) == answers[g] and before.scores.get(g) == scores.get(g)]
            settle(handed, same)
        missing = [cell.grade_id for cell in reading.graded if cell.grade_id in reading.missing and not cell.locked]
        unsure = [cell.grade_id for cell in reading.graded] if reading.problem is not None else missing
        ask_for_review(handed, unsure)
        result: Result | None = resources["result"]
        document = to_json(result) if result else {}
        save_record(path, Record(reading.sha256, document, scores, answers, reading.problem, missing))
        return nb, resources


def _answers(nb: NotebookNode, reading: Reading) -> dict[str, str]:
    """Hash what each graded cell rests on: a written answer on its own text, a check cell on all of the code."""
    code = "\0".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    texts = {c.metadata["nbgrader"]["grade_id"]: c.source for c in nb.cells if "nbgrader" in c.metadata}
    return {
        cell.grade_id: hashlib.sha256((code if cell.kind == "code" else texts[cell.grade_id]).encode()).hexdigest()
        for cell in reading.graded
    }


class _LockedCellsOnly:
    """Has a preprocessor of nbgrader's touch the course's own cells alone: a student's words are left as they are."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> tuple[NotebookNode, Resources]:
        """Preprocess ``cell`` if it is locked."""
        if not cell.metadata.get("nbgrader", {}).get("locked"):
            return cell, resources
        stripped: tuple[NotebookNode, Resources] = super().preprocess_cell(cell, resources, index)  # type: ignore[misc]
        return stripped


class HideMarkScheme(_LockedCellsOnly, ClearMarkScheme):
    """Strips mark schemes from feedback."""


class HideHiddenTests(_LockedCellsOnly, ClearHiddenTests):
    """Strips hidden tests from feedback, should a course add some."""
