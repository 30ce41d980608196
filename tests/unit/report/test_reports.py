"""All reports say the same, and students' text stays text."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from autograder.assignment.names import AnswerStatus
from autograder.assignment.questions import task
from autograder.batch.run import Entry
from autograder.batch.score_table import ScoreTable
from autograder.report import html, markdown
from autograder.report.document import to_json
from autograder.report.formats import Outcomes, formats
from autograder.report.result import (
    CellProblem,
    CriterionResult,
    CriterionStatus,
    Outcome,
    Provenance,
    QuestionResult,
    QuestionStatus,
    RemarkResult,
    Result,
    Unreadable,
    WrittenResult,
    points_text,
    reasons,
)
from autograder.report.terminal import print_class, print_result
from autograder.text import one_line, table_cell

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> | a | b | `code` ![i](http://x) [l](javascript:x) "
    "[bold red]markup[/] @everyone #1 ::set-output name=x::y \x1b[2J\x1b]0;title\x07 \u202egnp.exe\u202c \r\n# heading"
)


def result(text: str = "x") -> Result:
    criteria = (
        CriterionResult("output", CriterionStatus.PASSED, 1.0, 1.0, "Return a tensor.", "It did."),
        CriterionResult(
            "variance", CriterionStatus.FAILED, 0.0, 3.0, "Give 2/fan_in.", text, "glorot_normal", 0.01, 0.03, 0.0
        ),
        CriterionResult("fresh", CriterionStatus.SKIPPED, 0.0, 2.0, "Draw anew.", "Not judged."),
    )
    return Result(
        path=text,
        sha256="0" * 64,
        status="graded",
        questions=(
            QuestionResult.of(task("q7_tf_initializer"), QuestionStatus.GRADED, 1.0, 12.0, None, criteria),
            QuestionResult.of(task("q7_tf_model"), QuestionStatus.ERROR, 0.0, 8.0, text),
        ),
        written=(
            WrittenResult("q1", AnswerStatus.ANSWERED, 12, 10.0),
            WrittenResult("q2", AnswerStatus.UNCHANGED, 0, 10.0),
        ),
        problems=(CellProblem("cell 3", text),),
        provenance=Provenance("0.1.0", "1" * 64, 7, "3.11", "2", "2", "2", "3", ("landlock", "seccomp", "rlimits")),
    )


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.text += data


def terminal(what: Result, width: int = 200) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    print_result(console, what)
    print_class(console, [what, what])
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_html_shows_student_text_as_text() -> None:
    page = html.render([result(one_line(HOSTILE, 1000))])
    tags = Tags()
    tags.feed(page)
    assert not tags.seen & {"script", "img", "iframe"}
    assert all(link.startswith("#") for link in tags.links)
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "<script>alert(1)</script>" in tags.text
    assert "http://" not in page.replace("![i](http://x)", "")


def test_markdown_shows_student_text_as_text() -> None:
    text = markdown.render([result(one_line(HOSTILE, 1000))])
    assert "<script" not in text
    assert "\\!\\[i\\]" in text
    assert "\n# heading" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ❌")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 5


def test_terminal_shows_student_text_as_text() -> None:
    printed = terminal(result(one_line(HOSTILE, 1000)))
    assert "[bold red]markup[/]" in printed
    assert "\x1b" not in printed
    assert "\u202e" not in printed


@pytest.mark.parametrize(
    "render", [html.render, markdown.render, lambda results: terminal(results[0])], ids=["html", "markdown", "terminal"]
)
def test_every_report_tells_score_reason_and_fault(render: Callable[[list[Result]], str]) -> None:
    shown = render([result("The variance is halved")])
    for words in ("variance", "The variance is halved", "Q7", "1", "12"):
        assert words in shown
    shown = render([Result("a.ipynb", "0" * 64, "fault", fault="the disk is full")])
    assert "the disk is full" in shown
    assert "nothing was scored" in shown


def test_every_report_says_what_was_made_without_confinement() -> None:
    confined = result()
    unconfined = dataclasses.replace(
        confined, provenance=dataclasses.replace(confined.provenance, confinement=("unconfined",))
    )
    for render in (html.render, markdown.render, lambda results: terminal(results[0])):
        assert "no official grade" in render([unconfined])
        assert "no official grade" not in render([confined])
    assert to_json(unconfined)["provenance"]["confinement"] == ["unconfined"]


def test_a_row_that_is_held_back_has_no_tick_and_a_reason_above_the_table() -> None:
    held = CriterionResult("fresh", CriterionStatus.PASSED, 0.5, 1.0, "Draw anew.", "All calls differ.")
    full = dataclasses.replace(held, points=1.0)
    pages = [
        html.render_question(
            QuestionResult.of(task("q7_tf_initializer"), QuestionStatus.GRADED, 1.0, 12.0, None, (row,))
        )
        for row in (held, full)
    ]
    assert ["✓ passed" in page for page in pages] == [False, True]
    assert ["Random numbers of any variance pass a row" in page for page in pages] == [True, False]
    assert "– passed, held back" in pages[0]


def test_json_of_a_fault_has_no_score() -> None:
    document = to_json(Result("a.ipynb", "0" * 64, "fault", fault="broken"))
    assert document["score"] is None
    assert document["questions"] == []
    json.dumps(document, allow_nan=False)


def test_json_knows_no_infinity() -> None:
    odd = result()
    criterion = dataclasses.replace(odd.questions[0].criteria[1], measured=float("inf"), expected=float("nan"))
    odd = dataclasses.replace(odd, questions=(dataclasses.replace(odd.questions[0], criteria=(criterion,)),))
    figures = json.loads(json.dumps(to_json(odd), allow_nan=False))["questions"][0]["criteria"][0]
    assert (figures["measured"], figures["expected"]) == (None, None)


def test_reasons_are_short_and_named_once() -> None:
    assert reasons(result("…")) == ["error: Part 2", "glorot normal: Part 1"]


@pytest.mark.parametrize(("points", "text"), [(9.0, "9"), (9.5, "9.5"), (2 / 3, "0.67"), (0.0, "0"), (10.0, "10")])
def test_points_are_written_as_people_do(points: float, text: str) -> None:
    assert points_text(points) == text


def test_one_line_is_one_printable_line() -> None:
    line = one_line(HOSTILE * 100, 200)
    assert len(line) == 200
    assert line.isprintable()


# --- several submissions ---------------------------------------------------------------------------------------


def several() -> tuple[list[Result], list[Unreadable]]:
    """Two results, one of them with a remark and no lost point to explain it, and two files that cannot be read."""
    remark = RemarkResult("q1", "duplicate", "Two cells are q1; both count.")
    noted = dataclasses.replace(result("ann.ipynb"), remarks=(remark,))
    unreadable = [Unreadable(Path("bob.ipynb"), "is empty"), Unreadable(Path("<b>.ipynb"), HOSTILE)]
    return [noted, result("eve.ipynb")], unreadable


def overview(results: list[Result], unreadable: list[Unreadable]) -> str:
    console = Console(file=StringIO(), width=200, color_system=None)
    print_class(console, results, unreadable)
    return console.file.getvalue()  # type: ignore[attr-defined]


def every_format_for_several() -> list[str]:
    return [name for name, made in formats().items() if not made.for_one and name != "json"]


@pytest.mark.parametrize("name", [*every_format_for_several(), "terminal"])
@pytest.mark.parametrize("graded", [0, 2])
def test_every_report_on_several_files_names_those_that_cannot_be_read_and_why(name: str, graded: int) -> None:
    results, unreadable = several()
    outcomes = Outcomes(results[:graded], unreadable, single=False)
    shown = overview(results[:graded], unreadable) if name == "terminal" else formats()[name].render(outcomes)
    assert shown is not None
    plain = shown.replace("\\", "")
    assert "bob.ipynb" in plain
    assert "is empty" in plain
    assert "eve.ipynb" in plain or not graded
    if name == "html":
        seen = Tags()
        seen.feed(shown)
        assert not {"script", "img", "b"} & seen.seen


def test_reports_with_nothing_but_a_file_that_cannot_be_read_say_why() -> None:
    one = Outcomes([], [Unreadable(Path("bob.ipynb"), "is empty")], single=True)
    for name in every_format_for_several():
        assert "is empty" in (formats()[name].render(one) or ""), name


def test_overview_shows_remarks_under_a_heading_of_their_own() -> None:
    results, unreadable = several()
    seen = Tags()
    seen.feed(html.render(results, unreadable))
    unremarked = html.render([results[1], results[1]])
    assert "why points were lost" in unremarked
    assert "notes" not in unremarked, "no empty column where there is no remark"
    for shown in (overview(results, []), seen.text):
        heading = next(line for line in shown.splitlines() if "why points were lost" in line)
        assert "notes" in heading
        assert "note:" not in shown, "a remark is no reason for lost points"
        assert "Two cells are q1; both count." in shown
    assert "notes" not in overview(results[1:], []), "no empty column where there is no remark"


def test_name_of_a_file_breaks_between_its_words_and_stays_text() -> None:
    page = html.render([result("a/torch_default.ipynb"), result("a/x<b>&.ipynb")])
    assert ">torch_<wbr>default.<wbr>ipynb</a>" in page
    assert ">x&lt;b&gt;&amp;.<wbr>ipynb</a>" in page


def test_class_table_has_a_column_for_remarks(tmp_path: Path) -> None:
    (noted, _), unreadable = several()
    entries = [Entry(name, tmp_path / f"{name}.ipynb", f"{name}.ipynb") for name in ("ann", "bob")]
    with ScoreTable(tmp_path / "scores.csv").opened() as table:
        table.add(entries[0], noted)
        table.add_ungraded(entries[1], Outcome.UNREADABLE, unreadable[0].reason)
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        ann, bob = csv.DictReader(file)
    assert ann["notes"] == "Two cells are q1; both count."
    assert "q1" not in ann["why points were lost"]
    assert (bob["notes"], bob["sha256"]) == ("", "")
    assert None not in bob, "every row has the columns of the heading"
    assert None not in ann


NAMES = (
    '=HYPERLINK("mailto:x","y")',
    "@SUM(1)",
    "+1+1",
    "-2+3",
    "\t=1",
    "\r=1",
    " \n =1",
    "\u202e=1",
    "\uff1d1+1",
    "ann;=1",
    "ann; @x",
    "\x1b]0;x\x07\x1b[31m=1",
    "a\nb,=1",
    "\udcff=1",
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_class_table_calculates_nothing_and_moves_no_cursor(name: str, tmp_path: Path) -> None:
    (noted, _), _ = several()
    noted = dataclasses.replace(noted, remarks=(dataclasses.replace(noted.remarks[0], text=name),))
    entry = Entry(name, tmp_path / "x.ipynb", "x.ipynb")
    with ScoreTable(tmp_path / "scores.csv").opened() as table:
        table.add(entry, noted)
        table.add_ungraded(entry, Outcome.UNREADABLE, name)
    raw = (tmp_path / "scores.csv").read_text(encoding="utf-8")
    assert len(raw.split("\n")) == 4, "each row is one line"
    assert raw.replace("\n", "").isprintable()
    graded, ungraded = csv.DictReader(raw.splitlines())
    for cell in (graded["student"], graded["notes"], ungraded["student"], ungraded["why points were lost"]):
        assert cell
        for part in cell.split(";"):
            assert part.strip()[:1] not in {*"=+-@", "\uff1d"}


def test_plain_names_and_negative_points_stay_as_they_are_in_tables() -> None:
    for text in ("ann", "Müller, Zoë", "ann@example.org", "a-b", "1 = 1", "राम"):
        assert table_cell(text) == text
