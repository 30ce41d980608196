"""A class's results on disk: a file a student, written whole or not at all, that says what it rests on."""

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

#: The folder of results, one `autograder/result/v1` a student.
RESULTS = "results"
_LOCK = ".lock"


class Unusable(UserError):
    """The folder cannot be used."""


class Store:
    """The folder that a class's results are kept in. Use as a context manager: one run at a time may write there.

    Parameters
    ----------
    folder : Path
        Made where there is none.
    resume : bool
        Whether to go on with what an earlier run left there. Without it the folder must hold none.

    Raises
    ------
    Unusable
        It holds results and ``resume`` was not asked for, another run is at work in it, or it cannot be written.
    """

    def __init__(self, folder: Path, *, resume: bool = False) -> None:
        self.folder = folder
        self._results = folder / RESULTS
        try:
            self._results.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise Unusable(f"{folder} cannot be used for results: {problem.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise Unusable(f"{folder} is in use: another run writes its results there") from None
        if not resume and any(self._results.glob("*.json")):
            os.close(self._descriptor)
            raise Unusable(
                f"{folder} holds the results of an earlier run: go on with them by --resume, or name another folder "
                "by --out"
            )
        for path in self._results.glob(f"*{UNFINISHED}"):
            path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def load(self, student: str, key: str) -> Result | None:
        """Return this student's result if it has this key; remove an outdated one, and what is no result.

        A file that cannot be read now, for want of permission or because the disk fails, is as good as none, and stays.
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
            pass  # cut short, or not ours
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def save(self, student: str, key: str, result: Result) -> None:
        """Write a result.

        Not forced onto the disk: a power cut may leave less than all of it, which is then graded again.

        Raises
        ------
        Unusable
            It cannot be written: the disk may be full.
        """
        document = {**to_json(result), "class": {"student": _printable(student), "key": key}}
        try:
            write_text(self._path(student), to_text(document))
        except OSError as problem:
            raise Unusable(
                f"{self._path(student)} cannot be written: {problem.strerror}; what was graded before is kept, and "
                "--resume goes on"
            ) from None

    def other_results(self, students: set[str]) -> int:
        """Count the results of people who are not among ``students``."""
        return sum(path.stem not in students for path in self._results.glob("*.json"))

    def _path(self, student: str) -> Path:
        return self._results / f"{student}.json"


def _printable(student: str) -> str:
    return os.fsencode(student).decode("utf-8", "backslashreplace")
