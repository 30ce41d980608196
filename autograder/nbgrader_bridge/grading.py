"""Grades the submissions of nbgrader's autograding with the engine and the result cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.questions import TASKS
from autograder.assignment.seeds import submission_seed
from autograder.assignment.settings import Terms
from autograder.errors import ExitCode, UserError
from autograder.grading.engine import Engine
from autograder.grading.jobs import Graded, Job
from autograder.grading.result_cache import ResultCache
from autograder.limits import Limits
from autograder.nbgrader_bridge.reading import Reading, Released, read
from autograder.report.result import QuestionResult, QuestionStatus, Result, ResultStatus

#: If this many gradings fail and none succeeds, the run stops: the rest would fail, too.
_FAULTS_THAT_STOP = 5


class NothingGraded(UserError):
    """Nothing can be graded on this machine."""

    exit_code = ExitCode.FAULT


class GraderFault(RuntimeError):
    """The grader failed. The submission has no score; its student is not to blame."""


@dataclass(frozen=True)
class Grading:
    """Grades submissions by a course's settings.

    An engine is open only during a call. Grades for a gradebook are always made in confinement.

    Attributes
    ----------
    released : Released
        The release that submissions are compared with.
    seed : str
        The course's secret seed.
    limits, terms
        Resource limits; help level, and how the two frameworks count.
    cache : ResultCache
        Cache of results.
    """

    released: Released
    seed: str
    limits: Limits
    terms: Terms
    cache: ResultCache

    def prefetch(self, paths: list[Path], servers: int, *, again: bool) -> Iterator[Path]:
        """Prefetch: grade the files whose results are not in the cache, and yield each path as its grading ends.

        With ``again``, all files are graded. Files that cannot be read, and failed gradings, are left to `of`.

        Raises
        ------
        NoConfinement
            This machine cannot confine student code.
        NothingGraded
            The first gradings all failed by a fault of the grader.
        """
        faults, done = 0, 0
        with self._engine(min(servers, len(paths)), many=len(paths) > 1) as engine:
            for path, graded in engine.grade_all(self._jobs(paths, engine, again=again)):
                if graded.result.fault is None:
                    done += 1
                    yield path
                    continue
                faults += 1
                if faults >= _FAULTS_THAT_STOP and not done:
                    raise NothingGraded(graded.result.fault)

    def of(self, reading: Reading) -> Graded:
        """Return the result of ``reading`` from the cache, or grade it now.

        Raises
        ------
        GraderFault
            The grader failed.
        """
        job = self._job(reading)
        if job is None:
            return self._unreadable(reading)
        with self._engine() as engine:
            graded = engine.grade(job)
        if graded.result.fault is not None:
            raise GraderFault(f"{reading.path} was not graded, and has no score: {graded.result.fault}")
        return graded

    def _engine(self, workers: int = 1, *, many: bool = False) -> Engine:
        return Engine(self.limits, workers=workers, many=many, cache=self.cache)

    def _jobs(self, paths: Iterable[Path], engine: Engine, *, again: bool) -> Iterator[tuple[Path, Job]]:
        for path in paths:
            job = self._job(read(path, self.released))
            if job is None:
                continue
            if again:
                self.cache.forget(engine.key(job))
            yield path, job

    def _job(self, reading: Reading) -> Job | None:
        if reading.submission is None:
            return None
        seed = submission_seed(self.seed, reading.sha256)
        return Job.of(reading.submission, self.released.release, self.terms, seed)

    def _unreadable(self, reading: Reading) -> Graded:
        points = self.released.release.points
        reason = f"The file {reading.problem}."
        questions = [QuestionResult.of(task, QuestionStatus.ERROR, 0.0, points[task.check], reason) for task in TASKS]
        return Graded(Result(reading.path, reading.sha256, ResultStatus.GRADED, tuple(questions)))
