"""Writes results as Markdown, for a file or a pull request. Students' text is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.assignment.names import TITLE
from autograder.report.result import (
    UNCONFINED_NOTICE,
    CriterionStatus,
    QuestionResult,
    QuestionStatus,
    Result,
    Unreadable,
    points_text,
)
from autograder.text import one_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$@:])")
_MARKS = {CriterionStatus.PASSED: "✅", CriterionStatus.FAILED: "❌", CriterionStatus.SKIPPED: "➖"}


def escape(text: str) -> str:
    """Return Markdown that shows ``text`` literally, without markup, HTML, mentions or links."""
    text = one_line(text, 10_000).replace("&", "&amp;").replace("<", "&lt;")
    # GitHub searches the escaped text for mentions, issue numbers and e-mail addresses. A joiner, which has no width,
    # breaks them up.
    return re.sub(r"(?<=[@#])", "\u2060", _SPECIAL.sub(r"\\\1", text))


def explanations(result: Result) -> list[str]:
    """Return a paragraph for each mistake of ``result``: its name, where it shows, and what explains it."""
    return [
        f"**Mistake: {escape(mistake.title)}** ({escape(', '.join(mistake.parts))})."
        + "".join(f" *{heading}:* {escape(text)}" for heading, text in mistake.help)
        for mistake in result.mistakes
    ]


def _question(question: QuestionResult) -> list[str]:
    lines = [f"### {escape(question.title)}, {question.points}", ""]
    if question.status != QuestionStatus.GRADED:
        return [*lines, f"**{question.status.words}.** {escape(question.message or '')}", ""]
    if question.message:
        lines += [escape(question.message), ""]
    lines += ["| | criterion | points | what was found |", "|---|---|---:|---|"]
    for criterion in question.criteria:
        points = f"{points_text(criterion.points)} / {points_text(criterion.max_points)}"
        asks = f"**{escape(criterion.asks)}** " if criterion.failed else ""
        lines.append(
            f"| {_MARKS[criterion.status]} {criterion.verdict} | `{criterion.name}` | {points} | "
            f"{asks}{escape(criterion.found)} |"
        )
    return [*lines, ""]


def result_sections(result: Result) -> list[str]:
    """Return the lines of one result, with its heading."""
    if result.fault is not None:
        return [
            f"## {escape(result.path)}",
            "",
            f"**Grader fault, nothing was scored.** {escape(result.fault)}",
            "",
        ]
    lines = [f"## {escape(result.path)}", ""]
    lines += [f"**{escape(result.summary)}**", ""]
    for paragraph in explanations(result):
        lines += [paragraph, ""]
    if result.unconfined:
        lines += [f"**{UNCONFINED_NOTICE}**", ""]
    if result.remarks:
        lines += [f"- Note: {escape(remark.text)}" for remark in result.remarks]
        lines += [""]
    for question in result.questions:
        lines += _question(question)
    if result.problems:
        lines += ["### Cells that raised an exception or did not finish", ""]
        lines += [f"- {escape(problem.cell)}: {escape(problem.message)}" for problem in result.problems]
        lines += [""]
    lines += ["### Written answers, graded by people", "", "| question | status | words |", "|---|---|---:|"]
    lines += [f"| {a.grade_id.upper()} | {a.status.words} | {a.words} |" for a in result.written]
    if (p := result.provenance) is not None:
        lines += [
            "",
            f"To repeat this grading: seed {p.seed}, "
            f"grader {p.grader_version} (`{p.grader_sha256[:12]}`), notebook `{result.sha256[:12]}`, "
            f"Python {p.python}, torch {p.torch}, TensorFlow {p.tensorflow}, "
            f"confinement: {', '.join(p.confinement)}.",
        ]
    return [*lines, ""]


def render(results: Sequence[Result], unreadable: Sequence[Unreadable] = ()) -> str:
    """Return the whole document: a section for each result, and one for each file that could not be graded."""
    lines = [f"# {TITLE}: grading report", ""]
    for result in results:
        lines += result_sections(result)
    for each in unreadable:
        lines += [f"## {escape(each.name)}", "", f"**Not graded.** The file {escape(each.reason)}.", ""]
    return "\n".join(lines)
