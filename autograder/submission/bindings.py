"""Finds the names that a student's cell binds at its top level, and the lines where it does.

The module reads tokens and builds no syntax tree, because hostile code can crash or stall Python's parser. The time to
read a cell is bounded.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from tokenize import TokenInfo

from autograder.submission.shown_text import LONGEST

#: Key of `bindings` for lines that bind names which the cell does not say: ``from x import *``, ``%run``.
STAR = "*"
_COMPOUND = frozenset({"if", "elif", "else", "for", "while", "with", "try", "except", "finally"})
_SCOPES = frozenset({"def", "class"})
_SKIPPED = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER})
#: Longer statements are read so far: the time for one may grow with its square.
_MOST_TOKENS = 500
#: Cell magics that run the rest of the cell as Python in the notebook.
_PYTHON_MAGIC = re.compile(r"\s*%%(?:time|capture|prun)\b[^\n]*")
_RUNS = re.compile(r"^([ \t]*)%(?:run|pylab)\b.*$", re.MULTILINE)
_TIMED = re.compile(r"^([ \t]*)%time[ \t]+", re.MULTILINE)
_ESCAPED = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
_ASSIGNED = re.compile(r"^([ \t]*\w[\w, ]*=[ \t]*)[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class Binding:
    """A place where a cell binds a name. ``conditional`` is True inside an if, a loop, a try or a with."""

    line: int
    conditional: bool = False


def bindings(source: str) -> dict[str, tuple[Binding, ...]]:
    """Return the places where a cell binds each name at its top level, in the order of its lines.

    A name that ``del`` removes has a last binding at line 0. A key such as ``.gain`` stands for an attribute of any
    object. After a syntax error, the rest of a cell is not read.

    Examples
    --------
    >>> bindings("import os.path as p, sys\\nif p:\\n    x = y = 1\\ndef f():\\n    z = 2")
    {'p': (Binding(line=1, conditional=False),), 'sys': (Binding(line=1, conditional=False),), \
'x': (Binding(line=3, conditional=True),), 'y': (Binding(line=3, conditional=True),), \
'f': (Binding(line=4, conditional=False),)}
    """
    found: dict[str, list[Binding]] = {}
    for name, binding in _Reader(_as_python(source[:LONGEST])).found():
        found.setdefault(name, []).append(binding)
    return {name: tuple(places) for name, places in found.items()}


def _as_python(source: str) -> str:
    """Put plain statements in the place of IPython's magics and shell commands, line by line."""
    magic = _PYTHON_MAGIC.match(source)
    if source.lstrip().startswith("%%") and magic is None:
        return ""
    source = source[magic.end() :] if magic else source
    source = _TIMED.sub(r"\1", _RUNS.sub(r"\1from x import *", source))
    return _ASSIGNED.sub(r"\1None", _ESCAPED.sub(r"\1pass", source))


class _Reader:
    """Reads the statements of one cell."""

    def __init__(self, source: str) -> None:
        self._source = source
        #: For each open block: whether it is the body of a function or a class.
        self._blocks: list[bool] = []
        self._opens_scope = False

    def found(self) -> Iterator[tuple[str, Binding]]:
        statement: list[TokenInfo] = []
        depth = 0
        try:
            for token in tokenize.generate_tokens(io.StringIO(self._source).readline):
                if token.type == tokenize.INDENT:
                    self._blocks.append(self._opens_scope)
                elif token.type == tokenize.DEDENT:
                    self._blocks.pop()
                elif token.type == tokenize.NEWLINE or (token.string == ";" and not depth):
                    yield from self._statement(statement)
                    statement, depth = [], 0
                elif token.type not in _SKIPPED:
                    depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
                    if len(statement) < _MOST_TOKENS:
                        statement.append(token)
        except (tokenize.TokenError, SyntaxError):
            yield from self._statement(statement)

    def _statement(self, tokens: list[TokenInfo]) -> Iterator[tuple[str, Binding]]:
        if any(self._blocks):
            return
        conditional = bool(self._blocks)
        self._opens_scope = False
        while tokens:
            words = [token.string for token in tokens]
            line = tokens[0].start[0]
            first = words[words[0] == "async" :][0] if len(words) > 1 else words[0]
            if first in _SCOPES:
                self._opens_scope = True
                yield from ((word, Binding(line, conditional)) for word in words[1 + (words[0] == "async") :][:1])
                return
            colon = _at_depth_0(words, ":")[:1] if first in _COMPOUND or words[-1] == ":" else []
            head, tokens = (tokens[: colon[0]], tokens[colon[0] + 1 :]) if colon else (tokens, [])
            for name in _bound([token.string for token in head]):
                place = 0 if first == "del" else line
                yield name, Binding(place, conditional or first in _COMPOUND - {"with"})
            conditional = conditional or bool(colon)


def _bound(words: list[str]) -> Iterator[str]:
    """Yield the names that a statement without its body binds, or deletes."""
    yield from (name for name, then in pairwise(words) if then == ":=")
    first = words[words[0] == "async" :][:1]
    if first in (["import"], ["from"]):
        for part in _split(words[words.index("import") + 1 :] if "import" in words else [], ","):
            part = [word for word in part if word not in "()"]  # noqa: PLW2901
            yield from part[-1:] if "as" in part or part[:1] == [STAR] else part[:1]
    elif first == ["for"] and "in" in words:
        yield from _targets(words[words.index("for") + 1 : words.index("in")])
    elif first == ["with"]:
        for place in (place for place, word in enumerate(words) if word == "as"):
            end = next(iter(_at_depth_0(words[place:], ",")), len(words))
            yield from _targets(words[place + 1 : place + end])
    elif first == ["del"]:
        yield from _targets(words[1:])
    else:
        for value in _split(words, "=")[:-1]:
            annotation = _at_depth_0(value, ":")
            yield from _targets(value[: annotation[0]] if annotation else value)


def _targets(words: list[str]) -> Iterator[str]:
    """Yield the names in the targets of an assignment, and those of attributes after a dot."""
    opened: list[bool] = []
    for place, word in enumerate(words):
        before, after = words[place - 1] if place else ",", words[place + 1] if place + 1 < len(words) else ","
        if word in ("(", "["):
            opened.append(before in ("(", "[", ",", "*"))
        elif word in (")", "]"):
            del opened[-1:]
        elif word.isidentifier() and all(opened) and after in (",", ")", "]"):
            yield f".{word}" if before == "." else word


def _at_depth_0(words: list[str], sought: str) -> list[int]:
    """Return the places of a word outside of brackets and lambdas."""
    places, depth, lambdas = [], 0, 0
    for place, word in enumerate(words):
        depth += (word in ("(", "[", "{")) - (word in (")", "]", "}"))
        lambdas += word == "lambda"
        if word == sought and not depth:
            if word == ":" and lambdas:
                lambdas -= 1
            else:
                places.append(place)
    return places


def _split(words: list[str], separator: str) -> list[list[str]]:
    # Names of an import may stand in parentheses; an assignment's sign never does.
    cuts = [n for n, word in enumerate(words) if word == separator] if separator == "," else _at_depth_0(words, "=")
    return [words[start + 1 : end] for start, end in zip([-1, *cuts], [*cuts, len(words)], strict=True)]
