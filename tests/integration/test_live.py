"""`check` works in a notebook with a real kernel, under stock nbgrader, and in a plain interpreter."""

from __future__ import annotations

import base64
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder import check
from autograder.assignment.questions import TASKS
from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course
from tests.support.executed import execute, executed_release
from tests.support.figures import MEASURING, without_measuring
from tests.support.graders import Grader
from tests.support.samples import RELEASE, SOLUTION, answered, cell, read, scenario, write

POINTS = {"q7_tf_initializer": 12.0, "q7_tf_model": 8.0, "q7_torch_initializer": 12.0, "q7_torch_model": 8.0}


def outputs(notebook: NotebookNode, grade_id: str, kind: str) -> list[NotebookNode]:
    return [o for o in cell(notebook, grade_id).outputs if o.output_type == kind]


@pytest.fixture(scope="module")
def solved() -> NotebookNode:
    return execute(without_measuring(read(SOLUTION)))


@pytest.mark.slow
@pytest.mark.frameworks
def test_solved_notebook_runs_in_a_kernel_and_every_check_evaluates_to_its_points(solved: NotebookNode) -> None:
    for name, points in POINTS.items():
        (value,) = outputs(solved, f"{name}_check", "execute_result")
        assert value.data["text/plain"] == repr(points)


@pytest.mark.slow
@pytest.mark.frameworks
def test_check_displays_a_table_and_writes_nothing_to_stderr(solved: NotebookNode) -> None:
    for number, task in enumerate(TASKS, 1):
        (shown,) = outputs(solved, task.check, "display_data")
        assert "<table" in shown.data["text/html"]
        assert f"Part {number}: " in shown.data["text/plain"]
        assert shown.data["text/html"].count("<svg") == 1
        assert len(shown.data["text/html"]) < 60_000
        assert "expected" in shown.data["text/plain"] or "He's" in shown.data["text/plain"]
        assert not [o for o in outputs(solved, task.check, "stream") if o.name == "stderr"]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    return read(executed_release(tmp_path_factory))


@pytest.mark.slow
@pytest.mark.frameworks
def test_released_notebook_runs_without_a_word_of_complaint(released: NotebookNode) -> None:
    for each in released.cells:
        for output in each.get("outputs", []):
            assert output.output_type != "error", output.evalue
            assert output.get("name") != "stderr", output.text


@pytest.mark.slow
@pytest.mark.frameworks
def test_check_cells_of_the_released_notebook_say_that_nothing_was_attempted(released: NotebookNode) -> None:
    for name in POINTS:
        (value,) = outputs(released, f"{name}_check", "execute_result")
        assert value.data["text/plain"] == "0.0"
        assert "Not attempted" in outputs(released, f"{name}_check", "display_data")[0].data["text/plain"]


@pytest.mark.parametrize("grade_id", MEASURING)
@pytest.mark.slow
@pytest.mark.frameworks
def test_every_measuring_cell_of_the_released_notebook_draws_one_figure(released: NotebookNode, grade_id: str) -> None:
    (figure,) = outputs(released, grade_id, "display_data")
    width, height = struct.unpack(">II", base64.b64decode(figure.data["image/png"])[16:24])
    assert 600 <= width <= 800, "a notebook's column, and legible when a phone halves it"
    assert height <= 800
    assert outputs(released, grade_id, "stream"), "its main numbers are printed, for those who cannot see the figure"


@pytest.mark.slow
def test_set_up_cell_fetches_the_course_on_colab_and_nowhere_else(need_git: None, tmp_path: Path) -> None:
    """With a stand-in for Colab's module, and a repository on this machine in place of the course's address."""
    repository = tmp_path / "repository"
    (repository / "autograder").mkdir(parents=True)
    (repository / "autograder/__init__.py").write_text("check = 'the course'")
    (repository / "autograder/version.py").write_text("")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"]):
        subprocess.run(["git", "-C", repository, *command], check=True)
    source = cell(read(RELEASE), "setup").source
    source, places = re.subn(r'^COURSE = ".*"$', f'COURSE = "{repository.as_uri()}"', source, flags=re.M)
    assert places == 1
    source = source.replace("import tensorflow as tf\nimport torch\n", "")
    source = source[: source.index("torch.set_num_threads")].replace("from torch import nn\n", "")
    for stand_in, expected in (("sys.modules['google.colab'] = sys", "the course"), ("", "<function check")):
        folder = tmp_path / f"notebook{len(stand_in)}"
        folder.mkdir()
        # A later cell may change the folder; the second run is the one after "Restart session", in the same folder.
        code = f"import sys\n{stand_in}\n{source}\nos.chdir('/')\nimport autograder.version\nprint(check)"
        for _ in range(2):
            run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
            assert run.returncode == 0, run.stderr
            assert run.stdout.startswith(expected)
            assert (folder / "course").exists() == bool(stand_in)


@pytest.mark.slow
@pytest.mark.frameworks
def test_stock_nbgrader_gives_honest_submissions_their_points(autograder: Commands, tmp_path: Path) -> None:
    """Without our sandbox: nbgrader runs the student's kernel and takes the check cells' floats."""
    course = Course.stock(tmp_path, autograder)
    course.submit("tensorflow_only", without_measuring(scenario("tensorflow_only").build()))
    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.autograde()
    assert course.totals() == {"tensorflow_only": 20.0}
    assert not (tmp_path / "records").exists()  # our grader was not there


@pytest.mark.slow
@pytest.mark.frameworks
def test_check_names_the_line_that_raised() -> None:
    stub = "def tf_he_normal(shape):\n    fan = shape[0]\n    return fan / 0"
    notebook = execute(without_measuring(answered({"q7_tf_initializer": stub})))
    shown = outputs(notebook, "q7_tf_initializer_check", "display_data")[0].data["text/plain"]
    assert "ZeroDivisionError" in shown
    assert "line 3: “return fan / 0”" in shown


def test_check_refuses_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="q7_torch_model"):
        check("q8", lambda shape: None)


def test_check_tells_of_an_exception_instead_of_raising_it(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(shape: tuple[int, ...]) -> None:
        raise ValueError("no such fan")

    assert check("q7_tf_initializer", broken) == 0.0
    assert "ValueError: no such fan" in capsys.readouterr().out


def test_cells_calling_check_do_no_harm_while_graded(grader: Grader, tmp_path: Path) -> None:
    notebook = answered({}, SOLUTION)
    notebook.cells.append(new_code_cell('assert check("q7_tf_initializer", tf_he_normal) == 0.0'))
    result = grader.grade(write(notebook, tmp_path / "n.ipynb"), 1)
    assert result.score == 40.0
    assert result.problems == ()
