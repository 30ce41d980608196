"""Lines on stderr."""

from __future__ import annotations

import sys

from autograder.text import one_line


def complain(message: str) -> None:
    """Print ``message`` as one sentence on stderr, with the program's name before it."""
    line = one_line(message, 1000)
    end = "" if line.endswith((".", "!", "?", "…", ".)")) else "."
    print(f"autograder: {line}{end}", file=sys.stderr)
