"""A result as one self-contained HTML page. Jinja escapes everything: student text can inject nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files

from markupsafe import Markup

from autograder.assignment.names import TITLE
from autograder.report.figures import Figure, draw
from autograder.report.picture import Picture
from autograder.report.result import (
    UNCONFINED_NOTICE,
    QuestionResult,
    Result,
    Unreadable,
    reasons,
    short_names,
)
from autograder.report.templating import environment
from autograder.text import one_line

#: Submissions up to which a page has figures: drawing them takes longer than grading.
_MOST_DRAWN = 20


def _figure(picture: Picture | None) -> Figure | None:
    return draw(picture) if picture else None


_ENVIRONMENT = environment(
    one_line=partial(one_line, limit=10_000),
    reasons=reasons,
    figure=_figure,
    # Matplotlib wrote it, of numbers and of our own words; nothing in a picture is a student's text.
    drawn=Markup,
)


def render(results: Sequence[Result], unreadable: Sequence[Unreadable] = ()) -> str:
    """Return the page: an overview of several files, and a section for each result and each unreadable file."""
    return _ENVIRONMENT.get_template("report.html").render(
        results=results,
        unreadable=unreadable,
        names=short_names([*(result.path for result in results), *(each.name for each in unreadable)]),
        title=TITLE,
        unconfined_notice=UNCONFINED_NOTICE,
        draws=len(results) <= _MOST_DRAWN,
        most_drawn=_MOST_DRAWN,
        guide=Markup(prose(_guide())),  # noqa: S704 (sanitized)
    )


def render_question(question: QuestionResult) -> str:
    """Return one check cell's table and figure as a fragment, for a notebook's output."""
    style = _ENVIRONMENT.get_template("question.css").render()
    fragment = _ENVIRONMENT.get_template("question.html").render(question=question, figure=_figure(question.picture))
    return f"<style>{style}</style>{fragment}"


def prose(markdown_text: str) -> str:
    """Return Markdown as HTML that is safe to show: tables and emphasis, and nothing that runs or loads."""
    # Here, since Colab, where `check` draws its tables, has neither.
    from markdown import markdown

    from autograder.safe_html import clean

    html = markdown(markdown_text, extensions=["tables"], output_format="html")
    return clean(html, looks={"table": {"class": "plain narrow"}, "th": {"scope": "col"}})


@cache
def _guide() -> str:
    return (files("autograder.report") / "templates" / "guide.md").read_text(encoding="utf-8")
