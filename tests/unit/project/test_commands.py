"""A command that a test calls in its own process leaves that process as it was."""

from __future__ import annotations

import logging
import logging.config
import sys

import pytest

from tests.support import commands


class Remembering(logging.Handler):
    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()


def test_a_command_that_configures_logging_closes_no_handler_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Remembering()

    def program() -> None:
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
        print("configured")
        sys.exit(3)

    monkeypatch.setattr(commands, "main", program)
    done = commands.in_this_process()
    assert (done.returncode, done.stdout) == (3, "configured\n")
    assert not handler.closed
