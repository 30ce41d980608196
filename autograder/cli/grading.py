"""What `grade` and `check` share: notebooks in, results and reports out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli.messages import complain
from autograder.errors import ExitCode

if TYPE_CHECKING:
    from autograder.assignment.settings import Settings
    from autograder.cli.report_files import Reports
    from autograder.report.result import Result, Unreadable


@dataclass(frozen=True)
class Outcome:
    """The results of the notebooks that could be read, and the others."""

    results: list[Result]
    unreadable: list[Unreadable]

    def exit_code(self, fail_under: float | None = None) -> ExitCode:
        """Return the exit code of a command that ends with this."""
        if any(result.fault is not None for result in self.results):
            return ExitCode.FAULT
        if self.unreadable:
            return ExitCode.BAD_INPUT
        if fail_under is not None and any(result.score < fail_under for result in self.results):
            return ExitCode.BELOW
        return ExitCode.GRADED


def grade_notebooks(
    notebooks: Sequence[Path],
    course: Settings,
    *,
    seed: int | None = None,
    release: Path | None = None,
    jobs: int | None = None,
    unconfined: bool = False,
) -> Outcome:
    """Grade each notebook. A file that cannot be read gets a line on stderr and stops no other.

    Raises
    ------
    NoConfinement
        This machine cannot confine student code, and ``unconfined`` is false.
    BadRelease
        The release cannot be used.
    """
    from autograder.assignment.release import load_release
    from autograder.grading.engine import Engine
    from autograder.grading.grade import grade_file, grade_files
    from autograder.report.result import Unreadable

    workers = min(jobs or os.cpu_count() or 1, len(notebooks))
    many = len(notebooks) > 1
    with Engine(course.limits, workers=workers, unconfined=unconfined, many=many) as engine:
        with release_option(release):
            given = load_release(release)
        graded: Iterable[Result | Unreadable]
        if many:
            graded = grade_files(engine, notebooks, given, course.terms, seed)
        else:
            graded = (grade_file(engine, notebooks[0], given, course.terms, seed),)
        outcome = Outcome([], [])
        for each in graded:
            if isinstance(each, Unreadable):
                complain(f"{each.path}: {each.reason}")
                outcome.unreadable.append(each)
            else:
                outcome.results.append(each)
    return outcome


@contextmanager
def release_option(path: Path | None) -> Iterator[None]:
    """Make a `BadRelease` bad input where a person named the release, and leave it a fault where nobody did."""
    from autograder.assignment.release import BadRelease

    try:
        yield
    except BadRelease as problem:
        if path is not None:
            problem.exit_code = ExitCode.BAD_INPUT
        raise


def prepare_reports(files: Mapping[str, Path], notebooks: Sequence[Path]) -> Reports:
    """Return the reports that were asked for, once it is sure that they can be made and written.

    Raises
    ------
    CannotWrite, MissingContext
        When one cannot be written, would take a notebook's place, or lacks what its format needs.
    """
    from autograder.cli.report_files import Reports
    from autograder.report.formats import formats

    reports = Reports(files)
    for name in files:
        formats()[name].require()
    reports.prepare(notebooks)
    return reports


def print_results(outcome: Outcome, *, single: bool, pictures: bool = False) -> None:
    """Print the results: in full for one notebook, as a table for several."""
    from rich.console import Console

    from autograder.report.terminal import print_class, print_result

    console = Console(highlight=False)
    try:
        # The capture is inside: rich touches the stream when it ends, and /dev/full refuses even nothing.
        with console.capture() as shown:
            if single:
                for result in outcome.results:
                    print_result(console, result, pictures=pictures)
            else:
                print_class(console, outcome.results, [(str(each.path), each.reason) for each in outcome.unreadable])
        print(shown.get(), end="", flush=True)
    except OSError:
        # Nobody reads any more (`| head -1`), or the disk is full: what was graded is in the reports.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
