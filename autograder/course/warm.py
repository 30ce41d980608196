"""One warm sandbox for as long as this process lives: a command's whole run, or a formgrader's whole day."""

from __future__ import annotations

import atexit

from autograder.sandbox import Limits, Sandbox

_sandboxes: dict[Limits, Sandbox] = {}


def warm_sandbox(limits: Limits) -> Sandbox:
    """Return this process's sandbox with these limits; it begins to warm up at the first call."""
    if limits not in _sandboxes:
        _sandboxes[limits] = sandbox = Sandbox(limits)
        atexit.register(sandbox.close)
    return _sandboxes[limits]


def give_up(limits: Limits) -> None:
    """Close a sandbox that failed: the next submission gets a new one."""
    sandbox = _sandboxes.pop(limits, None)
    if sandbox is not None:
        atexit.unregister(sandbox.close)
        sandbox.close()
