"""Errors that people read, and the exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command: a contract with scripts and CI."""

    GRADED = 0
    BELOW = 1
    BAD_INPUT = 2
    FAULT = 3
    STOPPED = 130


class UserError(Exception):
    """An error whose message is one line for people: what is wrong, where, and what to do.

    The command line prints the message without a traceback and exits with ``exit_code``. A subclass for a fault of the
    grader or of the machine sets it to `ExitCode.FAULT`: then nothing is scored, and nobody is to blame.

    Examples
    --------
    >>> class NoRoster(UserError):
    ...     pass
    >>> int(NoRoster("roster.csv: there is no such file").exit_code)
    2
    """

    exit_code: ExitCode = ExitCode.BAD_INPUT
