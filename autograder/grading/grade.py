"""Files in, results out: `grade(...)` for programs, and `grade_files` for a command line's."""

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
    """Grade one notebook and return its `Result`; for many, keep an `Engine` open.

    Parameters
    ----------
    path : str or Path
        A student's notebook.
    seed : int, optional
        Non-negative; the same seed, file and versions give the same result. Fresh by default.
    release, settings : optional
        By default those that the command line would find.
    unconfined : bool
        Run the student's code with all that you may do; the result says so.

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

    Examples
    --------
    >>> import autograder
    >>> autograder.grade("weight_initialization.ipynb", seed=1).score  # doctest: +SKIP
    40.0
    """
    course = settings or load_settings()
    given = load_release(Path(release) if release else None)
    job = job_of(Path(path), given, course.terms, seed)
    with Engine(course.limits, unconfined=unconfined, many=False) as engine:
        return engine.grade(job).result


def grade_file(
    engine: Engine, path: Path, release: Release, terms: Terms, seed: int | None = None
) -> Result | Unreadable:
    """Grade one notebook, as `grade_files` grades many."""
    job = _job_or_problem(path, release, terms, seed)
    return _outcome(path, job if isinstance(job, UnreadableNotebook) else engine.grade(job))


def grade_files(
    engine: Engine, paths: Sequence[Path], release: Release, terms: Terms, seed: int | None = None
) -> Iterator[Result | Unreadable]:
    """Grade many notebooks side by side, and yield the result of each, in the order of ``paths``.

    Parameters
    ----------
    engine : Engine
        Who grades.
    paths : sequence of Path
        Students' notebooks, read one by one as their turn comes.
    release, terms
        What they were made from, and how they are graded.
    seed : int, optional
        The seed of every one of them; each gets its own fresh one by default.
    """
    jobs = ((number, _job_or_problem(path, release, terms, seed)) for number, path in enumerate(paths))
    return ordered((number, _outcome(paths[number], ended)) for number, ended in engine.grade_all(jobs))


def job_of(path: Path, release: Release, terms: Terms, seed: int | None = None) -> Job:
    """Read the notebook at ``path``, and return the job of grading it; raise `UnreadableNotebook` where it is none."""
    submission = read_submission(read_notebook(path), release.notebook)
    return Job.of(submission, release, terms, secrets.randbits(32) if seed is None else seed)


def _job_or_problem(path: Path, release: Release, terms: Terms, seed: int | None) -> Job | UnreadableNotebook:
    try:
        return job_of(path, release, terms, seed)
    except UnreadableNotebook as problem:
        return problem


def _outcome(path: Path, ended: Graded | UnreadableNotebook) -> Result | Unreadable:
    return Unreadable(path, str(ended)) if isinstance(ended, UnreadableNotebook) else ended.result
