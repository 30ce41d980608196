"""What `autograder class` does: a class graded to its end, shown as it goes, and reported."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from autograder.assignment.release import BadRelease, release_bytes, release_in, release_path
from autograder.assignment.seeds import BadCourseSeed
from autograder.assignment.settings import BadSettings, load_settings
from autograder.batch.jobs import Settings, ThisMachine, Workers
from autograder.batch.result_cache import Store, Unusable
from autograder.batch.run import Class, Entry, Hopeless, NoClass, Tally, class_seed, find_class
from autograder.batch.score_table import ScoreTable
from autograder.files import CannotWrite, write_text
from autograder.grading.engine import Engine
from autograder.notebook import printable_path
from autograder.report import class_report as report
from autograder.report.progress import Meter
from autograder.report.statistics import ClassStatistics
from autograder.sandbox import Limits
from autograder.sandbox.support import NoConfinement

#: Beside the results.
PAGE = "report.html"


@dataclass(frozen=True)
class Asked:
    """What the command line asks for; see the command's own help."""

    folder: Path
    out: Path
    jobs: int
    resume: bool
    limits: Limits
    release: Path | None = None
    settings: Path | None = None
    csv: Path | None = None
    scheduler: str | None = None


class Refused(RuntimeError):
    """Nothing was graded, because of what was asked for; the message is one line for people."""


class Failed(RuntimeError):
    """The grader cannot do it here; the message is one line for people."""


class Stopped(RuntimeError):
    """Somebody stopped it; the message says how to go on."""


def grade_class(asked: Asked, console: Console) -> Tally:
    """Grade the class and write its reports; return what became of everybody.

    Raises
    ------
    Refused, Failed, Stopped
        With what was graded so far kept in ``asked.out``.
    """
    try:
        entries = find_class(asked.folder)
        with contextlib.ExitStack() as open_things:
            settings = _settings(asked)
            store = open_things.enter_context(Store(asked.out, resume=asked.resume))
            seed = class_seed(asked.folder, asked.out)
            table = open_things.enter_context(ScoreTable(asked.csv).opened()) if asked.csv else None
            group = Class(entries, settings, seed, store)
            tally = _graded(group, asked, console)
            _report(group, tally, console, table)
            return tally
    except (NoClass, Unusable, CannotWrite, BadSettings) as problem:
        raise Refused(str(problem)) from None
    except BadRelease as problem:
        raise (Refused if asked.release else Failed)(str(problem)) from None
    except (NoConfinement, BadCourseSeed) as problem:
        raise Failed(str(problem).removesuffix(".")) from None


def _settings(asked: Asked) -> Settings:
    path = release_path(asked.release)
    raw = release_bytes(path)
    release = release_in(raw, path)
    return Settings(raw, release, asked.limits, load_settings(asked.settings).terms)


def _graded(group: Class, asked: Asked, console: Console) -> Tally:
    with _stoppable(), _workers(group.settings, asked) as workers, Meter(console, len(group.entries)) as meter:
        done = 0

        def watch(kind: str, kept: bool) -> None:
            nonlocal done
            done += 1
            meter.count(kind, kept)

        try:
            return group.grade(workers, watch)
        except Hopeless as problem:
            raise Failed(f"nothing can be graded here: {problem}") from None
        except KeyboardInterrupt:
            raise Stopped(
                f"stopped after {done} of {len(group.entries)}; what was graded is in {asked.out}, and --resume goes on"
            ) from None


def _workers(settings: Settings, asked: Asked) -> Workers:
    if asked.scheduler is None:
        return ThisMachine(settings, Engine(settings.limits, workers=asked.jobs))
    try:
        from autograder.batch.dask_cluster import Cluster, NoCluster
    except ModuleNotFoundError as problem:
        raise Refused(
            f"{problem.name} is not installed: pip install 'weight-initialization-autograder[cluster]'"
        ) from None
    try:
        return Cluster(asked.scheduler, settings)
    except NoCluster as problem:
        raise Failed(str(problem)) from None


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Have SIGTERM, which a batch system sends before it kills, end things as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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
            table.add_ungraded(entry, each.status, each.reason)
    write_text(group.store.folder / PAGE, report.render(found, ungraded))
    report.print_statistics(console, found, ungraded)
    if strangers := group.store.strangers({entry.student for entry in group.entries}):
        console.print(f"{strangers} more results in {group.store.folder} are nobody's in this class; left alone.")
    console.print(f"Results and report: {printable_path(group.store.folder)}/", markup=False)


def _without_result(entry: Entry, tally: Tally) -> report.Ungraded:
    if entry.student in tally.faults:
        return report.Ungraded(entry.name, "fault", tally.faults[entry.student])
    return report.Ungraded(entry.name, "unreadable", tally.unreadable.get(entry.student, "changed while it was graded"))
