"""Shows students' Markdown and code in the formgrader and in feedback. It runs, loads and covers nothing."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context

from autograder import safe_markdown
from autograder.notebook import split_at_mark_scheme
from autograder.safe_markdown import Allowance, Renderer, allowance, render

#: nbgrader's pages load Bootstrap but give tables none of its classes. Without them, cells have no padding.
_LOOKS = {"table": {"class": "table table-condensed table-bordered"}}


def _allowance(context: Context) -> Allowance:
    # Other texts of a page must not use up what the released cells need.
    return Allowance() if _released(context) else allowance(context)


def _released(context: Context) -> bool:
    return bool(context.get("cell", {}).get("metadata", {}).get("nbgrader", {}).get("locked"))


def _clipped(html: str) -> str:
    # A formula can be large, and it can move far from its place, as can marks that stand on one letter.
    return f'<div style="contain: content; overflow: auto; max-height: 20000px">{html}</div>'


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Render and sanitize a cell's Markdown. It must run and load nothing in a browser that can change grades."""
    renderer = Renderer(context.get("cell", {}).get("attachments"))
    if _released(context):
        before, scheme, after = split_at_mark_scheme(source)
        source = f"{before}### Mark scheme: students do not see it{scheme}{after}" if scheme else source
    html = render(source, renderer, allowance=_allowance(context), looks=_LOOKS)
    return _clipped(html.replace("<input ", '<input aria-label="done" '))


@pass_context
def highlight_code(context: Context, source: str, language: str = "", metadata: object = None) -> str:
    """Return a cell's code as HTML."""
    del language, metadata
    return _clipped(safe_markdown.code(source, _allowance(context)))


def unchanged(html: str) -> str:
    """Return what is sanitized already. nbconvert's own filter here searches it in quadratic time, and rewrites it."""
    return html
