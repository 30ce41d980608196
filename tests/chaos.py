"""`make chaos`: a class graded while its processes are killed at random comes out as if nothing had happened.

The parent, warm servers, children and, on a Dask cluster, workers are sent SIGKILL; what was killed from the top is
started again with --resume. `test_cohort.py` does the same with fewer submissions.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.course.cohort import SEED_FILE
from tests.samples import SOLUTION, answered, scenario, write

SUBMISSIONS = 200
FAULT, KILLED = 3, -signal.SIGKILL
_RIGHT_AND_WRONG = ("reference", "library_one_liners", "glorot", "he_uniform", "tensorflow_only", "raises")
#: Code whose end looks like ours to a careless grader: it ends itself, by every way that there is.
_ENDS_ITSELF = ("crashes", "ends_its_process")
_KILLS_ITSELF = "import signal\nsignal.raise_signal(signal.SIGKILL)"
#: How often each kind of process is hit, relative to the others.
_AIM = {"child": 8, "server": 2, "worker": 2, "parent": 1}


def class_of(folder: Path, submissions: int) -> Path:
    """Write a class: mostly ordinary submissions, two of them alike, and some that end their own process."""
    hostile: list[NotebookNode] = [scenario(name).build() for name in _ENDS_ITSELF]
    hostile.append(answered({"q7_tf_model": _KILLS_ITSELF}, SOLUTION))
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
        elif "multiprocessing.spawn" in process.words:
            yield "worker", process.pid
        elif "autograder class" in process.words:
            yield "parent", process.pid


@dataclass
class Chaos:
    """What was hit, and how often it was begun again."""

    hits: Counter[str] = field(default_factory=Counter)
    runs: int = 0


def disturbed(run: list[str], seed: int, pause: tuple[float, float], beside: list[int] | None = None) -> Chaos:
    """Run a command to its end, hitting its processes, and those under ``beside``, and beginning again as needed."""
    dice, chaos = random.Random(seed), Chaos()
    while True:
        chaos.runs += 1
        process = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while process.poll() is None:
            time.sleep(dice.uniform(*pause))
            targets: dict[str, list[int]] = {}
            for kind, pid in _kinds([process.pid, *(beside or [])]):
                targets.setdefault(kind, []).append(pid)
            if targets and process.poll() is None:
                kinds = sorted(targets)
                kind = dice.choices(kinds, [_AIM[kind] for kind in kinds])[0]
                with contextlib.suppress(ProcessLookupError):
                    os.kill(dice.choice(targets[kind]), signal.SIGKILL)
                    chaos.hits[kind] += 1
        said = process.communicate()[0]
        if process.returncode == 0:
            return chaos
        assert process.returncode in (FAULT, KILLED), said


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[int]]]:
    """Start a scheduler and workers on this machine; yield the address, and the ids of what keeps the workers alive."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3"}
    dask, file = [sys.executable, "-m", "dask"], folder / "scheduler.json"

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        log = (folder / f"{arguments[0]}.log").open("wb")
        with log:
            return subprocess.Popen(
                [*dask, *map(str, arguments)], env=environment, stdout=log, stderr=log, start_new_session=True
            )

    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", file)
    started = [scheduler]
    try:
        while not (file.exists() and file.stat().st_size):
            assert scheduler.poll() is None, (folder / "scheduler.log").read_text()
            time.sleep(0.05)
        keeper = start(
            "worker", "--scheduler-file", file, "--nworkers", workers, "--nthreads", 1, "--no-dashboard",
            "--host", "127.0.0.1", "--local-directory", folder,
        )  # fmt: skip
        started.append(keeper)
        import json

        yield json.loads(file.read_text())["address"], [keeper.pid]
    finally:
        for process in reversed(started):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def undisturbed(folder: Path, out: Path) -> dict[str, bytes]:
    run = subprocess.run(command(folder, out), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return results(out)


def with_seed_of(calm: Path, out: Path) -> Path:
    out.mkdir()
    shutil.copy(calm / SEED_FILE, out / SEED_FILE)
    return out


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
                chaos = disturbed(command(folder, out), 1, (0.3, 1.2))
            else:
                with dask_cluster(root) as (address, keepers):
                    chaos = disturbed(command(folder, out, "--scheduler", address), 2, (0.3, 1.2), keepers)
            found = results(out)
            same = sum(found.get(file) == text for file, text in expected.items())
            well &= found == expected
            print(
                f"{where}: killed {dict(chaos.hits)}, begun {chaos.runs} times, {time.perf_counter() - begun:.0f} s; "
                f"{len(found)} results, {same} of {len(expected)} byte for byte as undisturbed"
            )
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
