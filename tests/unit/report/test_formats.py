"""Each output format matches its definition, has the same points, and escapes students' text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cmarkgfm
import jsonschema
import pytest
import xmlschema
from cmarkgfm.cmark import Options
from junitparser import JUnitXml

from autograder.assignment.questions import task
from autograder.report import github
from autograder.report.formats import Outcomes, classroom50, formats, gradescope, junit
from autograder.report.pull_request import Changed, PullRequest
from autograder.report.result import (
    CellProblem,
    CriterionResult,
    CriterionStatus,
    QuestionResult,
    QuestionStatus,
    Result,
    Unreadable,
    WrittenResult,
)
from autograder.text import one_line
from tests.support.formats import SHAPES, shape
from tests.support.graders import Grader
from tests.support.samples import answered, scenario, write

RUNNER = {
    "CLASSROOM": "dl",
    "ASSIGNMENT": "weights",
    "SUBMISSION_TAG": "submit/2027-01-30T12-00-00Z-abc",
    "COMMIT_URL": "https://git.test/commit/abc",
    "RELEASE_URL": "https://git.test/release/abc",
}
TIME = datetime(2027, 1, 30, 12, 0, tzinfo=UTC)

#: What would be something else than text: to a runner's log, HTML, Markdown, a terminal, Mermaid, XML.
HOSTILE = "\n".join(
    [
        "::error file=x::pwned",
        "::set-output name=score::40",
        "##[error]pwned",
        "::stop-commands::x",
        "%0A::warning::pwned",
        "<script>alert(1)</script><img src=x onerror=alert(1)><details open>",
        "| a | b |",
        "|---|---|",
        "![i](https://evil.test/i.png) [l](javascript:alert(1)) <https://evil.test> www.evil.test",
        "@everyone #12 GH-1 mail a@b.com, org/repo#3",
        "```mermaid",
        "graph TD; A-->B",
        "```",
        "# Q7: 40 / 40",
        "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\r\rover",
        "]]> & &lt; \u202eltr \x00 \ud800",
        "$x^2$ `code` **bold** ~~gone~~ <!-- hidden",
    ]
)


def one(result: Result) -> Outcomes:
    """The outcome of grading one notebook."""
    return Outcomes([result], [], single=True)


@pytest.fixture(scope="module")
def results(grader: Grader, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("formats")
    names = ("library_one_liners", "glorot", "untouched", "raises", "he_uniform")
    found = {name: grader.grade(write(scenario(name).build(), folder / f"{name}.ipynb"), seed=3) for name in names}
    flood = f"raise ValueError({HOSTILE!r} + 'A' * 5_000_000)\n"
    sources = {"q7_tf_initializer": f"def tf_he_normal(shape):\n    {flood}", "q7_tf_model": flood}
    return found | {"hostile": grader.grade(write(answered(sources), folder / "<b>|x`.ipynb"), seed=3)}


GRADED = ("library_one_liners", "glorot", "untouched", "raises", "he_uniform", "hostile")


# --- the shapes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRADED)
def test_gradescope_reads_the_results(name: str, results: dict[str, Result]) -> None:
    document = json.loads(gradescope.render(one(results[name])))
    jsonschema.validate(document, shape("gradescope"))
    assert sum(test["score"] for test in document["tests"]) == pytest.approx(results[name].score)
    assert sum(test["max_score"] for test in document["tests"]) == pytest.approx(results[name].max_score)
    assert {test["visibility"] for test in document["tests"]} == {"visible"}, "there are no hidden tests"
    assert document["stdout_visibility"] == "hidden"


def test_gradescope_tells_the_author_of_an_unreadable_file_what_to_do() -> None:
    document = json.loads(
        gradescope.render(Outcomes([], [Unreadable(Path("a.ipynb"), "is not valid JSON")], single=True))
    )
    jsonschema.validate(document, shape("gradescope"))
    assert document["score"] == 0
    assert "Fix the file and submit it again" in document["output"]


@pytest.mark.parametrize("name", GRADED)
def test_classroom50_reads_the_result(name: str, results: dict[str, Result]) -> None:
    document = json.loads(classroom50.document(results[name], classroom50.context(RUNNER, TIME)))
    jsonschema.validate(document, shape("classroom50"))
    assert document["score"] == sum(test["score"] for test in document["tests"])
    assert document["max-score"] == sum(test["max-score"] for test in document["tests"]) == 40
    assert abs(document["score"] - results[name].score) <= 0.5 * len(document["tests"])
    assert sum(test["exact-score"] for test in document["tests"]) == pytest.approx(results[name].score)
    assert document["datetime"] == "2027-01-30T12:00:00Z"
    assert document["review"] == RUNNER["COMMIT_URL"]


def test_classroom50_without_its_runner_says_what_is_missing() -> None:
    with pytest.raises(classroom50.MissingContext, match="needs CLASSROOM, COMMIT_URL"):
        classroom50.context({**RUNNER, "CLASSROOM": "", "COMMIT_URL": ""}, TIME)


@pytest.mark.parametrize("name", GRADED)
def test_junit_is_read_as_ci_systems_read_it(name: str, results: dict[str, Result]) -> None:
    result = results[name]
    xmlschema.validate(junit.render(one(result)), str(SHAPES / "junit.xsd"))
    suites = list(JUnitXml.fromstring(junit.render(one(result)).encode()))
    assert [suite.name for suite in suites] == [q.grade_id.removesuffix("_check") for q in result.questions]
    for suite, question in zip(suites, result.questions, strict=True):
        outcomes = [case.result[0]._tag if case.result else "passed" for case in suite]
        if question.criteria:
            words = {"passed": "passed", "failed": "failure", "skipped": "skipped"}
            assert outcomes == [words[criterion.status] for criterion in question.criteria]
        else:
            assert outcomes == ["skipped" if question.status == "not_attempted" else "error"]
        counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
        assert counted == (len(outcomes), *(outcomes.count(word) for word in ("failure", "error", "skipped")))
        told = {each.name: each.value for each in suite.properties()}
        assert float(told["score"]) == pytest.approx(question.score, abs=0.01)


def test_junit_of_a_fault_is_an_error_and_no_failure() -> None:
    fault = Result("x.ipynb", "0" * 64, "fault", fault="the sandbox died")
    (suite,) = JUnitXml.fromstring(junit.render(one(fault)).encode())
    assert (suite.errors, suite.failures) == (1, 0)


def test_junit_tells_of_files_that_could_not_be_read(results: dict[str, Result]) -> None:
    text = junit.render(Outcomes([results["glorot"]], [Unreadable(Path("bob.ipynb"), "is empty")], single=False))
    xmlschema.validate(text, str(SHAPES / "junit.xsd"))
    last = list(JUnitXml.fromstring(text.encode()))[-1]
    assert (last.name, last.errors) == ("bob.ipynb", 1)


# --- GitHub --------------------------------------------------------------------------------------------


def runner_reads(log: str) -> list[str]:
    """Return the commands in a log, as GitHub's runner finds them: at a line's beginning, unless they are stopped."""
    found, stopped = [], None
    for line in re.split(r"\r\n|\r|\n", log):
        if stopped is not None:
            stopped = None if line.strip() == f"::{stopped}::" else stopped
        elif begun := re.match(r"\s*::stop-commands::(.+)$", line):
            stopped = begun[1]
        elif re.match(r"\s*(::[A-Za-z-]+|##\[)", line):
            found.append(line)
    assert stopped is None, "the rest of the job would be deaf"
    return found


def commands(result: Result, shown: str = HOSTILE) -> list[str]:
    return runner_reads(github.commands(shown, result, "a,b:c.ipynb", ""))


@pytest.mark.parametrize("name", GRADED)
def test_log_has_our_commands_alone(name: str, results: dict[str, Result]) -> None:
    found = commands(results[name])
    assert found[0] == "::group::What was graded"
    assert found[1] == "::endgroup::"
    assert all(line.startswith("::error file=a%2Cb%3Ac.ipynb,line=1,title=Part ") for line in found[2:]), found
    assert len(found) - 2 <= github.MOST_ANNOTATIONS


def test_annotations_stand_at_the_stub_and_name_the_mistake(results: dict[str, Result]) -> None:
    source = json.dumps({"cells": [{"metadata": {"nbgrader": {"grade_id": "q7_tf_initializer"}}}]}, indent=1)
    line = github.annotate(results["glorot"], "n.ipynb", source)[0]
    number = next(i for i, text in enumerate(source.splitlines(), 1) if "q7_tf_initializer" in text)
    assert line.startswith(f"::error file=n.ipynb,line={number},title=Part 1%3A variance (−4)::")
    assert "Glorot" in line


def test_no_more_annotations_than_github_shows() -> None:
    failed = tuple(CriterionResult(f"c{i}", CriterionStatus.FAILED, 0.0, 1.0, "Ask.", "Lost.") for i in range(25))
    result = Result(
        "n.ipynb",
        "0" * 64,
        "graded",
        (QuestionResult.of(task("q7_tf_model"), QuestionStatus.GRADED, 0.0, 25.0, None, failed),),
    )
    found = github.annotate(result, "n.ipynb", "")
    assert len(found) == github.MOST_ANNOTATIONS
    assert "16 more are in the job summary" in found[-1]


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


PLAIN = {"h1", "h2", "h3", "p", "strong", "em", "code", "pre", "blockquote", "ul", "li"}
PLAIN |= {"table", "thead", "tbody", "tr", "th", "td"}


def rendered(markdown: str) -> _Elements:
    """Render with GitHub's own parser, but with its sanitizer off: what gets through here, no sanitizer had to stop."""
    elements = _Elements()
    elements.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))
    return elements


PULL = PullRequest(
    "c" * 40,
    "assignment/weight_initialization/weight_initialization.ipynb",
    (
        Changed(f".github/{HOSTILE}", "A", "the workflow"),
        *(Changed(f"{i}/{HOSTILE}" + "A" * 5000, "M") for i in range(2000)),
    ),
)


def made_of(text: str) -> Result:
    """A result whose every text is this one: more than any notebook can bring about."""
    criterion = CriterionResult(
        "variance", CriterionStatus.FAILED, 0.0, 3.0, text, text, text, look_up=text, mistake=text
    )
    questions = (
        QuestionResult.of(task("q7_tf_initializer"), QuestionStatus.GRADED, 0.0, 3.0, text, (criterion,)),
        QuestionResult.of(task("q7_tf_model"), QuestionStatus.ERROR, 0.0, 8.0, text),
    )
    return Result(text, "0" * 64, "graded", questions, problems=(CellProblem(text, text),))


@pytest.mark.parametrize("line", HOSTILE.split("\n"))
def test_summary_shows_text_as_text(line: str) -> None:
    summary = github.summary(made_of(line), PullRequest("c" * 40, "n.ipynb", (Changed(line, "A", "the grader"),)))
    elements = rendered(summary)
    assert elements.tags <= PLAIN
    assert not elements.links
    shown = elements.text.replace("\u2060", "")
    assert shown.count(one_line(line, 200)) == 11, "in each place where there is text"
    assert not re.search(r"[@#]\w", elements.text), "nobody is called, and no issue is linked"


def test_summary_of_a_hostile_notebook_is_plain_and_small(results: dict[str, Result]) -> None:
    summary = github.summary(results["hostile"], PULL)
    assert rendered(summary).tags <= PLAIN
    assert "<script>" in rendered(summary).text
    assert summary.count("```mermaid") == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", summary)
    assert len(summary.encode()) < 2**20


def test_summary_of_thousands_of_files_stays_below_githubs_limit(results: dict[str, Result]) -> None:
    huge = Result("n.ipynb", "0" * 64, "graded", results["raises"].questions * 4000)
    summary = github.summary(huge, PULL)
    assert len(summary.encode()) <= github.MOST_SUMMARY_BYTES
    assert summary.endswith("*The rest is too long to be shown here.*\n")


@pytest.mark.parametrize("name", ["glorot", "he_uniform", "library_one_liners"])
def test_summary_draws_measured_against_asked_for(name: str, results: dict[str, Result]) -> None:
    summary = github.summary(results[name])
    chart = re.search(r"```mermaid\n(.*?)```", summary, re.DOTALL)[1]
    bars = [float(each) for each in re.search(r"bar \[(.*)\]", chart)[1].split(", ")]
    assert len(bars) == 8
    expected = {"glorot": 0.2, "he_uniform": 1.0, "library_one_liners": 1.0}[name]
    assert min(bars[:2]) < 0.5 if name == "glorot" else all(abs(bar - expected) < 0.3 for bar in bars)
    assert re.fullmatch(r"""[\w\s\[\]{}"',.:/#>-]*""", chart), "nothing but names of ours and numbers"


def test_chart_cuts_and_says_what_no_page_has_room_for() -> None:
    wild = (
        CriterionResult("variance", CriterionStatus.FAILED, 0.0, 3.0, "Ask.", "Lost.", measured=1e30, expected=0.1),
        CriterionResult(
            "variance_conv", CriterionStatus.FAILED, 0.0, 3.0, "Ask.", "Lost.", measured=float("nan"), expected=0.1
        ),
    )
    result = Result(
        "n",
        "0" * 64,
        "graded",
        (QuestionResult.of(task("q7_tf_initializer"), QuestionStatus.GRADED, 0.0, 6.0, None, wild),),
    )
    summary = github.summary(result)
    assert "bar [3]" in summary
    assert "Bars are cut at 3: TensorFlow dense is 1e+31." in summary


def test_summary_of_a_fault_scores_nothing() -> None:
    fault = Result("x.ipynb", "0" * 64, "fault", fault="the sandbox died")
    assert "nothing was scored" in github.summary(fault)
    assert github.outputs(fault) == ""
    assert "The grader failed" in github.annotate(fault, "x.ipynb", "")[0]


def test_outputs_are_numbers() -> None:
    question = QuestionResult.of(task("q7_tf_model"), QuestionStatus.GRADED, 2.675, 8.0)
    assert github.outputs(Result("x", "0", "graded", (question,), (WrittenResult("q1", "answered", 3, 10.0),))) == (
        "score=2.67\nmax-score=8\n"
    )


# --- the command ----------------------------------------------------------------------------------------

Run = Callable[..., Any]


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_command_writes_every_format_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from autograder.cli.app import app

    notebook = write(scenario("glorot").build(), tmp_path / "n.ipynb")
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.setenv(name, str(tmp_path / name))
    kinds = tuple(formats())
    options = [word for kind in kinds for word in (f"--{kind}", str(tmp_path / kind))]
    run = CliRunner().invoke(app, ["grade", str(notebook), "--seed", "5", "--github", *options])
    assert run.exit_code == 0, run.output
    assert all((tmp_path / kind).stat().st_size for kind in kinds)
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "score=15.5\nmax-score=40\n"
    assert "15.5 of 40 points" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text().replace("\\", "")


@pytest.mark.parametrize("option", [["--github"], ["--gradescope", "g.json"], ["--classroom50", "c.json"]])
def test_what_is_for_one_notebook_refuses_two(option: list[str]) -> None:
    from typer.testing import CliRunner

    from autograder.cli.app import app

    run = CliRunner().invoke(app, ["grade", "a.ipynb", "b.ipynb", *option])
    assert run.exit_code == 2
    assert "one notebook at a time" in run.output
