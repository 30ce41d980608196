"""Notices which cells read the clock: what they draw may depend on it, and then no seed repeats a grading."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from autograder.sandbox.child.exceptions import CELL_PREFIX

_FUNCTIONS = ("time", "monotonic", "perf_counter", "process_time", "clock_gettime")


class Clock:
    """Notes the cells whose code reads the clock."""

    def __init__(self) -> None:
        self._read_by: set[str] = set()

    def take_readers(self) -> list[str]:
        """Return the names of the cells whose code read the clock since this was last called."""
        names, self._read_by = self._read_by, set()
        return sorted(names)

    def watch(self) -> None:
        """Replace the functions that read the clock. Code that imported them before keeps the old ones."""
        for name in (each for function in _FUNCTIONS for each in (function, f"{function}_ns")):
            setattr(time, name, self._noting(getattr(time, name)))
        original = datetime.datetime

        class Kind(type):
            def __instancecheck__(cls, value: object) -> bool:
                return isinstance(value, original)

        class Datetime(original, metaclass=Kind):  # type: ignore[misc, valid-type]
            now = staticmethod(self._noting(original.now))
            utcnow = staticmethod(self._noting(original.utcnow))
            today = staticmethod(self._noting(original.today))

        datetime.datetime = Datetime  # type: ignore[misc]

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def noting(*args: Any, **kwargs: Any) -> Any:
            # Of the caller alone: TensorFlow and IPython read the clock themselves.
            filename = sys._getframe(1).f_code.co_filename
            if filename.startswith(CELL_PREFIX):
                self._read_by.add(filename[len(CELL_PREFIX) : -1])
            return function(*args, **kwargs)

        return noting


#: The clock of this process.
CLOCK = Clock()
