"""Results as one HTML report."""

from __future__ import annotations

from autograder.report.formats import Format, Outcomes


def render(outcomes: Outcomes) -> str | None:
    """Return the report; None where nothing was graded."""
    from autograder.report import html

    return html.render(outcomes.results) if outcomes.results else None


FORMAT = Format("html", "Write a self-contained HTML report.", render)
