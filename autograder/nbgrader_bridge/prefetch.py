"""nbgrader autogrades one submission after the other: here the next ones run meanwhile, and their results wait for it.

What was begun ahead counts only if it is what nbgrader then asks for, to the last cell: anything else is graded there
and then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.grading.engine import Engine, in_a_thread
from autograder.grading.jobs import Graded, Job
from autograder.nbgrader_bridge.gradebook import Handed


@dataclass(frozen=True)
class _Begun:
    job: Job
    graded: Future[Graded]

    def is_of(self, job: Job) -> bool:
        """Tell whether it answers for this job: the same code and answers, points, terms and seed."""
        ours, theirs = self.job.submission, job.submission
        return replace(self.job, submission=theirs) == job and (ours.code, ours.untouched, ours.written) == (
            theirs.code,
            theirs.untouched,
            theirs.written,
        )


class Ahead:
    """Submissions that an engine has begun with before they were asked for."""

    def __init__(self) -> None:
        self._begun: dict[Handed, _Begun] = {}

    def __contains__(self, handed: Handed) -> bool:
        return handed in self._begun

    def begin(self, engine: Engine, handed: Handed, job: Job) -> None:
        """Have ``engine`` grade a submission."""
        self._begun[handed] = _Begun(job, in_a_thread(lambda: engine.grade(job)))

    def take(self, handed: Handed, job: Job) -> Graded | None:
        """Return what became of a submission, once it has ended; None where nothing was begun, or something else."""
        begun = self._begun.pop(handed, None)
        return begun.graded.result() if begun is not None and begun.is_of(job) else None


def upcoming(converter: Any, after: Handed | None) -> Iterator[tuple[Path, Handed]]:
    """Yield the notebooks that nbgrader's ``converter`` will come to after a student's, in its order.

    Those that it will skip are left out, by its own rules, which it has in one function with what it then does.
    """
    course = converter.coursedir
    # Not by its own function for this: that reads where it is now, and in mid-run is in another folder.
    form = re.compile(
        course.format_path(course.submitted_directory, "(?P<student>.*)", "(?P<assignment>.*)", escape=True)
    )
    for folder in sorted(converter.assignments):
        named = form.match(folder)
        if named is None:
            continue
        for path in map(Path, sorted(converter.assignments[folder])):
            handed = Handed(course.db_url, named["student"], named["assignment"], path.stem)
            if after is not None:
                after = None if handed == after else after
            elif not _is_skipped(converter, handed, folder):
                yield path, handed


def _is_skipped(converter: Any, handed: Handed, folder: str) -> bool:
    course = converter.coursedir
    if handed.student in course.student_id_exclude.split(","):
        return True
    made = course.format_path(course.autograded_directory, handed.student, handed.assignment)
    if converter.force or not Path(made).exists():
        return False
    new, old = course.get_existing_timestamp(folder), course.get_existing_timestamp(made)
    return not (new is not None and old is not None and new > old)
