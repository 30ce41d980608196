"""Converts students' Markdown to HTML that is safe to show."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import unquote

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.safe_html import clean

_ATTACHED = "attachment:"


class Renderer(IPythonRenderer):  # type: ignore[misc]  # nbconvert's module has no types
    """The renderer of nbconvert, which here accepts a missing picture.

    Parameters
    ----------
    attachments : dict, optional
        The pictures that were pasted into the cell: base64 by name and kind, as the notebook's file has them.
    """

    def __init__(self, attachments: dict[str, Any] | None = None) -> None:
        super().__init__(escape=False, attachments=attachments or {}, exclude_anchor_links=True)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture. `clean` later replaces a picture that is not in the file."""
        if url.startswith(_ATTACHED):
            url = self._attached(url.removeprefix(_ATTACHED))
        return str(super().image(text, url, title))

    def _attached(self, name: str) -> str:
        kinds = self.attachments.get(name) or self.attachments.get(unquote(name))
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if isinstance(kind, str) and kind.startswith("image/"):
                return f"data:{kind};base64,{''.join(data) if isinstance(data, list) else data}"
        return ""


def render(
    source: str, renderer: Renderer, *, standalone: bool = False, looks: dict[str, dict[str, str]] | None = None
) -> str:
    """Render Markdown as notebooks do, and sanitize it as `autograder.safe_html.clean` does.

    If the renderer fails, the text is shown as it was typed.
    """
    try:
        html = MarkdownWithMath(renderer=renderer).render(source)
    except Exception:  # noqa: BLE001 (the renderer raises anything for some texts, and one cell must not cost a page)
        html = f"<pre>{escape(source)}</pre>"
    return clean(html, standalone=standalone, looks=looks)
