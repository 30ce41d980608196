"""What a student's cell is, compared with the released one. It never parses a student's code: that could end us.

Every look takes time in proportion to the text.
"""

from __future__ import annotations

import keyword
import re

from autograder.notebook import CODE_PLACEHOLDER, Cell
from autograder.submission.written_answers import copied_share, is_placeholder, visible

#: Fewer new words than these in a released text are a slip of the keyboard.
_FEW_WORDS = 5
#: What is copied for the most part is a sentence of another release.
_MOSTLY = 0.5
_STRING = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)
_WORD = re.compile(r"\w+")
_QUESTION = re.compile(r"\W*(?:(?:my )?answers?\W+(?:to\W+)?)?(?:question|q)\W*(?P<number>[1-9])\b", re.IGNORECASE)
#: A text that names its question does so at its beginning.
_BEGINNING = 60
#: A code cell with so many words in strings and comments, and so few beside them, is a text.
_TEXT_WORDS, _CODE_WORDS = 20, 5


def is_untouched(cell: Cell, given: Cell, *, in_release: bool = False) -> bool:
    """Tell whether a student left an answer cell, or a stub, as it was released, or emptied it.

    A stub may have another docstring: an older release's. ``in_release`` says that the student worked in the
    release itself, so that only the placeholders tell.
    """
    text = cell.source.strip()
    if given.kind == "code":
        same = _without_docstrings(text) == _without_docstrings(given.source)
        return not text or (CODE_PLACEHOLDER in text and same)
    shown = visible(text)
    return not shown or is_placeholder(shown) or (not in_release and text == given.source.strip())


def _without_docstrings(source: str) -> list[str]:
    return [line.rstrip() for line in _STRING.sub("", source).splitlines() if line.strip()]


def typed_into(cell: Cell, given: Cell) -> str:
    """Return what a student typed into a locked cell; empty where it is as released, in this release or another.

    Of code it is the whole cell, if it defines a name that the released one does not, or only adds lines to it.
    """
    text = _without_mark_scheme(cell.source)
    released = {line.strip() for line in given.source.splitlines()} - {""}
    own = {line.strip() for line in text.splitlines()} - {""}
    added, gone = own - released, released - own
    if given.kind == "code":
        new = names(cell.source) - names(given.source)
        return cell.source if new or (added and not gone) else ""
    prompt = _WORD.findall(given.source.casefold())
    lines = [
        line
        for line in text.splitlines()
        if not line.strip()
        or (line.strip() in added and copied_share(_WORD.findall(line.casefold()), prompt) < _MOSTLY)
    ]
    typed = "\n".join(lines).strip()
    return typed if len(_WORD.findall(typed)) >= _FEW_WORDS else ""


def _without_mark_scheme(source: str) -> str:
    """Drop what the course's own source has in its prompts, and no release: an instructor may grade the source."""
    before, begin, rest = source.partition("### BEGIN MARK SCHEME")
    _, end, after = rest.partition("### END MARK SCHEME")
    return before + after if begin and end else source


def is_another_edition(cell: Cell, given: Cell) -> bool:
    """Tell whether some lines of the released text still stand in the cell, and others do not."""
    own = {line.strip() for line in cell.source.splitlines()}
    kept = [line.strip() in own for line in given.source.splitlines() if line.strip()]
    return any(kept) and not all(kept)


def names(source: str) -> set[str]:
    """Return names that code defines at its top level, as far as its lines show without parsing it."""
    found: set[str] = set()
    for line in source.splitlines():
        first, _, rest = line.partition(" ")
        if first in ("def", "class", "async"):
            found.update(_WORD.findall(rest.removeprefix("def "))[:1])
        elif first in ("import", "from"):
            imported = line.rpartition("import ")[2].split(",")
            found.update(part.rpartition(" as ")[2].strip(" ()\\").partition(".")[0] for part in imported)
        elif first[:1].isidentifier() and "=" in line:
            left = line.partition("=")[0]
            if re.fullmatch(r"[\w\s,:]+", left):
                found.update(_WORD.findall(left.partition(":")[0]))
    return found - {""}


def defines(function: str, source: str) -> bool:
    """Tell whether code defines this function at its top level, or under an ``if``, ``try`` or ``with``."""
    return (
        function in names(source)
        or re.search(rf"^[ \t]*(?:async )?(?:def|class) {function}\b", source, re.MULTILINE) is not None
    )


def question_named(cell: Cell) -> str | None:
    """Return the grade id of the question that a text names at its beginning; None where it names none.

    Examples
    --------
    >>> question_named(Cell("markdown", "**Answer to Question 3:** Because ...", "cell 9", None, {}))
    'q3'
    """
    named = _QUESTION.match(cell.source[:_BEGINNING])
    return f"q{named['number']}" if named else None


def is_prose(cell: Cell) -> bool:
    """Tell whether a cell of the student's own holds text for people, though it may be a code cell."""
    text = cell.source.strip()
    if cell.kind != "code" or not text:
        return bool(text)
    outside = [line.partition("#")[0] for line in _STRING.sub("", text).splitlines()]
    left = [line for line in outside if line.strip()]
    if not left:
        return True
    code_words = sum(len(_WORD.findall(line)) for line in left)
    if code_words <= _CODE_WORDS and len(_WORD.findall(text)) - code_words >= _TEXT_WORDS:
        return True
    # No line of Python begins with five words in a row.
    start = left[0].split()[:5]
    return len(start) == 5 and all(word.rstrip(",;").isalpha() and not keyword.iskeyword(word) for word in start)


def code_of(cell: Cell) -> str:
    """Return the code in a cell; of Markdown with code blocks, theirs alone."""
    if cell.kind == "code":
        return cell.source
    code, fence = [], ""
    for line in cell.source.splitlines():
        mark = line.strip()[:3]
        if fence and line.strip() == fence:
            fence = ""
        elif fence:
            code.append(line)
        elif mark in ("```", "~~~"):
            fence = mark
    return "\n".join(code) or cell.source
