"""One submission's way through a class: what is sent to whoever grades it, and what comes back."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from typing import Any, Protocol, Self

from autograder.assignment.settings import Terms
from autograder.grading.grader import grader_sha256
from autograder.report.result import Result
from autograder.sandbox import Limits

#: What a result rests on besides the grader; TensorFlow comes by either name.
_PACKAGES = ("numpy", "scipy", "torch", "tensorflow", "tensorflow-cpu", "keras", "ipython")


@dataclass(frozen=True)
class Settings:
    """What is the same for a whole class.

    Attributes
    ----------
    release : bytes
        The released notebook's file.
    limits : Limits
        What every submission may use.
    terms : Terms
        How far feedback helps, and which framework counts.
    """

    release: bytes
    limits: Limits
    terms: Terms = field(default_factory=Terms)

    def key(self, sha256: str, seed: int) -> str:
        """Return what identifies the result of the submission with this hash: whoever has it need not grade again."""
        release = hashlib.sha256(self.release).hexdigest()
        rests_on = [sha256, seed, release, asdict(self.limits), asdict(self.terms), graded_by()]
        return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()


@cache
def graded_by() -> dict[str, str]:
    """Return the grader's hash and the versions of what it grades with: the same everywhere, or grades are not."""
    versions = {"grader": grader_sha256(), "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


@dataclass(frozen=True)
class Work:
    """A submission to grade: whose, what reports call its file, its bytes, the seed, and the key of its result."""

    student: str
    name: str
    raw: bytes
    seed: int
    key: str


@dataclass(frozen=True)
class Outcome:
    """What became of a submission.

    ``status`` is graded or fault, and ``text`` then is the result as JSON; or it is unreadable, and ``text`` says why.
    """

    status: str
    text: str


class Workers(Protocol):
    """Whoever grades: warm servers of this machine, or a cluster's."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def grade_all(self, works: Iterator[Work]) -> Iterator[tuple[Work, Outcome]]:
        """Grade ``works``, taken as there is room, and yield each with its outcome, as they end."""
        ...


def as_text(result: Result) -> str:
    """Return the one form in which a class's results are written, sent and compared."""
    return to_text(result.to_json())


def to_text(document: dict[str, Any]) -> str:
    """Return a JSON document as a class's files have it."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
