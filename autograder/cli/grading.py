"""The work that `autograder grade` and `autograder check` share: grade notebooks, and print the results."""

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
    """The results, and the files that could not be read."""

    results: list[Result]
    unreadable: list[Unreadable]

    def exit_code(self, fail_under: float | None = None) -> ExitCode:
        """Return the exit code of the command."""
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
    """Turn a `BadRelease` into bad input if a person named ``path``; otherwise it stays a fault of the grader."""
    from autograder.assignment.release import BadRelease

    try:
        yield
    except BadRelease as problem:
        if path is not None:
            problem.exit_code = ExitCode.BAD_INPUT
        raise


def prepare_reports(files: Mapping[str, Path], inputs: Sequence[Path | None]) -> Reports:
    """Return the reports of ``files``, by format, after every check that is possible before grading.

    ``inputs`` are the files that the command reads; None stands for an option that was not given.

    Raises
    ------
    CannotWrite, MissingContext
        A report cannot be written, would replace an input, or its format lacks something that it needs.
    """
    from autograder.assignment.settings import DEFAULT_PATH
    from autograder.cli.report_files import Reports
    from autograder.report.formats import formats

    reports = Reports(files)
    for name in files:
        formats()[name].require()
    reports.prepare([DEFAULT_PATH, *(path for path in inputs if path is not None)])
    return reports


def print_results(outcome: Outcome, *, single: bool, pictures: bool = False) -> None:
    """Print the whole result of one notebook, or a table of several."""
    from rich.console import Console

    from autograder.report.terminal import print_class, print_result

    console = Console(highlight=False)
    try:
        # The end of the capture also writes to the stream, which fails for /dev/full.
        with console.capture() as shown:
            if single:
                for result in outcome.results:
                    print_result(console, result, pictures=pictures)
            else:
                print_class(console, outcome.results, outcome.unreadable)
        print(shown.get(), end="", flush=True)
    except OSError:
        # The reader of a pipe ended (`| head -1`), or the disk is full. The reports have the results.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
