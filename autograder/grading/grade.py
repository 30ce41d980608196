"""Files in, results out: `grade(...)` for programs, and `grade_files` for a command line's."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.assignment.release import Release, load_release
from autograder.assignment.settings import Settings, Terms, load_settings
from autograder.grading.engine import Engine, ordered
from autograder.grading.jobs import Job
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
    terms = (settings or load_settings()).terms
    given = load_release(Path(release) if release else None)
    job = job_of(Path(path), given, terms, seed)
    with Engine(unconfined=unconfined, many=False) as engine:
        return engine.grade(job).result


def grade_file(
    engine: Engine, path: Path, release: Release, terms: Terms, seed: int | None = None
) -> Result | Unreadable:
    """Grade one notebook, as `grade_files` grades many."""
    try:
        job = job_of(path, release, terms, seed)
    except UnreadableNotebook as problem:
        return Unreadable(path, str(problem))
    return engine.grade(job).result


def grade_files(
    engine: Engine, paths: Iterable[Path], release: Release, terms: Terms, seed: int | None = None
) -> Iterator[Result | Unreadable]:
    """Grade many notebooks side by side, and yield what each gave, in the order of ``paths``.

    Parameters
    ----------
    engine : Engine
        Who grades.
    paths : iterable of Path
        Students' notebooks, read one by one as their turn comes.
    release, terms
        What they were made from, and how they are graded.
    seed : int, optional
        The seed of every one of them; each gets its own fresh one by default.
    """
    unreadable: list[tuple[int, Unreadable]] = []

    def jobs() -> Iterator[tuple[int, Job]]:
        for position, path in enumerate(paths):
            try:
                yield position, job_of(path, release, terms, seed)
            except UnreadableNotebook as problem:
                unreadable.append((position, Unreadable(path, str(problem))))

    def ended() -> Iterator[tuple[int, Result | Unreadable]]:
        for position, graded in engine.grade_all(jobs()):
            yield from unreadable
            unreadable.clear()
            yield position, graded.result
        yield from unreadable

    return ordered(ended())


def job_of(path: Path, release: Release, terms: Terms, seed: int | None = None) -> Job:
    """Read the notebook at ``path``, and return the job of grading it; raise `UnreadableNotebook` where it is none."""
    submission = read_submission(read_notebook(path), release.notebook)
    return Job.of(submission, release, terms, secrets.randbits(32) if seed is None else seed)
