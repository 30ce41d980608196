"""`check` in a notebook: in a real kernel, under stock nbgrader, and in a plain interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder import check
from autograder.assignment import TASKS
from tests.course import ASSIGNMENT, Course
from tests.executed import execute, executed_release
from tests.samples import SOLUTION, answered, cell, read, scenario, write

POINTS = {"q7_tf_initializer": 12.0, "q7_tf_model": 8.0, "q7_torch_initializer": 12.0, "q7_torch_model": 8.0}


def outputs(notebook: NotebookNode, grade_id: str, kind: str) -> list[NotebookNode]:
    return [o for o in cell(notebook, grade_id).outputs if o.output_type == kind]


@pytest.fixture(scope="module")
def solved() -> NotebookNode:
    return execute(read(SOLUTION))


def test_solved_notebook_runs_in_a_kernel_and_every_check_evaluates_to_its_points(solved: NotebookNode) -> None:
    for name, points in POINTS.items():
        (value,) = outputs(solved, f"{name}_check", "execute_result")
        assert value.data["text/plain"] == repr(points)


def test_check_displays_a_table_and_writes_nothing_to_stderr(solved: NotebookNode) -> None:
    for task in TASKS:
        (shown,) = outputs(solved, task.check, "display_data")
        assert "<table" in shown.data["text/html"]
        assert f"{task.stub}: " in shown.data["text/plain"]
        assert shown.data["text/html"].count("<svg") == 1
        assert len(shown.data["text/html"]) < 60_000
        assert "expected" in shown.data["text/plain"] or "He's" in shown.data["text/plain"]
        assert not [o for o in outputs(solved, task.check, "stream") if o.name == "stderr"]


def test_released_notebook_raises_nothing_but_from_its_stubs(tmp_path_factory: pytest.TempPathFactory) -> None:
    notebook = read(executed_release(tmp_path_factory))
    for name in POINTS:
        (value,) = outputs(notebook, f"{name}_check", "execute_result")
        assert value.data["text/plain"] == "0.0"
        assert "not attempted" in outputs(notebook, f"{name}_check", "display_data")[0].data["text/plain"]
    assert not [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "error"]


def test_stock_nbgrader_gives_honest_submissions_their_points(tmp_path: Path) -> None:
    """Without our sandbox: nbgrader runs the student's kernel, and takes the check cells' floats."""
    course = Course.stock(tmp_path)
    for student in ("reference", "tensorflow_only"):
        course.submit(student, scenario(student).build())
    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.autograde()
    assert course.totals() == {"reference": 40.0, "tensorflow_only": 20.0}
    assert not (tmp_path / "records").exists()  # our grader was not there


def test_check_names_the_line_that_raised() -> None:
    stub = "def tf_he_normal(shape):\n    fan = shape[0]\n    return fan / 0"
    notebook = execute(answered({"q7_tf_initializer": stub}))
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


def test_cells_calling_check_do_no_harm_while_graded(grader, tmp_path: Path) -> None:
    notebook = answered({}, SOLUTION)
    notebook.cells.append(new_code_cell('assert check("q7_tf_initializer", tf_he_normal) == 0.0'))
    result = grader.grade(write(notebook, tmp_path / "n.ipynb"), 1)
    assert result.score == 40.0
    assert result.problems == ()
