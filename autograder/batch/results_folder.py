"""Stores a class's results: one file for each student, written atomically, with the cache key of the result."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Self

from autograder.batch.jobs import to_text
from autograder.errors import UserError
from autograder.files import UNFINISHED, write_text
from autograder.linux import NeedsLinux
from autograder.report.document import from_json, to_json
from autograder.report.result import Result, ResultStatus

try:
    import fcntl
except ModuleNotFoundError:
    raise NeedsLinux("grading a class") from None

#: Name of the folder of results. It holds one `autograder/result/v1` for each student.
RESULTS = "results"
_LOCK = ".lock"


class CannotUseFolder(UserError):
    """The folder cannot be used for results."""


class Store:
    """Folder with a class's results. Use as a context manager. Only one run at a time can write to it.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.
    resume : bool
        Whether to keep and use the results of an earlier run. If False, the folder must hold no result.

    Raises
    ------
    CannotUseFolder
        It holds results and ``resume`` is False, another run uses it, or it cannot be written.
    """

    def __init__(self, folder: Path, *, resume: bool = False) -> None:
        self.folder = folder
        self._results = folder / RESULTS
        try:
            self._results.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise CannotUseFolder(f"{folder} cannot be used for results: {problem.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise CannotUseFolder(f"{folder} is in use: another run writes its results there") from None
        if not resume and any(self._results.glob("*.json")):
            os.close(self._descriptor)
            raise CannotUseFolder(
                f"{folder} holds the results of an earlier run: continue it with --resume, or name another folder "
                "with --out"
            )
        for path in self._results.glob(f"*{UNFINISHED}"):
            path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def load(self, student: str, key: str) -> Result | None:
        """Return this student's result if it has this key; else return None.

        A result with another key, and a file that is not a result, are removed. A file that cannot be opened stays.
        """
        path = self._path(student)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            document = json.loads(content)
            result = from_json(document)
            if document["class"]["key"] == key and result.status == ResultStatus.GRADED:
                return result
        except (ValueError, KeyError, TypeError):
            pass  # cut short, or not a result
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def save(self, student: str, key: str, result: Result) -> None:
        """Write a result.

        The content is not forced onto the disk. After a power failure it may be incomplete; the submission is then
        graded again.

        Raises
        ------
        CannotUseFolder
            The file cannot be written, for example because the disk is full.
        """
        document = {**to_json(result), "class": {"student": _printable(student), "key": key}}
        try:
            write_text(self._path(student), to_text(document))
        except OSError as problem:
            raise CannotUseFolder(
                f"{self._path(student)} cannot be written: {problem.strerror}; earlier results are kept; free "
                "some space and continue with --resume"
            ) from None

    def other_results(self, students: set[str]) -> int:
        """Return the number of results whose student is not among ``students``."""
        return sum(path.stem not in students for path in self._results.glob("*.json"))

    def _path(self, student: str) -> Path:
        return self._results / f"{student}.json"


def _printable(student: str) -> str:
    return os.fsencode(student).decode("utf-8", "backslashreplace")
