"""One warm sandbox for as long as this process lives: a command's whole run, or a formgrader's whole day."""

from __future__ import annotations

import atexit

from autograder.sandbox import Limits
from autograder.sandbox.choose import AnySandbox, open_sandbox

_sandboxes: dict[Limits, AnySandbox] = {}


def warm_sandbox(limits: Limits) -> AnySandbox:
    """Return this process's sandbox with these limits; it begins to warm up at the first call.

    Grades that go into a gradebook are always made in confinement: a machine that cannot confine is refused.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code.
    """
    if limits not in _sandboxes:
        _sandboxes[limits] = sandbox = open_sandbox(limits)
        atexit.register(sandbox.close)
    return _sandboxes[limits]


def give_up(limits: Limits) -> None:
    """Close a sandbox that failed: the next submission gets a new one."""
    sandbox = _sandboxes.pop(limits, None)
    if sandbox is not None:
        atexit.unregister(sandbox.close)
        sandbox.close()
