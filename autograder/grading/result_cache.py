"""Caches results on disk, so that no submission is graded twice. The cache key covers all that a result depends on.

A file of the cache holds a whole `Graded`: the result with its pictures and explanations, and the cells' outputs. The
public JSON of a result holds less.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.assignment.settings import Terms
from autograder.files import write_bytes
from autograder.grading.jobs import Graded, Job
from autograder.grading.provenance import graded_by
from autograder.limits import Limits


class ResultCache:
    """A folder with one file for each key. It may be deleted at any time; the submissions are then graded again.

    Parameters
    ----------
    folder : Path
        Created when the first result is saved.
    complain : callable
        Called with one sentence, once, if a result cannot be saved. The results are right nevertheless.
    """

    def __init__(self, folder: Path, complain: Callable[[str], None]) -> None:
        self._folder = folder
        self._complain = complain
        self._complained = False

    def load(self, key: str) -> Graded | None:
        """Return the result of ``key``; None if there is no file with a readable result."""
        try:
            return _DECODER.decode(self._path(key).read_bytes())
        except (OSError, ValueError, zlib.error, msgspec.MsgspecError):
            return None

    def save(self, key: str, graded: Graded) -> None:
        """Save ``graded`` under ``key``, atomically. A full disk or a read-only folder raises nothing.

        The submission's path is not saved, because several students may submit equal files.
        """
        content = _ENCODER.encode(replace(graded, result=replace(graded.result, path="")))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self._path(key), content)
        except OSError as problem:
            if not self._complained:
                self._complained = True
                self._complain(
                    f"results cannot be kept in {self._folder}: {problem.strerror}; the next run grades them again"
                )

    def forget(self, key: str) -> None:
        """Remove the result of ``key``, so that the submission is graded again."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.result"


def cache_key(job: Job, limits: Limits, *, unconfined: bool = False) -> str:
    """Return the cache key of ``job``: equal keys mean equal results, whatever the file's name.

    The key covers the bytes of the submission and of the release, the points, the course's terms, the seed, the limits,
    the versions of the grader and of its packages, and whether the code ran unconfined. It does not cover the retry
    policy and the number of workers, because these must not change a result.

    Examples
    --------
    >>> from autograder.assignment.release import load_release
    >>> from autograder.grading.grade import job_of
    >>> release = load_release()
    >>> job = job_of(Path(release.notebook.path), release, Terms(), seed=1)
    >>> cache_key(job, Limits()) == cache_key(job, Limits())
    True
    """
    submission, release = job.submission.sha256, job.release_sha256
    return result_key(submission, release, dict(job.points), job.terms, job.seed, limits, unconfined=unconfined)


def result_key(
    sha256: str,
    release_sha256: str,
    points: dict[str, float],
    terms: Terms,
    seed: int,
    limits: Limits,
    *,
    unconfined: bool = False,
) -> str:
    """Return the key that `cache_key` returns, from the hash of a submission's file and without reading its cells.

    Examples
    --------
    >>> from functools import partial
    >>> of = partial(result_key, "0" * 64, "1" * 64, {"q7_tf_model_check": 8.0}, Terms(), limits=Limits())
    >>> of(seed=1) == of(seed=1), of(seed=1) == of(seed=2)
    (True, False)
    """
    contents = [sha256, release_sha256, points, asdict(terms), seed, asdict(limits), unconfined, graded_by()]
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def _packed(pixels: NDArray[np.uint8]) -> tuple[tuple[int, ...], bytes]:
    return pixels.shape, zlib.compress(pixels.tobytes(), level=1)


def _unpacked(_: object, packed: Any) -> NDArray[np.uint8]:
    shape, content = packed
    return np.frombuffer(zlib.decompress(content), np.uint8).reshape(shape)


# MessagePack keeps every bit of a number, also of infinite ones, which JSON does not have.
_ENCODER = msgspec.msgpack.Encoder(enc_hook=_packed)
_DECODER = msgspec.msgpack.Decoder(Graded, dec_hook=_unpacked)
