"""Asks axe-core what keeps people out of a page, such as text in the colour of what is behind it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from tests.browser.chromium import Page

#: In the browser, the names of up to 24 letters in code that stand on two lines.
BROKEN_NAMES = """blocks => blocks.flatMap(pre => {
    const texts = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT), place = document.createRange(), broken = []
    while (texts.nextNode())
        for (const name of texts.currentNode.data.matchAll(/\\b[A-Za-z_]\\w{0,23}\\b/g)) {
            place.setStart(texts.currentNode, name.index)
            place.setEnd(texts.currentNode, name.index + name[0].length)
            if (new Set([...place.getClientRects()].map(box => box.top)).size > 1) broken.push(name[0])
        }
    return broken
})"""


@cache
def _axe() -> str:
    """Return axe-core, as the package brings it: pinned in the lock, read from the disk."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, *, contrast: bool = True, minor: bool = False) -> list[tuple[str, str]]:
    """Return a rule's name and the beginning of an element that breaks it: what is serious or worse, or also ``minor``.

    nbgrader's own pages and the notebook's have minor ones.
    """
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(_axe())
    options = {"resultTypes": ["violations"], "preload": False, "rules": {"color-contrast": {"enabled": contrast}}}
    found = page.evaluate("options => axe.run(document, options)", options)
    serious = [each for each in found["violations"] if minor or each["impact"] in ("serious", "critical")]
    return [(each["id"], node["html"][:200]) for each in serious for node in each["nodes"][:3]]
