"""Output formats: each file of this folder is one, and nothing else names it.

A file defines ``FORMAT``. The command line has an option for each: `autograder grade NOTEBOOK --NAME FILE`.
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
    """What a report is made of: the results in order, the files that could not be read, and how many were asked for.

    ``single`` says that one notebook was asked for, so that a format may show it without a list around it.
    """

    results: Sequence[Result]
    unreadable: Sequence[Unreadable]
    single: bool


def _nothing() -> None:
    """Need nothing."""


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
        Returns the file's text; None where the format has nothing to say, and no file is written.
    for_one : bool
        Whether a file holds one notebook alone.
    require : callable
        Raises `UserError` where this machine cannot make the format. It runs before grading.
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
