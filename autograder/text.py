"""Makes text from a student's code safe to show: bounded, and without characters that move a cursor."""

from __future__ import annotations

import re
import unicodedata

#: What a spreadsheet takes for the beginning of a formula, full-width too; where ; separates cells, also after a ;.
_FORMULA = re.compile(r"(^|;\s*)(?=[=+@\-\uff1d\uff0b\uff20\uff0d])")
#: A spreadsheet's cell holds 32,767 characters.
_LONGEST_CELL = 32_000
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


def table_cell(text: str) -> str:
    """Return ``text`` as one line that a spreadsheet shows, and never calculates.

    Examples
    --------
    >>> table_cell("=1+1"), table_cell("Ann; -1"), table_cell("half = 1/2")
    ("'=1+1", "Ann; '-1", 'half = 1/2')
    """
    # A file's name can hold bytes that are no text: they are shown, because names may differ by them alone.
    line = one_line(text.encode(errors="backslashreplace").decode(), _LONGEST_CELL)
    return _FORMULA.sub(r"\1'", line)
