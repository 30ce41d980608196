"""nbconvert's Markdown filter for the formgrader and for feedback: mathematics stays, whatever could run goes."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context

from autograder.safe_markdown import Renderer, render

#: nbgrader's pages load Bootstrap, but give tables none of its classes: without them, cells have no padding.
_LOOKS = {"table": {"class": "table table-condensed table-bordered"}}


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Render a cell's Markdown, sanitized: it must not run, or load anything, in the browser that can change grades."""
    attachments = context.get("cell", {}).get("attachments", {})
    return render(source, Renderer(attachments), looks=_LOOKS)
