"""Tells whether this process is a grader's child, and disables `check` in it."""

from __future__ import annotations

import os


def in_child() -> bool:
    """Tell whether this process is a grader's child."""
    return os.environ.get("AUTOGRADER_CHILD") == "1"


def check_is_off(name: str, function: object, *, seed: int | None = None) -> float:
    """Stand in for `check` where a notebook is graded: the judge is not to be had there."""
    del name, function, seed
    print("check() does not run while a notebook is graded: the grader asks its questions itself.")
    return 0.0
