"""Writes results as one self-contained HTML page. Jinja escapes all text, so that students' text injects nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files

from markupsafe import Markup, escape

from autograder.assignment.names import TITLE
from autograder.report.figures import Figure, draw
from autograder.report.picture import Picture
from autograder.report.result import (
    UNCONFINED_NOTICE,
    Mistake,
    QuestionResult,
    Result,
    Unreadable,
    reasons,
    short_names,
    to_look_at,
)
from autograder.report.templating import environment
from autograder.text import one_line

#: A page on more submissions has no figures, because drawing takes longer than grading.
_MOST_DRAWN = 20


def _figure(picture: Picture | None) -> Figure | None:
    return draw(picture) if picture else None


def _breakable(name: str) -> Markup:
    """Return a file's name, escaped, that a narrow table breaks between its words."""
    return Markup(re.sub(r"([_./-])", r"\1<wbr>", str(escape(name))))  # noqa: S704 (escaped)


_ENVIRONMENT = environment(
    breakable=_breakable,
    one_line=partial(one_line, limit=10_000),
    reasons=reasons,
    to_look_at=to_look_at,
    figure=_figure,
    # Safe unescaped: Matplotlib draws figures from numbers and the grader's own words, never from students' text.
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


def render_question(
    question: QuestionResult, summary: str | None = None, mistakes: Sequence[Mistake] | None = None
) -> str:
    """Return the result of one check cell as an HTML fragment for a cell's output.

    Parameters
    ----------
    question : QuestionResult
        The result.
    summary : str, optional
        What the fragment says first, in one or more lines; the question's own summary, if it is not given.
    mistakes : sequence of Mistake, optional
        The mistakes to explain; all of the question's, if they are not given.
    """
    style = _ENVIRONMENT.get_template("question.css").render()
    fragment = _ENVIRONMENT.get_template("question.html").render(
        question=question,
        figure=_figure(question.picture),
        summary=(question.summary if summary is None else summary).splitlines(),
        mistakes=question.mistakes if mistakes is None else mistakes,
    )
    return f"<style>{style}</style>{fragment}"


def prose(markdown_text: str) -> str:
    """Convert Markdown to HTML that runs and loads nothing."""
    # Imported here because Colab has neither, and `check` draws its tables there.
    from markdown import markdown

    from autograder.safe_html import clean

    html = markdown(markdown_text, extensions=["tables"], output_format="html")
    return clean(html, looks={"table": {"class": "plain narrow"}, "th": {"scope": "col"}})


@cache
def _guide() -> str:
    return (files("autograder.report") / "templates" / "guide.md").read_text(encoding="utf-8")
