"""Submissions in, what goes into their notebooks out: the bridge's use of the engine, and its cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from autograder.assignment.questions import TASKS
from autograder.assignment.seeds import submission_seed
from autograder.assignment.settings import Terms
from autograder.errors import ExitCode, UserError
from autograder.grading.engine import Engine
from autograder.grading.jobs import Graded, Job
from autograder.grading.result_cache import cache_key
from autograder.nbgrader_bridge.cell_outputs import check_outputs
from autograder.nbgrader_bridge.graded_cells import Cache, GradedCells, graded_cells
from autograder.nbgrader_bridge.reading import Reading, Released, read
from autograder.report.result import QuestionResult, QuestionStatus
from autograder.sandbox import Limits

#: When so many fail, and none succeeds, so will the others.
_HOPELESS = 5


class NothingGraded(UserError):
    """Nothing can be graded on this machine."""

    exit_code = ExitCode.FAULT


class GraderFault(RuntimeError):
    """The grader failed, and the submission has no score: nothing that the student did."""


@dataclass(frozen=True)
class Grading:
    """Grades readings on a course's terms, and keeps what it gave.

    An engine is open during a call, and no longer. Grades that go into a gradebook are always made in confinement.

    Attributes
    ----------
    released : Released
        What submissions are read against.
    seed : str
        The course's secret seed.
    limits, terms
        What a submission may use; how far feedback helps, and which framework counts.
    cache : Cache
        Where results are looked up first.
    """

    released: Released
    seed: str
    limits: Limits
    terms: Terms
    cache: Cache

    def side_by_side(self, paths: list[Path], servers: int, *, again: bool) -> Iterator[Path]:
        """Grade the files whose results are not in the cache yet, or all of them ``again``, and yield each as it ends.

        A file that cannot be read, and a submission whose grading fails, are left to `of`.

        Raises
        ------
        NoConfinement
            This machine cannot confine student code.
        NothingGraded
            The first few failed, all through no fault of theirs.
        """
        jobs = self._uncached(paths, again=again)
        first = next(jobs, None)
        if first is None:
            return
        faults, done = 0, 0
        with Engine(self.limits, workers=min(servers, len(paths)), many=len(paths) > 1) as engine:
            for (path, job), graded in engine.grade_all(((path, job), job) for path, job in chain([first], jobs)):
                if graded.result.fault is None:
                    self._keep(job, graded)
                    done += 1
                    yield path
                    continue
                faults += 1
                if faults >= _HOPELESS and not done:
                    raise NothingGraded(graded.result.fault)

    def of(self, reading: Reading) -> GradedCells:
        """Return what goes into a notebook: from the cache, or graded now.

        Raises
        ------
        GraderFault
            There is no result.
        """
        job = self._job(reading)
        if job is None:
            return self._unreadable(reading)
        cells = self.cache.load(self._key(job))
        if cells is None:
            with Engine(self.limits, many=False) as engine:
                graded = engine.grade(job)
            if graded.result.fault is not None:
                raise GraderFault(f"{reading.path} was not graded, and has no score: {graded.result.fault}")
            cells = self._keep(job, graded)
        # Of two students' identical files, the other's may have been graded.
        cells.result["submission"]["path"] = reading.path
        return cells

    def _uncached(self, paths: Iterable[Path], *, again: bool) -> Iterator[tuple[Path, Job]]:
        for path in paths:
            job = self._job(read(path, self.released))
            if job is None:
                continue
            if again:
                self.cache.forget(self._key(job))
            if self.cache.load(self._key(job)) is None:
                yield path, job

    def _job(self, reading: Reading) -> Job | None:
        if reading.submission is None:
            return None
        seed = submission_seed(self.seed, reading.sha256)
        return Job.of(reading.submission, self.released.release, self.terms, seed)

    def _key(self, job: Job) -> str:
        return cache_key(job, self.limits)

    def _keep(self, job: Job, graded: Graded) -> GradedCells:
        cells = graded_cells(graded)
        self.cache.save(self._key(job), cells)
        return cells

    def _unreadable(self, reading: Reading) -> GradedCells:
        points = self.released.release.points
        reason = f"The file {reading.problem}."
        questions = [QuestionResult.of(task, QuestionStatus.ERROR, 0.0, points[task.check], reason) for task in TASKS]
        return GradedCells({}, {question.grade_id: check_outputs(question) for question in questions})
