"""A result on a terminal: rich tables, every student's word escaped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from autograder.report.result import (
    UNCONFINED_NOTICE,
    QuestionResult,
    Result,
    points_text,
    reasons,
    short_names,
    to_look_at,
)
from autograder.text import one_line

_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "dim")}


def question_table(question: QuestionResult) -> RenderableType:
    """Return one check cell's table: a row a criterion, with what was found."""
    heading = Text(f"{question.grade_id.removesuffix('_check')}: ", style="bold")
    heading.append(f"{points_text(question.score)} / {points_text(question.max_score)}", style="bold")
    if question.status != "graded":
        heading.append(f"  {question.status.replace('_', ' ')}", style="yellow")
        return Group(heading, Text(f"  {question.message or ''}"), Text())
    table = Table(box=None, padding=(0, 1), show_header=False, pad_edge=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for criterion in question.criteria:
        mark, style = _MARKS[criterion.status]
        said = Text(criterion.message)
        if criterion.status == "failed":
            said = Text.assemble((criterion.asks + " ", "bold"), criterion.message)
            if criterion.look_up:
                said.append(f" Look up: {criterion.look_up}.", style="italic")
        table.add_row(
            Text(mark, style=style),
            Text(criterion.name, style=style),
            f"{points_text(criterion.points)}/{points_text(criterion.max_points)}",
            said,
        )
    return Group(heading, table, Text())


def print_result(console: Console, result: Result) -> None:
    """Print everything about one result."""
    console.rule(Text(one_line(result.path), style="bold"), align="left")
    if result.fault is not None:
        console.print(Text(f"The grader itself failed, and nothing was scored: {result.fault}", style="bold red"))
        return
    for question in result.questions:
        console.print(question_table(question))
    if result.problems:
        console.print(Text("Cells that raised or did not finish (the others ran all the same):", style="bold"))
        for problem in result.problems:
            console.print(Text(f"  {problem.cell}: {problem.message}"))
        console.print()
    written = "  ".join(
        f"{answer.grade_id.upper()} {answer.status}" + (f" ({answer.words} words)" if answer.words else "")
        for answer in result.written
    )
    console.print(Text(f"Written answers, graded by hand: {written}"))
    if result.provenance:
        console.print(
            Text(
                f"Seed {result.provenance.seed} · grader {result.provenance.grader_version} "
                f"({result.provenance.grader_sha256[:12]}) · notebook {result.sha256[:12]} · "
                f"confinement: {', '.join(result.provenance.confinement)}",
                style="dim",
            )
        )
    if result.unconfined:
        console.print(Text(UNCONFINED_NOTICE, style="bold yellow"))
    console.print(
        Text(f"Q7: {points_text(result.score)} / {points_text(result.max_score)}", style="bold"),
        highlight=False,
    )


def print_class(console: Console, results: Sequence[Result], unreadable: Sequence[tuple[str, str]] = ()) -> None:
    """Print many results: a row a submission, with the reasons for lost points; then files not graded, with theirs."""
    table = Table(title="Q7, by submission")
    table.add_column("submission", overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("why points were lost", overflow="fold")
    table.add_column("Q1–Q6, to look at", overflow="fold")
    names = short_names([*(result.path for result in results), *(path for path, _ in unreadable)])
    for name, result in zip(names, results, strict=False):
        score = "fault" if result.fault else f"{points_text(result.score)} / {points_text(result.max_score)}"
        table.add_row(
            Text(one_line(name)), score, Text("\n".join(reasons(result))), Text("\n".join(to_look_at(result)))
        )
    for name, (_, reason) in zip(names[len(results) :], unreadable, strict=True):
        table.add_row(Text(one_line(name)), "not graded", Text(reason))
    console.print(table)
    if any(result.unconfined for result in results):
        console.print(Text(UNCONFINED_NOTICE, style="bold yellow"))
