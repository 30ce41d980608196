"""A filter for a course's configuration: a text that says so waits while the course folder holds a file ``wait``.

It then makes a file ``waits``.
"""

from __future__ import annotations

import time
from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context

from autograder.nbgrader_bridge import formgrader_markdown


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Render a cell's Markdown."""
    while "It waits." in source and Path("wait").exists():
        Path("waits").touch()
        time.sleep(0.02)
    return str(formgrader_markdown.markdown2html(context, source))
