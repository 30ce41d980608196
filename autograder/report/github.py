"""Writes a result for GitHub Actions: the job summary, the annotations and the log. Student text stays text.

The facts, from GitHub's documentation of workflow commands and job summaries: a step's summary holds 1 MiB; a step
shows at most 10 annotations of a kind; a command's data escapes %, CR and LF, its properties : and , as well; and
between ``::stop-commands::TOKEN`` and ``::TOKEN::`` nothing is a command.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from autograder.assignment.names import FRAMEWORKS, TITLE
from autograder.report.markdown import escape, result_sections
from autograder.report.palette import BLUE, VERMILION
from autograder.report.pull_request import PullRequest
from autograder.report.result import QuestionResult, QuestionStatus, Result, points_text
from autograder.text import one_line

#: A little less than GitHub's 1 MiB for each step.
MOST_SUMMARY_BYTES = 1_000_000
MOST_ANNOTATIONS = 10
_MOST_FILES = 100
#: The chart cuts longer bars here.
_TALLEST = 3.0
_STATUS = {"A": "added", "M": "changed", "D": "deleted", "T": "changed its type"}


def summary(result: Result, pull_request: PullRequest | None = None) -> str:
    """Return the job summary, in GitHub's Markdown: the score, every criterion, a chart, and what else was changed."""
    lines = [f"# {TITLE}", ""]
    if pull_request is not None:
        lines += _call_outs(pull_request)
    lines += result_sections(result)
    lines += _chart(result)
    if pull_request is not None:
        lines += _files(pull_request)
    return _bounded(lines)


def refusal(path: str, reason: str, pull_request: PullRequest | None = None) -> str:
    """Return the job summary of a notebook that could not be graded."""
    lines = [f"# {TITLE}", "", f"**Not graded.** {escape(path)}: {escape(reason)}.", ""]
    if pull_request is not None:
        lines += [*_call_outs(pull_request), *_files(pull_request)]
    return _bounded(lines)


def _bounded(lines: Sequence[str]) -> str:
    kept: list[str] = []
    room = MOST_SUMMARY_BYTES
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 200:
            kept += ["", "*The rest is too long to be shown here.*"]
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def _call_outs(pull_request: PullRequest) -> list[str]:
    lines = [
        f"Graded from commit `{pull_request.commit[:12]}`, with the grader of the branch that this pull request goes "
        "to. This is feedback; the grade that counts is made by the course from the same commit.",
        "",
    ]
    concerned = dict.fromkeys(each.concerns for each in pull_request.changed if each.concerns)
    if concerned:
        what = " and ".join(str(each) for each in concerned)
        lines += [
            "> [!WARNING]",
            f"> **This pull request changes {what}.** Nothing of that was used here. Please take it out of the pull "
            "request, unless your course asked for it; the files are listed below.",
            "",
        ]
    return lines


def _files(pull_request: PullRequest) -> list[str]:
    if not pull_request.changed:
        return ["The pull request changes nothing but the notebook.", ""]
    lines = ["## Other files that the pull request changes", "", "| file | | concerns |", "|---|---|---|"]
    lines += [
        f"| {escape(one_line(each.path, 200))} | {_STATUS.get(each.status, 'changed')} | {each.concerns or ''} |"
        for each in pull_request.changed[:_MOST_FILES]
    ]
    if (more := len(pull_request.changed) - _MOST_FILES) > 0:
        lines.append(f"| and {more} more | | |")
    return [*lines, ""]


def variances(result: Result) -> list[tuple[str, float]]:
    """Return each measured variance, divided by the variance asked for, with a short label."""
    found = []
    for question in result.questions:
        for criterion in question.criteria:
            if criterion.name.startswith("variance") and criterion.measured is not None and criterion.expected:
                kind = criterion.name.removeprefix("variance").removeprefix("_") or "dense"
                found.append(
                    (
                        f"{FRAMEWORKS.get(question.framework, question.framework)} {kind}",
                        criterion.measured / criterion.expected,
                    )
                )
    return found


def _chart(result: Result) -> list[str]:
    """Return a Mermaid chart of the variances. It has no text of the student."""
    bars = [(label, ratio) for label, ratio in variances(result) if 0.0 <= ratio < float("inf")]
    if not bars:
        return []
    cut = [f"{label} is {ratio:.3g}" for label, ratio in bars if ratio > _TALLEST]
    note = f" Bars are cut at {points_text(_TALLEST)}: {'; '.join(cut)}." if cut else ""
    described = "; ".join(f"{label} {ratio:.3g}" for label, ratio in bars)
    return [
        "## Variance of your weights, measured against asked for",
        "",
        "```mermaid",
        "---",
        "config:",
        "  themeVariables:",
        "    xyChart:",
        f'      plotColorPalette: "{BLUE}, {VERMILION}"',
        "---",
        "xychart-beta horizontal",
        f"  x-axis [{', '.join(chr(34) + label + chr(34) for label, _ in bars)}]",
        f'  y-axis "measured / asked for" 0 --> {max(2.0, min(_TALLEST, max(r for _, r in bars))):.3g}',
        f"  bar [{', '.join(f'{min(ratio, _TALLEST):.4g}' for _, ratio in bars)}]",
        f"  line [{', '.join('1' for _ in bars)}]",
        "```",
        "",
        "Each bar is the variance of what your code drew, divided by the variance asked for; the line is 1. "
        f"{described}.{note}",
        "",
    ]


def commands(shown: str, result: Result, path: str, source: str) -> str:
    """Return what goes to the log: the report in a group where nothing is a command, then the annotations.

    ``shown`` is the report as the terminal shows it; ``path`` is the notebook's in the repository, ``source`` its
    text, where the annotations find their lines.
    """
    token = secrets.token_hex(16)
    lines = [
        "::group::What was graded",
        f"::stop-commands::{token}",
        shown.rstrip("\n"),
        f"::{token}::",
        "::endgroup::",
    ]
    return "\n".join([*lines, *annotate(result, path, source)]) + "\n"


def refused(path: str, reason: str) -> str:
    """Return the annotation of a notebook that could not be graded."""
    return _command("error", f"{reason}.", file=path, title="Not graded")


def annotate(result: Result, path: str, source: str) -> list[str]:
    """Return a command for each criterion that failed and each question that was not graded, within GitHub's limit."""
    if result.fault is not None:
        return [_command("error", result.fault, file=path, title="The grader failed; nothing was scored")]
    found = [
        _command("error", message, file=path, line=str(_line(source, question)), title=title)
        for question in result.questions
        for title, message in _annotations(question)
    ]
    if len(found) > MOST_ANNOTATIONS:
        more = len(found) - MOST_ANNOTATIONS + 1
        found[MOST_ANNOTATIONS - 1 :] = [_command("error", f"{more} more are in the job summary.", file=path)]
    return found


def _annotations(question: QuestionResult) -> list[tuple[str, str]]:
    if question.status == QuestionStatus.NOT_ATTEMPTED:
        return []
    if question.status != QuestionStatus.GRADED:
        return [(f"{question.part}: {question.status.words}", question.message or "")]
    return [
        (
            f"{question.part}: {criterion.name} (−{points_text(criterion.max_points - criterion.points)})",
            criterion.found,
        )
        for criterion in question.criteria
        if criterion.failed
    ]


def _line(source: str, question: QuestionResult) -> int:
    """Return the line of the notebook's file where the question's stub begins; 1 if it is not found."""
    stub = f'"grade_id": "{question.task}"'
    before, found, _ = source.partition(stub)
    return before.count("\n") + 1 if found else 1


def _command(kind: str, message: str, **properties: str) -> str:
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {listed}::{_data(one_line(message, 1000))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text, 500)).replace(":", "%3A").replace(",", "%2C")


def outputs(result: Result) -> str:
    """Return the lines for `$GITHUB_OUTPUT`: numbers alone."""
    if result.fault is not None:
        return ""
    return f"score={points_text(result.score)}\nmax-score={points_text(result.max_score)}\n"
