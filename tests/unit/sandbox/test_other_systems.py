"""Students' commands work on macOS and Windows; commands that need Linux are refused in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.samples import scenario, write

pytestmark = pytest.mark.slow

#: This Python, without what another system's lacks.
ELSEWHERE = """
import platform, sys
import autograder.cli.app, autograder.sandbox.support, typer.core, rich.console
system, platform_name, gone = {system!r}, {platform_name!r}, {gone!r}
for name in gone:
    sys.modules[name] = None
import os
del os.fork, os.pidfd_open
platform.system = lambda: system
autograder.sandbox.support.sys = type("sys", (), {{"platform": platform_name, "maxsize": sys.maxsize}})
{then}
"""
COMMAND = "autograder.cli.app.main()"
#: What the command line and its libraries have loaded here, and could not there, is not looked at.
WINDOWS = {
    "system": "Windows",
    "platform_name": "win32",
    "gone": ["fcntl", "grp", "pty", "pwd", "pyseccomp", "resource", "syslog", "termios"],
}
MACOS = {"system": "Darwin", "platform_name": "darwin", "gone": ["pyseccomp"]}
SYSTEMS = pytest.mark.parametrize("system", [WINDOWS, MACOS], ids=lambda system: system["system"])


def run(system: dict, *arguments: object, cwd: Path, then: str = COMMAND) -> subprocess.CompletedProcess[str]:
    code = ELSEWHERE.format(**system, then=then)
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


@pytest.mark.parametrize("command", ["class submitted", "collect x.zip", "course triage", "course regrade"])
def test_what_windows_cannot_do_is_refused_in_one_line(command: str, tmp_path: Path) -> None:
    write(scenario("untouched").build(), tmp_path / "submitted/ann.ipynb")
    refused = run(WINDOWS, *command.split(), cwd=tmp_path)
    assert refused.returncode == 3
    assert "needs Linux, and this is Windows" in refused.stderr
    assert "autograder check NOTEBOOK" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not refused.stdout


def test_every_module_of_ours_imports_on_windows_or_says_that_it_needs_linux(tmp_path: Path) -> None:
    then = """
import importlib, pkgutil
from autograder.linux import NeedsLinux, is_for_want_of_linux
for module in pkgutil.walk_packages(autograder.__path__, "autograder."):
    try:
        module.name.endswith("__main__") or importlib.import_module(module.name)
    except NeedsLinux as problem:
        print(module.name, "needs Linux")
    except ImportError as problem:
        print(module.name, "" if is_for_want_of_linux(problem) else problem)
"""
    said = dict(line.split(" ", 1) for line in run(WINDOWS, cwd=tmp_path, then=then).stdout.splitlines())
    assert {name for name, why in said.items() if why == "needs Linux"} == {
        "autograder.cli.class_grading",
        "autograder.batch.run",
        "autograder.batch.score_table",
        "autograder.batch.results_folder",
        "autograder.sandbox.confine",
        "autograder.sandbox.forkserver",
        "autograder.sandbox.scratch",
        "autograder.sandbox.watch",
    }
    assert set(said.values()) <= {"needs Linux", ""}
    # The rest is for want of nbgrader's and Dask's modules, which are other ones there.
    assert not [name for name in said if not name.startswith(("autograder.",))]


@SYSTEMS
def test_grading_is_refused_with_what_to_do(system: dict, tmp_path: Path) -> None:
    write(scenario("untouched").build(), tmp_path / "a.ipynb")
    refused = run(system, "grade", "a.ipynb", "--json", "result.json", cwd=tmp_path)
    assert refused.returncode == 3
    for said in ("needs Linux (5.13 or newer)", "autograder check NOTEBOOK", "--unconfined"):
        assert said in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "result.json").exists()


def test_class_on_macos_is_refused_and_not_told_of_an_option_that_it_has_not(tmp_path: Path) -> None:
    write(scenario("untouched").build(), tmp_path / "submitted/ann.ipynb")
    refused = run(MACOS, "class", "submitted", cwd=tmp_path)
    assert refused.returncode == 3
    assert "needs Linux (5.13 or newer)" in refused.stderr
    assert "--unconfined" not in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not refused.stderr.rstrip().endswith("..")


def test_students_check_and_have_their_report_as_a_page(tmp_path: Path) -> None:
    """On Windows, which lacks all that macOS lacks."""
    write(scenario("glorot").build(), tmp_path / "a.ipynb")
    (tmp_path / "out").mkdir()
    checked = run(WINDOWS, "check", "a.ipynb", "--html", "out/a.html", "--json", "out/a.json", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "cannot confine" in checked.stderr
    assert "Q7: 15.5 of 40 points" in checked.stdout
    assert "Fix what is marked" in checked.stdout
    page = (tmp_path / "out/a.html").read_text(encoding="utf-8")
    assert "no official grade" in " ".join(page.split())
    document = json.loads((tmp_path / "out/a.json").read_text(encoding="utf-8"))
    assert document["score"] == 15.5
    assert document["provenance"]["confinement"] == ["unconfined"]
