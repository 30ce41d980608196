"""`make bench`: grades a class with this grader, with stock nbgrader and with otter-grader, in one run.

It measures seconds for each submission (without start-up, except otter's, which starts for each one), peak memory,
growth from 10 to 1,000 submissions, the parts of a submission's time, and Dask with 1 and 2 workers. With the argument
`quick`, it does less.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil

from autograder.assignment.release import DEFAULT_PATH, load_release
from autograder.assignment.settings import Terms
from autograder.batch.dask_cluster import Cluster
from autograder.batch.jobs import Settings, ThisMachine, Workers
from autograder.batch.results_folder import Store
from autograder.batch.run import Class, Tally, class_seed, find_class
from autograder.cli.class_grading import PAGE
from autograder.grading.engine import Engine
from autograder.grading.execution import execute
from autograder.grading.jobs import Job
from autograder.grading.results import graded as judged_of
from autograder.notebook import read_notebook
from autograder.report import class_report as report
from autograder.report.statistics import ClassStatistics
from autograder.sandbox import Sandbox
from autograder.sandbox.client import ForkedChild
from autograder.sandbox.wire import Message
from autograder.submission.reader import read_submission
from benchmarks import asserting
from benchmarks.throughput import MIX
from tests.support import chaos
from tests.support.course import ASSIGNMENT, Course
from tests.support.samples import ROOT, scenario, write

QUICK = "quick" in sys.argv
CORES = os.cpu_count() or 1
ROUNDS = 1 if QUICK else 3
OURS, STOCK, OTTER = (16, 3, 2) if QUICK else (100, 4, 2)
GROWTH = (10, 50) if QUICK else (10, 100, 1000)
SHARED_SUBMISSIONS = 16 if QUICK else 64
DASK_ROUNDS = 2 if QUICK else 4  # even, so that each number of workers goes first as often
_NICE = 10
OTTER_RELEASE = "otter-grader[grading]==7.0.0"
OTTER_ENVIRONMENT = ROOT / "build/otter"
SETTINGS = Settings.of(DEFAULT_PATH.read_bytes())


def class_of(folder: Path, submissions: int) -> Path:
    built = [scenario(name).build() for name in MIX]
    for number in range(submissions):
        write(built[number % len(MIX)], folder / f"student{number:04}.ipynb")
    return folder


# --- this grader -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Graded:
    """Seconds for a class once the servers were warm, reports included, and KiB that the parent held at most.

    ``own`` is the CPU time of the students' own code, in seconds for each submission.
    """

    submissions: int
    jobs: int
    seconds: float
    warming: float
    parent_kib: int
    own: float

    @property
    def each(self) -> float:
        return self.seconds / self.submissions

    @property
    def times_own(self) -> float:
        """Seconds of all cores for a submission, over the CPU seconds of its student's own code."""
        return self.each * self.jobs / self.own


def graded(folder: Path, jobs: int) -> Graded:
    """Grade a class in a process of its own, for its memory is looked at."""
    command = [sys.executable, "-m", "benchmarks.cohort", "--grade", str(folder), str(jobs)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    return Graded(**json.loads(run.stdout))


@contextmanager
def counting() -> Iterator[Path]:
    """Have warm processes count the CPU time of student code; yield the folder that they write it to."""
    real = sys.executable
    with tempfile.TemporaryDirectory() as name:
        counts, starter = Path(name, "counts"), Path(name, "python")
        counts.mkdir()
        counted = f'exec {real} -m benchmarks.counting_server "$4" "$5" "$6" "$7" {counts}'
        server = f"PYTHONPATH={ROOT} {counted}"
        starter.write_text(
            f'#!/bin/sh\ncase "$*" in *sandbox.forkserver*) {server} ;; esac\nexec {real} "$@"\n', encoding="utf-8"
        )
        starter.chmod(0o755)
        sys.executable = str(starter)
        try:
            yield counts
        finally:
            sys.executable = real


def grade_here(folder: Path, jobs: int) -> Graded:
    with tempfile.TemporaryDirectory() as out, Store(Path(out)) as store, counting() as counts:
        group = Class(find_class(folder), SETTINGS, class_seed(folder, Path(out)), store)
        begun = time.perf_counter()
        report.prefetch()
        with ThisMachine(SETTINGS, Engine(workers=jobs)) as workers:
            first = list(workers.grade_all(islice(group._open_work(Tally(), lambda *_: None), 2 * jobs)))
            warm = time.perf_counter()
            finish(group, workers)
            ended = time.perf_counter()
        own = [float(count.read_text(encoding="utf-8")) for count in counts.iterdir()]
        assert len(own) == jobs, "a warm process was killed, and has not written what it counted"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    number = len(group.entries)
    return Graded(number, jobs, ended - warm, warm - begun, peak, sum(own) / (number + len(first)))


def finish(group: Class, workers: Workers) -> None:
    """Grade a class and write its report, as the command does."""
    tally = group.grade(workers, lambda kind, kept: None)
    assert tally.graded == len(group.entries), tally
    found = ClassStatistics()
    for _, result in group.results():
        assert result is not None
        found.add(result)
    (group.store.folder / PAGE).write_text(report.render(found), encoding="utf-8")


# --- the others ------------------------------------------------------------------------------------------


def stock_course(folder: Path, students: int) -> Course:
    """Make a course whose autograding is nbgrader's own, by check cells that assert."""
    course = asserting.into_course(Course.stock(folder))
    course.nbgrader("generate_assignment", ASSIGNMENT)
    for number in range(students):
        course.submit(f"student{number:02}", scenario(MIX[number % len(MIX)]).build())
    return course


def stock_each(course: Course, students: int) -> float:
    """Autograde everybody, and then nobody, for what nbgrader takes to start."""
    times = []
    for more in (("--force",), ()):
        begun = time.perf_counter()
        course.autograde(*more)
        times.append(time.perf_counter() - begun)
    return (times[0] - times[1]) / students


@dataclass(frozen=True)
class Otter:
    """otter-grader, in an environment of its own that sees the frameworks of this one."""

    folder: Path

    @classmethod
    def installed(cls, folder: Path) -> Otter:
        if not (OTTER_ENVIRONMENT / "bin/otter").exists():
            subprocess.run([sys.executable, "-m", "venv", OTTER_ENVIRONMENT], check=True)
            pip = [OTTER_ENVIRONMENT / "bin/python", "-m", "pip", "install", "--quiet", OTTER_RELEASE]
            subprocess.run(pip, check=True)
        asserting.beside(OTTER_ENVIRONMENT)
        asserting.otter_tests(folder / "tests")
        otter = cls(folder)
        otter.run("generate", "-t", "tests", "-o", "autograder.zip", "--no-environment")
        for name in MIX:
            write(asserting.without_ours(scenario(name).build()), folder / f"{name}.ipynb")
        return otter

    def run(self, *arguments: str) -> None:
        binaries = OTTER_ENVIRONMENT / "bin"
        environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
        run = subprocess.run([binaries / "otter", *arguments], cwd=self.folder, env=environment, capture_output=True)
        assert run.returncode == 0, run.stderr.decode()

    def grade(self, name: str) -> float:
        """Grade one submission, and return its points."""
        out = self.folder / f"out-{name}"
        out.mkdir(exist_ok=True)
        self.run("run", "-a", "autograder.zip", "-o", out.name, f"{name}.ipynb")
        tests = json.loads((out / "results.json").read_text(encoding="utf-8"))["tests"]
        return float(sum(test.get("score", 0.0) for test in tests))

    def each(self, submissions: int) -> float:
        begun = time.perf_counter()
        for number in range(submissions):
            self.grade(MIX[number % len(MIX)])
        return (time.perf_counter() - begun) / submissions


# --- memory ----------------------------------------------------------------------------------------------


def peak_mib(run: Callable[[], object]) -> float:
    """Return the most that this process's descendants held together while ``run`` ran; shared pages count once."""
    most, done = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.2):
            held = 0
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    held += process.memory_full_info().pss
            most = max(most, held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run()
    finally:
        done.set()
        watcher.join()
    return most / 2**20


# --- where the time goes -----------------------------------------------------------------------------------


def shares(folder: Path) -> dict[str, float]:
    """Grade a class one by one in a timed server; return milliseconds a submission by what they went into."""
    spent: Counter[str] = Counter()
    now = time.monotonic
    exchange, finish_child, open_child = ForkedChild.exchange, ForkedChild._finish, Sandbox.open
    opened = 0.0

    def timed_open(self: Sandbox) -> ForkedChild:
        nonlocal opened
        opened = now()
        return open_child(self)

    def timed_exchange(self: ForkedChild, question: Message, seconds: float) -> Message:
        sent = now()
        answer = exchange(self, question, seconds)
        received, stamps = now(), answer.header.pop("stamps")
        first = question.header["ask"] == "seed"
        if first:
            spent["fork"] += stamps["forked"] - opened
            spent["confinement"] += stamps["confined"] - stamps["forked"]
        spent["seeding" if first else "student code"] += stamps["ended"] - stamps["begun"]
        spent["transfer"] += received - stamps["ended"] + stamps["begun"] - max(sent, stamps["confined"])
        return answer

    def timed_finish(self: ForkedChild, patience: float) -> object:
        begun = now()
        end = finish_child(self, patience)
        spent["ending the child"] += now() - begun
        return end

    release = load_release()
    with tempfile.TemporaryDirectory() as name, tempfile.NamedTemporaryFile("w", delete=False) as starter:
        timed = f"PYTHONPATH={ROOT} exec {sys.executable} -m benchmarks.timed_server"
        starter.write(f'#!/bin/sh\n{timed} "$4" "$5" "$6" "$7"\n')
        starter.close()
        os.chmod(starter.name, 0o755)
        real, sys.executable = sys.executable, starter.name
        ForkedChild.exchange, ForkedChild._finish, Sandbox.open = timed_exchange, timed_finish, timed_open
        try:
            with Sandbox(many=True) as sandbox, Store(Path(name)) as store:
                entries = find_class(folder)
                for number, entry in enumerate([entries[0], *entries]):
                    if number == 1:
                        spent.clear()  # the first one loads what the judge needs
                    began = now()
                    submission = read_submission(read_notebook(entry.path), release.notebook)
                    read = now()
                    execution = execute(sandbox, submission, number)
                    ran = now()
                    result = judged_of(Job.of(submission, release, Terms(), number), execution).result
                    judged = now()
                    store.save(entry.student, "", result)
                    spent["judge"] += judged - ran
                    spent["report"] += now() - judged + read - began
        finally:
            sys.executable = real
            ForkedChild.exchange, ForkedChild._finish, Sandbox.open = exchange, finish_child, open_child
            os.unlink(starter.name)
    return {what: 1000.0 * seconds / len(entries) for what, seconds in spent.items()}


# --- the page ----------------------------------------------------------------------------------------------


def compare(root: Path, folder: Path) -> None:
    """Print the comparison."""
    course, otter = stock_course(root / "stock", STOCK), Otter.installed(root / "otter")
    assert otter.grade("reference") == 40.0
    assert otter.grade("glorot") < 40.0
    seconds: dict[str, list[float]] = {"one": [], "all": [], "stock": [], "otter": []}
    times_own: dict[str, list[float]] = {"one": [], "all": []}
    for _ in range(ROUNDS):  # turn about, so that a machine that changes its speed does so for all
        for what, jobs in (("one", 1), ("all", CORES)):
            ours = graded(folder, jobs)
            seconds[what].append(ours.each)
            times_own[what].append(ours.times_own)
        seconds["stock"].append(stock_each(course, STOCK))
        seconds["otter"].append(otter.each(OTTER))
    assert course.totals()["student00"] == 40.0
    few = class_of(root / "few", 8)
    memory = {
        "one": peak_mib(lambda: graded(few, 1)),
        "all": peak_mib(lambda: graded(few, CORES)),
        "stock": peak_mib(lambda: course.autograde("--force", "--student=student00")),
        "otter": peak_mib(lambda: otter.grade("reference")),
    }
    names = {
        "one": "autograder class --jobs 1",
        "all": f"autograder class, {CORES} cores",
        "stock": "nbgrader autograde, as it comes",
        "otter": "otter run",
    }
    each = {what: statistics.median(rounds) for what, rounds in seconds.items()}
    print(f"\n{'':34}{'s a submission':>16}{'peak MiB':>10}{'nbgrader ×':>12}{'otter ×':>10}   (medians of {ROUNDS})")
    for what, name in names.items():
        ratios = [each[other] / each[what] for other in ("stock", "otter")]
        print(f"{name:34}{each[what]:16.3f}{memory[what]:10.0f}{ratios[0]:12.1f}{ratios[1]:10.1f}")
    print("aims: 50 × with all cores, 25 × with one job")
    print(
        f"a submission costs {statistics.median(times_own['one']):.2f} × its student's own code with one job (aim: at "
        f"most 1.3), and {statistics.median(times_own['all']):.2f} × its share on {CORES} cores (aim: at most 1.4); "
        f"CPU time of the code in the same run, a class of {OURS}"
    )


def growth(root: Path) -> None:
    print(f"\n{'submissions':>11}{'s':>9}{'s each':>9}{'parent MiB':>12}   (all cores, after start-up)")
    runs = [graded(class_of(root / f"class{n}", n), CORES) for n in GROWTH]
    for run in runs:
        print(f"{run.submissions:11}{run.seconds:9.1f}{run.each:9.3f}{run.parent_kib / 1024:12.1f}")
    print(
        f"{runs[-1].submissions} cost {runs[-1].seconds / runs[-2].seconds:.2f} × what {runs[-2].submissions} do "
        f"(aim: at most 10.5 for ten times as many); the parent grew by "
        f"{(runs[-1].parent_kib - runs[0].parent_kib) / 1024:.1f} MiB (aim: < 50)"
    )


def where_time_goes(folder: Path) -> None:
    spent = shares(folder)
    whole = sum(spent.values())
    print(f"\nwhere a submission's {whole:.0f} ms go, one at a time:")
    for what in ("fork", "confinement", "seeding", "student code", "transfer", "ending the child", "judge", "report"):
        print(f"  {what:18}{spent[what]:8.1f} ms{100 * spent[what] / whole:6.1f} %")
    ours = spent["judge"] + spent["transfer"] + spent["report"]
    print(f"judge, transfer and report: {ours / spent['student code']:.2f} × the student's own code (aim: < 1)")


def dask(root: Path) -> None:
    print(
        f"\nDask on this machine, workers of one thread, the scheduler and this client niced, means of {DASK_ROUNDS}:"
    )
    folder, first = class_of(root / "shared", SHARED_SUBMISSIONS), class_of(root / "first", 6)
    took: dict[int, list[float]] = {1: [], 2: []}
    with ExitStack() as open_clusters:
        clusters = {}
        for workers in (1, 2):
            place = root / f"dask{workers}"
            place.mkdir()
            clusters[workers] = open_clusters.enter_context(chaos.dask_cluster(place, workers))
            psutil.Process(clusters[workers].scheduler_pid).nice(_NICE)
        psutil.Process().nice(_NICE)  # after the workers were started: they would inherit it
        there = {n: open_clusters.enter_context(Cluster(each.address, SETTINGS)) for n, each in clusters.items()}
        for number in range(1 + DASK_ROUNDS):  # turn about; the first class warms the workers up
            for workers, cluster in sorted(there.items(), reverse=bool(number % 2)):
                submissions = folder if number else first
                with Store(root / f"dask{workers}" / f"{submissions.name}{number}") as store:
                    group = Class(find_class(submissions), SETTINGS, class_seed(submissions, store.folder), store)
                    begun = time.perf_counter()
                    finish(group, cluster)
                    if number:
                        took[workers].append(time.perf_counter() - begun)
    for workers, rounds in took.items():
        each = sum(rounds) / len(rounds) / SHARED_SUBMISSIONS
        print(f"  {workers} worker{'s' if workers > 1 else ' '}  {each:6.3f} s a submission")
    print(f"  two do {sum(took[1]) / sum(took[2]):.2f} × what one does (aim: at least 1.8)")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = class_of(root / "class", OURS)
        compare(root, folder)
        where_time_goes(folder)
        growth(root)
        dask(root)  # last: what is niced stays so


if __name__ == "__main__":
    if sys.argv[1:2] == ["--grade"]:
        print(json.dumps(vars(grade_here(Path(sys.argv[2]), int(sys.argv[3])))))
    else:
        main()
