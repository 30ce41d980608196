"""The notebook that graders open has the gradebook's released cells and the graded texts."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image

from autograder.assignment.release import load_release
from autograder.nbgrader_bridge.sanitize import ReleasedCell, Sanitized, sanitize
from autograder.nbgrader_bridge.submitted_outputs import NOT_KEPT, NOTE, NOTHING
from autograder.notebook import parse_notebook
from autograder.submission.arrangement import arrange
from autograder.submission.reader import submission_in
from tests.support.samples import RELEASE, answered, cell, read

#: What a gradebook knows of the release.
GIVEN = [
    ReleasedCell(
        c.metadata.nbgrader.grade_id,
        c.cell_type,
        c.source,
        c.metadata.nbgrader.get("checksum"),
        c.metadata.nbgrader.locked,
        c.metadata.nbgrader.solution,
        c.metadata.nbgrader.get("points"),
    )
    for c in read(RELEASE).cells
]


def notebook() -> NotebookNode:
    made = answered({f"q{n}": f"An answer to q{n}." for n in range(1, 7)})
    made.cells.insert(3, new_code_cell("x = 1"))
    return made


def sanitized(made: NotebookNode) -> tuple[Sanitized, set[str]]:
    """Return the notebook for graders, and the names of the cells that grading runs."""
    release = load_release().notebook
    arrangement = arrange(parse_notebook("n.ipynb", json.dumps(made).encode()), release)
    return sanitize(arrangement, GIVEN), {c.name for c in submission_in(arrangement, release).code}


def drawn(width: int = 2, height: int = 2) -> str:
    """Return a PNG picture in base64."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


PICTURE = drawn()


def kept(grade_id: str, *outputs: object) -> list[Any]:
    """Return what graders see below a cell that was saved with these outputs."""
    made = notebook()
    cell(made, grade_id).outputs = list(outputs)
    shown, _ = sanitized(made)
    return [
        output.text if output.output_type == "stream" else (output.output_type, output.data.get("image/png"))
        for output in cell(shown.notebook, grade_id).outputs
    ]


@pytest.mark.parametrize(
    ("saved", "shown"),
    [
        ({"output_type": "stream", "name": "stdout", "text": ["loss ", "\x1b[31m0.1\n"]}, "loss 0.1\n"),
        (new_output("stream", name="stderr", text="a warning"), "a warning"),
        ({"output_type": "error", "ename": "NameError", "evalue": "no\nx", "traceback": []}, "NameError: no x\n"),
        (new_output("display_data", {"image/png": PICTURE, "text/html": "<b>"}), ("display_data", PICTURE)),
        (new_output("execute_result", {"image/png": f"{PICTURE}\n"}), ("display_data", PICTURE)),
        ({"data": {"image/png": [PICTURE[:9], PICTURE[9:]]}}, ("display_data", PICTURE)),
        (new_output("display_data", {"image/png": "no picture"}), NOT_KEPT),
        (new_output("display_data", {"image/png": drawn(10_000, 1_001)}), NOT_KEPT),
    ],
)
def test_graders_see_what_the_students_run_of_a_measuring_cell_showed(saved: object, shown: object) -> None:
    assert kept("q1_see", saved) == [NOTE, shown]


@pytest.mark.parametrize(
    "saved",
    [
        new_output("display_data", {"text/html": "<b>", "image/svg+xml": "<svg>", "text/plain": "x"}),
        new_output("execute_result", {"application/javascript": "x()"}),
        {"output_type": "stream", "text": 7},
        {"data": {"image/png": {"x": 1}}, "output_type": 3} | {"data": "image/png"},
        "text",
    ],
)
def test_nothing_else_that_a_file_holds_below_a_measuring_cell_is_kept(saved: object) -> None:
    assert kept("q1_see", saved) == [NOTHING]


def test_graders_read_that_a_measuring_cell_was_submitted_without_a_figure() -> None:
    assert kept("q1_see") == [NOTHING]


@pytest.mark.parametrize(
    ("grade_id", "saved"),
    [
        ("setup", new_output("stream", text="x")),
        ("q7_tf_initializer", new_output("stream", text="x")),
        ("q7_tf_initializer_check", new_output("execute_result", {"text/plain": "12.0"})),
    ],
)
def test_nothing_that_a_file_holds_below_another_cell_is_kept(grade_id: str, saved: object) -> None:
    assert kept(grade_id, saved) == []


def test_what_is_kept_of_a_students_run_has_a_limit() -> None:
    picture = new_output("display_data", {"image/png": PICTURE})
    text = new_output("stream", text="x" * 3_000)
    made = notebook()
    cell(made, "q1_see").outputs = [text, text, *[picture] * 25]
    cell(made, "q2_see").outputs = [picture] * 25
    shown, _ = sanitized(made)
    outputs = [output for name in ("q1_see", "q2_see") for output in cell(shown.notebook, name).outputs]
    assert sum("data" in output for output in outputs) == 30
    assert [len(output.text) for output in outputs[1:3]] == [3_000, 1_000]
    assert outputs[-1].text == NOT_KEPT


def test_every_cell_that_runs_is_found_by_its_name() -> None:
    made = notebook()
    made.cells.append(new_code_cell("y = 2", metadata=cell(made, "q7_tf_model").metadata))
    shown, ran = sanitized(made)
    assert ran <= set(shown.names.values())
    by_name = {shown.names[c.id]: c.source for c in shown.notebook.cells if c.id in shown.names}
    assert (by_name["cell 4"], by_name["q7_tf_model"]) == ("x = 1", "y = 2")


def test_released_cells_are_the_gradebooks_whatever_the_file_says_of_them() -> None:
    made = notebook()
    for each in made.cells:
        each.metadata.tags = ["skip-execution"]
        each.metadata.get("nbgrader", {}).update(points=1000, locked=False, solution=True)
    shown, _ = sanitized(made)
    own = [c for c in shown.notebook.cells if "nbgrader" not in c.metadata]
    assert [c.source for c in own] == ["x = 1"]
    rebuilt = {c.metadata.nbgrader.grade_id: c for c in shown.notebook.cells if "nbgrader" in c.metadata}
    assert {name: c.metadata for name, c in rebuilt.items()} == {given.grade_id: given.metadata() for given in GIVEN}
    assert all(rebuilt[given.grade_id].source == given.source for given in GIVEN if given.locked)


def test_parts_of_an_answer_stand_together_in_the_cell_that_is_graded() -> None:
    made = notebook()
    made.cells.append(new_markdown_cell("And more.", metadata=cell(made, "q1").metadata))
    shown, _ = sanitized(made)
    assert cell(shown.notebook, "q1").source == "An answer to q1.\n\nAnd more."
    assert [c.source for c in shown.notebook.cells].count("And more.") == 0


def test_what_was_remarked_stands_above_the_first_cell() -> None:
    made = notebook()
    made.cells.remove(cell(made, "q7_tf_model_check"))
    shown, _ = sanitized(made)
    assert "q7_tf_model_check: the check cell is missing" in shown.notebook.cells[0].source
    assert sanitized(notebook())[0].notebook.cells[0].metadata.nbgrader.grade_id == "intro"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_emptied_answer_is_shown_as_released_so_that_nobody_is_sent_there(text: str) -> None:
    shown, _ = sanitized(answered({"q1": text}))
    assert cell(shown.notebook, "q1").source == "YOUR ANSWER HERE"


def test_cell_that_the_gradebook_alone_knows_is_put_in_all_the_same() -> None:
    made = notebook()
    bonus = ReleasedCell("bonus", "markdown", "More?", None, locked=False, solution=True, points=5.0)
    arrangement = arrange(parse_notebook("n", json.dumps(made).encode()), load_release().notebook)
    assert cell(sanitize(arrangement, [*GIVEN, bonus]).notebook, "bonus").source == "More?"
