"""Detects tools that some tests need and a machine may lack: a browser, a database server, git, a confining kernel.

Tests without their tool are skipped, and the end of the run lists them. If CI is set in the environment, they fail.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

Found = TypeVar("Found")
#: How the reason of such a skip begins: pytest carries it from its workers to the summary.
_NEEDS = "needs "


class Missing(Exception):
    """This machine lacks what tests need; says what it is, and what to do."""

    def __init__(self, what: str, to_do: str) -> None:
        super().__init__(f"{_NEEDS}{what}: {to_do}")


def under_ci() -> bool:
    """Tell whether nobody watches: a test that is left out there would be missed by no one."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def need(find: Callable[[], Found]) -> Found:
    """Return what ``find`` finds; where it raises `Missing`, skip the test, or fail it under CI."""
    try:
        return find()
    except Missing as missing:
        reason = str(missing)
    if under_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def not_tested(skipped: Iterable[pytest.TestReport]) -> list[str]:
    """Return a line for everything that is missing, with the number of tests that went without it."""
    reasons = (report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    counted = Counter(reason.removeprefix(_NEEDS) for reason in reasons if reason.startswith(_NEEDS))
    return [f"NOT TESTED: {n} test{' needs' if n == 1 else 's need'} {what}" for what, n in counted.items()]
