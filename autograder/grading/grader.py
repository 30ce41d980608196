"""One submission from file to `Result`: read, run in the sandbox, judge, add up."""

from __future__ import annotations

import hashlib
import os
import secrets
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from autograder.assignment.questions import TASKS, Task
from autograder.assignment.release import Release, load_release
from autograder.assignment.settings import Settings, load_settings
from autograder.grading.cell_output import CellOutput
from autograder.grading.execution import Ending, Execution, execute, explanation
from autograder.grading.interview import Evidence, Raised
from autograder.grading.scoring import better_of_the_two, score_task
from autograder.notebook import Cell, UnreadableNotebook, read_notebook
from autograder.report.result import CellProblem, Provenance, QuestionResult, Result, WrittenResult
from autograder.sandbox import SandboxFault
from autograder.sandbox.opening import AnySandbox, open_sandbox
from autograder.submission.reader import Submission, read_submission
from autograder.text import one_line
from autograder.version import __version__

#: Cells that a report tells of one by one.
_MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Unreadable:
    """A file that could not be graded, and why, in one line."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Graded:
    """A result, and what each of the student's cells put out, by the cell's name; nothing where the grader failed."""

    result: Result
    outputs: dict[str, CellOutput] = field(default_factory=dict)


@dataclass(frozen=True)
class _Begun:
    """A submission whose code is running."""

    submission: Submission
    seed: int
    execution: Future[Execution]


class Grader:
    """Grades submissions made from one release, in one warm sandbox.

    Parameters
    ----------
    sandbox : Sandbox
        Where the students' code runs. It may still be warming up.
    release : Release
        What the submissions were made from.
    settings : Settings, optional
        The course's: how far help goes, and which framework counts. Else the release's terms hold.
    """

    def __init__(self, sandbox: AnySandbox, release: Release, settings: Settings | None = None) -> None:
        self._sandbox = sandbox
        self._release = replace(release, terms=settings.terms) if settings else release

    def grade(self, path: Path, seed: int | None = None) -> Result:
        """Grade the notebook at ``path``.

        Parameters
        ----------
        path : Path
            A student's notebook.
        seed : int, optional
            Non-negative; the same seed, file and versions give the same result. Fresh by default.

        Raises
        ------
        UnreadableNotebook
            The file is no notebook of this assignment. A fault of the grader's own raises nothing: the
            result's status says so.
        """
        return self.grade_and_show(path, seed).result

    def grade_and_show(self, path: Path, seed: int | None = None) -> Graded:
        """Grade the notebook at ``path`` as `grade` does, and return what its cells put out as well."""
        submission = read_submission(read_notebook(path), self._release.notebook)
        seed = _seed(seed)
        return self._finish(submission, seed, lambda: execute(self._sandbox, submission, seed), ())

    def grade_all(
        self, paths: Iterable[Path], seed: int | None = None, jobs: int | None = None
    ) -> Iterator[Result | Unreadable]:
        """Grade many notebooks and yield what became of each, in order.

        Parameters
        ----------
        paths : iterable of Path
            Students' notebooks, read one by one as their turn comes.
        seed : int, optional
            The seed of every one of them; each gets its own fresh one by default.
        jobs : int, optional
            Children that run at once; by default one a core. While they run, this thread judges.
        """
        jobs = jobs or os.cpu_count() or 1
        pool = ThreadPoolExecutor(jobs)
        begun: deque[_Begun | Unreadable] = deque()
        try:
            for path in paths:
                begun.append(self._begin(pool, path, seed))
                if len(begun) > jobs:
                    yield self._end(begun.popleft(), begun)
            while begun:
                yield self._end(begun.popleft(), begun)
        finally:
            # On Ctrl-C nobody waits for endless loops: closing the sandbox ends whatever still runs.
            pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, pool: ThreadPoolExecutor, path: Path, seed: int | None) -> _Begun | Unreadable:
        try:
            submission = read_submission(read_notebook(path), self._release.notebook)
        except UnreadableNotebook as problem:
            return Unreadable(path, str(problem))
        own = _seed(seed)
        return _Begun(submission, own, pool.submit(execute, self._sandbox, submission, own))

    def _end(self, begun: _Begun | Unreadable, others: Iterable[_Begun | Unreadable]) -> Result | Unreadable:
        if isinstance(begun, Unreadable):
            return begun
        running = [other.execution for other in others if isinstance(other, _Begun)]
        return self._finish(begun.submission, begun.seed, begun.execution.result, running).result

    def _finish(
        self, submission: Submission, seed: int, run: Callable[[], Execution], others: Iterable[Future[Execution]]
    ) -> Graded:
        """Turn an execution into a result; where the sandbox failed, try once more, with nothing else running.

        Of the submissions that ran side by side, one may have brought the warm process down. Alone, each
        answers for itself.
        """
        try:
            try:
                execution = run()
            except SandboxFault:
                wait(others)
                execution = execute(self._sandbox, submission, seed)
            return judge(self._release, submission, seed, execution)
        except Exception as problem:  # noqa: BLE001 (whatever goes wrong here is ours, and no student's zero)
            return Graded(fault(submission, problem))


def judge(release: Release, submission: Submission, seed: int, execution: Execution) -> Graded:
    """Judge what running ``submission`` gave on the challenges of ``seed``."""
    outputs = {cell.name: execution.output(position) for position, cell in enumerate(submission.code)}
    return Graded(_result(release, submission, seed, execution), outputs)


def fault(submission: Submission, problem: Exception) -> Result:
    """Return the result of a grading that failed by no fault of the submission's: it scores nothing."""
    told = str(problem)
    if not isinstance(problem, SandboxFault | OSError):
        place = traceback.extract_tb(problem.__traceback__)[-1]
        told = f"{type(problem).__name__}: {problem} ({Path(place.filename).name}, line {place.lineno})"
    return Result(submission.path, submission.sha256, "fault", fault=one_line(told, 600))


def _result(release: Release, submission: Submission, seed: int, execution: Execution) -> Result:
    questions = tuple(_question(release, task, execution.outcomes[task.stub]) for task in TASKS)
    return Result(
        path=submission.path,
        sha256=submission.sha256,
        status="graded",
        questions=better_of_the_two(questions) if release.terms.frameworks == "better" else questions,
        written=tuple(
            WrittenResult(a.grade_id, a.status, a.words, release.points[a.grade_id], a.remark)
            for a in submission.written
        ),
        problems=_problems(submission, execution),
        provenance=Provenance(
            grader_version=__version__,
            grader_sha256=grader_sha256(),
            seed=seed,
            confinement=execution.warm.layers,
            **execution.warm.versions,
        ),
    )


def _question(release: Release, task: Task, outcome: Evidence | Ending) -> QuestionResult:
    points = release.points[task.check]
    if isinstance(outcome, Ending):
        return QuestionResult(task.check, outcome.status, 0.0, points, outcome.message)
    return score_task(task, outcome, points, release.terms.help_level)


def _problems(submission: Submission, execution: Execution) -> tuple[CellProblem, ...]:
    messages = {position: _told(raised, submission) for position, raised in execution.raised.items()}
    messages |= {position: ending.message for position, ending in execution.deadly.items()}
    shown = sorted(messages)[:_MOST_PROBLEMS]
    problems = [CellProblem(_called(submission.code[position]), messages[position]) for position in shown]
    if more := len(messages) - len(shown):
        problems.append(CellProblem(f"{more} more", "These raised or did not finish, either."))
    return tuple(problems)


def _told(raised: Raised, submission: Submission) -> str:
    why = explanation(raised, submission)
    return f"{raised}.{why}" if why else str(raised)


def _called(cell: Cell) -> str:
    """Name a cell so that its author finds it: Jupyter shows no numbers, so the first line goes along."""
    if cell.grade_id is not None:
        return one_line(cell.name, 60)
    return f"{cell.name} (“{one_line(cell.source.strip().partition(chr(10))[0], 60)}”)"


def _seed(seed: int | None) -> int:
    return secrets.randbits(32) if seed is None else seed


@cache
def grader_sha256() -> str:
    """Hash this package's files, names and contents, so that a result names the grader that made it.

    Its code and its templates: what an installed package has as its repository has it, whatever ends lines there.
    """
    root = Path(__file__).resolve().parent
    paths = {path.relative_to(root) for path in [*root.rglob("*.py"), *root.glob("*/templates/*.*")]}
    digest = hashlib.sha256()
    for path in sorted(paths, key=Path.as_posix):
        content = (root / path).read_bytes().replace(b"\r\n", b"\n")
        digest.update(path.as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def grade(
    path: str | Path,
    *,
    seed: int | None = None,
    release: str | Path | None = None,
    settings: Settings | None = None,
    unconfined: bool = False,
) -> Result:
    """Grade one notebook and return its `Result`; for many, keep a `Grader` open.

    ``release`` and ``settings`` are by default those that the command line would find. ``unconfined`` runs the
    student's code with all that you may do, and the result says so.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code, and ``unconfined`` was not asked for.
    UnreadableNotebook
        The file is no notebook of this assignment.
    BadRelease
        There is no usable release.
    BadSettings
        course.toml cannot be used.
    """
    settings = settings or load_settings()
    given = load_release(Path(release) if release else None)
    with open_sandbox(unconfined=unconfined) as sandbox:
        return Grader(sandbox, given, settings).grade(Path(path), seed)
