"""Writes a class's scores to a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from autograder.assignment.questions import TASKS
from autograder.batch.run import Entry
from autograder.files import output_file
from autograder.report.result import Outcome, Result, points_text, reasons, to_look_at
from autograder.text import table_cell

_CHECKS = tuple(task.check for task in TASKS)


class ScoreTable:
    """CSV file with one row for each student and one column for each check cell. It is written atomically."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def opened(self) -> Iterator[ScoreTable]:
        """Open the file; rename it to its final name when all rows are written. Raise `CannotWrite` if that fails."""
        with (
            output_file(self._path) as place,
            place.open("w", newline="", encoding="utf-8") as file,
        ):
            self._begin(file)
            yield self

    def _begin(self, file: TextIO) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow(
            [
                "student",
                "status",
                "score",
                "max_score",
                *_CHECKS,
                "why points were lost",
                "to look at",
                "notes",
                "seed",
                "sha256",
            ]
        )

    def add(self, entry: Entry, result: Result) -> None:
        """Write the row of a graded submission."""
        scores = {question.grade_id: points_text(question.score) for question in result.questions}
        self._rows.writerow(
            [
                table_cell(entry.student),
                result.status,
                points_text(result.score),
                points_text(result.max_score),
                *(scores.get(check, "") for check in _CHECKS),
                table_cell("; ".join(reasons(result))),
                table_cell("; ".join(to_look_at(result))),
                table_cell(" ".join(remark.text for remark in result.remarks)),
                result.provenance.seed if result.provenance else "",
                result.sha256,
            ]
        )

    def add_ungraded(self, entry: Entry, outcome: Outcome, reason: str) -> None:
        """Write the row of a submission without a result: the reason, and no score."""
        empty = ("" for _ in _CHECKS)
        self._rows.writerow([table_cell(entry.student), outcome, "", "", *empty, table_cell(reason), "", "", "", ""])
