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
    """What is the same for a whole class.

    Attributes
    ----------
    raw : bytes
        The released notebook's file.
    release : Release
        The same, read.
    limits : Limits
        What every submission may use.
    terms : Terms
        How far feedback helps, and which framework counts.
    """

    raw: bytes
    release: Release
    limits: Limits
    terms: Terms

    @classmethod
    def of(cls, raw: bytes, limits: Limits | None = None, terms: Terms | None = None) -> Self:
        """Return the settings for a released notebook's file; raise `BadRelease` where it is none."""
        return cls(raw, release_in(raw), limits or Limits(), terms or Terms())

    def key(self, sha256: str, seed: int) -> str:
        """Return the key of the result of the submission with this hash: equal keys mean equal results."""
        release = self.release
        return result_key(sha256, release.notebook.sha256, release.points, self.terms, seed, self.limits)


@dataclass(frozen=True)
class Work:
    """A submission to grade: whose, what reports call its file, its bytes, the seed, and the key of its result."""

    student: str
    name: str
    raw: bytes
    seed: int
    key: str

    def job(self, settings: Settings) -> Job | UnreadableNotebook:
        """Read the submission; return the problem where it cannot be read."""
        try:
            submission = read_submission(parse_notebook(self.name, self.raw), settings.release.notebook)
        except UnreadableNotebook as problem:
            return problem
        return Job.of(submission, settings.release, settings.terms, self.seed)


class Workers(Protocol):
    """What grades a class: this machine, or a cluster."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def grade_all(self, works: Iterator[Work]) -> Iterator[tuple[Work, Graded | UnreadableNotebook]]:
        """Grade ``works``, taken as there is room, and yield each with its result, as they end."""
        ...


class ThisMachine:
    """An engine as a class's `Workers`. Use as a context manager.

    Parameters
    ----------
    settings : Settings
        What is the same for the whole class.
    engine : Engine
        Who grades; closed at the end.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()

    def grade_all(self, works: Iterator[Work]) -> Iterator[tuple[Work, Graded | UnreadableNotebook]]:
        """Grade ``works``, taken as there is room, and yield each with its result, as they end."""
        return self._engine.grade_all((work, work.job(self._settings)) for work in works)


def to_text(document: dict[str, Any]) -> str:
    """Return a JSON document as a class's files have it."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
