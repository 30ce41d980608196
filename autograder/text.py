"""Makes text from a student's code safe to show: bounded, and without characters that move a cursor."""

from __future__ import annotations

import re
import unicodedata

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
#: Control and format characters (ANSI's rest, bidirectional overrides), surrogates, private use.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def one_line(text: str, limit: int = 300) -> str:
    """Return ``text`` on one line of at most ``limit`` characters, without anything that moves a cursor.

    The line also holds no command of a CI system: ``::`` becomes ``∷``. Each report escapes for its own format (HTML,
    Markdown, a terminal's markup).
    """
    kept = text[: 20 * limit]
    if not kept.isprintable():  # most text is, and reading it letter by letter takes long
        kept = "".join(
            " " if c.isspace() else c
            for c in _ANSI.sub("", kept)
            if c.isspace() or unicodedata.category(c) not in _UNPRINTABLE
        )
    line = " ".join(kept.split()).replace("::", "∷").replace("##[", "## [")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def plain_text(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of ``text``, keeping line ends and tabs, and no other control characters."""
    text = _ANSI.sub("", text[: 20 * limit]).replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNPRINTABLE)
    return text if len(text) <= limit else text[: limit - 2] + "\n…"
