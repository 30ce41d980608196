"""A notebook that cannot be shown in time gets a page all the same, and keeps no other page waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import pass_context
from jinja2.runtime import Context
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config, PyFileConfigLoader  # type: ignore[attr-defined]

from autograder.nbgrader_bridge.formgrader_markdown import markdown2html
from autograder.nbgrader_bridge.pages import CannotShow, FormgraderPage
from tests.support.samples import ROOT, write

pytestmark = pytest.mark.slow


@pass_context
def stubborn(context: Context, source: str) -> str:
    """Fail in the way that the text names."""
    while "hangs" in source:
        pass
    if "kills" in source:
        raise SystemExit(1)
    return str(markdown2html(context, source))


def config(**formgrader: Any) -> Config:
    course = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    course.HTMLExporter.filters = {**course.HTMLExporter.filters, "markdown2html": f"{__name__}.stubborn"}
    course.FormgraderPage = Config(formgrader)
    return course


def resources() -> dict[str, Any]:
    return {"index": 0, "total": 1, "base_url": "", "nonce": "n", "notebook_id": "q7", "assignment_id": "q7"}


def shown(path: Path, source: str, seconds: int) -> str:
    given = {"nbgrader": {"schema_version": 3, "grade_id": "q1", "solution": True, "grade": True, "points": 10}}
    own = {"nbgrader": {**given["nbgrader"], "locked": False, "cell_type": "markdown", "task": False}}
    course = {"nbgrader": {**own["nbgrader"], "grade_id": "intro", "locked": True, "solution": False, "grade": False}}
    cells = [
        new_markdown_cell("The course's own text", metadata=course),
        new_markdown_cell(source, metadata=own),
        new_code_cell("x = 1"),
    ]
    write(new_notebook(cells=cells), path)
    return FormgraderPage(config=config(seconds=seconds)).from_filename(str(path), resources())[0]


def test_page_of_an_ordinary_notebook_shows_all_of_it(tmp_path: Path) -> None:
    page = shown(tmp_path / "a.ipynb", "An *answer*", 60)
    assert "An <em>answer</em>" in page
    assert '<span class="n">x</span>' in page


@pytest.mark.parametrize("ill", ["hangs", "kills"])
def test_page_of_a_notebook_that_cannot_be_shown_has_the_courses_text_the_boxes_and_a_note(
    ill: str, tmp_path: Path
) -> None:
    page = shown(tmp_path / "a.ipynb", f"This {ill}.", 2)
    assert "The course's own text" in page
    assert 'id="q1"' in page
    assert page.count("This cell is not shown, because the page took too long.") == 2
    assert ill not in page


def test_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    with pytest.raises(CannotShow):
        FormgraderPage(config=config()).from_filename(str(tmp_path / "a.ipynb"), resources())


def test_page_loads_no_mathjax_and_each_of_its_scripts_has_the_nonce(tmp_path: Path) -> None:
    page = shown(tmp_path / "a.ipynb", "$x$", 60)
    assert "cdnjs" not in page
    assert page.count("<script") == page.count('<script nonce="n"')
