"""A result as one self-contained HTML page. Jinja escapes everything: student text can inject nothing."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.report.figures import Figure
from autograder.report.result import (
    UNCONFINED_NOTICE,
    QuestionResult,
    Result,
    points_text,
    reasons,
    short_names,
)
from autograder.text import one_line

_ENVIRONMENT = Environment(
    loader=PackageLoader("autograder.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["one_line"] = lambda text: one_line(text, 10_000)
_ENVIRONMENT.filters["points"] = points_text
_ENVIRONMENT.filters["reasons"] = reasons


def render(results: Sequence[Result]) -> str:
    """Return the page with a section for each result."""
    return _ENVIRONMENT.get_template("report.html").render(
        results=results,
        names=short_names([result.path for result in results]),
        unconfined_notice=UNCONFINED_NOTICE,
    )


def render_question(question: QuestionResult, figure: Figure | None = None) -> str:
    """Return one check cell's table as a fragment, for a notebook's output, with ``figure`` below it."""
    picture = {"data": base64.b64encode(figure.png).decode(), "alt": figure.alt} if figure else None
    return _ENVIRONMENT.get_template("question.html").render(question=question, figure=picture)
