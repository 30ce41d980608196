"""`make bench`: measures seconds for each submission of `nbgrader autograde`, with this grader and without it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.throughput import MIX
from tests.support.course import ASSIGNMENT, Course
from tests.support.samples import scenario

CLASS = 20
#: Stock nbgrader runs a kernel for each: fewer of them tell as much.
STOCK_CLASS = 5


def course(made: Course, students: int) -> Course:
    made.nbgrader("generate_assignment", ASSIGNMENT)
    for number in range(students):
        made.submit(f"student{number:02}", scenario(MIX[number % len(MIX)]).build())
    return made


def seconds(made: Course) -> float:
    begun = time.perf_counter()
    made.autograde()
    return time.perf_counter() - begun


def main() -> None:
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        sandboxed, stock = course(Course.make(Path(ours)), CLASS), course(Course.stock(Path(theirs)), STOCK_CLASS)
        took, stock_took = seconds(sandboxed), seconds(stock)
        assert sandboxed.totals()["student00"] == stock.totals()["student00"] == 40.0
        each, stock_each = took / CLASS, stock_took / STOCK_CLASS
        print(
            f"nbgrader autograde, {CLASS} in the sandbox: {each:.2f} s each, start-up included   (aim: at most 1.2 s)"
        )
        print(f"nbgrader autograde as it comes, {STOCK_CLASS}:  {stock_each:.2f} s each")


if __name__ == "__main__":
    main()
