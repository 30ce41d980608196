"""Students' Markdown, rendered for a browser in which a grader is signed in: with mathematics, and without scripts."""

from __future__ import annotations

from typing import Any

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

#: What rendered Markdown needs beyond nh3's own list: tables' alignment, heading anchors, highlighted code.
_ATTRIBUTES = {tag: {*allowed, "class"} for tag, allowed in nh3.ALLOWED_ATTRIBUTES.items()} | {
    tag: {"class", "align", *nh3.ALLOWED_ATTRIBUTES.get(tag, set())}
    for tag in ("td", "th", "div", "span", "pre", "code", "p", "img", "table")
}
#: Pasted pictures are data; a data address is only ever let through on an image.
_SCHEMES = {"http", "https", "mailto", "data"}
#: nbgrader's pages bring Bootstrap's styles, and leave tables without any: columns would run together.
_LOOKS = {"table": {"class": "table table-condensed table-bordered"}}


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Render Markdown as nbconvert does, then let through nothing but harmless tags.

    Stands in for nbconvert's filter of this name, in the formgrader and in feedback: what a student writes
    must not run in the browser that can change grades.
    """
    cell: Any = context.get("cell", {})
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True)
    html = MarkdownWithMath(renderer=renderer).render(source)
    return nh3.clean(
        html,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        attribute_filter=_harmless,
        set_tag_attribute_values=_LOOKS,
    )


def _harmless(tag: str, attribute: str, value: str) -> str | None:
    if value.strip().lower().startswith("data:"):
        return value if tag == "img" and attribute == "src" and value.startswith("data:image/") else None
    return value
