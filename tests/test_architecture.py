"""What may import what: DESIGN's arrows, held by a test."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "autograder"

#: A room, and all that its modules may import of this package.
MAY_IMPORT = {
    "judge": {"judge"},
    "sandbox": {"sandbox", "collector", "linux", "places"},
    "collector": {"sandbox.drawn", "sandbox.wire"},
    "report": {"report", "text"},
    "assignment": {"judge.fans"},
    "text": set(),
    "written": set(),
    "notebook": {"written"},
    "linux": set(),
    "places": set(),
    "release": {"assignment", "notebook", "places", "settings"},
    "interview": {"assignment", "judge", "sandbox.wire", "text"},
    "outputs": {"sandbox.drawn", "sandbox.wire", "text"},
    "execution": {"assignment", "interview", "notebook", "outputs", "sandbox"},
    "calibration": {"calibration", "assignment", "judge"},
    "settings": {"places"},
    "picturing": {"judge", "report.picture"},
    "scoring": {"assignment", "interview", "judge", "picturing", "report.picture", "report.result", "settings"},
}
THIRD_PARTY = {
    "judge": {"numpy", "scipy"},
    "report": {"rich", "jinja2", "markdown", "markupsafe", "matplotlib", "nh3"},
    "settings": set(),
    "assignment": {"numpy"},
    "notebook": set(),
}


def imports(path: Path) -> set[str]:
    """Every module that ``path`` imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found |= (
                {f"{node.module}.{alias.name}" for alias in node.names}
                if node.module == "autograder"
                else {node.module}
            )
    return found


def files(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_room_imports_only_what_it_may(room: str) -> None:
    allowed = {f"autograder.{name}" for name in MAY_IMPORT[room]}
    for path in files(room):
        own = {name for name in imports(path) if name.split(".")[0] == "autograder"}
        strays = {n for n in own if not any(n == a or n.startswith(a + ".") for a in allowed)}
        assert not strays, f"{path.relative_to(PACKAGE.parent)} imports {sorted(strays)}"


@pytest.mark.parametrize("room", THIRD_PARTY)
def test_room_knows_only_its_libraries(room: str) -> None:
    for path in files(room):
        names = {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - {"autograder"}
        assert names <= THIRD_PARTY[room], path


def in_a_warm_process(expression: str) -> object:
    code = (
        "import os, sys; from autograder.sandbox import forkserver; from autograder.sandbox.child import shell;"
        "shell.warm_up();"
        f"from tensorflow.python.eager import context; print(); print({expression})"
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return ast.literal_eval(run.stdout.strip().splitlines()[-1])


def test_the_warm_process_holds_no_judge_no_release_and_no_report() -> None:
    loaded = in_a_warm_process("[m for m in sys.modules if m.startswith('autograder.')]")
    rooms = {name.split(".")[1] for name in loaded}
    assert rooms <= {"linux", "places", "sandbox", "text", "version"}, loaded


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
