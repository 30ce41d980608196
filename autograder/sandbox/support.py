"""Detects which means of confinement this machine offers."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from dataclasses import dataclass

from autograder.errors import ExitCode, UserError

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
#: Processors whose system calls' numbers and arguments the filter and Landlock's three calls are written for.
_ARCHITECTURES = ("x86_64", "aarch64")

#: The confinement in a result's provenance where nothing confined the code.
UNCONFINED = ("unconfined",)


class NoConfinement(UserError):
    """This machine lacks what official grades need; the message says what, and how to get it."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Support:
    """Means of confinement on this machine.

    Attributes
    ----------
    kernel : str
        Name and version of the operating system's kernel.
    landlock : int
        Version of Landlock's interface; 0 if the kernel has none.
    seccomp : bool
        Whether the kernel filters system calls and libseccomp is installed.
    missing : tuple of str
        One sentence for each missing means, with what to do; empty if student code can be confined.
    """

    kernel: str
    landlock: int
    seccomp: bool
    missing: tuple[str, ...]

    @property
    def official(self) -> bool:
        """Whether student code can be confined here, so that grades can be official."""
        return not self.missing

    def require(self) -> None:
        """Raise `NoConfinement` where something is missing."""
        if self.missing:
            raise NoConfinement(
                f"student code cannot be confined here, and nothing was graded. {' '.join(self.missing)}"
            )


def can_fork() -> bool:
    """Return True if this system can run a warm process; only Linux can."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


def probe() -> Support:
    """Look at what this machine offers."""
    kernel = f"{platform.system()} {platform.release()}"
    if sys.platform != "linux":
        return Support(
            kernel, 0, False, ("Confinement needs Linux (5.13 or newer): use a Linux machine or container.",)
        )
    if platform.machine() not in _ARCHITECTURES or sys.maxsize < 2**32:
        needed = f"Confinement is written for 64-bit {' and '.join(_ARCHITECTURES)}: use a machine of that kind."
        return Support(f"{kernel} ({platform.machine()})", 0, False, (needed,))
    from autograder.sandbox import landlock

    version, missing = landlock.abi(), []
    if version < 1:
        missing.append(
            "The kernel offers no Landlock: use Linux 5.13 or newer with landlock among the security modules "
            "(the kernel's lsm= option), and a container runtime that lets its system calls through."
        )
    filters = _kernel_filters()
    if not filters:
        missing.append("The kernel offers no seccomp filters: use one built with CONFIG_SECCOMP_FILTER.")
    library = _library_problem()
    if library:
        missing.append(library)
    if not can_fork():
        missing.append("The kernel or this Python offers no pidfd_open: use Linux 5.3 or newer.")
    return Support(kernel, version, filters and not library, tuple(missing))


def _kernel_filters() -> bool:
    # No filter at address 0: EFAULT from a kernel that would have taken one, EINVAL from one that knows none.
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, 0, 0, 0) != 0 and ctypes.get_errno() == errno.EFAULT


def _library_problem() -> str | None:
    try:
        import pyseccomp  # noqa: F401
    except ImportError:
        return "The package pyseccomp is missing: run make setup, or pip install pyseccomp."
    except (RuntimeError, OSError):
        return "The library libseccomp is missing: on Debian and Ubuntu, apt install libseccomp2."
    return None
