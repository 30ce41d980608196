"""Detects whether this process is a grader's child, where `check` is disabled."""

from __future__ import annotations

import os


def in_child() -> bool:
    """Return True if this process is a grader's child."""
    return os.environ.get("AUTOGRADER_CHILD") == "1"


def check_is_off(name: str, function: object, *, seed: int | None = None) -> float:
    """Replace `check` while a notebook is graded, because the child has no judge."""
    del name, function, seed
    print("check() does not run while a notebook is graded: the grader asks its questions itself.")
    return 0.0
