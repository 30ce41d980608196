"""Shows results on a terminal as tables. Students' text is never taken for markup."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from autograder.report.figures import headline, number
from autograder.report.picture import Picture, WeightsPicture
from autograder.report.result import (
    UNCONFINED_NOTICE,
    CriterionStatus,
    QuestionResult,
    QuestionStatus,
    Result,
    Unreadable,
    points_text,
    reasons,
    short_names,
    to_look_at,
)
from autograder.text import one_line

_MARKS = {
    CriterionStatus.PASSED: ("✓", "green"),
    CriterionStatus.FAILED: ("✗", "red"),
    CriterionStatus.SKIPPED: ("–", "dim"),
}

#: Wider than any table: lines of a file need no wrapping.
_WIDEST = 100_000


def question_table(question: QuestionResult) -> RenderableType:
    """Return the table of one check cell, with a row for each criterion."""
    heading = Text(f"{question.task}: ", style="bold")
    heading.append(f"{points_text(question.score)} / {points_text(question.max_score)}", style="bold")
    if question.status != QuestionStatus.GRADED:
        heading.append(f"  {question.status.words}", style="yellow")
        return Group(heading, Text(f"  {question.message or ''}"), Text())
    if question.message:
        heading.append(f"\n{question.message}", style="yellow")
    table = Table(box=None, padding=(0, 1), show_header=False, pad_edge=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for criterion in question.criteria:
        mark, style = _MARKS[criterion.status]
        said = Text(criterion.message)
        if criterion.failed:
            said = Text.assemble((criterion.asks + " ", "bold"), criterion.message)
            for what, text in criterion.help:
                said.append(f"\n{what}: ", style="bold")
                said.append(text)
        table.add_row(
            Text(mark, style=style),
            Text(criterion.name, style=style),
            f"{points_text(criterion.points)}/{points_text(criterion.max_points)}",
            said,
        )
    return Group(heading, table, Text())


def picture_text(picture: Picture) -> RenderableType:
    """Return ``picture`` as a small table with bars, in place of a figure."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    if isinstance(picture, WeightsPicture):
        for column, justify in (("kernel", "left"), ("std", "right"), ("expected", "right"), ("ratio", "right")):
            table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        table.add_column("")
        for shape in picture.shapes:
            figures = (number(shape.measured), number(shape.expected), number(shape.ratio))
            table.add_row(shape.kernel, *figures, _bar(shape.ratio, off=shape.off))
        return Group(table, Text(headline(picture), style="dim"), Text())
    names = ["inputs", *(f"hidden {i}" for i in range(1, len(picture.widths) - 1)), "outputs"]
    for column, justify in (("layer", "left"), ("mean square", "right"), (f"{picture.law}'s", "right")):
        table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("")
    for name, mean, (least, most), off in zip(names, picture.mean, picture.predicted, picture.off_at, strict=True):
        right = number(most) if least == most else f"{number(least)}–{number(most)}"
        table.add_row(name, number(mean), right, _bar(mean / math.sqrt(least * most), off=off))
    return Group(table, Text(headline(picture), style="dim"), Text())


def _bar(ratio: float, *, off: bool | None) -> Text:
    """Return a bar for a ratio on a logarithmic axis from 0.01 to 100: 10 cells for each factor 10, 1 in the middle.

    What is right stands in the middle, and what is ``off`` does not. None is what was not judged.
    """
    half = 20
    place = max(-half, min(half, round(10 * math.log10(ratio))))
    if off is False:
        place = 0
    elif off and place == 0:
        place = 1 if ratio > 1.0 else -1
    cells = ["·"] * (2 * half + 1)
    for cell in range(min(place, 0), max(place, 0) + 1):
        cells[half + cell] = "─"
    cells[half] = "│"
    cells[half + place] = {True: "◆", False: "●", None: "○"}[off]
    return Text("".join(cells), style={True: "red", False: "green", None: "dim"}[off])


def print_result(console: Console, result: Result, *, pictures: bool = False) -> None:
    """Print the whole result; with ``pictures``, also the measured and expected figures of failed questions."""
    console.rule(Text(one_line(result.path), style="bold"), align="left")
    if result.fault is not None:
        console.print(Text(f"The grader itself failed, and nothing was scored: {result.fault}", style="bold red"))
        return
    for remark in result.remarks:
        console.print(Text(f"Note: {remark.text}", style="yellow"))
    for question in result.questions:
        console.print(question_table(question))
        if pictures and question.picture is not None and any(c.failed for c in question.criteria):
            console.print(picture_text(question.picture))
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


def print_table(console: Console, table: Table) -> None:
    """Print ``table``; where a pipe or a file takes it, each row stays on its line, and no name is wrapped or cut."""
    width = console.width
    console.width = width if console.is_terminal else _WIDEST
    console.print(table)
    console.width = width


def print_class(console: Console, results: Sequence[Result], unreadable: Sequence[Unreadable] = ()) -> None:
    """Print one row for each result, then one row for each file that could not be graded."""
    with_notes = bool(unreadable) or any(result.remarks for result in results)
    table = Table(title="Q7, by submission")
    table.add_column("submission", overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    for heading in ("why points were lost", "Q1–Q6, to look at", *(["notes"] if with_notes else [])):
        table.add_column(heading, overflow="fold")
    names = short_names([*(result.path for result in results), *(each.name for each in unreadable)])
    rows = [
        (
            "fault" if result.fault else f"{points_text(result.score)} / {points_text(result.max_score)}",
            reasons(result),
            to_look_at(result),
            [remark.text for remark in result.remarks],
        )
        for result in results
    ]
    rows += [("not graded", [], [], [f"The file {each.reason}."]) for each in unreadable]
    for name, (score, *columns) in zip(names, rows, strict=True):
        texts = [Text("\n".join(lines)) for lines in (columns if with_notes else columns[:2])]
        table.add_row(Text(one_line(name)), score, *texts)
    print_table(console, table)
    if any(result.unconfined for result in results):
        console.print(Text(UNCONFINED_NOTICE, style="bold yellow"))
