"""What `nbgrader_config.py` can set of the desk, as ``c.MarkingDesk``."""

from __future__ import annotations

from traitlets import Set, Unicode, UseEnum
from traitlets.config import Configurable

from autograder.assignment.settings import Show


class MarkingDesk(Configurable):
    """Settings of the marking desk."""

    show_items = UseEnum(
        Show, Show.ALL, help="What students see of the mark scheme. nbgrader_config.py takes it from course.toml."
    ).tag(config=True)
    instructors = Set(
        Unicode(),
        help="Names of those who see the log, similar answers and agreement, and who change mark schemes. "
        "An empty set stands for everybody who opens the desk.",
    ).tag(config=True)
