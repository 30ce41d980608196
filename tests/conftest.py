"""One warm sandbox for a whole test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.grading import Grader
from autograder.release import load_release
from autograder.sandbox import Limits, Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    # Steps shorter than the default: an endless loop is endless after five seconds, too.
    with Sandbox(Limits(total_seconds=60.0, step_seconds=5.0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def grader(sandbox: Sandbox) -> Grader:
    return Grader(sandbox, load_release())
