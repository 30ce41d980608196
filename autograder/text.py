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
#: Letters and symbols that look like nothing: Hangul's fillers, Khmer's inherent vowels, Braille's empty cell.
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5\u2800\u034f")
#: No language puts more marks on one letter.
_MOST_MARKS = 4


def _printable(text: str) -> str:
    """Return ``text`` without characters that move or hide, and with at most four combining marks in a row."""
    if text.isascii() and text.isprintable():  # most text is, and reading it letter by letter takes long
        return text
    kept, marks = [], 0
    for c in _ANSI.sub("", text):
        category = unicodedata.category(c)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if c.isspace() or (category not in _UNPRINTABLE and c not in _INVISIBLE and marks <= _MOST_MARKS):
            kept.append(c)
    return "".join(kept)


def visible(code: str) -> str:
    """Return ``code`` with a mark such as ``⟦U+202E⟧`` in the place of each character that nobody sees.

    Without the marks, code can look other than it runs.

    Examples
    --------
    >>> visible("a\\u202eb")
    'a⟦U+202E⟧b'
    """
    if code.isascii() and code.isprintable():
        return code
    hidden = {
        c
        for c in set(code) - {"\n", "\r", "\t"}
        if c in _INVISIBLE or unicodedata.category(c) in {*_UNPRINTABLE, "Zl", "Zp"}
    }
    return code.translate({ord(c): f"⟦U+{ord(c):04X}⟧" for c in hidden})


def one_line(text: str, limit: int = 300) -> str:
    """Return ``text`` on one line of at most ``limit`` characters, without anything that moves a cursor.

    The line also holds no command of a CI system: ``::`` becomes ``∷``. Each report escapes for its own format (HTML,
    Markdown, a terminal's markup).
    """
    kept = _printable(text[: 20 * limit])
    line = " ".join(kept.split()).replace("::", "∷").replace("##[", "## [")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def plain_text(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of ``text``, keeping line ends and tabs, and no other control characters."""
    lines = _printable(text[: 20 * limit]).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in lines if c in "\n\t" or (c >= " " and c != "\x85"))
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
