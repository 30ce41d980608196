"""A notebook as one web page that loads and runs nothing: for reading, on a phone, in the dark or on paper.

nbconvert's own page needs scripts from the network for its formulas. Here formulas become MathML, which browsers
draw and screen readers speak, and whatever could run is left out.
"""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import Any

import nh3
from jinja2 import Environment, PackageLoader, StrictUndefined
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

Resources = dict[str, Any]

_MATHML = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "menclose"),
}
_SVG = {"svg", "g", "path", "defs", "clipPath", "rect", "use", "text", "tspan", "title", "desc"}
_TAGS = {*nh3.ALLOWED_TAGS, *_MATHML, *_SVG, "figure", "figcaption", "input"}
_ANYWHERE = {
    *("class", "role", "scope", "id", "aria-label", "style", "align", "colspan", "rowspan", "tabindex"),
    *(
        "xmlns",
        "display",
        "mathvariant",
        "stretchy",
        "fence",
        "separator",
        "form",
        "lspace",
        "rspace",
        "width",
        "height",
    ),
    *(
        "columnalign",
        "columnspacing",
        "rowspacing",
        "displaystyle",
        "scriptlevel",
        "accent",
        "largeop",
        "movablelimits",
    ),
    *("viewBox", "d", "x", "y", "transform", "clip-path", "href"),
}
_ATTRIBUTES = {**{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}, "*": _ANYWHERE}
_ATTRIBUTES["input"] = {"type", "checked", "disabled"}
_STYLES = {
    *("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset"),
    *("fill-opacity", "stroke-opacity", "opacity", "font-size", "font-family", "text-anchor", "text-align"),
    *("max-width", "height", "overflow", "color", "font-weight", "vertical-align", "white-space", "padding"),
}


def clean(html: str) -> str:
    """Return ``html`` with nothing left that runs, loads, or leaves its place: text, tables, figures, formulas."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_harmless,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=_STYLES,
    )


def _harmless(tag: str, attribute: str, value: str) -> str | None:
    value_ = value.strip()
    if attribute == "src":
        return value if tag == "img" and value_.startswith("data:image/") else None
    if attribute == "href" and tag == "use":
        return value if value_.startswith("#") else None
    if attribute == "href":
        return None if value_.lower().startswith("data:") else value
    if attribute == "style" and "url(" in value.lower():
        return None
    if tag == "input" and attribute == "type":
        return "checkbox"
    return value


class _Renderer(IPythonRenderer):
    """Markdown with formulas as MathML; what is no formula that we know stays as it was written."""

    def block_math(self, body: str) -> str:
        return f'<div class="formula" tabindex="0">{_formula(body, "block")}</div>'

    def inline_math(self, body: str) -> str:
        return _formula(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


def _formula(latex: str, display: str) -> str:
    try:
        return str(convert(latex, display=display))
    except Exception:  # noqa: BLE001 (a student's formula may be anything; it is shown as it was typed)
        mark = "$$" if display == "block" else "$"
        return f"<code>{escape(mark + latex + mark)}</code>"


def _markdown(source: str, attachments: dict[str, Any] | None = None) -> str:
    renderer = _Renderer(escape=False, attachments=attachments or {}, exclude_anchor_links=True)
    html = clean(MarkdownWithMath(renderer=renderer).render(source))
    # What is wider than a phone scrolls in a box of its own, which a keyboard can reach.
    html = html.replace("<table", '<div class="wide" tabindex="0"><table').replace("</table>", "</table></div>")
    return html.replace("<input ", '<input aria-label="done" ')


#: How the notebook says in words what a figure shows: a paragraph of the text after it.
_TOLD = re.compile(r"^\*What the figure shows:\*\s*(.+?)(?:\n\n|\Z)", re.M | re.S)


class SafeOutputs(Preprocessor):
    """Cleans cells' HTML outputs, drops those that are programs, and gives figures the words that follow them."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Look for what the text after each code cell says of its figure, then go through the cells."""
        for cell, after in pairwise(nb.cells):
            told = _TOLD.search(after.source) if after.cell_type == "markdown" else None
            if cell.cell_type == "code" and told is not None:
                cell.metadata.setdefault("alt", " ".join(told[1].replace("$", "").split()))
        done: tuple[NotebookNode, Resources] = super().preprocess(nb, resources)
        return done

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> tuple[NotebookNode, Resources]:
        """Leave of one cell's outputs what a page can show."""
        del index
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in (
                "application/javascript",
                "text/latex",
                "image/svg+xml",
                "application/vnd.jupyter.widget-view+json",
            ):
                data.pop(kind, None)
            if "text/html" in data:
                data["text/html"] = clean(data["text/html"])
            for kind in ("image/png", "image/jpeg"):
                if kind in data:
                    output.metadata.setdefault(kind, {}).setdefault("alt", _alt(cell, data))
        return cell, resources


def _alt(cell: NotebookNode, data: dict[str, Any]) -> str:
    """Return words for a picture that has none of its own: the cell's, or what its output says as text."""
    said = str(cell.metadata.get("alt") or data.get("text/plain") or "")
    return said if said and not said.startswith("<") else "A figure that the code above draws."


class NotebookPage(HTMLExporter):
    """nbconvert's exporter: ``jupyter nbconvert --to autograder.publishing.notebook_page.NotebookPage NOTEBOOK``."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(template_name="basic", **settings)
        self.register_preprocessor(SafeOutputs, enabled=True)

    def default_filters(self) -> Any:
        """Give nbconvert's filters, with our Markdown."""
        yield from super().default_filters()
        yield ("markdown2html", _markdown)

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **more: Any) -> tuple[str, Resources]:
        """Return the whole page."""
        body, resources = super().from_notebook_node(nb, resources, **more)
        name = resources.get("metadata", {}).get("name") or "Notebook"
        page = _ENVIRONMENT.get_template("notebook.html").render(
            body=Markup(body),  # noqa: S704 (escaped by nbconvert, or cleaned above)
            title=name.replace("_", " ").capitalize(),
            question_style=(files("autograder.report") / "templates" / "question.css").read_text("utf-8"),
            light=_colours("xcode"),
            dark=_colours("github-dark"),
        )
        return page, resources


_ENVIRONMENT = Environment(
    loader=PackageLoader("autograder.publishing"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def _colours(style: str) -> str:
    rules = HtmlFormatter(style=style).get_style_defs(".highlight").splitlines()
    return "\n".join(rule for rule in rules if rule.startswith(".highlight ."))
