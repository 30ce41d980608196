"""Shares one warm sandbox among the tests of a process, and skips tests whose tools this machine lacks."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import hypothesis
import pytest

from autograder.assignment.release import load_release
from autograder.sandbox import Limits, Sandbox
from tests.support import tools
from tests.support.commands import Commands
from tests.support.graders import Grader
from tests.support.missing import Missing, need, not_tested

# nbgrader configures logging, which closes every handler that there is. One of absl's, which TensorFlow brings, then
# closes its stream, too, unless this is the interpreter's own. If it were pytest's, every later test would fail.
with contextlib.redirect_stderr(sys.__stderr__):
    import absl.logging  # noqa: F401 (this makes the handler)

# How fast examples are made says something of the machine, and nothing of the code.
hypothesis.settings.register_profile("tests", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None)
hypothesis.settings.load_profile("tests")

# What the `make` that started the tests was told is not for the `make` that a test starts.
for name in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "PYTHON", "VENV", "EXTRAS", "INSTALL_ARGS"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def need_confinement() -> None:
    need(tools.confinement)


@pytest.fixture(scope="session")
def need_git() -> None:
    need(tools.git)


@pytest.fixture(scope="session")
def need_clone() -> None:
    need(tools.clone)


@pytest.fixture(scope="session")
def need_browser() -> None:
    need(tools.chromium.program)


@pytest.fixture(scope="session")
def sandbox(need_confinement: None) -> Iterator[Sandbox]:
    # Steps shorter than the default: an endless loop is endless after three seconds, too.
    with Sandbox(Limits(total_seconds=60.0, step_seconds=3.0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def grader(sandbox: Sandbox) -> Grader:
    return Grader(sandbox, load_release())


@pytest.fixture(scope="session")
def autograder(request: pytest.FixtureRequest) -> Commands:
    """The command line in this process; `tests.support.commands.run` is one of its own, for signals and ends."""
    return Commands(lambda: request.getfixturevalue("sandbox"))


#: What a test that uses one of these fixtures needs, as a marker of pyproject.toml: nobody has to write it twice.
NEEDS = {
    "sandbox": "frameworks",
    "grader": "frameworks",
    "autograder": "frameworks",
    "need_browser": "browser",
    "database": "database",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the fixtures tell, and begin with the files that take longest: the others fill the gaps at the end."""
    for item in items:
        for name in set(getattr(item, "fixturenames", ())) & set(NEEDS):
            item.add_marker(NEEDS[name])
    slow = {item.path for item in items if any(map(item.get_closest_marker, ("slow", "frameworks")))}
    items.sort(key=lambda item: item.path not in slow)


def pytest_report_header() -> list[str]:
    """Say before the first test what would end most of them."""
    try:
        tools.confinement()
    except Missing as missing:
        return [f"MOST OF THE SUITE {missing}"]
    return []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say last, after pytest's own list of every skip, what was not tested."""
    yield
    for line in not_tested(terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(line, red=True, bold=True)
