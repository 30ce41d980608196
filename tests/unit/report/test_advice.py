"""A message names only options that its command has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from autograder.cli.app import app
from tests.support.commands import in_this_process
from tests.support.samples import ROOT

#: Options of Dask that messages name.
_OTHERS = {"--nthreads", "--nworkers"}
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def commands(command: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command with its names: those of the groups that it belongs to, and its own."""
    if not hasattr(command, "commands"):
        yield names, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, *names, name)


COMMANDS = dict(commands(typer.main.get_command(app)))


def options(command: Any) -> set[str]:
    return {"--help", *(name for each in command.params for name in each.opts)}


def texts(module: Path) -> Iterator[str]:
    """Yield the texts of a module that have several words and are not the options of another program."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"[^-].* ", node.value):
            yield node.value


def test_every_option_in_a_text_of_the_command_line_is_an_option_of_some_command() -> None:
    known = set().union(*map(options, COMMANDS.values())) | {"--version", *_OTHERS}
    for folder in ("cli", "batch", "collection", "report", "assignment", "submission"):
        for module in (ROOT / "autograder" / folder).rglob("*.py"):
            named = {option for text in texts(module) for option in _OPTION.findall(text)}
            assert named <= known, f"{module.relative_to(ROOT)}: {named - known}"


@pytest.mark.parametrize("names", sorted(COMMANDS), ids=" ".join)
def test_help_names_only_options_of_its_own_command(names: tuple[str, ...]) -> None:
    command = COMMANDS[names]
    said = " ".join([command.help or "", *(getattr(each, "help", None) or "" for each in command.params)])
    assert set(_OPTION.findall(said)) <= options(command)


@pytest.mark.parametrize(
    "names",
    [
        ("course", "triage"),
        ("triage",),
        ("course", "regrade"),
        ("grade",),
        ("check",),
        ("class",),
        ("collect",),
        ("page",),
    ],
    ids=" ".join,
)
@pytest.mark.slow
def test_error_names_only_options_of_its_own_command(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is a course without a release, and its one submission is not a notebook."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.root = '.'\n")
    (tmp_path / "ann.ipynb").write_text("not a notebook")
    for release in (tmp_path / "none.ipynb", tmp_path / "ann.ipynb"):
        monkeypatch.setenv("AUTOGRADER_RELEASE", str(release))
        arguments = {"grade": ["ann.ipynb"], "page": ["ann.ipynb"], "class": ["."], "collect": ["missing"]}
        said = in_this_process(*names, *arguments.get(names[-1], []), cwd=tmp_path)
        assert said.returncode in (2, 3), said.stderr
        assert said.stderr.startswith("autograder: ")
        assert set(_OPTION.findall(said.stderr)) <= options(COMMANDS[names]), said.stderr
