"""Lets nbgrader's autograding use this grader: `nbgrader_config.py` names these classes.

nbgrader makes one `SubmissionExporter` for a run and converts every submission twice: it sanitizes the file, then
grades the sanitized file. `SubmissionExporter` prefetches: before the first conversion, it grades all new submissions
side by side and caches the results. It then reads each file and rebuilds it. nbgrader would execute the notebook in a
kernel; `GradeInSandbox` looks the result up instead. `SaveGrades` writes the gradebook.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, NbGraderPreprocessor
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task
from traitlets import Integer, List

from autograder.assignment.questions import NAME
from autograder.assignment.release import load_release
from autograder.assignment.seeds import course_seed
from autograder.assignment.settings import FILE, load_settings
from autograder.assignment.submitted import NoNotebook, submitted_notebook
from autograder.errors import UserError
from autograder.grading.result_cache import ResultCache
from autograder.nbgrader_bridge.cell_outputs import cell_outputs
from autograder.nbgrader_bridge.gradebook import (
    Grades,
    SubmissionId,
    clear_scores,
    released_cells,
    write_grades,
)
from autograder.nbgrader_bridge.grading import GraderFault, Grading
from autograder.nbgrader_bridge.reading import Reading, Released, read
from autograder.nbgrader_bridge.records import Record, load_record, record_path, save_record
from autograder.notebook import UnreadableNotebook, read_bytes
from autograder.report.document import to_json

Resources = dict[str, Any]
#: The comment on an untouched answer, in nbgrader's own words.
NO_RESPONSE = "No response."
#: Folder of the result cache, in the course folder. `make clean` deletes it.
CACHE = Path("build", "graded")


def _id(resources: Resources) -> SubmissionId:
    names = resources["nbgrader"]
    return SubmissionId(names["db_url"], names["student"], names["assignment"], names["notebook"])


class SubmissionExporter(NotebookExporter):
    """Reads students' untrusted files, and writes the sanitized notebooks that graders open."""

    jobs = Integer(0, help="Number of submissions that run at once; 0 means one for each core.").tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._readings: dict[SubmissionId, Reading] = {}
        converter = self.parent
        self._files: dict[str, Path] = {}
        self._choose_notebooks(converter)
        course = converter.coursedir
        self.root = Path(course.root)
        try:
            course_settings = load_settings(self.root / FILE)
            self.grading = Grading(
                self._released(course, course_settings.due_date),
                course_seed(self.root),
                course_settings.limits,
                course_settings.terms,
                ResultCache(self.root / CACHE, self.log.warning),
            )
            new, servers = self._new(converter), self.jobs or os.cpu_count() or 1
            for path in self.grading.prefetch(new, servers, again=converter.force):
                self.log.info("Graded %s", path)
        except (UserError, OSError) as problem:
            raise self._refusal(f"nothing was autograded: {problem}") from None

    def _refusal(self, message: str) -> NbGraderException:
        self.log.error(message)
        return NbGraderException(message)

    def _choose_notebooks(self, converter: Any) -> None:
        """Choose one notebook of each student. nbgrader gets it under the release's name, because it knows no other."""
        right = f"{NAME}.ipynb"
        for folder, paths in list(converter.assignments.items()):
            try:
                chosen = submitted_notebook(Path(folder))
            except NoNotebook as problem:
                self.log.error("%s %s: name one of them so, then autograde again.", folder, problem)
                del converter.assignments[folder]
                continue
            if chosen.name != right:
                self.log.warning("%s is graded as %s: it is the only notebook in its folder.", chosen, right)
            for path in sorted(set(paths) - {str(chosen)}):
                self.log.warning("%s is not graded: the submission is %s beside it.", path, right)
            named = f"{folder}/{right}"
            converter.assignments[folder] = [named]
            self._files[named] = chosen
        if not converter.assignments:
            raise self._refusal("nothing was autograded: there is no submission.")

    def _released(self, course: Any, deadline: datetime | None) -> Released:
        assignment = course.assignment_id
        folder = Path(course.format_path(course.release_directory, ".", assignment))
        release = load_release(folder / f"{NAME}.ipynb")
        order = [cell.grade_id or "" for cell in release.notebook.cells]
        cells = released_cells(course.db_url, assignment, NAME, order, deadline)
        # The gradebook's points count, because somebody may have changed the release without `make release`.
        points = {cell.grade_id: cell.points for cell in cells if cell.points is not None}
        return Released(replace(release, points={**release.points, **points}), cells)

    def _new(self, converter: Any) -> list[Path]:
        """Return the files that are new or have changed since their last autograding."""
        paths = [path for folder in sorted(converter.assignments) for path in converter.assignments[folder]]
        return [self._files[path] for path in paths if converter.force or not self._is_autograded(converter, path)]

    def _is_autograded(self, converter: Any, path: str) -> bool:
        course, names = converter.coursedir, converter.init_single_notebook_resources(path)["nbgrader"]
        assignment, student = names["assignment"], names["student"]
        if not Path(course.format_path(course.autograded_directory, student, assignment)).exists():
            return False
        record = load_record(record_path(self.root, assignment, student))
        try:
            return record is not None and record.sha256 == hashlib.sha256(read_bytes(self._files[path])).hexdigest()
        except UnreadableNotebook:
            return True

    def from_filename(self, filename: str, resources: Any = None, **more: Any) -> Any:
        """Convert the student's file; at nbgrader's second call, convert the sanitized file."""
        which = _id(resources)
        reading = self._readings.pop(which, None)
        if reading is not None:
            resources["autograder"] = reading
            return super().from_filename(filename, resources=resources, **more)
        clear_scores(which)
        reading = read(self._files[filename], self.grading.released)
        if reading.problem is not None:
            message = "%s %s. It scores 0, and waits for a person to look at it."
            self.log.error(message, reading.path, reading.problem)
        self._readings[which] = reading
        return self.from_notebook_node(reading.notebook, resources=resources, **more)


class GradeInSandbox(NbGraderPreprocessor):
    """Fills in the results of the sandbox, instead of executing the notebook in a kernel as nbgrader does."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Fill in the outputs of every cell that was run; raise `GraderFault` if there is no result.

        A measuring cell, which is not run, keeps what the sanitized notebook has below it.
        """
        exporter = self.parent
        if not isinstance(exporter, SubmissionExporter):
            raise GraderFault(
                "submissions are read by SubmissionExporter: set c.Autograde.exporter_class as in the course's own "
                "nbgrader_config.py"
            )
        reading: Reading = resources["autograder"]
        graded = exporter.grading.of(reading)
        outputs = cell_outputs(graded)
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            if not is_grade(cell) or is_solution(cell):
                cell.outputs = outputs.get(reading.names.get(cell.id, ""), cell.outputs)
                continue
            if _grade_id(cell) not in outputs:  # nbgrader gives full credit to a cell without output
                raise GraderFault(f"{_grade_id(cell)} is a check cell that this grader does not know")
            cell.outputs, cell.execution_count = outputs[_grade_id(cell)], 1
        resources["result"] = to_json(graded.result) if reading.problem is None else {}
        return nb, resources


class SaveGrades(NbGraderPreprocessor):
    """Writes the scores to the gradebook, and an autograding record beside it.

    nbgrader's SaveAutoGrades does the first part. Here, points that a person gave are kept only if the answer is the
    one that the person read.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Compare with the record of the previous autograding, write the gradebook, and replace the record."""
        reading: Reading = resources["autograder"]
        which = _id(resources)
        scores = {_grade_id(cell): determine_grade(cell, self.log)[0] for cell in nb.cells if is_grade(cell)}
        answers = _answers(nb)
        answer_cells = [cell for cell in nb.cells if is_solution(cell) or is_task(cell)]
        path = record_path(self.parent.root, which.assignment, which.student)
        now, before = Record(reading.sha256, resources["result"], scores, answers), load_record(path)
        unsure = [_grade_id(cell) for cell in answer_cells if _grade_id(cell) in reading.unsure]
        grades = Grades(
            scores=scores,
            comments={
                _grade_id(cell): None if _grade_id(cell) in reading.unsure else _comment(cell) for cell in answer_cells
            },
            changed=now.changed_since(before),
            confirmed=now.confirmed_since(before),
            unsure=scores if reading.problem is not None else unsure,
        )
        for grade_id, dropped in write_grades(which, grades).items():
            self.log.warning(
                "%s: %s is another answer than the one that a person gave %g points; grade it again.%s",
                which.student,
                grade_id,
                dropped.points,
                " The comment that was typed in the formgrader is still there." if dropped.keeps_comment else "",
            )
        save_record(path, now)
        return nb, resources


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader.grade_id)


def _comment(cell: NotebookNode) -> str | None:
    untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    return NO_RESPONSE if untouched and not is_task(cell) else None


def _answers(nb: NotebookNode) -> dict[str, str]:
    """Return a hash for each graded cell: of its own text for a written answer, of all code for a check cell."""
    code = "\0".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    return {
        _grade_id(cell): hashlib.sha256((code if cell.cell_type == "code" else cell.source).encode()).hexdigest()
        for cell in nb.cells
        if is_grade(cell)
    }


class _LockedCellsOnly(NbGraderPreprocessor):
    """Restricts a preprocessor of nbgrader to the course's own cells, so that students' text stays as it is."""

    # nbconvert's HTML exporter sets this option on every preprocessor. nbgrader's classes have it without the tag, and
    # each page of feedback then warns that the option is unknown.
    display_data_priority = List(NbGraderPreprocessor.display_data_priority.default()).tag(config=True)

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> tuple[NotebookNode, Resources]:
        """Preprocess ``cell`` if it is locked."""
        if not cell.metadata.get("nbgrader", {}).get("locked"):
            return cell, resources
        stripped: tuple[NotebookNode, Resources] = super().preprocess_cell(cell, resources, index)
        return stripped


class HideMarkScheme(_LockedCellsOnly, ClearMarkScheme):
    """Strips mark schemes from feedback."""


class HideHiddenTests(_LockedCellsOnly, ClearHiddenTests):
    """Strips hidden tests from feedback, if a course adds some."""
