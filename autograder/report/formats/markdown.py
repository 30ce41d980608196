"""Results as one Markdown report."""

from __future__ import annotations

from autograder.report.formats import Format, Outcomes


def render(outcomes: Outcomes) -> str | None:
    """Return the report; None where nothing was graded."""
    from autograder.report import markdown

    return markdown.render(outcomes.results) if outcomes.results else None


FORMAT = Format("markdown", "Write a Markdown report.", render)
