"""Opens the confined sandbox, or an unconfined one if the user asked for it."""

from __future__ import annotations

from autograder.limits import Limits
from autograder.sandbox import support
from autograder.sandbox.client import Sandbox
from autograder.sandbox.unconfined import PlainSandbox

AnySandbox = Sandbox | PlainSandbox


def open_sandbox(limits: Limits | None = None, *, unconfined: bool = False, many: bool = False) -> AnySandbox:
    """Start the sandbox that this machine can have.

    Parameters
    ----------
    limits : Limits, optional
        What every child may use.
    unconfined : bool
        Confine nothing. This must be asked for: by default, a machine that cannot confine is refused.
    many : bool
        Whether many children will be opened; see `Sandbox`.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code.
    """
    if not unconfined:
        support.probe().require()
        return Sandbox(limits, many=many)
    return Sandbox(limits, confined=False, many=many) if support.can_fork() else PlainSandbox(limits)
