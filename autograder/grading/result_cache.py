"""Results that need not be computed again, by a key of everything that they rest on.

A cached document holds a whole `Graded`: the result with its pictures and explanations, and the cells' outputs. A
cache is read by whoever shows a graded notebook, and the result's public JSON lacks those.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Protocol

from autograder.assignment.settings import Terms
from autograder.grading.jobs import Graded, Job
from autograder.grading.provenance import graded_by
from autograder.sandbox import Limits


class ResultCache(Protocol):
    """Where an `Engine` looks results up, and keeps them."""

    def load(self, key: str) -> Graded | None:
        """Return what was kept under ``key``; None where there is nothing, or nothing that can be read."""
        ...

    def save(self, key: str, graded: Graded) -> None:
        """Keep ``graded``, whole or not at all."""
        ...


def cache_key(job: Job, limits: Limits) -> str:
    """Return the key of ``job``'s result under ``limits``: equal keys mean equal results, whatever the file's name."""
    return result_key(job.submission.sha256, job.release_sha256, dict(job.points), job.terms, job.seed, limits)


def result_key(
    sha256: str, release_sha256: str, points: dict[str, float], terms: Terms, seed: int, limits: Limits
) -> str:
    """Return a result's key without reading the submission, from the hash of its file."""
    rests_on = [sha256, release_sha256, points, asdict(terms), seed, asdict(limits), graded_by()]
    return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()
