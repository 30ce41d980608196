"""The work of `autograder class`: grade a class, show progress and write the reports."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from autograder.assignment.release import release_bytes, release_in, release_path
from autograder.assignment.settings import Settings as CourseSettings
from autograder.batch.jobs import Settings, ThisMachine, Workers
from autograder.batch.results_folder import Store
from autograder.batch.run import Class, Entry, Tally, class_seed, find_class
from autograder.batch.score_table import ScoreTable
from autograder.cli.grading import release_option
from autograder.cli.report_files import check_reports
from autograder.errors import ExitCode, UserError
from autograder.files import write_text
from autograder.grading.engine import Engine
from autograder.notebook import printable_path
from autograder.report import class_report as report
from autograder.report.progress import Meter
from autograder.report.result import Outcome
from autograder.report.statistics import ClassStatistics

#: The class report, in the folder of the results.
PAGE = "report.html"


@dataclass(frozen=True)
class Request:
    """The class to grade, and the options of the command under their own names."""

    folder: Path
    out: Path
    jobs: int
    resume: bool
    course: CourseSettings
    release: Path | None = None
    csv: Path | None = None
    scheduler: str | None = None


class ClassStopped(UserError):
    """A person or a batch system stopped the command."""

    exit_code = ExitCode.STOPPED


def grade_class(request: Request, console: Console) -> Tally:
    """Grade the class and write its reports; return what kinds of outcome there were.

    Raises
    ------
    UserError
        The class cannot be graded, or the command was stopped. Results so far are in ``request.out``.
    """
    entries = find_class(request.folder)
    if request.csv:
        check_reports({"--csv": request.csv}, [*(entry.path for entry in entries), request.out / PAGE])
    with release_option(request.release):
        path = release_path(request.release)
        raw = release_bytes(path)
        release = release_in(raw, path)
    settings = Settings(raw, release, request.course.limits, request.course.terms)
    with Store(request.out, resume=request.resume) as store:
        seed = class_seed(request.folder, request.out)
        group = Class(entries, settings, seed, store)
        tally = _graded(group, request, console)
        with ScoreTable(request.csv).opened() if request.csv else contextlib.nullcontext() as table:
            _report(group, tally, console, table)
        return tally


def _graded(group: Class, request: Request, console: Console) -> Tally:
    report.prefetch()
    with (
        _workers(group.settings, request) as workers,
        Meter(console, len(group.entries)) as meter,
    ):
        done, number = 0, len(group.entries)

        def watch(outcome: Outcome, kept: bool) -> None:
            nonlocal done
            done += 1
            meter.count(outcome, kept)

        try:
            return group.grade(workers, watch)
        except KeyboardInterrupt:
            raise ClassStopped(
                f"stopped after {done} of {number}; the results are in {request.out}, and --resume continues"
            ) from None


def _workers(settings: Settings, request: Request) -> Workers:
    if request.scheduler is None:
        return ThisMachine(settings, Engine(settings.limits, workers=request.jobs))
    from autograder.batch.dask_cluster import Cluster

    return Cluster(request.scheduler, settings)


def _report(group: Class, tally: Tally, console: Console, table: ScoreTable | None) -> None:
    found, ungraded = ClassStatistics(), []
    for entry, result in group.results():
        if result is not None:
            found.add(result)
            if table is not None:
                table.add(entry, result)
            continue
        each = _without_result(entry, tally)
        ungraded.append(each)
        if table is not None:
            table.add_ungraded(entry, each.outcome, each.reason)
    write_text(group.store.folder / PAGE, report.render(found, len(ungraded)))
    report.print_statistics(console, found, ungraded)
    if others := group.store.other_results({entry.student for entry in group.entries}):
        console.print(f"{others} more results in {group.store.folder} are not of this class; left alone.")
    console.print(f"Results and report: {printable_path(group.store.folder)}/", markup=False)


def _without_result(entry: Entry, tally: Tally) -> report.Ungraded:
    if entry.student in tally.faults:
        return report.Ungraded(entry.name, Outcome.FAULT, tally.faults[entry.student])
    reason = tally.unreadable.get(entry.student, "changed while it was graded")
    return report.Ungraded(entry.name, Outcome.UNREADABLE, reason)
