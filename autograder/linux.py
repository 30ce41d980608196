"""The error of a command that needs Linux. Grading machines run Linux; students' machines may not."""

from __future__ import annotations

import platform

from autograder.errors import ExitCode, UserError

#: Modules that Windows lacks: some of Python's own, and the system-call filter's.
_MODULES = frozenset({"fcntl", "grp", "pty", "pwd", "pyseccomp", "resource", "syslog", "termios", "tty"})


class NeedsLinux(UserError, ImportError):
    """A module needs Linux, and this is another system; the message is one line for people."""

    exit_code = ExitCode.FAULT

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} needs Linux, and this is {platform.system() or 'another system'}: use a Linux machine or "
            "container (on Windows, WSL 2 is one). `autograder check NOTEBOOK` works here, too"
        )


def is_for_want_of_linux(problem: ImportError) -> bool:
    """Return True if an import failed because this system is not Linux."""
    return isinstance(problem, NeedsLinux) or problem.name in _MODULES
