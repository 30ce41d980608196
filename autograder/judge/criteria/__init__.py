"""All criteria of the judge. Each module declares one or two with `criterion`; to add a criterion, add a module.

A criterion also needs a weight in `assignment.questions`, which sets the criteria of a task and their order.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from autograder.judge.criterion import Criterion


def declared_in(namespace: dict[str, Any]) -> dict[str, Criterion[Any]]:
    """Return the criteria among a module's names, by their own names."""
    return {each.name: each for each in namespace.values() if isinstance(each, Criterion)}


#: Every criterion by its name.
CRITERIA: dict[str, Criterion[Any]] = {}
for _module in iter_modules(__path__):
    CRITERIA |= declared_in(vars(import_module(f"{__name__}.{_module.name}")))
