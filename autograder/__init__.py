"""Grades *Weight Initialization Techniques*: `check` for notebooks, `grade` for programs.

The two functions are imported on first use. The confined child imports this package, too, and must load neither the
judge nor a report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograder.version import __version__

if TYPE_CHECKING:
    from autograder.grading.check import check
    from autograder.grading.grade import grade

__all__ = ["__version__", "check", "grade"]


def __getattr__(name: str) -> Any:
    if name == "check":
        from autograder.sandbox.child.presence import check_is_off, in_child

        if in_child():
            return check_is_off
        from autograder.grading.check import check

        return check
    if name == "grade":
        from autograder.grading.grade import grade

        return grade
    raise AttributeError(f"module 'autograder' has no attribute {name!r}")
