"""The zip for Gradescope holds the right files, and its script works in a folder laid out as Gradescope's image."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.places import MARKING, TEMPLATES
from autograder.publishing import gradescope_zip as gradescope
from autograder.publishing.leak_check import answer_lines
from autograder.publishing.tracked_files import PROJECT
from tests.support.commands import Commands
from tests.support.gradescope_image import WarmCommand, make, results, run
from tests.support.samples import SOLUTION, scenario, write


@pytest.fixture
def root(need_clone: None, tmp_path: Path) -> Path:
    return make(tmp_path, Path(sys.executable).parent.parent)


@pytest.mark.parametrize("name", ["weight_initialization.ipynb", "my answers (2).ipynb"])
@pytest.mark.usefixtures("need_confinement", "need_clone")
def test_submission_is_graded_under_whatever_name_it_was_uploaded(
    name: str, autograder: Commands, tmp_path: Path
) -> None:
    root = make(tmp_path)
    write(scenario("glorot").build(), root / "submission" / name)
    assert WarmCommand(root, autograder).run() == 0
    assert sum(test["score"] for test in results(root)["tests"]) == 15.5


@pytest.mark.usefixtures("need_clone")
def test_of_a_repository_with_several_notebooks_the_one_of_the_right_name_is_graded(
    autograder: Commands, tmp_path: Path
) -> None:
    root = make(tmp_path)
    folder = root / "submission/assignment"
    write(scenario("glorot").build(), folder / "weight_initialization.ipynb")
    write(scenario("reference").build(), folder / "weight_initialization-Copy1.ipynb")
    write(scenario("reference").build(), folder / ".ipynb_checkpoints/weight_initialization.ipynb")
    assert WarmCommand(root, autograder).run() == 0
    assert sum(test["score"] for test in results(root)["tests"]) == 15.5


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["weight_initialization.ipynb"], "Fix the file and submit it again"),
        ([], "0 notebooks were submitted"),
        (["a.ipynb", "b.ipynb"], "2 notebooks were submitted"),
    ],
    ids=["broken", "none", "two"],
)
@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_author_of_what_cannot_be_graded_is_told_so(names: list[str], says: str, root: Path) -> None:
    for name in names:
        (root / "submission" / name).write_text("{")
    assert run(root) == 0
    assert results(root)["score"] == 0
    assert says in results(root)["output"]


@pytest.mark.parametrize("gone", ["assignment/weight_initialization/weight_initialization.ipynb", "course.toml"])
@pytest.mark.slow
def test_fault_of_the_grader_leaves_no_results_and_no_zero(gone: str, root: Path) -> None:
    write(scenario("glorot").build(), root / "submission/weight_initialization.ipynb")
    (root / "source" / gone).unlink()
    assert run(root) != 0
    assert not (root / "results/results.json").exists()


def test_zip_has_both_scripts_at_its_root_and_no_answers(need_clone: None, tmp_path: Path) -> None:
    gradescope.build(tmp_path / "one.zip")
    gradescope.build(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        for script in ("setup.sh", "run_autograder"):
            assert packed.getinfo(script).external_attr >> 16 == 0o755
        private = ("solutions", "tests", "calibration", *TEMPLATES, *MARKING)
        assert not [name for name in packed.namelist() if name.startswith(private)]
        lines = {
            line.strip()
            for name in packed.namelist()
            for line in packed.read(name).decode(errors="replace").split("\n")
        }
    assert not lines & answer_lines(SOLUTION)


def test_the_commands_start_without_the_marking_that_is_not_exported(need_clone: None, tmp_path: Path) -> None:
    gradescope.build(tmp_path / "autograder.zip")
    with zipfile.ZipFile(tmp_path / "autograder.zip") as packed:
        packed.extractall(tmp_path / "source")
    assert all((PROJECT / folder).is_dir() for folder in MARKING)
    assert not [folder for folder in MARKING if (tmp_path / "source" / folder).exists()]
    run = subprocess.run(
        [sys.executable, "-m", "autograder", "--help"], cwd=tmp_path / "source", capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "Check and grade" in run.stdout


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_scripts_pass_the_shells_own_linter(script: str) -> None:
    path = PROJECT / "autograder/publishing/templates/gradescope" / script
    linted = subprocess.run([Path(sys.executable).parent / "shellcheck", path], capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout
