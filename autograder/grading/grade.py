"""Grades notebook files: `grade` grades one for a program, `grade_files` many for a command."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.assignment.release import Release, load_release
from autograder.assignment.settings import Settings, Terms, load_settings
from autograder.grading.engine import Engine, ordered
from autograder.grading.jobs import Graded, Job
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.report.result import Result, Unreadable
from autograder.submission.reader import read_submission


def grade(
    path: str | Path,
    *,
    seed: int | None = None,
    release: str | Path | None = None,
    settings: Settings | None = None,
    unconfined: bool = False,
) -> Result:
    """Grade one notebook and return its `Result`. For many notebooks, use an `Engine`, which starts once.

    Parameters
    ----------
    path : str or Path
        A student's notebook.
    seed : int, optional
        Non-negative. The same seed, file and versions give the same result. By default, a random seed.
    release, settings : optional
        By default, the ones that the command line would find.
    unconfined : bool
        Run the student's code without confinement, with all rights of your account. The result says so.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code, and ``unconfined`` is False.
    UnreadableNotebook
        The file is not a notebook of this assignment.
    BadRelease
        There is no usable release.
    BadSettings
        course.toml cannot be used.

    Examples
    --------
    >>> from autograder.assignment.release import release_path
    >>> untouched = release_path()
    >>> result = grade(untouched, seed=1)
    >>> f"{result.score} of {result.max_score} points; first question: {result.questions[0].status}"
    '0.0 of 40.0 points; first question: not_attempted'
    """
    course = settings or load_settings()
    loaded = load_release(Path(release) if release else None)
    job = job_of(Path(path), loaded, course.terms, seed)
    with Engine(course.limits, unconfined=unconfined, many=False) as engine:
        return engine.grade(job).result


def grade_file(
    engine: Engine, path: Path, release: Release, terms: Terms, seed: int | None = None
) -> Result | Unreadable:
    """Grade one notebook as `grade_files` does. A file that cannot be read becomes an `Unreadable`.

    Examples
    --------
    >>> with Engine(many=False) as engine:
    ...     outcome = grade_file(engine, Path("no-such-file.ipynb"), load_release(), Terms())
    >>> outcome.reason
    'does not exist'
    """
    job = _job_or_problem(path, release, terms, seed)
    return _outcome(path, job if isinstance(job, UnreadableNotebook) else engine.grade(job))


def grade_files(
    engine: Engine, paths: Sequence[Path], release: Release, terms: Terms, seed: int | None = None
) -> Iterator[Result | Unreadable]:
    """Grade many notebooks side by side, and yield their results in the order of ``paths``.

    Parameters
    ----------
    engine : Engine
        The engine that grades.
    paths : sequence of Path
        Students' notebooks. Each is read when a worker is free.
    release, terms
        The release, help level, and how the two frameworks count.
    seed : int, optional
        Seed of every notebook. By default, each gets its own random seed.

    Examples
    --------
    >>> release = load_release()
    >>> paths = [Path(release.notebook.path), Path("no-such-file.ipynb")]
    >>> with Engine(many=False) as engine:
    ...     first, second = grade_files(engine, paths, release, Terms(), seed=1)
    >>> first.score, second.reason
    (0.0, 'does not exist')
    """
    jobs = ((number, _job_or_problem(path, release, terms, seed)) for number, path in enumerate(paths))
    return ordered((number, _outcome(paths[number], ended)) for number, ended in engine.grade_all(jobs))


def job_of(path: Path, release: Release, terms: Terms, seed: int | None = None) -> Job:
    """Return the job of grading the notebook at ``path``; raise `UnreadableNotebook` if it cannot be read."""
    submission = read_submission(read_notebook(path), release.notebook)
    return Job.of(submission, release, terms, secrets.randbits(32) if seed is None else seed)


def _job_or_problem(path: Path, release: Release, terms: Terms, seed: int | None) -> Job | UnreadableNotebook:
    try:
        return job_of(path, release, terms, seed)
    except UnreadableNotebook as problem:
        return problem


def _outcome(path: Path, ended: Graded | UnreadableNotebook) -> Result | Unreadable:
    return Unreadable(path, str(ended)) if isinstance(ended, UnreadableNotebook) else ended.result
