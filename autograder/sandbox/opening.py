"""Chooses the sandbox: the confined one, or one without confinement where the user asked for it."""

from __future__ import annotations

from autograder.sandbox import support
from autograder.sandbox.client import Sandbox
from autograder.sandbox.limits import Limits
from autograder.sandbox.unconfined import PlainSandbox

AnySandbox = Sandbox | PlainSandbox


def open_sandbox(limits: Limits | None = None, *, unconfined: bool = False) -> AnySandbox:
    """Start the sandbox that this machine can have.

    Parameters
    ----------
    limits : Limits, optional
        What every child may use.
    unconfined : bool
        Confine nothing. Never chosen for anybody: without it, a machine that cannot confine is refused.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code.
    """
    if not unconfined:
        support.probe().require()
        return Sandbox(limits)
    return Sandbox(limits, confined=False) if support.can_fork() else PlainSandbox(limits)
