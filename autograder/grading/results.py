"""Converts the outcome of a run to a `Graded`: judges the evidence, adds up points, and writes messages."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

from autograder.assignment.questions import TASKS
from autograder.assignment.settings import Frameworks
from autograder.grading.cell_output import CellOutput
from autograder.grading.execution import Ending, Execution
from autograder.grading.jobs import Graded, Job
from autograder.grading.provenance import grader_sha256
from autograder.grading.scoring import better_of_the_two, score_task
from autograder.notebook import Cell
from autograder.report.result import (
    CellProblem,
    Provenance,
    QuestionResult,
    RemarkResult,
    Result,
    ResultStatus,
    WrittenResult,
)
from autograder.sandbox import SandboxFault
from autograder.submission.reader import Submission
from autograder.submission.remarks import RemarkKind
from autograder.text import one_line
from autograder.version import __version__

#: Number of cells that a report lists one by one.
_MOST_PROBLEMS = 50


def graded(job: Job, execution: Execution) -> Graded:
    """Judge the evidence of a run of ``job``'s submission."""
    questions = []
    for task in TASKS:
        outcome, points = execution.outcomes[task.stub], job.points[task.check]
        if isinstance(outcome, Ending):
            questions.append(QuestionResult.of(task, outcome.status, 0.0, points, outcome.message))
        else:
            questions.append(score_task(task, outcome, points, job.terms.help_level))
    problems = execution.problems(job.submission)
    outputs = {
        cell.name: replace(execution.printed.get(position, CellOutput()), problem=problems.get(position))
        for position, cell in enumerate(job.submission.code)
    }
    return Graded(_result(job, execution, tuple(questions), problems), outputs)


def apply_framework_rule(job: Job, one: Graded) -> Graded:
    """Raise the lower framework's points to the better one's share, if the course's terms say so."""
    if job.terms.frameworks != Frameworks.BETTER or one.result.fault is not None:
        return one
    return replace(one, result=replace(one.result, questions=better_of_the_two(one.result.questions)))


def fault(submission: Submission, problem: Exception) -> Result:
    """Return the result of a grading in which the grader failed. It has no score."""
    return Result(submission.path, submission.sha256, ResultStatus.FAULT, fault=one_line(reason(problem), 600))


def reason(problem: Exception) -> str:
    """Return what failed. For an unexpected exception, add the place in the code."""
    if isinstance(problem, SandboxFault | OSError):
        return str(problem)
    place = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__}: {problem} ({Path(place.filename).name}, line {place.lineno})"


def _result(job: Job, execution: Execution, questions: tuple[QuestionResult, ...], problems: dict[int, str]) -> Result:
    submission = job.submission
    return Result(
        path=submission.path,
        sha256=submission.sha256,
        status=ResultStatus.GRADED,
        questions=questions,
        written=tuple(
            WrittenResult(a.grade_id, a.status, a.words, job.points[a.grade_id], a.remark) for a in submission.written
        ),
        remarks=(*remarks_of(submission), *_clock(submission, execution)),
        problems=_problems(submission, problems),
        provenance=Provenance(
            grader_version=__version__,
            grader_sha256=grader_sha256(),
            seed=job.seed,
            confinement=execution.warm.layers,
            **execution.warm.versions,
        ),
    )


def _clock(submission: Submission, execution: Execution) -> tuple[RemarkResult, ...]:
    names = [cell.name for cell in submission.code if cell.name in execution.clocked]
    if not names:
        return ()
    text = "the code reads the clock, so another grading with this seed may draw other numbers."
    return (RemarkResult("", RemarkKind.CLOCK, f"{one_line(', '.join(names), 200)}: {text}"),)


def remarks_of(submission: Submission) -> tuple[RemarkResult, ...]:
    """Return the reader's remarks as a result shows them."""
    return tuple(RemarkResult(remark.cell, remark.kind, remark.text) for remark in submission.remarks)


def _problems(submission: Submission, messages: dict[int, str]) -> tuple[CellProblem, ...]:
    shown = sorted(messages)[:_MOST_PROBLEMS]
    problems = [CellProblem(_cell_title(submission.code[position]), messages[position]) for position in shown]
    if more := len(messages) - len(shown):
        problems.append(CellProblem(f"{more} more", "These, too, raised an exception or did not finish."))
    return tuple(problems)


def _cell_title(cell: Cell) -> str:
    """Return a name by which its author finds the cell: with its first line, because Jupyter shows no numbers."""
    if cell.grade_id is not None:
        return one_line(cell.name, 60)
    return f"{cell.name} (“{one_line(cell.source.strip().partition(chr(10))[0], 60)}”)"
