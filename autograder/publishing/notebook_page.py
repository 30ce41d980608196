"""Converts a notebook to one web page that loads and runs nothing.

The page suits phones, dark mode and paper. nbconvert's own page loads scripts from the network for its formulas. Here
formulas are MathML, which browsers draw and screen readers speak, and everything that could run is removed.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.notebooknode import from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbformat.v4.rwbase import rejoin_lines
from nbformat.validator import isvalid
from pygments.formatters import HtmlFormatter

from autograder.errors import UserError
from autograder.mathml import plain
from autograder.notebook import Cell, UnreadableNotebook, parse_notebook, printable_path, read_bytes
from autograder.report import formulas
from autograder.report.templating import environment, style_sheet
from autograder.safe_html import NOT_SHOWN, clean, is_picture, shown_attachments
from autograder.safe_markdown import MAX_CODE, Renderer, allowance, code, render

Resources = dict[str, Any]
_NO_OUTPUT = "an output that this page cannot show"


class CannotShow(UserError):
    """The notebook cannot be made a page."""


def page_of(path: Path) -> str:
    """Return the page of the notebook at ``path``.

    Raises
    ------
    CannotShow
        The file is not a notebook.
    """
    name = printable_path(path)
    try:
        raw = read_bytes(path)
        cells = parse_notebook(name, raw).cells
    except UnreadableNotebook as problem:
        raise CannotShow(f"{name}: {problem}") from None
    try:
        # The grader's reader takes damaged files, and it leaves outputs out.
        outputs = [each.get("outputs") if isinstance(each, dict) else None for each in json.loads(raw)["cells"]]
    except (ValueError, KeyError):
        raise CannotShow(f"{name}: is not a valid notebook; open it in Jupyter and save it") from None
    notebook = _notebook([_node(*pair) for pair in zip(cells, outputs, strict=True)])
    page = NotebookPage().from_notebook_node(notebook, {"metadata": {"name": path.stem}})[0]
    return page.encode(errors="replace").decode()  # halves of surrogate pairs pass through JSON, and not through UTF-8


def _node(cell: Cell, outputs: object) -> NotebookNode:
    """Return a cell as a valid notebook has it, with notes in the place of outputs that are none."""
    if cell.kind == "code":
        return _code_cell(cell.source, _outputs(outputs or []))
    if cell.kind == "markdown":
        return new_markdown_cell(cell.source, attachments=shown_attachments(cell.attachments))
    return new_raw_cell(cell.source)


def _outputs(given: object) -> list[Any]:
    outputs = from_dict(given) if isinstance(given, list) else [given]
    if not isvalid(_notebook([_code_cell("", outputs)])):
        valid = (isvalid(_notebook([_code_cell("", [each])])) for each in outputs)
        note = new_output("stream", text=f"[{_NO_OUTPUT}]")
        outputs = [each if it_is else note for each, it_is in zip(outputs, valid, strict=True)]
    rejoin_lines(_notebook([_code_cell("", outputs)]))
    return outputs


# nbformat's own functions raise on what is not valid, and they validate each output once more, which takes long.
def _code_cell(source: str, outputs: list[Any]) -> NotebookNode:
    cell = new_code_cell(source)
    cell.outputs = outputs
    return cell


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    notebook = new_notebook()
    notebook.cells = cells
    return notebook


@pass_context
def _markdown(context: Context, source: str) -> str:
    renderer = Renderer(context.get("cell", {}).get("attachments"))
    html = render(source, renderer, allowance=allowance(context), standalone=True)
    # A table that is wider than a phone scrolls in a box of its own, which the keyboard can reach.
    html = html.replace("<table", '<div class="wide" tabindex="0"><table').replace("</table>", "</table></div>")
    return html.replace("<input ", '<input aria-label="done" ')


@pass_context
def _code(context: Context, source: str, language: str = "", metadata: object = None) -> str:
    del language, metadata
    return code(source, allowance(context))


#: A Markdown cell after a figure describes it in a paragraph that begins like this.
_DESCRIPTION = re.compile(r"^\*What the figure shows:\*\s*(.+?)(?:\n\n|\Z)", re.M | re.S)

_FORMULA = re.compile(r"\$([^$]+)\$")


class SafeOutputs(Preprocessor):
    """Cleans HTML outputs, removes outputs that are programs, and gives each figure a text alternative."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Take each figure's text alternative from the Markdown cell after it, then preprocess the cells."""
        for cell, after in pairwise(nb.cells):
            described = _DESCRIPTION.search(after.source) if after.cell_type == "markdown" else None
            if cell.cell_type == "code" and described is not None:
                cell.metadata.setdefault("alt", " ".join(_FORMULA.sub(lambda f: plain(f[1]), described[1]).split()))
        nb.metadata.pop("widgets", None)  # widgets are programs, and nbconvert fails on those of Colab
        done: tuple[NotebookNode, Resources] = super().preprocess(nb, resources)
        return done

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> tuple[NotebookNode, Resources]:
        """Remove from the outputs of one cell everything that a safe page cannot show."""
        del index
        cell.metadata = NotebookNode({name: cell.metadata[name] for name in ("alt",) if name in cell.metadata})
        if cell.cell_type == "raw":
            cell.source = clean(cell.source[:MAX_CODE], standalone=True)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in set(data) - _SHOWN:
                del data[kind]
            if "data" in output and not data:
                data["text/plain"] = f"[{_NO_OUTPUT}]"
            for texts, name in ((output, "text"), (output, "evalue"), (data, "text/plain"), (data, "text/html")):
                if len(str(texts.get(name, ""))) > MAX_CODE:
                    texts[name] = str(texts[name])[:MAX_CODE] + "\n… cut"
            if "traceback" in output:
                output.traceback = ["\n".join(output.traceback)[:MAX_CODE]]
            if "text/html" in data:
                data["text/html"] = clean(data["text/html"], standalone=True)
            if "metadata" in output:  # names of files to load, and frames
                output.metadata = NotebookNode()
            for kind in ("image/png", "image/jpeg"):
                if kind in data and not is_picture(kind, data[kind]):
                    del data[kind]
                    data["text/plain"] = f"[{NOT_SHOWN}]"
                elif kind in data:
                    output.metadata[kind] = {"alt": _alt(cell, data)}
        return cell, resources


#: The kinds of outputs that a page shows: no programs.
_SHOWN = {"text/html", "text/markdown", "text/plain", "image/png", "image/jpeg"}


def _alt(cell: NotebookNode, data: dict[str, Any]) -> str:
    """Return a text alternative for a picture: the one of its cell, or the output's own text."""
    said = str(cell.metadata.get("alt") or data.get("text/plain") or "")
    return said if said and not said.startswith("<") else "A figure that the code above draws."


class NotebookPage(HTMLExporter):
    """The exporter for nbconvert, which lays out the cells."""

    def __init__(self, **settings: Any) -> None:
        # nbconvert's own strip_files_prefix searches the sanitized HTML in quadratic time, and rewrites it.
        filters = {"markdown2html": _markdown, "highlight_code": _code, "strip_files_prefix": lambda html: html}
        super().__init__(template_name="basic", filters=filters, **settings)
        self.register_preprocessor(SafeOutputs, enabled=True)

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **more: Any) -> tuple[str, Resources]:
        """Return the whole page, without nbconvert's second reading of it, which takes longer than all else."""
        body, resources = TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **more)
        name = resources.get("metadata", {}).get("name") or "Notebook"
        page = _ENVIRONMENT.get_template("notebook.html").render(
            body=Markup(body),  # noqa: S704 (escaped by nbconvert, or cleaned above)
            title=name.replace("_", " ").capitalize(),
            styles=[style_sheet("question.css"), style_sheet("phone.css")],
            formula_style=formulas.style() if "<math" in body else "",
            light=_colours("xcode"),
            dark=_colours("github-dark"),
        )
        return page, resources


_ENVIRONMENT = environment("autograder.publishing")


def _colours(style: str) -> str:
    rules = HtmlFormatter(style=style).get_style_defs(".highlight").splitlines()
    return "\n".join(rule for rule in rules if rule.startswith(".highlight ."))
