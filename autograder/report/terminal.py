"""Shows results on a terminal as tables. Students' text is never taken for markup."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from autograder.report.figures import headline, number, numbers
from autograder.report.picture import Picture, WeightsPicture
from autograder.report.result import (
    UNCONFINED_NOTICE,
    CriterionResult,
    CriterionStatus,
    Mistake,
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
#: What is met, and has not earned its points.
_HELD_BACK = ("–", "yellow")

#: Wider than any table: lines of a file need no wrapping.
_WIDEST = 100_000


def question_view(question: QuestionResult) -> RenderableType:
    """Return the result of one check cell on its own: its summary, its mistakes, and its table."""
    shown: list[RenderableType] = [Text(question.summary, style="bold")]
    if question.mistakes:
        shown += [Text(), *map(_explanation, question.mistakes)]
    return Group(*shown, *_rows(question))


def _explanation(mistake: Mistake) -> RenderableType:
    table = Table(box=None, padding=(0, 1), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for heading, text in mistake.help:
        table.add_row(f"  {heading}:", Text(text))
    return table


def _rows(question: QuestionResult) -> list[RenderableType]:
    """Return what is below a check cell's heading: a message, and rows for the criteria.

    Criteria that any random draw meets share a row, if the variance keeps them from their points. So do those that
    were not judged for one reason.
    """
    message = [Text(question.message, style="yellow")] if question.message else []
    if not question.criteria:
        return list(message)
    table = Table(box=None, padding=(0, 1), show_header=False, pad_edge=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    rows: dict[str, list[CriterionResult]] = {}
    for criterion in question.criteria:
        alone = criterion.failed or (criterion.status == CriterionStatus.PASSED and not criterion.held_back)
        # The judge's message of one of them would speak of that one alone.
        said = "" if criterion.held_back else criterion.here
        rows.setdefault(criterion.name if alone else said, []).append(criterion)
    for said, together in rows.items():
        mark, style = _HELD_BACK if not said else _MARKS[together[0].status]
        earned, most = sum(c.points for c in together), sum(c.max_points for c in together)
        names = ", ".join(criterion.name for criterion in together)
        name = names if len(together) == 1 else f"{len(together)} criteria"
        if len(together) == 1:
            text = together[0].here
        else:
            share = "half" if earned else "nothing"
            text = f"{names}. {said or f'They are met, but earn {share}: the variance earns too little.'}"
        table.add_row(
            Text(mark, style=style), Text(name, style=style), f"{points_text(earned)}/{points_text(most)}", Text(text)
        )
    return [*message, table]


def picture_text(picture: Picture) -> RenderableType:
    """Return ``picture`` as a small table with bars, in place of a figure."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    if isinstance(picture, WeightsPicture):
        for column, justify in (("kernel", "left"), ("std", "right"), ("expected", "right"), ("ratio", "right")):
            table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        table.add_column("")
        for shape in picture.shapes:
            figures = (number(shape.measured), number(shape.expected), number(shape.ratio))
            table.add_row(shape.kernel, *figures, _bar(shape.ratio, wrong=shape.wrong))
        return Group(table, Text(headline(picture), style="dim"), Text())
    heads = (("after", "left"), ("mean square", "right"), (f"{picture.law}'s mean", "right"), ("weights", "left"))
    for column, justify in heads:
        table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("")
    for row, mean, (least, most) in zip(numbers(picture), picture.mean[1:], picture.predicted[1:], strict=True):
        decided = Text({True: "wrong", False: "right", None: ""}[row.wrong], style="red" if row.wrong else "")
        table.add_row(row.name, row.measured, row.expected, decided, _bar(mean / math.sqrt(least * most), wrong=None))
    return Group(table, Text(headline(picture), style="dim"), Text())


def _bar(ratio: float, *, wrong: bool | None) -> Text:
    """Return a bar for a ratio on a logarithmic axis from 0.01 to 100: 10 cells for each factor 10, 1 in the middle.

    What is right stands in the middle, and what is ``wrong`` does not. None is what was not judged.
    """
    half = 20
    place = max(-half, min(half, round(10 * math.log10(ratio))))
    if wrong is False:
        place = 0
    elif wrong and place == 0:
        place = 1 if ratio > 1.0 else -1
    cells = ["·"] * (2 * half + 1)
    for cell in range(min(place, 0), max(place, 0) + 1):
        cells[half + cell] = "─"
    cells[half] = "│"
    cells[half + place] = {True: "◆", False: "●", None: "○"}[wrong]
    return Text("".join(cells), style={True: "red", False: "green", None: "dim"}[wrong])


def print_result(console: Console, result: Result, *, pictures: bool = False) -> None:
    """Print the whole result; with ``pictures``, also the figures of the part that shows a mistake first."""
    console.rule(Text(one_line(result.path), style="bold"), align="left")
    if result.fault is not None:
        console.print(Text(f"The grader itself failed, and nothing was scored: {result.fault}", style="bold red"))
        return
    console.print(Text(result.summary, style="bold"), highlight=False)
    if result.unconfined:
        console.print(Text(UNCONFINED_NOTICE, style="bold yellow"))
    for remark in result.remarks:
        console.print(Text(f"Note: {remark.text}", style="yellow"))
    for mistake in result.mistakes:
        if len(result.mistakes) > 1:
            console.print(Text(f"Mistake: {mistake.title} ({', '.join(mistake.parts)})"))
        console.print(_explanation(mistake))
    pictured: set[str] = set()
    for question in result.questions:
        status = "" if question.status == QuestionStatus.GRADED else f", {question.status.words}"
        # One screen is enough for one mistake: where it is not, one line says that nothing is wrong.
        fold = bool(result.mistakes) and question.score >= question.max_score and not question.message
        right = ": everything is right" if fold else status
        console.print(Text(f"── {question.title}, {question.points}{right}", style="bold"), highlight=False)
        if not fold:
            console.print(Group(*_rows(question)))
        new = {mistake.title for mistake in question.mistakes} - pictured
        if pictures and question.picture is not None and new:
            console.print(picture_text(question.picture))
            pictured |= new
    if result.problems:
        console.print(Text("\nCells that raised an exception or did not finish (all other cells ran):", style="bold"))
        for problem in result.problems:
            console.print(Text(f"  {problem.cell}: {problem.message}"))
    console.print(Text(f"\nWritten answers, graded by people: {_written(result)}"))
    if result.provenance:
        console.print(
            Text(
                f"To repeat this grading: seed {result.provenance.seed}, grader "
                f"{result.provenance.grader_version} ({result.provenance.grader_sha256[:12]}), notebook "
                f"{result.sha256[:12]}, confinement: {', '.join(result.provenance.confinement)}.",
                style="dim",
            )
        )


def _written(result: Result) -> str:
    """Return the states of the written answers, each with its questions and their words."""
    where: dict[str, list[str]] = {}
    for answer in result.written:
        words = f" ({answer.words} words)" if answer.words else ""
        where.setdefault(answer.status.words, []).append(f"{answer.grade_id.upper()}{words}")
    return "; ".join(f"{', '.join(questions)} {status}" for status, questions in where.items())


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
    for heading in ("why points were lost", "unusual in Q1–Q6", *(["notes"] if with_notes else [])):
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
