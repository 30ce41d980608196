"""A command that a test calls in its own process leaves that process as it was."""

from __future__ import annotations

import logging.config
import sys

import absl.logging
import pytest

from tests.support import commands


def test_a_command_that_configures_logging_leaves_the_standard_error_of_the_tests_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Configuring closes every handler, and absl's closes its stream, unless this is the interpreter's own."""

    def program() -> None:
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
        print("configured")
        sys.exit(3)

    assert absl.logging.get_absl_handler().python_handler.stream is sys.__stderr__
    monkeypatch.setattr(commands, "main", program)
    done = commands.in_this_process()
    assert (done.returncode, done.stdout) == (3, "configured\n")
    assert not sys.stderr.closed
