"""The notebook that graders open has the gradebook's released cells and the graded texts."""

from __future__ import annotations

import json

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.assignment.release import load_release
from autograder.nbgrader_bridge.sanitize import ReleasedCell, Sanitized, sanitize
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
