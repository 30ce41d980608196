"""Renders Markdown in the formgrader and in feedback: keeps mathematics, and removes everything that could run."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context

from autograder.safe_markdown import Renderer, render

#: nbgrader's pages load Bootstrap but give tables none of its classes. Without them, cells have no padding.
_LOOKS = {"table": {"class": "table table-condensed table-bordered"}}


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Render and sanitize a cell's Markdown. It must run and load nothing in a browser that can change grades."""
    attachments = context.get("cell", {}).get("attachments", {})
    return render(source, Renderer(attachments), looks=_LOOKS)
