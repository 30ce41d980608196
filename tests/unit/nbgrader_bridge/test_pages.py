"""Graders and students see figures with text alternatives, bounded outputs, and Markdown that runs nothing."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jinja2 import Environment
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.utils import determine_grade
from traitlets.config import Config, PyFileConfigLoader  # type: ignore[attr-defined]

from autograder.assignment.names import AnswerStatus
from autograder.assignment.questions import task
from autograder.grading.cell_output import output_of
from autograder.grading.jobs import Graded
from autograder.nbgrader_bridge import pictures_beside
from autograder.nbgrader_bridge.cell_outputs import cell_outputs, check_outputs
from autograder.nbgrader_bridge.formgrader_markdown import markdown2html
from autograder.nbgrader_bridge.pictures_beside import with_pictures_beside
from autograder.notebook import Cell, Notebook
from autograder.publishing.notebook_page import NotebookPage
from autograder.report.figures import draw
from autograder.report.html import prose, render_question
from autograder.report.picture import SignalPicture
from autograder.report.result import (
    CriterionResult,
    CriterionStatus,
    QuestionResult,
    QuestionStatus,
    Result,
    ResultStatus,
    WrittenResult,
    question_text,
    to_look_at,
)
from autograder.safe_html import clean
from autograder.sandbox.protocol import MAX_FIGURES, MAX_SIDE, BadAnswer, CellRan, RunCell
from autograder.sandbox.wire import Message
from tests.support.commands import in_this_process
from tests.support.samples import PNG, ROOT, SOLUTION, answered, cell, read, write

QUESTION = QuestionResult.of(
    task("q7_tf_initializer"),
    QuestionStatus.GRADED,
    3.0,
    12.0,
    criteria=(
        CriterionResult("mean", CriterionStatus.PASSED, 3.0, 3.0, "Zero mean.", "The mean is 0."),
        CriterionResult("variance", CriterionStatus.FAILED, 0.0, 9.0, "Give 2/fan_in.", "It is <b>1</b>."),
    ),
)


def rendered(markdown: str, **attachments: dict[str, str]) -> str:
    environment = Environment(autoescape=False)  # as nbconvert's own
    environment.filters["markdown2html"] = markdown2html
    source = {"source": markdown, "attachments": attachments}
    return environment.from_string("{{ cell.source | markdown2html }}").render(cell=source)


def test_table_escapes_what_was_measured_and_stands_without_a_figure() -> None:
    page = render_question(QUESTION)
    assert "It is &lt;b&gt;1&lt;/b&gt;." in page
    assert "<svg" not in page
    assert "<strong>Part 1: He initializer in TensorFlow, 3 of 12 points. One mistake: “variance” is not met." in page
    assert "<caption>3 of 12 points</caption>" in page
    assert page.count('scope="row"') == 2


def test_a_check_cells_output_is_small_and_draws_only_where_points_were_lost() -> None:
    picture = SignalPicture(
        "He",
        (64, 128, 64, 10),
        ((1.0, 0.5, 0.25, 0.5),),
        ((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (1.7, 2.0)),
        (True, True, False),
    )
    lost = replace(QUESTION, picture=picture)
    pages = [check_outputs(q)[0].data["text/html"] for q in (lost, replace(lost, score=12.0))]
    assert ["<svg" in page for page in pages] == [True, False]
    assert len(pages[0]) < 60_000


def test_a_part_points_to_the_part_that_explains_its_mistake() -> None:
    again = replace(QUESTION, title="Part 3: He initializer in PyTorch", grade_id="q7_torch_initializer_check")
    graded = Graded(Result("a.ipynb", "0" * 64, ResultStatus.GRADED, (QUESTION, again)))
    first, later = (cell_outputs(graded)[q.grade_id][0].data["text/plain"] for q in (QUESTION, again))
    assert "For the explanation, see Part 1." in later
    assert "For the explanation" not in first


def test_a_figure_comes_through_the_cleaning_of_a_page_as_it_was_drawn() -> None:
    """Without its clip's size, for one, a figure has axes and no curves."""
    picture = SignalPicture("He", (4, 3), ((1.0, 2.0), (1.0, 1.5)), ((1.0, 1.0), (1.8, 2.0)), (True,), ())
    svg = draw(picture).svg

    def attributes(page: str) -> Counter[tuple[str, str]]:
        tags = re.findall(r"<(\w+)((?:\s+[\w-]+=\"[^\"]*\")*)\s*/?>", page)
        return Counter((tag, name) for tag, its in tags for name in re.findall(r"([\w-]+)=\"", its))

    drawn = attributes(svg)
    assert drawn["rect", "width"] > 0
    # The page sets the size of the whole figure.
    assert set(drawn - attributes(clean(svg, standalone=True))) == {("svg", n) for n in ("xmlns", "width", "height")}


def test_prose_is_rendered_and_runs_nothing() -> None:
    page = prose("*yes*\n\n| a |\n|---|\n| b |\n\n<script>x</script> <img src=x onerror=y> [l](javascript:z)")
    assert "<em>yes</em>" in page
    assert '<th scope="col"' in page
    for harm in ("<script", "src=x", 'src="x', "onerror", "javascript:"):
        assert harm not in page


def test_text_says_what_was_lost_and_why() -> None:
    assert question_text(QUESTION).splitlines() == [
        "Part 1: He initializer in TensorFlow, 3 of 12 points. One mistake: “variance” is not met.",
        "- variance, failed (−9): It is <b>1</b>.",
    ]


@pytest.mark.parametrize("score", [0.0, 3.0, 12.0])
def test_nbgrader_reads_the_very_score_from_a_check_cells_outputs(score: float) -> None:
    check = cell(read(SOLUTION), "q7_tf_initializer_check")
    check.outputs = check_outputs(QuestionResult.of(task("q7_tf_initializer"), QuestionStatus.GRADED, score, 12.0))
    assert determine_grade(check) == (score, 12.0)


def test_outputs_of_a_child_are_bounded_whatever_it_says() -> None:
    good = np.full((2, 3, 3), 300.0, np.float16)
    cell = RunCell("cell", "")
    output = output_of(cell.read(CellRan("x" * 10_000 + "\x1b[2J", "", (good,)).to_message()))
    assert len(output.stdout) <= 4_000
    assert output.stderr == ""
    (pixels,) = output.figures
    assert pixels.dtype == np.uint8
    assert pixels.max() == 255
    for shape in ((MAX_SIDE + 1, 3, 3), (2, 3), (0, 3, 3), (2, 3, 4)):
        with pytest.raises(BadAnswer):
            cell.read(CellRan(figures=(np.zeros(shape, np.float16),)).to_message())
    with pytest.raises(BadAnswer):
        cell.read(CellRan(figures=(good,) * (MAX_FIGURES + 1)).to_message())
    with pytest.raises(BadAnswer):
        cell.read(Message({**CellRan().to_message().header, "stderr": 7}))


@pytest.mark.parametrize(
    "harm",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<iframe src='/formgrader'></iframe>",
        "<form action='/formgrader/api/grade/1'><button>x</button></form>",
        "<svg onload=alert(1)>",
        "<style>body { display: none }</style>",
    ],
)
def test_markdown_that_would_run_in_the_graders_browser_does_not(harm: str) -> None:
    page = rendered(f"before\n\n{harm}\n\nafter")
    for sign in (
        "<script",
        "onerror",
        "onload",
        'href="javascript',
        "<iframe",
        "<form",
        "<style",
        "<svg",
        'href="data',
    ):
        assert sign not in page
    assert "before" in page
    assert "after" in page


@pytest.mark.parametrize(
    "picture",
    [
        "![who](/logout)",
        "![seen](https://example.org/count.png)",
        "<img src='//example.org/count.png'>",
        "<img src='images/plot.png' srcset='https://example.org/x.png 2x'>",
        "![gone](attachment:gone.png)",
        "![empty](attachment:empty.png)",
        "<a href='/logout'>press</a>",
    ],
)
def test_no_page_loads_a_picture_or_leads_into_the_formgrader(picture: str) -> None:
    page = rendered(f"before\n\n{picture}\n\nafter", **{"empty.png": {}})
    assert all(address.startswith("data:image/") for address in re.findall(r'src="([^"]*)"', page))
    for sign in ("/logout", "example.org", "images/plot.png", "srcset"):
        assert sign not in page
    if "press" not in picture:
        assert "a picture that is not in the notebook" in page
    assert "after" in page


@pytest.mark.parametrize(
    "cover",
    [
        "<div class='modal-backdrop in'></div>",
        "<div class='navbar-fixed-top alert-success'>10 / 10</div>",
        "<div style='position: fixed; top: 0; text-align: center'>10 / 10</div>",
        "<input class='score' id='q1' value='10'>",
    ],
)
def test_nothing_of_a_students_lies_over_the_formgraders_own_buttons(cover: str) -> None:
    page = rendered(f"before\n\n{cover}\n\nafter")
    for sign in ("modal", "navbar", "alert", "position", "score", "q1"):
        assert sign not in page


@pytest.mark.parametrize("answer", ["![](images/my%20plot.png)", "<img src='images/my plot.png'>"])
def test_picture_that_was_submitted_beside_the_notebook_is_shown(answer: str, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "my plot.png").write_bytes(base64.b64decode(PNG))
    taken = with_pictures_beside(notebook_of(answer, tmp_path))
    assert f'src="data:image/png;base64,{PNG}"' in rendered(answer, **taken.cells[0].attachments)


@pytest.mark.parametrize(
    "name", ["../plot.png", "/etc/plot.png", "link.png", "folder.png", "text.png", "plot.svg", "large.png", "gone.png"]
)
def test_file_that_is_elsewhere_or_no_picture_is_not_taken_for_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "submission"
    (folder / "folder.png").mkdir(parents=True)
    picture = base64.b64decode(PNG)
    for path in (tmp_path / "plot.png", folder / "plot.svg"):
        path.write_bytes(picture)
    (folder / "link.png").symlink_to(tmp_path / "plot.png")
    (folder / "text.png").write_text("no picture")
    (folder / "large.png").write_bytes(picture + bytes(1000))
    monkeypatch.setattr(pictures_beside, "_MOST_BYTES", 1000)
    notebook = notebook_of(f"![]({name})", folder)
    assert with_pictures_beside(notebook).cells == notebook.cells


def notebook_of(answer: str, folder: Path) -> Notebook:
    return Notebook(str(folder / "notebook.ipynb"), "0", (Cell("markdown", answer, "q1", "q1", {}),))


def test_each_paragraph_begins_on_the_side_where_its_language_does() -> None:
    page = rendered("# التدرج\n\nأولا\n\nThen.\n\n- עברית\n\n|a|\n|-|\n|ب|\n\n<p dir='ltr' onclick='x()'>ثانيا</p>")
    for tag, text in (("h1", "التدرج"), ("p", "أولا"), ("p", "Then."), ("td", "ب"), ("p", "ثانيا")):
        assert f'<{tag} dir="auto">{text}' in page
    assert '<ul dir="auto">' in page


def test_markdown_that_cannot_be_rendered_is_shown_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise RecursionError

    monkeypatch.setattr("autograder.safe_markdown.MarkdownWithMath.render", fail)
    assert '><pre dir="auto">**a** &lt;b&gt;b&lt;/b&gt;</pre><' in rendered("**a** <b>b</b>")


def test_markdown_keeps_mathematics_tables_code_and_pasted_pictures() -> None:
    page = rendered(
        "$a < b$ and $$\\frac{1}{2}$$\n\n| x |\n|--:|\n| `y` |\n\n![seen](attachment:a%20b.png)\n\n"
        "```python\nz = 1\n```\n",
        **{"a b.png": {"image/png": PNG}},
    )
    assert "<mi>a</mi><mo>&lt;</mo><mi>b</mi>" in page
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>" in page
    assert "<table" in page
    assert "<code>y</code>" in page
    assert f'src="data:image/png;base64,{PNG}"' in page
    assert 'style="text-align:right"' in page
    assert '<span class="n">z</span>' in page


@pytest.mark.parametrize(
    ("attachments", "shown"),
    [
        ({"a b.png": {"image/png": PNG}}, f'src="data:image/png;base64,{PNG}"'),
        ({}, "a picture that is not in the notebook"),
    ],
)
def test_web_page_shows_pasted_pictures_and_says_where_one_is_missing(
    attachments: dict[str, dict[str, str]], shown: str
) -> None:
    notebook = new_notebook(cells=[new_markdown_cell("![seen](attachment:a%20b.png)", attachments=attachments)])
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"x": {}}}  # as Colab writes it
    page, _ = NotebookPage().from_notebook_node(notebook)
    assert shown in page


def test_class_table_tells_which_written_answers_to_look_at() -> None:
    written = (
        WrittenResult("q1", AnswerStatus.ANSWERED, 200, 10.0),
        WrittenResult("q2", AnswerStatus.ANSWERED, 3, 10.0, "short"),
        WrittenResult("q3", AnswerStatus.UNCHANGED, 0, 10.0),
        WrittenResult("q4", AnswerStatus.UNCHANGED, 0, 10.0),
    )
    assert to_look_at(Result("a", "b", "graded", written=written)) == ["Q2 short", "Q3, Q4 not answered yet"]


def test_table_in_a_student_text_gets_the_padding_of_the_page_and_no_class_of_its_own() -> None:
    table = '<table class="modal"><tr><td class="modal">1</td></tr></table>'
    for text in (table, "| a | b |\n|---|---|\n| 1 | 2 |"):
        shown = rendered(text)
        assert '<table class="table table-condensed table-bordered">' in shown
        assert "modal" not in shown
    assert '<table class="plain narrow">' in prose("| a | b |\n|---|---|\n| 1 | 2 |")


# --- make page -------------------------------------------------------------------------------------------------


def paged(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return in_this_process("page", path, cwd=folder)


def test_page_is_written_to_build_under_the_name_of_the_notebook(tmp_path: Path) -> None:
    write(answered({}), tmp_path / "a b.ipynb")
    run = paged(tmp_path / "a b.ipynb", tmp_path)
    assert run.returncode == 0, run.stderr
    assert "Weight Initialization" in (tmp_path / "build" / "a b.html").read_text(encoding="utf-8")


def test_page_of_a_notebook_in_utf_16_is_written(tmp_path: Path) -> None:
    write(answered({}), tmp_path / "a.ipynb")
    text = (tmp_path / "a.ipynb").read_text(encoding="utf-8")
    (tmp_path / "a.ipynb").write_text(text, encoding="utf-16")
    run = paged(tmp_path / "a.ipynb", tmp_path)
    assert run.returncode == 0, run.stderr
    assert "Weight Initialization" in (tmp_path / "build" / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("pipe", "is not a regular file"),
        ("folder", "is a folder; give the .ipynb file in it"),
        ("missing", "does not exist"),
        ("loop", "is a symbolic link; give the notebook itself"),
        ("huge", "has 100 MiB, more than the 20 MiB allowed; clear the outputs"),
        ("conflict", "has unresolved merge conflicts"),
        ("empty", "is empty"),
        ("no cells", "it has no list of cells"),
        ("more behind the end", "is not a valid notebook; open it in Jupyter and save it"),
        ("not UTF-8", "is not a valid notebook; open it in Jupyter and save it"),
    ],
)
def test_page_of_what_cannot_be_read_says_in_one_line_why(kind: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    whole = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
    contents = {
        "more behind the end": f"{whole}]}}",
        "not UTF-8": whole.replace("{}", '{"title": "caf\udce9"}'),  # codespell:ignore
        "conflict": "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> main\n",
        "empty": "",
        "no cells": '{"nbformat": 4}',
    }
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(100 * 2**20)
    elif kind != "missing":
        path.write_text(contents[kind], encoding="utf-8", errors="surrogateescape")
    run = paged(path, tmp_path)
    assert run.returncode == 2, run.stderr
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"autograder: {path}: ")
    assert says in line
    assert not (tmp_path / "build").exists()


def test_exporter_of_feedback_knows_every_option_that_it_sets(caplog: pytest.LogCaptureFixture) -> None:
    course = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    settings = Config(HTMLExporter={"preprocessors": course.GenerateFeedback.preprocessors})
    with caplog.at_level("WARNING"):
        HTMLExporter(config=settings)
    assert caplog.messages == []
