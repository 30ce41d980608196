"""Imports follow the tables of docs/architecture.md, and the folders match them."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "autograder"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
FRAMEWORKS = {"tensorflow", "keras", "torch"}
CHILD = "autograder.sandbox.child"


def rows(header: str) -> list[list[str]]:
    """The cells of the page's table that begins with ``header``."""
    table = PAGE.partition(f"\n| {header} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


ROOMS = {row[0].strip("`/"): set(re.findall(r"`(\w+)`", row[2])) for row in rows("room")}
BEGINNINGS = {row[0].strip("`/"): row[3].strip("`") for row in rows("room")}
FOUNDATION = {name for row in rows("module") for name in re.findall(r"`([\w.]+)`", row[0])}


def imported(path: Path) -> set[str]:
    """Every module that ``path`` imports, wherever in the file; of ours, the module and not the name in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found


IMPORTS = {module: imported(path) for module, path in MODULES.items()}


def own(module: str) -> set[str]:
    return {name for name in IMPORTS[module] if name.partition(".")[0] == "autograder"}


def room(module: str) -> str:
    """The room of a module; its own name for one of the foundation."""
    return module.split(".")[1] if "." in module else ""


def inside(name: str) -> list[str]:
    return [module for module in MODULES if module == f"autograder.{name}" or module.startswith(f"autograder.{name}.")]


def test_the_page_names_every_room_and_every_module_of_the_foundation() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(ROOMS)
    assert {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py"} == FOUNDATION


@pytest.mark.parametrize("name", ROOMS)
def test_a_newcomer_can_begin_where_the_page_says(name: str) -> None:
    assert (PACKAGE / name / BEGINNINGS[name]).is_file()


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_says_in_three_sentences_what_it_is_for(name: str) -> None:
    text = ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert len(re.findall(r"\.(?=\s|$)", text)) == 3, text
    assert BEGINNINGS[name] in text


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_what_the_page_allows(name: str) -> None:
    foundation = {name.removesuffix(".py") for name in FOUNDATION}
    for module in inside(name):
        strays = {other for other in own(module) if room(other) not in ROOMS[name] | {name, ""} | foundation}
        assert not strays, f"{module} imports {sorted(strays)}"


@pytest.mark.parametrize("file", sorted(FOUNDATION))
def test_the_foundation_imports_no_room(file: str) -> None:
    strays = {other for other in own(f"autograder.{file.removesuffix('.py')}") if room(other) in ROOMS}
    assert not strays


def test_no_room_may_import_up() -> None:
    order = list(TopologicalSorter(ROOMS).static_order())
    assert set(order) == set(ROOMS)


def test_no_import_runs_in_a_circle() -> None:
    graph = {module: own(module) - {"autograder"} for module in MODULES}
    assert set(TopologicalSorter(graph).static_order()) >= set(graph)  # a CycleError names the circle


def test_the_child_knows_the_protocol_the_wire_and_itself() -> None:
    for module in inside("sandbox.child"):
        allowed = ("autograder.sandbox.protocol", "autograder.sandbox.wire", CHILD, "autograder.sandbox")
        assert {other for other in own(module) if not other.startswith(CHILD)} <= set(allowed), module


def test_no_format_knows_another() -> None:
    modules = [module for module in inside("report.formats") if module != "autograder.report.formats"]
    assert len(modules) > 2
    for module in modules:
        assert not {other for other in own(module) if other in modules}, module


def test_the_judge_knows_numpy_and_scipy_alone() -> None:
    for module in inside("judge"):
        names = {name.partition(".")[0] for name in IMPORTS[module]} - sys.stdlib_module_names
        assert names <= {"autograder", "numpy", "scipy"}, module


def test_only_the_child_imports_the_frameworks() -> None:
    for module in MODULES:
        if not module.startswith(CHILD):
            assert not {name.partition(".")[0] for name in IMPORTS[module]} & FRAMEWORKS, module


def test_the_picture_shows_the_rooms_of_the_table() -> None:
    picture = (ROOT / "docs/architecture.svg").read_text(encoding="utf-8")
    assert set(re.findall(r">(\w+)/<", picture)) == set(ROOMS)
    assert set(re.findall(r">(\w+\.py)<", picture)) == FOUNDATION


def test_every_file_that_the_page_names_is_there() -> None:
    for name in re.findall(r"`([a-z_]+/[\w/.]+)`", PAGE):
        assert (PACKAGE / name).exists() or (ROOT / name).exists(), name


def in_a_warm_process(expression: str) -> Any:
    code = (
        "import os, sys; from autograder.sandbox import forkserver; from autograder.sandbox.child import shell;"
        "shell.warm_up();"
        f"from tensorflow.python.eager import context; print(); print({expression})"
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return ast.literal_eval(run.stdout.strip().splitlines()[-1])


@pytest.mark.slow
@pytest.mark.frameworks
def test_the_warm_process_holds_no_judge_no_release_and_no_report() -> None:
    loaded = in_a_warm_process("[m for m in sys.modules if m.startswith('autograder.')]")
    rooms = {name.split(".")[1] for name in loaded}
    assert rooms <= {"errors", "limits", "linux", "places", "sandbox", "text", "version"}, loaded


@pytest.mark.slow
@pytest.mark.frameworks
def test_the_warm_process_has_executed_nothing_with_tensorflow() -> None:
    """A process that has run one operation owns threads that a fork would lose."""
    initialized, threads = in_a_warm_process("(context.context()._initialized, len(os.listdir('/proc/self/task')))")
    assert not initialized
    assert threads <= 2


def test_the_grader_itself_loads_no_framework() -> None:
    code = "import sys, autograder.grading.engine, autograder.cli.app\n"
    code += "print({'torch', 'tensorflow', 'keras'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


#: Dataclasses of the rooms that read, run and judge whose objects keep a state. All others are data.
WITH_A_STATE = {"Account", "Attempts", "Execution", "_Run"}


def test_data_of_the_rooms_that_read_and_judge_cannot_be_changed() -> None:
    changeable = set()
    for path in (
        *PACKAGE.glob("judge/**/*.py"),
        *PACKAGE.glob("grading/*.py"),
        *PACKAGE.glob("submission/*.py"),
        *PACKAGE.glob("marking/*.py"),
        PACKAGE / "sandbox/protocol.py",
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
                text = ast.unparse(decorator)
                if text.startswith("dataclass") and "frozen=True" not in text:
                    changeable.add(node.name)  # type: ignore[attr-defined]
    assert changeable == WITH_A_STATE
