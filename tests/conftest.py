"""One warm sandbox for a whole test process, and what tests need besides Python."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from xdist.scheduler import LoadScopeScheduling

from autograder.assignment.release import load_release
from autograder.sandbox import Limits, Sandbox
from tests import tools
from tests.graders import Grader
from tests.missing import Missing, need, not_tested

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
    # Steps shorter than the default: an endless loop is endless after five seconds, too.
    with Sandbox(Limits(total_seconds=60.0, step_seconds=5.0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def grader(sandbox: Sandbox) -> Grader:
    return Grader(sandbox, load_release())


#: Tests that share one course from release to grades: on one worker, or each worker makes its own.
SHARED = ("tests/test_nbgrader.py", "tests/browser/")
#: Files whose tests all share one thing that is slow to make: an installed export, the measuring cells' figures,
#: simulated gradings, a graded class, an executed notebook, an environment.
TOGETHER = (
    "tests/test_github.py",
    "tests/test_claims.py",
    "tests/test_calibration.py",
    "tests/test_cohort.py",
    "tests/test_installed.py",
    "tests/test_reader.py",
    "tests/test_roads.py",
    "tests/browser/test_student_pages.py",
)


class _ByCourse(LoadScopeScheduling):
    """Spreads single tests over the workers, and keeps together those that look at one course.

    The groups of `--dist loadgroup` would do, but pytest 9.2 overlooks the names that xdist 3.8 gives them.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(TOGETHER):
            return nodeid.partition("::")[0]
        if not nodeid.startswith(SHARED):
            return nodeid
        file, _, test = nodeid.partition("::")
        return file + test.partition("[")[2]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _ByCourse:
    return _ByCourse(config, log)


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
