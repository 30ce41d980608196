"""Warm servers for as long as this process lives: a command's whole run, or a formgrader's whole day."""

from __future__ import annotations

import atexit

from autograder.grading.workers import Crew
from autograder.sandbox import Limits

_crews: dict[Limits, Crew] = {}


def warm_crew(limits: Limits, servers: int) -> Crew:
    """Return this process's crew with these limits and at least so many servers; they begin to warm up at once.

    Grades that go into a gradebook are always made in confinement: a machine that cannot confine is refused.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code.
    """
    if limits not in _crews:
        _crews[limits] = crew = Crew(limits, servers)
        atexit.register(crew.close)
    _crews[limits].grow(servers)
    return _crews[limits]
