"""Converts results and students' outputs to cell outputs of a notebook, from which nbgrader reads the scores."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_output
from numpy.typing import NDArray

from autograder.grading.cell_output import CellOutput
from autograder.grading.jobs import Graded
from autograder.report.figures import describe
from autograder.report.html import render_question
from autograder.report.result import Mistake, QuestionResult, first_shown, question_text

_FIGURE = "A figure that the cell drew."


def cell_outputs(graded: Graded) -> dict[str, list[NotebookNode]]:
    """Return the outputs of the student's cells and of the check cells, by grade id or ``cell N``."""
    outputs = {name: student_outputs(output) for name, output in graded.outputs.items()}
    whole = [graded.result.summary]
    explained_in: dict[str, str] = {}
    for question, new in first_shown(graded.result.questions):
        explained_in |= {mistake.title: question.part for mistake in new}
        elsewhere = dict.fromkeys(explained_in[each.title] for each in question.mistakes)
        elsewhere.pop(question.part, None)
        pointers = [f"For the explanation, see {' and '.join(elsewhere)}."] if elsewhere else []
        outputs[question.grade_id] = check_outputs(question, "\n".join([*whole, question.summary, *pointers]), new)
        whole = []
    return outputs


def check_outputs(
    question: QuestionResult, summary: str | None = None, explained: Sequence[Mistake] | None = None
) -> list[NotebookNode]:
    """Return a check cell's outputs: the result, and the points.

    The result is one output in two forms, as a page and as text, so that a reader meets it once.

    The points are always there as a plain float, because nbgrader gives full credit to a cell without output. A figure
    is drawn only if points were lost, because drawing takes as long as judging.

    Parameters
    ----------
    question : QuestionResult
        The result of the check cell.
    summary : str, optional
        What the cell says first, in one or more lines; the question's own summary, if it is not given.
    explained : sequence of Mistake, optional
        The mistakes to explain; all of the question's, if they are not given.
    """
    question = question if question.score < question.max_score else replace(question, picture=None)
    text = question_text(question, summary, explained)
    if question.picture:
        text += describe(question.picture)
    result = {"text/html": render_question(question, summary, explained), "text/plain": text}
    return [
        new_output("display_data", data=result),
        new_output("execute_result", data={"text/plain": repr(float(question.score))}, execution_count=1),
    ]


def student_outputs(output: CellOutput) -> list[NotebookNode]:
    """Return the outputs of one of the student's own cells: text, figures, and why it did not finish."""
    outputs = [
        new_output("stream", name=name, text=text)
        for name, text in (("stdout", output.stdout), ("stderr", output.stderr))
        if text
    ]
    outputs += [
        new_output(
            "display_data",
            data={"image/png": _png(pixels), "text/plain": _FIGURE},
            metadata={"image/png": {"alt": _FIGURE}},
        )
        for pixels in output.figures
    ]
    if output.left_out:
        outputs.append(new_output("stream", name="stderr", text=f"{output.left_out} more figures are not shown.\n"))
    if output.problem is not None:
        name, _, message = output.problem.partition(": ")
        outputs.append(new_output("error", ename=name, evalue=message, traceback=[output.problem]))
    return outputs


def _png(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="png", optimize=False)
    return base64.b64encode(file.getvalue()).decode()
