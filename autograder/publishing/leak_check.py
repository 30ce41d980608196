"""Finds lines of model answers, mark schemes and reference code, which students must not get."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.notebook import read_notebook

_BEGIN, _END = re.compile(r"### BEGIN (SOLUTION|MARK SCHEME)"), re.compile(r"### END (SOLUTION|MARK SCHEME)")
#: A line that is shorter says nothing: `else:`, `return weight`, `import torch`.
_TELLING = 16
#: Nor does a line that any program with these frameworks has.
_COMMONPLACE = frozenset({"with torch.no_grad():"})


def answer_lines(source: Path) -> frozenset[str]:
    """Return every telling line of the answers in the source notebook, stripped, and the markers themselves.

    An answer stands between nbgrader's markers, or is the whole of a solution cell without any. What stands outside
    of them, too, is no secret.

    Raises
    ------
    UnreadableNotebook
        When ``source`` is no notebook.
    """
    secret: set[str] = set()
    public: set[str] = set()
    for cell in read_notebook(source).cells:
        marked = _BEGIN.search(cell.source) is not None
        inside = not marked and bool(cell.metadata.get("solution"))
        for line in (line.strip() for line in cell.source.splitlines()):
            if _BEGIN.match(line) or _END.match(line):
                inside = _BEGIN.match(line) is not None
                secret.add(line)
            else:
                (secret if inside else public).add(line)
    return frozenset(line for line in secret - public - _COMMONPLACE if len(line) >= _TELLING)


def answers_in(content: bytes, secret: frozenset[str]) -> list[str]:
    """Return the secret lines that a file has, as text or as a notebook's JSON writes them."""
    lines = {line.strip() for line in content.decode("utf-8", errors="replace").splitlines()}
    # In JSON, a line stands between quotes, and its own quotes and backslashes are escaped.
    lines |= {
        line.strip(", ").strip('"').removesuffix("\\n").replace('\\"', '"').replace("\\\\", "\\").strip()
        for line in lines
    }
    return sorted(lines & secret)
