"""Results on disk, so that nothing is graded twice: each under a key of everything that it rests on.

A file of the cache holds a whole `Graded`: the result with its pictures and explanations, and the cells' outputs. The
public JSON of a result lacks those.
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
        Made when the first result is kept.
    complain : callable
        Gets one sentence, the first time that a result cannot be kept. The results are right all the same.
    """

    def __init__(self, folder: Path, complain: Callable[[str], None]) -> None:
        self._folder = folder
        self._complain = complain
        self._complained = False

    def load(self, key: str) -> Graded | None:
        """Return the result under ``key``; None where there is none, or the file cannot be read as one."""
        try:
            return _DECODER.decode(self._path(key).read_bytes())
        except (OSError, ValueError, zlib.error, msgspec.MsgspecError):
            return None

    def save(self, key: str, graded: Graded) -> None:
        """Keep ``graded`` under ``key``, whole or not at all. A full disk, or a folder that is read-only, ends nothing.

        The path of the submission is left out: students may submit equal files.
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
        """Have the submission with this key graded again."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.result"


def cache_key(job: Job, limits: Limits, *, unconfined: bool = False) -> str:
    """Return the key of ``job``'s result: equal keys mean equal results, whatever the file's name.

    The key rests on the bytes of the submission and of the release, the points, the course's terms, the seed, the
    limits, the versions of the grader and of its packages, and on whether the code ran unconfined, because the result
    says so. It does not rest on the retry policy, nor on the number of workers: they only keep the machine's load out
    of the result.
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
    """Return the same key as `cache_key` from the hash of a submission's file, without reading its cells.

    Examples
    --------
    >>> from functools import partial
    >>> of = partial(result_key, "0" * 64, "1" * 64, {"q7_tf_model_check": 8.0}, Terms(), limits=Limits())
    >>> of(seed=1) == of(seed=1), of(seed=1) == of(seed=2)
    (True, False)
    """
    rests_on = [sha256, release_sha256, points, asdict(terms), seed, asdict(limits), unconfined, graded_by()]
    return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()


def _packed(pixels: NDArray[np.uint8]) -> tuple[tuple[int, ...], bytes]:
    return pixels.shape, zlib.compress(pixels.tobytes(), level=1)


def _unpacked(_: object, packed: Any) -> NDArray[np.uint8]:
    shape, content = packed
    return np.frombuffer(zlib.decompress(content), np.uint8).reshape(shape)


# Numbers survive MessagePack bit by bit, and infinite ones do, too; JSON has none.
_ENCODER = msgspec.msgpack.Encoder(enc_hook=_packed)
_DECODER = msgspec.msgpack.Decoder(Graded, dec_hook=_unpacked)
