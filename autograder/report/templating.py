"""Makes the Jinja environments of all pages. They escape all text, so that students' text injects nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.report.result import points_text
from autograder.text import one_line


def environment(package: str = "autograder.report", **filters: Callable[..., object]) -> Environment:
    """Return the environment of a package's folder ``templates``, with filters of its own beside the common ones."""
    made = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {"one_line": one_line, "points": points_text, **filters}
    return made


def style_sheet(name: str) -> str:
    """Return a style sheet that pages of several rooms use, such as ``phone.css``."""
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
