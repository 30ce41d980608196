"""Finds lines of model answers, mark schemes and reference code, which students must not get."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.notebook import read_notebook

_BEGIN, _END = re.compile(r"### BEGIN (SOLUTION|MARK SCHEME)"), re.compile(r"### END (SOLUTION|MARK SCHEME)")
#: Shorter lines are no secret: `else:`, `return weight`, `import torch`.
_SHORTEST_SECRET = 16
#: Longer lines that are no secret, because any program with these frameworks may have them.
_COMMONPLACE = frozenset({"with torch.no_grad():"})


def answer_lines(source: Path) -> frozenset[str]:
    """Return the secret lines of the source notebook, stripped: its answers and nbgrader's markers.

    An answer stands between nbgrader's markers, or is a whole solution cell without markers. A line that also stands
    outside of answers is no secret.

    Raises
    ------
    UnreadableNotebook
        ``source`` is not a notebook.
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
    return frozenset(line for line in secret - public - _COMMONPLACE if len(line) >= _SHORTEST_SECRET)


def answers_in(content: bytes, secret: frozenset[str]) -> list[str]:
    """Return the secret lines in a file, written as text or as in a notebook's JSON."""
    lines = {line.strip() for line in content.decode("utf-8", errors="replace").splitlines()}
    # In JSON, a line stands between quotes, and its own quotes and backslashes are escaped.
    lines |= {
        line.strip(", ").strip('"').removesuffix("\\n").replace('\\"', '"').replace("\\\\", "\\").strip()
        for line in lines
    }
    return sorted(lines & secret)
