"""A cell's names are found as Python would bind them, whatever else stands in the cell."""

from __future__ import annotations

import pytest

from autograder.submission.bindings import STAR, bindings


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import os.path as p, sys, a.b", {"p": [1], "sys": [1], "a": [1]}),
        ("from m import (q as r,\n  s, t)\nfrom n import *", {"r": [1], "s": [1], "t": [1], STAR: [3]}),
        ("a, (b, *c) = [d, e] = f(g=1)", {name: [1] for name in "abcde"}),
        ("x[i] = 3\nf(z=1)\nprint(k == 2)\nx += 1", {}),
        ("x.y = 4\na(1).b, c = d.e[0], 1", {".y": [1], ".b": [2], "c": [2]}),
        ("v: int = 3\nw: int\n(m) = 5", {"v": [1], "m": [3]}),
        ("f = lambda x: x\ng = {1: 2}\nprint(h := 3)", {"f": [1], "g": [2], "h": [3]}),
        ("def f(a=1):\n    b = 2\nclass D:\n    e = 1\nasync def g(): h = 1", {"f": [1], "D": [3], "g": [5]}),
        ("@made(a=1)\ndef f(): ...", {"f": [2]}),
        ("with a as b, c(d, e=1) as (g, h): i = 1", {name: [1] for name in "bghi"}),
        ("x = 1; import re\ndel x", {"x": [1, 0], "re": [1]}),
        ("s = '''\nk = 1\n'''\nlast = f'{a=}'", {"s": [1], "last": [4]}),
        ("%%time\nimport math\n!pip install 'x\n%time w = 3\nfound = !ls", {"math": [2], "w": [4], "found": [5]}),
        ("%%bash\nx=1", {}),
        ("%run helpers.py", {STAR: [1]}),
        ("import math\nprint 'x'\nx = 1", {"math": [1], "x": [3]}),
        ("import math\nx = (1\ny = 2", {"math": [1], "x": [2]}),
    ],
)  # fmt: skip
def test_names_are_bound_where_python_binds_them(source: str, names: dict[str, list[int]]) -> None:
    assert {name: [place.line for place in places] for name, places in bindings(source).items()} == names


@pytest.mark.parametrize(
    ("source", "name", "conditional"),
    [
        ("try:\n    import pandas as pd\nexcept ImportError:\n    pd = None", "pd", [True, True]),
        ("if x: y = 1\nelse: y = 2\ny = 3", "y", [True, True, False]),
        ("for i in range(3): k = i", "i", [True]),
        ("match x:\n    case 1:\n        y = 2", "y", [True]),
        ("if a:\n    def f(): ...", "f", [True]),
        ("def f():\n    if a:\n        b = 1\nb = 2", "b", [False]),
    ],
)
def test_names_in_blocks_are_conditional(source: str, name: str, conditional: list[bool]) -> None:
    assert [place.conditional for place in bindings(source)[name]] == conditional


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 90_000,
        "a = " * 25_000,
        "'''" + "a\n" * 45_000,
        "if a:" * 20_000,
        "a:" * 33_000,
        "-" * 99_999,
        "\0",
    ],
    ids=lambda source: source[:5],
)
def test_hostile_cells_are_read_without_a_parser(source: str) -> None:
    assert len(bindings(source)) <= 1
