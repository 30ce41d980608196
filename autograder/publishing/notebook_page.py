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

from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from autograder.report.templating import environment
from autograder.safe_html import clean
from autograder.safe_markdown import Renderer, render

Resources = dict[str, Any]


class _Renderer(Renderer):
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


@pass_context
def _markdown(context: Context, source: str) -> str:
    html = render(source, _Renderer(context.get("cell", {}).get("attachments")), standalone=True)
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
        nb.metadata.pop("widgets", None)  # they are programs, and nbconvert fails on Colab's
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
                data["text/html"] = clean(data["text/html"], standalone=True)
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


_ENVIRONMENT = environment("autograder.publishing")


def _colours(style: str) -> str:
    rules = HtmlFormatter(style=style).get_style_defs(".highlight").splitlines()
    return "\n".join(rule for rule in rules if rule.startswith(".highlight ."))
