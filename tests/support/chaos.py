"""`make chaos`: grades a class while its processes are killed at random, and compares with an undisturbed run.

The parent, the judging processes, warm servers, children and, on a Dask cluster, workers get SIGKILL. A killed parent
is started again with --resume. `test_cohort.py` does the same with fewer submissions.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Client
from nbformat import NotebookNode

from autograder.batch.run import SEED_FILE
from tests.support.processes import eventually
from tests.support.samples import ROOT, SOLUTION, answered, scenario, write

SUBMISSIONS = 200
FAULT, KILLED = 3, -signal.SIGKILL
_RIGHT_AND_WRONG = ("reference", "library_one_liners", "glorot", "he_uniform", "tensorflow_only", "raises")
#: Code whose end looks like ours to a careless grader: it ends itself, by every way that there is.
_ENDS_ITSELF = ("crashes", "ends_its_process")
KILLS_ITSELF = "import signal\nsignal.raise_signal(signal.SIGKILL)"
#: How often each kind of process is hit, relative to the others.
_AIM = {"child": 20, "server": 2, "judge": 1, "worker": 1, "parent": 1}
#: Seconds between hits. Were a server hit more often than it takes to warm up, nothing would ever be graded.
_PAUSE = (0.1, 0.8)


def class_of(folder: Path, submissions: int) -> Path:
    """Write a class: mostly ordinary submissions, two of them alike, and some that end their own process."""
    hostile: list[NotebookNode] = [scenario(name).build() for name in _ENDS_ITSELF]
    hostile.append(answered({"q7_tf_model": KILLS_ITSELF}, SOLUTION))
    ordinary = [scenario(name).build() for name in _RIGHT_AND_WRONG]
    for number in range(submissions):
        many = hostile if number % 8 == 7 else ordinary
        write(many[number // (8 if many is hostile else 1) % len(many)], folder / f"student{number:03}.ipynb")
    return folder


def results(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "results").iterdir())}


def command(folder: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "autograder", "class", str(folder), "--out", str(out), "--resume", *more]


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    words: str


def _processes() -> dict[int, _Process]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[int(folder.name)] = _Process(int(folder.name), parent, words)
    return found


def _kinds(roots: list[int]) -> Iterator[tuple[str, int]]:
    """Yield what descends from ``roots`` and may be hit."""
    everything = _processes()

    def descends(process: _Process) -> bool:
        while process.pid not in roots:
            if process.parent not in everything:
                return False
            process = everything[process.parent]
        return True

    for process in filter(descends, everything.values()):
        above = everything.get(process.parent)
        if "autograder.sandbox.forkserver" in process.words:
            yield "child" if above and "autograder.sandbox.forkserver" in above.words else "server", process.pid
        elif "autograder.grading.worker_process" in process.words:
            yield "judge", process.pid
        elif "multiprocessing.spawn" in process.words:
            yield "worker", process.pid
        elif "autograder class" in process.words:
            yield "parent", process.pid


@dataclass
class Chaos:
    """What was hit, and how often it was begun again."""

    hits: Counter[str] = field(default_factory=Counter)
    runs: int = 0


def disturbed(run: list[str], seed: int, most: int, beside: _Cluster | None = None) -> Chaos:
    """Run a command to its end, hitting its processes, and the cluster's ``beside`` it, and beginning again as needed.

    After ``most`` hits it is left in peace: it must end.
    """
    dice, chaos = random.Random(seed), Chaos()
    while True:
        chaos.runs += 1
        process = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while process.poll() is None:
            time.sleep(dice.uniform(*_PAUSE))
            if chaos.hits.total() >= most:
                continue
            targets: dict[str, list[int]] = {}
            for kind, pid in _kinds([process.pid, *(beside.pids if beside else [])]):
                targets.setdefault(kind, []).append(pid)
            kind = dice.choices(list(_AIM), list(_AIM.values()))[0]
            if kind in targets and process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(dice.choice(targets[kind]), signal.SIGKILL)
                    chaos.hits[kind] += 1
        said = process.communicate()[0]
        if process.returncode == 0:
            return chaos
        assert process.returncode in (FAULT, KILLED), said


class _Cluster:
    """A Dask scheduler, and what a cluster's operator does: workers that ended are started again."""

    def __init__(self, folder: Path, workers: int, python: Path) -> None:
        self._folder, self._python = folder, python
        self._file = folder / "scheduler.json"
        self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", self._file)
        assert eventually(lambda: self._file.exists() and self._file.stat().st_size > 0, 60)
        self.address: str = json.loads(self._file.read_text())["address"]
        self._keepers = [self._keeper() for _ in range(workers)]
        self._closing = threading.Event()
        self._operator = threading.Thread(target=self._operate)
        self._operator.start()
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)

    @property
    def scheduler_pid(self) -> int:
        return self._scheduler.pid

    @property
    def pids(self) -> list[int]:
        return [keeper.pid for keeper in self._keepers]

    def _keeper(self) -> subprocess.Popen[bytes]:
        return self._start(
            "worker", "--scheduler-file", self._file, "--nworkers", 1, "--nthreads", 1, "--host", "127.0.0.1",
            "--local-directory", self._folder,
        )  # fmt: skip

    def _start(self, *arguments: object) -> subprocess.Popen[bytes]:
        command = [str(self._python), "-m", "dask", *map(str, arguments), "--no-dashboard"]
        with (self._folder / f"{arguments[0]}.log").open("ab") as log:
            environment = {**os.environ, "DASK_CONFIG": str(ROOT / "docs/dask.yaml")}
            return subprocess.Popen(
                command, cwd=self._folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _operate(self) -> None:
        while not self._closing.wait(0.5):
            self._keepers = [k if k.poll() is None else self._keeper() for k in self._keepers]

    def close(self) -> None:
        self._closing.set()
        self._operator.join()
        for process in (*self._keepers, self._scheduler):
            process.terminate()
        for process in (*self._keepers, self._scheduler):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int = 2, python: Path = Path(sys.executable)) -> Iterator[_Cluster]:
    """Start a scheduler and workers on this machine, all of them in ``folder`` and with this Python."""
    cluster = _Cluster(folder, workers, python)
    try:
        yield cluster
    finally:
        cluster.close()


def undisturbed(folder: Path, out: Path) -> dict[str, bytes]:
    run = subprocess.run(command(folder, out), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return results(out)


def with_seed_of(calm: Path, out: Path) -> Path:
    out.mkdir()
    shutil.copy(calm / SEED_FILE, out / SEED_FILE)
    return out


def differences(one: bytes, other: bytes) -> list[str]:
    return list(difflib.unified_diff(one.decode().splitlines(), other.decode().splitlines(), lineterm="", n=0))


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = class_of(root / "class", SUBMISSIONS)
        begun = time.perf_counter()
        expected = undisturbed(folder, root / "calm")
        print(f"undisturbed: {len(expected)} results in {time.perf_counter() - begun:.0f} s")
        well = len(expected) == SUBMISSIONS
        for where in ("this machine", "a Dask cluster of 2 workers"):
            out = with_seed_of(root / "calm", root / f"out-{len(where)}")
            begun = time.perf_counter()
            if where == "this machine":
                chaos = disturbed(command(folder, out), 1, SUBMISSIONS)
            else:
                with dask_cluster(root) as cluster:
                    chaos = disturbed(command(folder, out, "--scheduler", cluster.address), 2, SUBMISSIONS, cluster)
            found = results(out)
            same = sum(found.get(file) == text for file, text in expected.items())
            well &= found == expected
            for file, text in expected.items():
                if found.get(file) != text:
                    print(f"{file} differs:", *differences(text, found.get(file, b"")), sep="\n  ")
            print(
                f"{where}: killed {dict(chaos.hits)}, begun {chaos.runs} times, {time.perf_counter() - begun:.0f} s; "
                f"{len(found)} results, {same} of {len(expected)} byte for byte as undisturbed"
            )
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
