"""Grades one notebook after the other in a sandbox that a test has opened."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment.questions import Task
from autograder.assignment.release import Release, load_release
from autograder.assignment.settings import HelpLevel, Terms
from autograder.grading import engine, results, worker
from autograder.grading.engine import Engine
from autograder.grading.execution import Execution, execute
from autograder.grading.grade import grade_files, job_of
from autograder.grading.interview import Evidence
from autograder.grading.scoring import score_task
from autograder.grading.worker import InThisProcess
from autograder.report.result import QuestionResult, Result, Unreadable
from autograder.sandbox.opening import AnySandbox
from autograder.submission.reader import Submission


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


class _Lent(InThisProcess):
    """A worker in a sandbox that others use, too: closing the worker leaves the sandbox open."""

    def close(self) -> None:
        pass


def side_by_side(sandbox: AnySandbox, paths: Iterable[Path], seed: int) -> Iterator[Result | Unreadable]:
    """Grade notebooks two at a time in one sandbox, as `--jobs 2` does in two."""
    engine = Engine(sandbox.limits, workers=2, start=lambda: _Lent(lambda: sandbox))
    return grade_files(engine, paths, load_release(), Terms(), seed)


@contextmanager
def same_evidence_judged_once() -> Iterator[None]:
    """Have this process judge evidence once, where all of its bytes are the same."""
    judged: dict[bytes, QuestionResult] = {}

    def judged_once(*asked: Any) -> QuestionResult:
        key = pickle.dumps(asked)
        if key not in judged:
            judged[key] = score_task(*asked)
        return judged[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "score_task", judged_once)
        yield


@contextmanager
def one_warm_sandbox(sandbox: AnySandbox) -> Iterator[None]:
    """Have every engine of this process grade in ``sandbox``, whoever opens it, and run the same code once.

    What a command reads and reports is its own each time. Of two files with the same code, the first one's evidence and
    verdict serve both.
    """
    ran: dict[object, Execution] = {}
    judged: dict[object, QuestionResult] = {}
    turn = threading.Lock()

    def once(sandbox: AnySandbox, submission: Submission, seed: int, finished: Callable[[], None]) -> Execution:
        code = tuple((cell.name, cell.source, cell.grade_id) for cell in submission.code)
        key = code, submission.untouched, tuple((cell.name, cell.source) for cell in submission.left_out)
        with turn:
            if key not in ran:
                ran[key] = execute(sandbox, submission, seed, finished=finished)
            return ran[key]

    def judged_once(task: Task, evidence: Evidence, points: float, help_level: HelpLevel) -> QuestionResult:
        # The evidence stays in `ran`, so that no other one gets its id.
        key = task.stub, id(evidence), points, help_level
        if key not in judged:
            judged[key] = score_task(task, evidence, points, help_level)
        return judged[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "execute", once)
        patch.setattr(results, "score_task", judged_once)
        patch.setattr(engine, "_worker", lambda *_, **__: _Lent(lambda: sandbox))
        yield
