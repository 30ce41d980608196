"""nbgrader autogrades one submission after the other: here the next ones run meanwhile, and their results wait for it.

What was begun ahead counts only if it is what nbgrader then asks for, to the last cell: anything else is graded there
and then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.assignment.release import Release
from autograder.grading.grader import Graded
from autograder.grading.workers import Crew
from autograder.nbgrader_bridge.gradebook import Handed
from autograder.submission.reader import Submission


@dataclass(frozen=True)
class _Begun:
    release: Release
    submission: Submission
    seed: int
    graded: Future[Graded]

    def is_of(self, release: Release, submission: Submission, seed: int) -> bool:
        """Tell whether it answers for this submission: the same code and answers, points and seed."""
        ours, theirs = self.submission, submission
        return (self.release, self.seed) == (release, seed) and (ours.code, ours.untouched, ours.written) == (
            theirs.code,
            theirs.untouched,
            theirs.written,
        )


class Ahead:
    """Submissions that a crew has begun with before they were asked for."""

    def __init__(self) -> None:
        self._begun: dict[Handed, _Begun] = {}

    def __contains__(self, handed: Handed) -> bool:
        return handed in self._begun

    def begin(self, crew: Crew, handed: Handed, release: Release, submission: Submission, seed: int) -> None:
        """Have ``crew`` grade a submission."""
        self._begun[handed] = _Begun(release, submission, seed, crew.start(release, submission, seed))

    def take(self, handed: Handed, release: Release, submission: Submission, seed: int) -> Graded | None:
        """Return what became of a submission, once it has ended; None where nothing was begun, or something else."""
        begun = self._begun.pop(handed, None)
        return begun.graded.result() if begun is not None and begun.is_of(release, submission, seed) else None


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
