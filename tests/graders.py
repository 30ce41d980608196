"""The engine as most tests use it: one notebook after the other, in a sandbox that the test has opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.assignment.release import Release, load_release
from autograder.assignment.settings import Terms
from autograder.grading.engine import Engine
from autograder.grading.grade import grade_files, job_of
from autograder.grading.worker import InThisProcess
from autograder.report.result import Result, Unreadable
from autograder.sandbox.opening import AnySandbox


class Grader:
    """Grades notebooks in ``sandbox``, which may be warming up still."""

    def __init__(self, sandbox: AnySandbox, release: Release | None = None, terms: Terms | None = None) -> None:
        self.sandbox = sandbox
        self.engine = Engine(sandbox.limits, start=lambda: InThisProcess(lambda: sandbox))
        self._release = release or load_release()
        self._terms = terms or Terms()

    def grade(self, path: Path, seed: int | None = None) -> Result:
        return self.engine.grade(job_of(path, self._release, self._terms, seed)).result

    def grade_all(self, paths: Iterable[Path], seed: int | None = None) -> Iterator[Result | Unreadable]:
        return grade_files(self.engine, paths, self._release, self._terms, seed)
