"""Writes results as one Markdown report."""

from __future__ import annotations

from autograder.report.formats import Format, Outcomes


def render(outcomes: Outcomes) -> str:
    """Return the report."""
    from autograder.report import markdown

    return markdown.render(outcomes.results, outcomes.unreadable)


FORMAT = Format("markdown", "Write a Markdown report.", render)
