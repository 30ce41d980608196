"""Output formats: each file of this folder is one format.

A file defines ``FORMAT``, and no other file names it. The command line has an option for each format:
`autograder grade NOTEBOOK --NAME FILE`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from autograder.report.result import Result, Unreadable


@dataclass(frozen=True)
class Outcomes:
    """Content of a report: the results in order, and the files that could not be read.

    ``single`` is True if the user named one notebook. A format may then show the result without a list around it.
    """

    results: Sequence[Result]
    unreadable: Sequence[Unreadable]
    single: bool


def _nothing() -> None:
    """Accept every machine."""


@dataclass(frozen=True)
class Format:
    """One output format.

    Attributes
    ----------
    name : str
        The option's name, without its dashes.
    help : str
        A sentence for `--help`.
    render : callable
        Returns the file's text; None if no file should be written.
    for_one : bool
        Whether a file holds exactly one notebook.
    require : callable
        Called before grading. Raises `UserError` if this machine cannot make the format.
    """

    name: str
    help: str
    render: Callable[[Outcomes], str | None]
    for_one: bool = False
    require: Callable[[], None] = _nothing


@cache
def formats() -> dict[str, Format]:
    """Return every format by its name."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return {module.FORMAT.name: module.FORMAT for module in modules}
