"""The settings of a class and the data of one submission: all that a worker needs to grade it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, Self

from autograder.assignment.release import Release, release_in
from autograder.assignment.settings import Terms
from autograder.grading.engine import Engine
from autograder.grading.jobs import Graded, Job
from autograder.grading.result_cache import result_key
from autograder.limits import Limits
from autograder.notebook import UnreadableNotebook, parse_notebook
from autograder.submission.reader import read_submission


@dataclass(frozen=True)
class Settings:
    """Settings that all submissions of a class share.

    Attributes
    ----------
    raw : bytes
        Content of the released notebook's file.
    release : Release
        The release that was read from ``raw``.
    limits : Limits
        Resource limits of every submission.
    terms : Terms
        Help level, and how the two frameworks count.
    """

    raw: bytes
    release: Release
    limits: Limits
    terms: Terms

    @classmethod
    def of(cls, raw: bytes, limits: Limits | None = None, terms: Terms | None = None) -> Self:
        """Return the settings for a released notebook's file; raise `BadRelease` if it is not a release."""
        return cls(raw, release_in(raw), limits or Limits(), terms or Terms())

    def key(self, sha256: str, seed: int) -> str:
        """Return the key of the result of the submission with this hash: equal keys mean equal results."""
        release = self.release
        return result_key(sha256, release.notebook.sha256, release.points, self.terms, seed, self.limits)


@dataclass(frozen=True)
class Work:
    """A submission to grade.

    Attributes
    ----------
    student : str
        The student's id.
    name : str
        The file's name in reports.
    raw : bytes
        The file's content.
    seed : int
        Seed of the grading.
    key : str
        Cache key of the result.
    """

    student: str
    name: str
    raw: bytes
    seed: int
    key: str

    def job(self, settings: Settings) -> Job | UnreadableNotebook:
        """Read the submission. If it cannot be read, return the error instead of a job."""
        try:
            submission = read_submission(parse_notebook(self.name, self.raw), settings.release.notebook)
        except UnreadableNotebook as problem:
            return problem
        return Job.of(submission, settings.release, settings.terms, self.seed)


class Workers(Protocol):
    """Grades the submissions of a class. The class is implemented for this machine and for a cluster."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def grade_all(self, works: Iterator[Work]) -> Iterator[tuple[Work, Graded | UnreadableNotebook]]:
        """Grade ``works`` and yield each with its result as it ends. A work is taken when there is room for it."""
        ...


class ThisMachine:
    """An engine as a class's `Workers`. Use as a context manager.

    Parameters
    ----------
    settings : Settings
        The class's settings.
    engine : Engine
        The engine that grades. It is closed at the end.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()

    def grade_all(self, works: Iterator[Work]) -> Iterator[tuple[Work, Graded | UnreadableNotebook]]:
        """Grade ``works`` and yield each with its result as it ends. A work is taken when there is room for it."""
        return self._engine.grade_all((work, work.job(self._settings)) for work in works)


def to_text(document: dict[str, Any]) -> str:
    """Return a JSON document in the form in which a class's files store it."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
