"""Finds the submissions of a class in a folder, and grades all of them. No submission is lost without a message."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.assignment.questions import NAME
from autograder.assignment.seeds import FILE, course_seed, submission_seed
from autograder.assignment.submitted import NoNotebook, same_student, submitted_notebook
from autograder.batch.jobs import Settings, Work, Workers
from autograder.batch.results_folder import Store
from autograder.errors import ExitCode, UserError
from autograder.notebook import UnreadableNotebook, printable_path, read_bytes
from autograder.report.result import Outcome, Result

#: File with the class's seed, beside the results. It is used if the folder belongs to no course.
SEED_FILE = "class-seed.txt"
_COURSE = "nbgrader_config.py"
_LONGEST_NAME = 200
#: If this many submissions fail by a fault of the grader and none was graded, the run stops: the rest would fail, too.
_FAULTS_THAT_STOP = 5


class NoClass(UserError):
    """The folder holds no class that can be graded."""


class NothingCanBeGraded(UserError):
    """The first submissions all failed by a fault of the grader."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Entry:
    """One student's submission: its file, and the file's name in reports. ``problem`` says why it cannot be graded."""

    student: str
    path: Path
    name: str
    problem: str | None = None


def find_class(folder: Path) -> list[Entry]:
    """Return the submissions in ``folder``, sorted by student.

    The function finds ``STUDENT/weight_initialization/*.ipynb``, which is nbgrader's layout, and ``STUDENT.ipynb``. In
    a course folder, it searches ``submitted/``. If two have the same student, or two that look the same, neither can be
    graded; a hidden one cannot, either.

    Raises
    ------
    NoClass
        There is no submission.
    """
    if not folder.is_dir():
        raise NoClass(f"{folder}: there is no such folder")
    if (folder / _COURSE).is_file() and (folder / "submitted").is_dir():
        folder /= "submitted"
    found: dict[str, list[Entry]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".ipynb":
            entry = Entry(path.stem, path, printable_path(path.relative_to(folder)))
        elif (path / NAME).is_dir():
            entry = _in_nbgraders_layout(path, folder)
        else:
            continue
        if path.name.startswith("._"):  # macOS keeps a file's attributes in such a file
            continue
        if path.name.startswith("."):
            entry = replace(entry, problem="has a name that begins with a dot; rename it if it is a submission")
        elif len(os.fsencode(entry.student)) > _LONGEST_NAME:
            entry = replace(entry, problem="has too long a name")
        found.setdefault(same_student(entry.student), []).append(entry)
    if not found:
        raise NoClass(
            f"{folder}: there is no submission in it; they are expected as STUDENT/{NAME}/{NAME}.ipynb or STUDENT.ipynb"
        )
    return sorted((entry for same in found.values() for entry in _told_apart(same)), key=lambda each: each.student)


def _told_apart(same: list[Entry]) -> Iterator[Entry]:
    """Yield the entries of one student, or of several whose ids look the same; if they are several, none is graded."""
    names = " and ".join(each.name for each in same)
    for student in dict.fromkeys(each.student for each in same):
        entry = next(each for each in same if each.student == student)
        if len(same) > 1:
            problem = f"gives the same student as another: {names}; keep one, or rename one"
            entry = replace(entry, problem=problem)
        yield entry


def _in_nbgraders_layout(student: Path, folder: Path) -> Entry:
    try:
        path, problem = submitted_notebook(student / NAME), None
    except NoNotebook as unclear:
        path, problem = student / NAME, str(unclear)
    return Entry(student.name, path, printable_path(path.relative_to(folder)), problem)


def class_seed(folder: Path, out: Path) -> str:
    """Return the class's secret seed.

    It is the course's seed if ``folder`` is in a course. Otherwise it is stored in ``out``, and created at the first
    run.

    Raises
    ------
    BadCourseSeed
        The seed cannot be read or created.
    """
    if not (out / SEED_FILE).exists():
        for root in (folder, folder.resolve().parent):
            if (root / _COURSE).is_file():
                return course_seed(root, FILE)
    return course_seed(out, SEED_FILE)


@dataclass
class Tally:
    """Counts of a class: submissions graded now or kept from an earlier run, and why the others have no result."""

    graded: int = 0
    kept: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Class:
    """A class to grade.

    Attributes
    ----------
    entries : sequence of Entry
        The submissions.
    settings : Settings
        Release, limits and terms.
    seed : str
        The class's seed, from which each submission's seed is derived.
    store : Store
        Folder of the results.
    """

    entries: Sequence[Entry]
    settings: Settings
    seed: str
    store: Store

    def grade(self, workers: Workers, watch: Callable[[Outcome, bool], None]) -> Tally:
        """Grade all submissions that have no result yet, and store each result at once.

        ``watch`` is called for every submission with its outcome, and with True if an earlier run graded it.

        Raises
        ------
        NothingCanBeGraded
            The first submissions all failed by a fault of the grader, and no earlier run graded one.
        """
        tally = Tally()
        for work, outcome in workers.grade_all(self._open_work(tally, watch)):
            if isinstance(outcome, UnreadableNotebook):
                tally.unreadable[work.student] = str(outcome)
                watch(Outcome.UNREADABLE, False)
                continue
            result = outcome.result
            if result.fault is None:
                self.store.save(work.student, work.key, result)
                tally.graded += 1
            else:
                tally.faults[work.student] = result.fault
                if len(tally.faults) >= min(_FAULTS_THAT_STOP, len(self.entries)) and tally.graded + tally.kept == 0:
                    raise NothingCanBeGraded(f"nothing can be graded here: {result.fault}")
            watch(result.outcome, False)
        return tally

    def results(self) -> Iterator[tuple[Entry, Result | None]]:
        """Yield every submission with its result from the disk, or None if it has none."""
        for entry in self.entries:
            work = self._work(entry)
            yield entry, None if isinstance(work, str) else self.store.load(entry.student, work.key)

    def _open_work(self, tally: Tally, watch: Callable[[Outcome, bool], None]) -> Iterator[Work]:
        """Yield the submissions without a result; report the others to ``watch``."""
        for entry in self.entries:
            work = self._work(entry)
            if isinstance(work, str):
                tally.unreadable[entry.student] = work
                watch(Outcome.UNREADABLE, False)
            elif (result := self.store.load(entry.student, work.key)) is not None:
                tally.kept += 1
                watch(result.outcome, True)
            else:
                yield work

    def _work(self, entry: Entry) -> Work | str:
        if entry.problem is not None:
            return entry.problem
        try:
            raw = read_bytes(entry.path)
        except UnreadableNotebook as problem:
            return str(problem)
        sha256 = hashlib.sha256(raw).hexdigest()
        seed = submission_seed(self.seed, sha256)
        return Work(entry.student, entry.name, raw, seed, self.settings.key(sha256, seed))
