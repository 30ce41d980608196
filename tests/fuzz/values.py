"""Strategies for untrusted values: odd text, odd JSON, and changes of a JSON document in one place."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

#: Text with every character, also with halves of surrogate pairs, and what moves, hides, ends or repeats.
PIECES = st.text(st.characters(), max_size=12) | st.sampled_from(
    [
        *("", " ", "\n", "\r\n", "\r", "\t", "\0", "\x1b[2J", "\x1b]0;x\x07", "\u202e", "\u2066", "\u200b", "\ufeff"),
        *(
            "\ud800",
            "\udfff",
            "\u2028",
            "\x85",
            "\u0301" * 9,
            "\u3164",
            "\U0001f642",
            "::error::x",
            "##[error]x",
            "=1+1",
        ),
        *(
            "0x7f00deadbeef",
            "/tmp/autograder-abcdefgh",
            "/" * 40,
            "../",
            "a b c d e",
            "NaN",
            "\\",
            '"',
            "'",
            "`",
            "<b>",
        ),
    ]
)


def words(*lines: str) -> list[str]:
    """Return the words of these lines."""
    return " ".join(lines).split(" ")


def repeated(unit: str, characters: int) -> str:
    """Return ``unit`` again and again, in about so many characters."""
    return unit * (characters // max(1, len(unit)))


TEXT = st.lists(PIECES, max_size=5).map("".join) | st.builds(repeated, PIECES, st.sampled_from([9, 300, 5_000]))
NUMBERS = (
    st.integers(-3, 9)
    | st.integers()
    | st.floats()
    | st.sampled_from([2**31, 2**53, 2**63, 2**64, 10**400, -(10**400), 1e308, 5e-324])
)


def json_values(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return a strategy for any JSON, with objects that have these keys."""
    return st.recursive(
        st.none() | st.booleans() | NUMBERS | TEXT,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | PIECES, inner, max_size=4),
        max_leaves=8,
    ) | st.builds(_nested, st.sampled_from([1, 30, 400]), st.sampled_from(["list", "object"]))


def _nested(depth: int, kind: str) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return every place in a JSON document, as the keys that lead to it."""
    found = [path]
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            found += places(value, (*path, key))
    return found


def mostly(common: st.SearchStrategy[Any], rare: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy that is ``rare`` once in five times; ``|`` gives each side half."""
    return st.integers(0, 4).flatmap(lambda number: rare if number == 4 else common)


#: A number that chooses one of several things: the number modulo their count.
CHOICE = st.integers(0, 5_000)


def changes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, int, Any]]:
    """Return a strategy for changes of a document in one place; `changed` applies them."""
    return st.tuples(st.sampled_from(["set", "remove", "double", "wrap"]), CHOICE, values)


def changed(document: Any, change: tuple[str, int, Any]) -> Any:
    """Apply one change to a document, and return the document."""
    kind, choice, value = change
    found = places(document)[1:]
    if not found:
        return value
    *path, last = found[choice % len(found)]
    parent = document
    for key in path:
        parent = parent[key]
    match kind:
        case "remove":
            del parent[last]
        case "double" if isinstance(parent, list):
            parent.insert(last, copy.deepcopy(parent[last]))
        case "wrap":
            parent[last] = [parent[last]]
        case _:
            parent[last] = value
    return document
