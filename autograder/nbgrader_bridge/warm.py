"""Warm servers for as long as this process lives: a command's whole run, or a formgrader's whole day."""

from __future__ import annotations

import atexit

from autograder.grading.engine import Engine
from autograder.grading.retries import RetryPolicy
from autograder.sandbox import Limits

_engines: dict[Limits, Engine] = {}


def warm_engine(limits: Limits, workers: int) -> Engine:
    """Return this process's engine with these limits and at least so many workers; they begin to warm up at once.

    Grades that go into a gradebook are always made in confinement: a machine that cannot confine is refused.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code.
    """
    if limits not in _engines:
        _engines[limits] = engine = Engine(limits, workers=workers, policy=RetryPolicy(confirm=True))
        atexit.register(engine.close)
    _engines[limits].grow(workers)
    return _engines[limits]
