"""Input and output of the engine: a `Job` and a `Graded`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from autograder.assignment.release import Release
from autograder.assignment.settings import Terms
from autograder.grading.cell_output import CellOutput
from autograder.report.result import Result
from autograder.submission.reader import Submission


@dataclass(frozen=True)
class Job:
    """One submission to grade, and everything that its result depends on besides the engine's own settings.

    Attributes
    ----------
    submission : Submission
        The submission, as the reader returns it.
    points : mapping of str to float
        Maximum points by grade id, for Q1–Q6 and Q7's check cells.
    terms : Terms
        Help level, and how the two frameworks count.
    seed : int
        Non-negative. The same job gives the same result.
    release_sha256 : str
        Hash of the released notebook that the submission was read against.
    """

    submission: Submission
    points: Mapping[str, float]
    terms: Terms
    seed: int
    release_sha256: str

    @classmethod
    def of(cls, submission: Submission, release: Release, terms: Terms, seed: int) -> Self:
        """Return the job of grading ``submission`` against ``release``."""
        return cls(submission, release.points, terms, seed, release.notebook.sha256)


@dataclass(frozen=True)
class Graded:
    """A result, and the output of each of the student's cells by the cell's name. A fault has no outputs."""

    result: Result
    outputs: dict[str, CellOutput] = field(default_factory=dict)
