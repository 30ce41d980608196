"""The JSON of a result matches its published schema, and older and newer graders can read it."""

from __future__ import annotations

import copy
import io
import json
from dataclasses import replace

import jsonschema
import pytest
from rich.console import Console

from autograder.assignment.names import AnswerStatus
from autograder.assignment.questions import TASKS
from autograder.report import github
from autograder.report.document import from_json, schema, to_json
from autograder.report.formats import Format, Outcomes, formats
from autograder.report.result import (
    CriterionResult,
    CriterionStatus,
    Provenance,
    QuestionResult,
    QuestionStatus,
    RemarkResult,
    Result,
    ResultStatus,
    WrittenResult,
)
from autograder.report.terminal import print_class, print_result
from tests.support.samples import ROOT

NOTE = "Two cells have the grade id q3. Both count, in the order of the notebook."
RUNNER = {
    **{"CLASSROOM": "dl", "ASSIGNMENT": "weights", "SUBMISSION_TAG": "1", "COMMIT_URL": "https://x.example/c"},
    "RELEASE_URL": "https://x.example/r",
}


def result(*statuses: QuestionStatus) -> Result:
    """A result whose questions ended so, with a remark."""
    criteria = tuple(
        CriterionResult(f"c{n}", status, 1.0, 1.0, "Ask.", "Found.", "glorot_normal", 1 / 3, float("inf"))
        for n, status in enumerate(CriterionStatus)
    )
    return Result(
        path="ann.ipynb",
        sha256="0" * 64,
        status=ResultStatus.GRADED,
        questions=tuple(
            QuestionResult.of(task, status, 1.0, 3.0, "Why.", criteria if status == QuestionStatus.GRADED else ())
            for task, status in zip(TASKS * 2, statuses or QuestionStatus, strict=False)
        ),
        written=tuple(WrittenResult(f"q{n}", status, n, 10.0) for n, status in enumerate(AnswerStatus, 1)),
        remarks=(RemarkResult("q3", "duplicated", NOTE),),
        provenance=Provenance("0.2", "1" * 64, 7, "3.11", "2.4", "2.13", "2.21", "3.14", ("landlock",)),
    )


def test_the_published_schema_is_todays() -> None:
    published = json.loads((ROOT / "docs/result.schema.json").read_text(encoding="utf-8"))
    assert published == schema(), "the JSON of a result has changed: run make schema, and say so in the docs"


@pytest.mark.parametrize(
    "made", [result(), Result("a", "0", ResultStatus.FAULT, fault="Broken.")], ids=["graded", "fault"]
)
def test_a_document_keeps_the_schema_and_gives_its_result_back(made: Result) -> None:
    document = to_json(made)
    jsonschema.validate(document, schema())
    json.dumps(document, allow_nan=False)
    assert to_json(from_json(document)) == document
    assert from_json(document).remarks == made.remarks


def test_a_later_minor_version_is_read_whatever_it_adds_wherever() -> None:
    document = to_json(result())
    later = copy.deepcopy(document)
    for place in (
        later,
        later["submission"],
        later["provenance"],
        later["questions"][0],
        later["questions"][0]["criteria"][0],
        later["written"][0],
        later["remarks"][0],
    ):
        place["added_later"] = {"deep": [1]}
    assert to_json(from_json(later)) == document


def test_a_document_from_before_names_and_remarks_is_read() -> None:
    before = to_json(result())
    del before["remarks"]
    for question in before["questions"]:
        for name in ("task", "title", "framework", "kind"):
            del question[name]
    again = from_json(before)
    assert again.questions[0].task == again.questions[0].grade_id
    assert again.remarks == ()


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("schema",), "autograder/result/v2", "schema"),
        (("status",), "fine", "status"),
        (("questions", 0, "status"), "lost", r"questions\[0\]\.status"),
        (("questions", 0, "score"), "much", "score"),
        (("written", 0, "words"), 1.5, "words"),
        (("submission",), None, "submission"),
    ],
)
def test_what_is_no_result_is_refused_with_the_member_that_is_wrong(path: tuple, value: object, says: str) -> None:
    document = to_json(result())
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=rf"no autograder/result/v1: .*{says}"):
        from_json(document)
    others: tuple[object, ...] = (None, [], "text", {})
    for other in others:
        with pytest.raises(ValueError, match="no autograder/result/v1"):
            from_json(other)


def test_numbers_have_six_figures_and_infinity_is_null() -> None:
    criterion = to_json(result(QuestionStatus.GRADED))["questions"][0]["criteria"][0]
    assert (criterion["measured"], criterion["expected"]) == (0.333333, None)


def shown(print_it: object) -> str:
    console = Console(file=(text := io.StringIO()), width=200, color_system=None)
    print_it(console)
    return " ".join(text.getvalue().split())


@pytest.mark.parametrize("name", formats())
def test_every_format_shows_the_remarks_whatever_else_happened(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in RUNNER.items():
        monkeypatch.setenv(variable, value)
    for made in (result(), *(result(status) for status in QuestionStatus)):
        text = formats()[name].render(Outcomes([made], [], single=True))
        # Markdown escapes full stops.
        assert NOTE in text.replace("\\", ""), f"{name}: show the text of each of the result's remarks"


@pytest.mark.parametrize("name", formats())
def test_no_format_hides_a_fault(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in RUNNER.items():
        monkeypatch.setenv(variable, value)
    fault = Result("ann.ipynb", "0" * 64, ResultStatus.FAULT, fault="The sandbox died")
    text = formats()[name].render(Outcomes([fault], [], single=True))
    assert text is None or "The sandbox died" in text, f"{name}: show the result's fault, or return None for no file"


def test_terminal_class_table_and_github_show_the_remarks() -> None:
    made = result()
    assert NOTE in shown(lambda console: print_result(console, made))
    assert NOTE in shown(lambda console: print_class(console, [made, replace(made, path="bob.ipynb")]))
    assert NOTE.replace(".", "\\.") in github.summary(made)


def test_a_format_is_one_file_that_nothing_else_names() -> None:
    folder = ROOT / "autograder/report/formats"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {made.name for made in formats().values()} == files
    assert all(isinstance(made, Format) for made in formats().values())


def test_table_in_a_pipe_or_a_file_keeps_each_submission_on_a_line_and_every_name_whole() -> None:
    names = [f"{'a long name ' * 20}{number}.ipynb" for number in range(2)]
    file = io.StringIO()
    print_class(Console(file=file, width=80), [replace(result(), path=name) for name in names])
    for name in names:
        assert len([line for line in file.getvalue().splitlines() if name in line]) == 1
    assert max(map(len, file.getvalue().splitlines())) < 600
