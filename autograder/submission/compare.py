"""Compares a student's cell with the released one, line by line.

The module never parses a student's code, because hostile code can crash Python's parser. Every comparison takes time in
proportion to the text's length.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import replace

from autograder.notebook import CODE_PLACEHOLDER, Cell, different_lines, split_at_mark_scheme
from autograder.submission.shown_text import LONGEST, shown, without_comments, without_pasted, word_count
from autograder.submission.written_answers import copied_share, is_placeholder

#: Fewer new words in a released text count as a typing slip.
_FEW_WORDS = 5
#: A line with a larger share of copied words is a sentence of another release.
_MOSTLY = 0.5
_STRING = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)
_WORD = re.compile(r"\w+")
#: Quoted text of Python. A quotation without an end reaches to the end of its line, so that the search is linear.
_QUOTED = re.compile(
    rf"{_STRING.pattern}|\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?",
    re.DOTALL,
)
_OPERATOR = re.compile(r"[=+*/<>@%!:(\[{]")
#: The first line of a code cell that Jupyter shows as text.
_SHOWN_AS_TEXT = re.compile(r"%%(?:markdown|html|latex)\b")
_QUESTION = re.compile(
    r"[\W_]*(?:(?:my )?answers?\W+(?:to\W+)?)?(?:question|q)\W*(?P<number>[1-9])(?![^\W_])", re.IGNORECASE
)
#: What follows a question's name where it is a heading, and not the beginning of a sentence.
_HEADING_ENDS = re.compile(r"[ \t]*(?:[:.)\]*_-]|[\u2013\u2014\u3001\uff09\uff0e\uff1a]|$)")
#: A line that may begin the answer to another question: a number, perhaps after a word of any language.
_NUMBERED = re.compile(r"[\W_]*(?:[^\W\d_]{1,12}\W{0,3})?(?P<number>[1-9])(?![\dA-Za-z]|[.,]\d)\w?")
_INSTALLS = re.compile(
    r"^[ \t]*(?:[!%][ \t]*(?:pip3?|conda|mamba|uv|apt|apt-get)[ \t][^\n]*\binstall\b|%tensorflow_version\b)",
    re.MULTILINE,
)
_DEFINITION = re.compile(r"(?:async )?(?:def|class) (\w+)")
#: Characters at a text's beginning in which it may name its question.
_BEGINNING = 60
#: A code cell with at least so many words in strings and comments, and at most so many words of code, is a text.
_TEXT_WORDS, _CODE_WORDS = 20, 5
#: A text with fewer words is a heading or a name.
_HEADING_WORDS = 10
#: Characters at a text's beginning that show whether it has so many words.
_READ = 5_000


def is_untouched(cell: Cell, given: Cell, *, in_release: bool = False) -> bool:
    """Return True if an answer cell or a stub is empty, or as ``given``.

    Docstrings of a stub are ignored, because the release may not know an earlier one. ``in_release`` is True if the
    student's file is the release itself; then only placeholders show that a cell is unchanged.

    Examples
    --------
    >>> given = Cell("markdown", "YOUR ANSWER HERE", "q1", "q1", {})
    >>> is_untouched(given, given), is_untouched(Cell("markdown", "Gradients vanish.", "q1", "q1", {}), given)
    (True, False)
    """
    text = cell.source.strip()
    if len(text) > LONGEST:
        return False
    if given.kind == "code":
        return not text or (CODE_PLACEHOLDER in text and _without_docstrings(text) == _without_docstrings(given.source))
    shown = without_comments(text)
    return not shown or is_placeholder(shown) or (not in_release and cell.normalized_source == given.normalized_source)


def _without_docstrings(source: str) -> list[str]:
    return [line.rstrip() for line in _STRING.sub("", source).splitlines() if line.strip()]


def typed_into(cell: Cell, given: Cell) -> str:
    """Return the text that a student typed into a locked cell; empty if it is unchanged, or from an unknown release.

    For code, it is the whole cell if the cell defines a new name or only adds lines. A cell that is too long to compare
    counts whole.
    """
    if cell.source == given.source:
        return ""
    if len(cell.source) > LONGEST:
        return cell.source
    if cell.normalized_source == given.normalized_source:
        return ""
    # Instructors may grade the course's source notebook, whose prompts have a mark scheme.
    before, _, after = split_at_mark_scheme(cell.source)
    text = before + after
    own = different_lines(text)
    added, gone = own - given.lines, given.lines - own
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
    seen = shown(without_pasted(typed))
    return typed if seen.pictures or word_count(seen.text) >= _FEW_WORDS else ""


def added_to(cell: Cell, given: Cell) -> str:
    """Return the lines of a cell that the released one does not have."""
    kept = (line for line in cell.source[:LONGEST].splitlines() if line.strip() not in given.lines)
    return "\n".join(line for line in kept if line.strip())


def plain_line(line: str) -> str:
    """Return a line without marks of Markdown or of a comment around it."""
    return line.strip(" \t#*>-")


def lines_added(cell: Cell, given: Cell) -> list[str]:
    """Return the lines of code that `added_to` finds, each once, without comments."""
    lines = (line.strip() for line in added_to(cell, given).splitlines())
    return list(dict.fromkeys(line for line in lines if line[:1] not in ("", "#")))


def is_another_edition(cell: Cell, given: Cell) -> bool:
    """Return True if the cell holds some lines of the released text, but not all."""
    kept = given.lines & different_lines(cell.source[:LONGEST])
    return bool(kept) and kept != given.lines


def names(source: str) -> set[str]:
    """Return names that code defines at its top level, read from its lines without parsing."""
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
    """Return True if code defines this function at its top level, or under an ``if``, ``try`` or ``with``.

    Examples
    --------
    >>> defines("f", "if True:\\n    def f(): ..."), defines("f", "class A:\\n    def f(): ...")
    (True, False)
    """
    if function in names(source):
        return True
    scopes: list[int] = []
    for line in source.splitlines():
        text = line.lstrip()
        if not text or text.startswith("#"):
            continue
        indentation = len(line) - len(text)
        while scopes and scopes[-1] >= indentation:
            scopes.pop()
        if found := _DEFINITION.match(text):
            if found[1] == function and not scopes:
                return True
            scopes.append(indentation)
    return False


def defined_in(source: str) -> list[str]:
    """Return the functions and classes that code defines in lines without indentation."""
    return [found[1] for line in source[:LONGEST].splitlines() if (found := _DEFINITION.match(line))]


def question_named(cell: Cell) -> str | None:
    """Return the grade id of the question that a text names at its beginning; None if it names none.

    Examples
    --------
    >>> question_named(Cell("markdown", "**Answer to Question 3:** Because ...", "cell 9", None, {}))
    'q3'
    """
    named = _QUESTION.match(cell.source[:_BEGINNING])
    return f"q{named['number']}" if named else None


def sections(text: str) -> dict[str, str]:
    """Return the part of a text that answers each question, by grade id; empty unless it has headings of two or more.

    Examples
    --------
    >>> sections("My answers\\n## Q1: ReLU\\nIt is zero.\\n**Question 2**\\nNo.")
    {'q1': '## Q1: ReLU\\nIt is zero.', 'q2': '**Question 2**\\nNo.'}
    """
    found: dict[str, list[str]] = {}
    question = ""
    for line in text[:LONGEST].splitlines():
        named = _QUESTION.match(line[:_BEGINNING])
        if named and _HEADING_ENDS.match(line, named.end()):
            question = f"q{named['number']}"
        if question:
            found.setdefault(question, []).append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()} if len(found) > 1 else {}


def numbered_parts(text: str) -> set[str]:
    """Return the questions whose numbers begin long parts of a text, be it as a list or after a word of any language.

    Examples
    --------
    >>> sorted(numbered_parts("Aufgabe 2:\\n" + 20 * "word " + "\\n3. A short item of a list."))
    ['q2']
    """
    parts: dict[str, list[str]] = {}
    question = ""
    for line in text[:LONGEST].splitlines():
        named = _NUMBERED.match(line[:_BEGINNING])
        if named and _HEADING_ENDS.match(line, named.end()):
            question = f"q{named['number']}"
        parts.setdefault(question, []).append(line)
    return {name for name, lines in parts.items() if word_count("\n".join(lines)[:_READ]) >= _TEXT_WORDS} - {""}


def opened(cell: Cell) -> Cell:
    """Return a cell of Markdown whose comments show."""
    return replace(
        cell, source=re.sub(r"<!-*|-->|^[ ]{0,3}\[[^\[\]\n]*\]:[ ]*[#<>]*[ ]*", " ", cell.source, flags=re.MULTILINE)
    )


def with_long_lines(cell: Cell) -> Cell:
    """Return a cell of code with its long lines alone, as comments.

    Comments that explain code have shorter lines than an answer's paragraph.
    """
    lines = cell.source[:LONGEST].splitlines()
    return replace(cell, source="\n".join(f"# {line}" for line in lines if word_count(line) >= _TEXT_WORDS))


def may_be_answer(cell: Cell) -> bool:
    """Return True if a cell has a picture, more words than a heading or a name, or code with as long a comment."""
    text = without_pasted(cell.source)[:_READ]
    if cell.kind == "code" and not is_prose(cell):
        return _words_beside(text, _code_lines(text)) >= _TEXT_WORDS
    seen = shown(text)
    return bool(seen.pictures) or word_count(f"{seen.text} {seen.formulas}") >= _HEADING_WORDS


def is_prose(cell: Cell) -> bool:
    """Return True if a student's own cell holds text for people, even if it is a code cell."""
    text = cell.source.strip()[:LONGEST]
    if cell.kind != "code" or not text or _SHOWN_AS_TEXT.match(text):
        return bool(text)
    lines = _code_lines(text)
    if not lines:
        return True
    left = [line for line in lines if not line.startswith(("import ", "from "))]
    if sum(len(_WORD.findall(line)) for line in left) <= _CODE_WORDS and _words_beside(text, left) >= _TEXT_WORDS:
        return True
    first = left[0] if left else ""
    if not first.isascii() and word_count(first) >= _FEW_WORDS and not _OPERATOR.search(first):
        return True
    # No line of Python begins with five words in a row.
    start = first.split()[:5]
    return len(start) == 5 and all(word.rstrip(",;").isalpha() and not keyword.iskeyword(word) for word in start)


def _code_lines(text: str) -> list[str]:
    """Return the lines of code without comments and quoted text."""
    lines = (line.partition("#")[0].strip() for line in _QUOTED.sub("", text).splitlines())
    return [line for line in lines if line]


def _words_beside(text: str, lines: list[str]) -> int:
    """Return the number of words in comments and quoted text."""
    return word_count(text[:_READ]) - word_count("\n".join(lines)[:_READ])


def installs(source: str) -> bool:
    """Return True if a line of the code installs a package.

    Examples
    --------
    >>> installs("import math\\n!pip install -q torchinfo"), installs("!pip list")
    (True, False)
    """
    return _INSTALLS.search(source) is not None


def code_of(cell: Cell) -> str:
    """Return the code in a cell. For Markdown with code blocks, return only the blocks.

    Examples
    --------
    >>> code_of(Cell("markdown", "See:\\n```\\nx = 1\\n```", "cell 9", None, {}))
    'x = 1'
    """
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
