"""Converts students' Markdown and code to HTML that is safe to show, within bounds of size, depth and time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import unquote

from nbconvert.filters.markdown_mistune import (
    IPythonRenderer,
    MarkdownWithMath,
    MathBlockParser,
    MathInlineParser,
)

from autograder.mathml import mathml
from autograder.safe_html import ATTACHED, NOT_SHOWN, clean, picture
from autograder.text import visible

#: The most characters of one Markdown cell, of one code cell, and of all cells of a page that are shown.
MAX_MARKDOWN: Final = 64_000
MAX_CODE: Final = 256_000
MAX_PAGE: Final = 1_000_000
#: The most characters of all pictures of a page: more than a notebook holds, and a cell may show a picture repeatedly.
MAX_PICTURES: Final = 30_000_000
#: Longer code is shown without colours, because some code takes the highlighter quadratic time.
_MAX_HIGHLIGHTED: Final = 8_000
#: Seconds of computing time for the formats of a page. After them, text is shown as it was typed.
_SECONDS: Final = 2.0

_PYTHON: Final = frozenset({"python", "python3", "py", "py3", "ipython", "ipython3"})
_PASTED: Final = re.compile(r"data:image/(png|jpeg|gif);base64,([A-Za-z0-9+/]+=*)")
_SPACES: Final = re.compile(r"[^\S\n]{100,}")
_OVERRIDES: Final = {0x202D: "⟦U+202D⟧", 0x202E: "⟦U+202E⟧"}

#: Each paragraph begins on the side where its language does: an answer in Arabic may quote the question in English.
_DIRECTION: Final = {tag: {"dir": "auto"} for tag in ("p", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th")}

#: Of the converter's commands, these let a short formula grow without end.
_MACROS: Final = re.compile(r"\\(?:def|newcommand|renewcommand|DeclareMathOperator)")


@dataclass
class Allowance:
    """What the texts of a page may still use: characters, of pictures too, and seconds."""

    characters: int = MAX_PAGE
    seconds: float = _SECONDS
    pictures: int = MAX_PICTURES

    def cut(self, text: str, most: int) -> tuple[str, str]:
        """Return the part of ``text`` that is shown, and an HTML note if that is not the whole."""
        most = min(most, self.characters)
        self.characters -= min(len(text), most)
        if len(text) <= most:
            return text, ""
        return text[:most], f"<p><strong>… cut: this cell has {len(text):,} characters.</strong></p>"

    def picture(self, url: str) -> str:
        """Return the address of a picture, ``data:...``, or "" if the pictures before it used up what they may."""
        if len(url) > self.pictures:
            return ""
        self.pictures -= len(url)
        return url

    def within(self, convert: Callable[[str], str], text: str) -> str | None:
        """Return ``convert(text)``, or None where it fails or no time is left."""
        if self.seconds <= 0:
            return None
        begun = time.thread_time()
        try:
            return convert(text)
        except Exception:  # noqa: BLE001 (converters raise anything for some texts, and one cell must not cost a page)
            return None
        finally:
            self.seconds -= time.thread_time() - begun


def allowance(context: Any) -> Allowance:
    """Return the allowance of the page that a Jinja context belongs to."""
    resources = context.get("resources")
    if resources is None:
        return Allowance()
    if not isinstance(resources.get("allowance"), Allowance):
        resources["allowance"] = Allowance()
    found: Allowance = resources["allowance"]
    return found


class Renderer(IPythonRenderer):  # type: ignore[misc]  # nbconvert's module has no types
    """The renderer of nbconvert, which here accepts a missing picture, highlights only Python, and draws formulas.

    Formulas become MathML, so a page needs no script for them, and no formula changes another one. A formula that
    cannot be converted is shown as it was typed.

    Parameters
    ----------
    attachments : dict, optional
        The pictures that were pasted into the cell: base64 by name and kind, as the notebook's file has them.
    """

    def __init__(self, attachments: object = None) -> None:
        attachments = attachments if isinstance(attachments, dict) else {}
        shown = {name: url for name, kinds in attachments.items() if (url := picture(kinds))}
        super().__init__(escape=False, attachments=shown, exclude_anchor_links=True)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture of the cell, or a note with the alternative text. `clean` puts the picture in."""
        name = unquote(url.removeprefix(ATTACHED))
        if name in self.attachments:
            return str(super(IPythonRenderer, self).image(text, url, title))
        return f"<em>[{text}: {NOT_SHOWN}]</em>" if text else f"<em>[{NOT_SHOWN}]</em>"

    def block_code(self, code: str, info: str | None = None) -> str:
        """Return code with colours if it is Python: lexers of other languages may take for ever."""
        language = (info or "").split()[:1]
        if language and language[0].lower() in _PYTHON:
            return visible(_highlighted(code))
        return f"<pre><code>{escape(visible(code))}</code></pre>\n"

    def codespan(self, text: str) -> str:
        """Return code within a sentence."""
        return str(super().codespan(visible(text)))

    def block_math(self, body: str) -> str:
        """Return a formula in a block of its own, which scrolls where it is wide."""
        return f'<div class="formula" tabindex="0">{_formula(body, "block")}</div>'

    def inline_math(self, body: str) -> str:
        """Return a formula within a sentence."""
        return _formula(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        """Return a formula that is written as an environment, such as ``align``."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


def render(
    source: str,
    renderer: Renderer,
    *,
    allowance: Allowance | None = None,
    standalone: bool = False,
    looks: dict[str, dict[str, str]] | None = None,
) -> str:
    """Render Markdown as notebooks do, and sanitize it as `autograder.safe_html.clean` does.

    If the renderer fails, or the page's time is used up, the text is shown as it was typed. Text beyond
    `MAX_MARKDOWN` characters is cut with a note; pictures do not count.
    """
    allowance = allowance or Allowance()

    def lifted(match: re.Match[str]) -> str:
        name = f"pasted {len(renderer.attachments)}"
        while name in renderer.attachments:
            name += "+"
        renderer.attachments[name] = match[0]
        return f"{ATTACHED}{name.replace(' ', '%20')}"

    source, note = allowance.cut(_PASTED.sub(lifted, source), MAX_MARKDOWN)
    source = _SPACES.sub(" " * 100, source).encode(errors="replace").decode()

    def picture_of(name: str) -> str:
        return allowance.picture(renderer.attachments.get(name, ""))

    def converted(text: str) -> str:
        inline = _InlineParser(hard_wrap=False)
        html = MarkdownWithMath(renderer=renderer, block=_BlockParser(), inline=inline).render(text)
        return clean(html, standalone=standalone, looks=_DIRECTION | (looks or {}), picture_of=picture_of)

    html = allowance.within(converted, source)
    if html is None:
        html = f'<pre dir="auto">{escape(source)}</pre>'
    return html.translate(_OVERRIDES) + note  # of the HTML, because a text can name a letter by its number


def code(source: str, allowance: Allowance | None = None) -> str:
    """Return Python code as HTML, with colours if it is short. Invisible characters are shown by their numbers."""
    allowance = allowance or Allowance()
    source, note = allowance.cut(source, MAX_CODE)
    html = allowance.within(_highlighted, source) if len(source) <= _MAX_HIGHLIGHTED else None
    return visible(html or f'<div class="highlight"><pre>{escape(source)}</pre></div>') + note


def _formula(latex: str, display: str) -> str:
    try:
        if _MACROS.search(latex):
            raise ValueError("a formula that defines commands")
        return mathml(latex, display)
    except Exception:  # noqa: BLE001 (the converter raises anything for a malformed formula)
        mark = "$$" if display == "block" else "$"
        return f"<code>{escape(mark + latex + mark)}</code>"


def _highlighted(code: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    if len(code) > _MAX_HIGHLIGHTED:
        return f"<pre><code>{escape(code)}</code></pre>\n"
    return str(highlight(code, get_lexer_by_name("ipython3"), HtmlFormatter(cssclass="highlight")))


def _bounded(patterns: dict[str, str], most: int = 2_000) -> dict[str, str]:
    """Return nbconvert's patterns with formulas of at most ``most`` characters: a search to the end takes for ever."""
    return {name: re.sub(r"\.[*+]\?", f".{{0,{most}}}?", pattern) for name, pattern in patterns.items()}


class _BlockParser(MathBlockParser):  # type: ignore[misc]
    SPECIFICATION = MathBlockParser.SPECIFICATION | _bounded({"multiline_math": MathBlockParser.MULTILINE_MATH})


class _InlineParser(MathInlineParser):  # type: ignore[misc]
    SPECIFICATION = _bounded(MathInlineParser.SPECIFICATION) | _bounded(
        {
            "block_math_latex": MathInlineParser.BLOCK_MATH_LATEX,
            "inline_math_latex": MathInlineParser.INLINE_MATH_LATEX,
        },
        most=500,
    )
