"""Writes results as one HTML report."""

from __future__ import annotations

from autograder.report.formats import Format, Outcomes


def render(outcomes: Outcomes) -> str:
    """Return the report."""
    from autograder.report import html

    return html.render(outcomes.results, outcomes.unreadable)


FORMAT = Format("html", "Write a self-contained HTML report.", render)
