"""`make bench-sandbox`: measures the cost of confinement, and what 200 submissions leave behind, 40 of them hostile."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.release import load_release
from autograder.report.result import Result
from autograder.sandbox import Limits, Sandbox
from tests.support.corpus import Attack, corpus
from tests.support.graders import Grader
from tests.support.samples import scenario, write

PAIRS = 40
SUBMISSIONS = 200
#: Loops, memory bombs, crashes, floods, and whatever else wears a machine out.
HOSTILE = [attack for attack in corpus() if attack.family in ("exhaustion", "wire")]
AIM_MS = 10.0


def cost(path: Path) -> None:
    """Grade one notebook confined and not, turn about, so that a machine that changes its speed does so for both."""
    release = load_release()
    with Sandbox() as confined, Sandbox(confined=False) as free:
        graders = {"confined": Grader(confined, release), "unconfined": Grader(free, release)}
        seconds: dict[str, list[float]] = {name: [] for name in graders}
        for grader in graders.values():
            grader.grade(path, 1)
        for number in range(PAIRS):
            turns = list(graders.items())
            for name, grader in turns if number % 2 else reversed(turns):
                begun = time.perf_counter()
                assert grader.grade(path, number).score == 40.0
                seconds[name].append(time.perf_counter() - begun)
    for name, each in seconds.items():
        print(f"one submission, {name:10}  median {1000 * statistics.median(each):7.1f} ms")
    differences = [1000 * (c - f) for c, f in zip(seconds["confined"], seconds["unconfined"], strict=True)]
    print(
        f"confinement, median of {PAIRS} pairs  {statistics.median(differences):7.1f} ms   (aim: at most {AIM_MS:g} ms)"
    )


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@dataclass(frozen=True)
class Held:
    """What a process holds: memory in KiB, and descriptors."""

    memory: int
    descriptors: int


@dataclass(frozen=True)
class Endurance:
    """What many submissions got, and what the two processes held before and after them."""

    outcomes: Counter[str]
    seconds: float
    before: dict[str, Held]
    after: dict[str, Held]


def endurance(folder: Path, submissions: int = SUBMISSIONS, hostile: Sequence[Attack] = HOSTILE) -> Endurance:
    """Grade many submissions in one server, a fifth of them hostile."""
    honest = write(scenario("library_one_liners").build(), folder / "honest.ipynb")
    attacks = [write(attack.build({}), folder / f"{attack.name}.ipynb") for attack in hostile]
    paths = [attacks[i // 5 % len(attacks)] if i % 5 == 0 else honest for i in range(submissions)]
    limits = Limits(total_seconds=20.0, step_seconds=2.0, memory_bytes=512 * 1024**2)
    with Sandbox(limits) as sandbox:
        grader = Grader(sandbox, load_release())
        # What the first gradings load stays loaded: that is no leak.
        list(grader.grade_all([attacks[0], *[honest] * 8, attacks[-1]], seed=0))
        watched = {"warm process": sandbox._process.pid, "grader": os.getpid()}
        before = {name: Held(resident_kib(pid), descriptors(pid)) for name, pid in watched.items()}
        begun = time.perf_counter()
        results = list(grader.grade_all(paths, seed=1))
        seconds = time.perf_counter() - begun
        after = {name: Held(resident_kib(pid), descriptors(pid)) for name, pid in watched.items()}
    outcomes = Counter(
        f"{'honest' if path == honest else 'hostile'}: {result.status} {result.score:g}"
        for path, result in zip(paths, results, strict=True)
        if isinstance(result, Result)
    )
    return Endurance(outcomes, seconds, before, after)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        cost(write(scenario("reference").build(), Path(name) / "reference.ipynb"))
        found = endurance(Path(name))
    hostile = sum(number for said, number in found.outcomes.items() if said.startswith("hostile"))
    print(
        f"\n{found.outcomes.total()} submissions, {hostile} hostile, in {found.seconds:.0f} s: {dict(found.outcomes)}"
    )
    for what, before in found.before.items():
        after = found.after[what]
        print(
            f"{what:12} {before.memory / 1024:7.1f} → {after.memory / 1024:7.1f} MiB, "
            f"{before.descriptors} → {after.descriptors} descriptors"
        )
    return 0 if found.outcomes["honest: graded 40"] == SUBMISSIONS * 4 // 5 else 1


if __name__ == "__main__":
    sys.exit(main())
