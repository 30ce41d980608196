"""Examples in docstrings are true, and every function that a room offers to other rooms has one."""

from __future__ import annotations

import ast
import doctest
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import autograder

PACKAGE = Path(autograder.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}
#: Rooms whose functions have examples.
ROOMS = ("judge", "submission", "grading", "marking")
WITH_EXAMPLES = [name for name, text in MODULES.items() if ">>> " in text]
#: Modules whose examples grade a notebook.
GRADING = ["autograder.grading.engine", "autograder.grading.grade"]


@pytest.mark.parametrize("name", [name for name in WITH_EXAMPLES if name not in GRADING])
def test_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.slow
@pytest.mark.frameworks
@pytest.mark.usefixtures("need_confinement")
@pytest.mark.parametrize("name", GRADING)
def test_examples_that_grade_hold(name: str) -> None:
    found = doctest.testmod(import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_every_example_runs() -> None:
    assert [name for name in WITH_EXAMPLES if "doctest: +SKIP" in MODULES[name]] == []


def offered(room: str) -> dict[str, str]:
    """Return the docstrings of a room's functions that modules outside of it import."""
    inside = f"autograder.{room}."
    imported = [
        (node.module, alias.name)
        for name, text in MODULES.items()
        if not name.startswith(inside)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(inside)
        for alias in node.names
    ]
    found = {f"{module}.{name}": getattr(import_module(module), name) for module, name in imported}
    return {name: each.__doc__ or "" for name, each in found.items() if inspect.isfunction(each)}


@pytest.mark.parametrize("room", ROOMS)
def test_every_function_that_a_room_offers_has_an_example(room: str) -> None:
    assert offered(room), "the rule is about something"
    assert [name for name, text in offered(room).items() if ">>> " not in text] == []


@pytest.mark.parametrize("name", ["check", "grade"])
def test_the_packages_own_functions_have_an_example(name: str) -> None:
    assert ">>> " in getattr(autograder, name).__doc__
