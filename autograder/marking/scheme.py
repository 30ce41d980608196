"""Reads the mark scheme of a written question from the Markdown of its notebook, and writes it back.

A scheme is a table of points, a table of false statements with their costs, rules, and graded answers::

    | points | for |
    |---:|---|
    | 2 | *Core.* The cause: many factors below 1 (1). An effect: early layers hardly learn (1; ½ without "early"). |
    | 1 | *Depth.* Two remedies (½ each): ReLU, normalization, residual connections. |

    | false statement | costs |
    |---|---:|
    | The last layers learn least. | −1 |

A bracket that begins with points ends an *item*, the smallest thing that a marker gives or withholds. A row without
brackets is one item. A colon after the bracket keeps the rest of the sentence with it. What follows the last item is a
note for the marker. Points come whole, unless the bracket, the note, or a row without brackets speaks of ½ or of half
a point.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, partial
from itertools import pairwise, zip_longest
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from autograder.errors import UserError
from autograder.text import one_line

SCHEMA = "autograder/rubric/v1"

_POINTS, _COSTS, _ANCHORS = "| points | for |", "| false statement | costs |", "**Three graded answers**"
_RULES = {_POINTS: "|---:|---|", _COSTS: "|---|---:|"}
_AMOUNT = r"[−-]?(?:\d{1,3}½|½|\d{1,3}/[24]|\d{1,3}(?:\.\d{1,4})?)"
#: A bracket with points: ``(1)``, ``(½ each)``, ``(1; ½ for one of the two)``. A bracket with a year has none.
_BRACKET = re.compile(rf"\((?!(?:19|20)\d\d\b)({_AMOUNT})( each)?(?:[;,] ((?:[^()]|\([^()]*\))*))?\)")
_HALF = re.compile(r"½|\bHalf\b|\bhalf (?:a point|the points|of this)\b")
#: What nbgrader removes from the students' release stands between such lines.
_MARKER = re.compile(r"\s*#+\s*(?:BEGIN|END)\b")
#: Formulas and code: brackets and bars in them mean nothing here.
_OPAQUE = re.compile(r"(?<!\\)\$[^$]*\$|`[^`]*`|\\[|$]")


class SchemeProblem(UserError):
    """A mark scheme cannot be read. The message is one sentence that names the question and the row."""


class Level(StrEnum):
    """What a row belongs to, as its text says."""

    CORE = "*Core.* "
    DEPTH = "*Depth.* "
    NONE = ""


@dataclass(frozen=True)
class Item:
    """One thing that earns points.

    Attributes
    ----------
    key : str
        Name that stays when the text changes, such as ``q1.3a``.
    points : float
        What the whole item earns.
    steps : tuple of float
        Shares of ``points`` that a marker can give, from 0 to 1.
    text : str
        Its piece of the row, with the bracket and the space after it: the pieces and the note make the row.
    """

    key: str
    points: float
    steps: tuple[float, ...]
    text: str

    @cached_property
    def words(self) -> str:
        """The text by itself, for people who see the points beside it: without the bracket, with a capital.

        Examples
        --------
        >>> Item("q1.1b", 1.0, (0.0, 1.0), "and names both factors (1), ").words
        'Names both factors'
        """
        found = _brackets(self.text)
        alone = self.text[: found[0].start].rstrip() + self.text[found[0].end :] if found else self.text
        alone = alone.strip().removeprefix("and ").rstrip(",")
        return alone[:1].upper() + alone[1:]

    @cached_property
    def condition(self) -> str:
        """What the bracket says besides the points: when a part of them is earned, or nothing.

        Examples
        --------
        >>> Item("q1.2b", 1.0, (0.0, 0.5, 1.0), "An effect (1; ½ for one of the two).").condition
        '½ for one of the two'
        >>> Item("q1.3a", 1.0, (0.0, 0.5, 1.0), "Two remedies (½ each): ReLU, residuals.").condition
        '½ each'
        >>> Item("q1.1b", 1.0, (0.0, 1.0), "and names both factors (1), ").condition
        ''
        """
        found = _brackets(self.text)
        inside = self.text[found[0].start + 1 : found[0].end - 1] if found else ""
        return inside if found and found[0].each else inside.partition(" ")[2]


@dataclass(frozen=True)
class Row:
    """One row of the table of points: its items, and a note for the marker."""

    key: str
    level: Level
    items: tuple[Item, ...]
    note: str

    @property
    def depth(self) -> bool:
        """True if the row belongs to the depth of the question."""
        return self.level is Level.DEPTH

    @property
    def text(self) -> str:
        """The row's Markdown, as the notebook has it."""
        return self.level + "".join(item.text for item in self.items) + self.note

    @property
    def points(self) -> float:
        """What the row earns at most."""
        return sum(item.points for item in self.items)


@dataclass(frozen=True)
class Mistake:
    """A false statement, and what it costs: ``points`` is negative."""

    key: str
    points: float
    text: str


@dataclass(frozen=True)
class Scheme:
    """Mark scheme of one question.

    Attributes
    ----------
    question : str
        Grade id of the answer, such as ``q1``.
    max_points : float
        Sum of all items.
    rows, mistakes : tuple
        The two tables, in their order. The order can differ from that of the keys.
    also : str
        Markdown between the tables.
    rules : str
        Markdown after the tables.
    anchors : str
        Graded answers, in Markdown. Like ``also`` and ``rules``, they are shown to markers and never computed with.
    retired : tuple of str
        Keys of earlier revisions. No item gets one of them again, because old marks contain them.
    """

    question: str
    max_points: float
    rows: tuple[Row, ...]
    mistakes: tuple[Mistake, ...]
    also: str = ""
    rules: str = ""
    anchors: str = ""
    retired: tuple[str, ...] = ()

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Every item by its key, in the order of the rows."""
        return MappingProxyType({item.key: item for row in self.rows for item in row.items})

    @cached_property
    def costs(self) -> Mapping[str, Mistake]:
        """Every false statement by its key."""
        return MappingProxyType({mistake.key: mistake for mistake in self.mistakes})

    @cached_property
    def shares(self) -> Mapping[str, tuple[float, ...]]:
        """The shares that a marker can give, by the key of an item; 0 or 1 of a false statement."""
        steps = {key: item.steps for key, item in self.items.items()}
        return MappingProxyType(steps | dict.fromkeys(self.costs, (0.0, 1.0)))


def amount(points: float) -> str:
    """Return points as people write them.

    Examples
    --------
    >>> amount(2.0), amount(0.5), amount(-1.5), amount(0.25)
    ('2', '½', '−1½', '0.25')
    """
    sign, size = "−" if points < 0 else "", abs(points)
    whole = int(size)
    if size - whole == 0.5:
        return f"{sign}{whole or ''}½"
    return sign + (str(whole) if size == whole else f"{size:.4g}")


def worth(points: float) -> str:
    """Return points with their unit.

    Examples
    --------
    >>> worth(0.0), worth(1.0), worth(2.5)
    ('0 points', '1 point', '2½ points')
    """
    return f"{amount(points)} point{'' if 0 < points <= 1 else 's'}"


def parse(markdown: str, question: str, max_points: float) -> Scheme:
    """Read a mark scheme, with keys by position. `autograder.marking.revision.with_keys_of` gives it earlier keys.

    Parameters
    ----------
    markdown : str
        What stands between the lines that begin and end the mark scheme in the notebook.
    question : str
        Grade id of the answer; keys begin with it.
    max_points : float
        The points of the question, which the rows must add up to.

    Raises
    ------
    SchemeProblem
        The scheme cannot be read, or does not add up.

    Examples
    --------
    >>> table = "| points | for |\\n|---:|---|\\n| 2 | The cause (1). Two effects (½ each): slow, stuck. |"
    >>> scheme = parse(table, "q1", 2)
    >>> [(item.key, item.points, item.steps) for item in scheme.items.values()]
    [('q1.1a', 1.0, (0.0, 1.0)), ('q1.1b', 1.0, (0.0, 0.5, 1.0))]
    >>> render(scheme) == table
    True
    """
    lines = markdown.strip("\n").split("\n")
    if marker := next((line for line in lines if _MARKER.match(line)), None):
        raise SchemeProblem(f"{question}: a mark scheme must not contain the line {one_line(marker, 60)}")
    rows, rest = _table(lines, _POINTS, question)
    if any(line.strip() for line in lines[: lines.index(_POINTS)]):
        raise SchemeProblem(f"{question}: the mark scheme must begin with the table {_POINTS}")
    costs: list[tuple[str, str]] = []
    if _COSTS in rest:
        costs, after = _table(rest, _COSTS, question)
        also, rest = rest[: rest.index(_COSTS)], after
    else:
        also = []
    place = rest.index(_ANCHORS) if _ANCHORS in rest else len(rest)
    scheme = Scheme(
        question,
        max_points,
        tuple(_row(question, number, *cells) for number, cells in enumerate(rows, 1)),
        tuple(_mistake(question, number, *cells) for number, cells in enumerate(costs, 1)),
        _prose(also),
        _prose(rest[:place]),
        _prose(rest[place + 1 :]),
    )
    total = sum(row.points for row in scheme.rows)
    if not math.isclose(total, max_points):
        raise SchemeProblem(f"{question}: the rows add up to {amount(total)}, and the question has {worth(max_points)}")
    return scheme


def render(scheme: Scheme) -> str:
    """Return the Markdown of a scheme; `parse` reads the same scheme from it.

    Examples
    --------
    >>> table = "| points | for |\\n|---:|---|\\n| 1 | The cause. |"
    >>> render(parse(table, "q1", 1)) == table
    True
    """
    parts = [_written(_POINTS, [f"| {amount(row.points)} | {row.text} |" for row in scheme.rows])]
    if scheme.mistakes:
        costs = [f"| {mistake.text} | {amount(mistake.points)} |" for mistake in scheme.mistakes]
        parts += [scheme.also, _written(_COSTS, costs)]
    parts += [scheme.rules, scheme.anchors and f"{_ANCHORS}\n\n{scheme.anchors}"]
    return "\n\n".join(part for part in parts if part)


def to_document(scheme: Scheme, rev: int, source_sha256: str) -> dict[str, Any]:
    """Return a scheme as plain data for JSON, with its revision and the hash of its Markdown.

    Examples
    --------
    >>> scheme = parse("| points | for |\\n|---:|---|\\n| 1 | The cause. |", "q1", 1)
    >>> document = to_document(scheme, 1, "…")
    >>> document["schema"], document["rev"], document["rows"][0]["items"][0]["key"]
    ('autograder/rubric/v1', 1, 'q1.1a')
    """
    return {"schema": SCHEMA, "rev": rev, "source_sha256": source_sha256, **msgspec.to_builtins(scheme)}


def from_document(document: object) -> Scheme:
    """Return the scheme in a document of `to_document`.

    The texts decide: points and steps must be those that the texts say.

    Raises
    ------
    SchemeProblem
        The document has another form, or contradicts itself.

    Examples
    --------
    >>> scheme = parse("| points | for |\\n|---:|---|\\n| 1 | The cause. |", "q1", 1)
    >>> from_document(to_document(scheme, 1, "…")) == scheme
    True
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise SchemeProblem(f"this is no document of {SCHEMA}")
    try:
        scheme = msgspec.convert(document, Scheme)
    except msgspec.ValidationError as problem:
        raise SchemeProblem(f"the mark scheme's document is damaged: {one_line(str(problem))}") from None
    read = parse(render(scheme), scheme.question, scheme.max_points)
    for item, said in zip(_items(scheme), _items(read), strict=False):
        if item.text == said.text and (item.points, item.steps) != (said.points, said.steps):
            raise SchemeProblem(
                f"{item.key}: its text gives {amount(said.points)} in {len(said.steps) - 1} steps, and the document "
                f"says {amount(item.points)} in {len(item.steps) - 1}; change the text as well"
            )
    if _without_keys(scheme) != _without_keys(read):
        raise SchemeProblem(f"{scheme.question}: the document cuts its rows into items in another way than their texts")
    _check_keys(scheme)
    return scheme


def check_halves(scheme: Scheme) -> None:
    """Raise `SchemeProblem` unless all that can be given or taken is a multiple of half a point.

    Examples
    --------
    >>> check_halves(parse("| points | for |\\n|---:|---|\\n| 1 | The cause (0.7). An effect (0.3). |", "q1", 1))
    Traceback (most recent call last):
    ...
    autograder.marking.scheme.SchemeProblem: q1, “The cause.”: 0.7 is no multiple of half a point
    """
    given = [(item.words, step * item.points) for item in _items(scheme) for step in item.steps]
    for text, points in [*given, *((mistake.text, mistake.points) for mistake in scheme.mistakes)]:
        if not math.isclose(2 * points, round(2 * points), abs_tol=1e-9):
            raise SchemeProblem(
                f"{scheme.question}, “{one_line(text, 60)}”: {amount(points)} is no multiple of half a point"
            )


class _Bracket(NamedTuple):
    """A bracket with points in the text of a row: where it stands, and what it says."""

    start: int
    end: int
    points: float
    each: bool
    remark: str


def _brackets(text: str) -> list[_Bracket]:
    clear = _clear(text)
    return [
        _Bracket(found.start(), found.end(), _number(found[1]), bool(found[2]), found[3] or "")
        for found in _BRACKET.finditer(clear)
    ]


def _clear(text: str) -> str:
    """Return ``text`` with formulas and code blotted out, at the same length."""
    return _OPAQUE.sub(lambda found: "\0" * len(found[0]), text)


def _number(text: str) -> float:
    sign = -1.0 if text[0] in "−-" else 1.0
    size = text.lstrip("−-").removesuffix("½")
    above, _, below = size.partition("/")
    return sign * (float(above or 0) / float(below or 1) + (0.5 if text.endswith("½") else 0.0))


def _written(header: str, lines: list[str]) -> str:
    return "\n".join((header, _RULES[header], *lines))


def _prose(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _wrong(question: str, header: str, number: int, line: str, what: str) -> SchemeProblem:
    table = "points" if header == _POINTS else "false statements"
    return SchemeProblem(f"{question}, row {number} of the {table} ({one_line(line, 60)}): {what}")


def _table(lines: list[str], header: str, question: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the two cells of each row of the table that begins with ``header``, and the lines after the table."""
    if lines.count(header) != 1:
        raise SchemeProblem(f"{question}: the mark scheme must have one table {header}, and has {lines.count(header)}")
    body = lines[lines.index(header) + 1 :]
    length = next((i for i, line in enumerate(body) if not line.lstrip().startswith("|")), len(body))
    if not length or not re.fullmatch(r"\|(?: *:?-+:? *\|){2}", body[0].strip()):
        raise SchemeProblem(f"{question}: the line {_RULES[header]} must follow {header}")
    if length == 1:
        raise SchemeProblem(f"{question}: the table {header} has no rows")
    cells: list[tuple[str, str]] = []
    for number, line in enumerate(body[1:length], 1):
        wrong = partial(_wrong, question, header, number, line)
        if _clear(line).count("$"):
            raise wrong("a formula has no second $")
        bars = [i for i, c in enumerate(_clear(line.strip())) if c == "|"]
        if len(bars) != 3 or bars[-1] != len(line.strip()) - 1:
            raise wrong("a row must have two cells between three bars; write \\| for a bar in a text")
        first, second = (line.strip()[a + 1 : b].strip() for a, b in pairwise(bars))
        if not (first and second):
            raise wrong("a cell is empty")
        if any(second == earlier[1] and first == earlier[0] for earlier in cells):
            raise wrong("the row is there twice")
        cells.append((first, second))
    return cells, body[length:]


def _row(question: str, number: int, points: str, text: str) -> Row:
    wrong = partial(_wrong, question, _POINTS, number, text)
    if not re.fullmatch(_AMOUNT, points) or (total := _number(points)) <= 0:
        raise wrong(f"{one_line(points, 20)} is no number of points above 0")
    level = next(level for level in Level if text.startswith(level))
    text = text.removeprefix(level)
    brackets = _brackets(text)
    ends = [_end(text, one, two) for one, two in zip_longest(brackets, brackets[1:])]
    note = text[ends[-1] :] if ends else ""
    items = [
        Item(f"{question}.{number}{letter}", size, steps, text[begin:end])
        for letter, begin, end, (size, steps) in zip(
            "abcdefghijklmnopqrstuvwxyz",
            [0, *ends],
            ends or [len(text)],
            _sizes(wrong, total, brackets, note) if brackets else [(total, _steps(total, text))],
            strict=False,
        )
    ]
    if not all(item.words for item in items):
        raise wrong("a bracket has no words before it that say what earns its points")
    return Row(f"{question}.{number}", level, tuple(items), note)


def _sizes(
    wrong: Callable[[str], SchemeProblem], total: float, brackets: list[_Bracket], note: str
) -> list[tuple[float, tuple[float, ...]]]:
    """Return points and steps of each bracket's item in a row of ``total`` points."""
    if any(bracket.points <= 0 for bracket in brackets):
        raise wrong("a bracket must give points above 0")
    left = total - sum(bracket.points for bracket in brackets if not bracket.each)
    several = [bracket for bracket in brackets if bracket.each]
    if len(several) > 1:
        raise wrong("only one bracket of a row can say “each”")
    if several:
        count = left / several[0].points
        if count < 2 or not count.is_integer():
            raise wrong(
                f"{amount(left)} of {worth(total)} is left for the bracket that gives "
                f"{amount(several[0].points)} each; that must be twice as much or more, without a rest"
            )
    elif not math.isclose(left, 0.0, abs_tol=1e-9):
        raise wrong(f"the brackets add up to {amount(total - left)}, and the row has {worth(total)}")
    return [
        (left, _steps(left, step=bracket.points))
        if bracket.each
        else (bracket.points, _steps(bracket.points, f"{bracket.remark} {note}"))
        for bracket in brackets
    ]


def _steps(points: float, text: str = "", step: float | None = None) -> tuple[float, ...]:
    step = step or (0.5 if _HALF.search(_clear(text)) else 1.0)
    count = points / step
    return tuple(i / count for i in range(int(count) + 1)) if count.is_integer() else (0.0, 1.0)


def _end(text: str, bracket: _Bracket, following: _Bracket | None) -> int:
    """Return where the item of ``bracket`` ends in the row's text."""
    clear, limit = _clear(text), following.start if following else len(text)
    if clear.startswith(":", bracket.end):
        stop = re.compile(r"\.\s+").search(clear, bracket.end, limit)
        if stop or not following:
            return stop.end() if stop else limit
    found = re.compile(r"[.,;:]?\s*").match(clear, bracket.end)
    return found.end() if found else bracket.end


def _mistake(question: str, number: int, text: str, points: str) -> Mistake:
    if not re.fullmatch(_AMOUNT, points) or (cost := _number(points)) >= 0:
        what = f"{one_line(points, 20)} is no cost; write −1 for a point that is lost"
        raise _wrong(question, _COSTS, number, text, what)
    return Mistake(f"{question}.e{number}", cost, text)


def _items(scheme: Scheme) -> list[Item]:
    """Return every item, also where two have one key."""
    return [item for row in scheme.rows for item in row.items]


def _check_keys(scheme: Scheme) -> None:
    """Raise `SchemeProblem` unless every key has its form, and is there once."""
    stem, seen = re.escape(scheme.question), set(scheme.retired)
    for form, keys in (
        (rf"{stem}\.\d+", [row.key for row in scheme.rows]),
        (rf"{stem}\.\d+[a-z]", [item.key for item in _items(scheme)]),
        (rf"{stem}\.e\d+", [mistake.key for mistake in scheme.mistakes]),
    ):
        for key in keys:
            if key in seen or not re.fullmatch(form, key):
                raise SchemeProblem(f"{scheme.question}: {one_line(key, 40)!r} is there twice, or is no key")
            seen.add(key)


def _without_keys(scheme: Scheme) -> Scheme:
    rows = tuple(replace(row, key="", items=tuple(replace(item, key="") for item in row.items)) for row in scheme.rows)
    return replace(
        scheme, rows=rows, mistakes=tuple(replace(mistake, key="") for mistake in scheme.mistakes), retired=()
    )
