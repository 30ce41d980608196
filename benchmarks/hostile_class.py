"""`make bench-sandbox`: grades fifty honest submissions beside twelve hostile ones, with `class` and with `grade`.

The hostile ones are in `benchmarks/hostile/`, at full strength, under the default limits. Every honest submission must
get its result byte for byte as without them, the exit status must be 0, and the time at most twice that of the honest
ones alone, and what the hostile ones use up of their time limits: each file says how many seconds these are.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.batch.run import SEED_FILE
from benchmarks.throughput import MIX
from tests.support.corpus import Attack, crowd, read_attack
from tests.support.samples import scenario, write

HONEST = 50
HOSTILE = [read_attack(path) for path in sorted(Path(__file__).with_name("hostile").glob("*.py"))]
_JOBS = ("--jobs", "2")


@dataclass(frozen=True)
class Run:
    """How a command ended, after how many seconds, and the JSON of every student's result."""

    status: int
    seconds: float
    results: dict[str, str]
    printed: str


def notebook_of(attack: Attack, path: Path) -> Path:
    """Write wrong code with the attack in it, as often as its file says."""
    return write(crowd([attack] * int(attack.said.get("Times", 1)), {}), path)


def _run(*arguments: str | Path) -> tuple[int, float, str]:
    begun = time.perf_counter()
    run = subprocess.run([sys.executable, "-m", "autograder", *arguments], capture_output=True, text=True)
    return run.returncode, time.perf_counter() - begun, run.stdout + run.stderr


def class_of(folder: Path, out: Path, seed: Path | None) -> Run:
    """Grade ``folder`` with `autograder class`, with the class seed of an earlier run."""
    if seed is not None:
        out.mkdir()
        shutil.copy(seed, out / SEED_FILE)
    status, seconds, printed = _run("class", folder, "--out", out, *_JOBS)
    return Run(status, seconds, _by_student(map(_read, out.rglob("student*.json"))), printed)


def grade_all(folder: Path, out: Path) -> Run:
    """Grade the notebooks in ``folder`` with `autograder grade`."""
    paths = sorted(folder.glob("*.ipynb"))
    status, seconds, printed = _run("grade", *paths, "--seed", "4", "--json", out, *_JOBS)
    return Run(status, seconds, _by_student(_read(out) if out.exists() else []), printed)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _by_student(documents: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the text of every honest student's result; where the file lay is no part of it."""
    named = {Path(document["submission"].pop("path")).stem: json.dumps(document) for document in documents}
    return {name: text for name, text in named.items() if "-" not in name}


def holds(command: str, alone: Run, beside: Run) -> bool:
    """Print what came out, and return whether every promise was kept."""
    same = sum(alone.results.get(name) == result for name, result in beside.results.items())
    limits = sum(float(attack.said.get("Seconds", 0)) for attack in HOSTILE)
    most = 2.0 * alone.seconds + limits
    kept = same == len(alone.results) == HONEST and alone.status == beside.status == 0 and beside.seconds <= most
    print(
        f"{command:6} {HONEST} honest alone {alone.seconds:5.0f} s; "
        f"beside {len(HOSTILE)} hostile {beside.seconds:5.0f} s "
        f"(at most 2 × that, and {limits:.0f} s of time limits: {most:.0f} s); "
        f"{same} of {HONEST} results the same; exit status {alone.status} and {beside.status}"
        f"{'' if kept else '   NOT KEPT'}"
    )
    if not kept:
        print(beside.printed[-4000:])
    return kept


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        honest, mixed = root / "honest", root / "mixed"
        for number in range(HONEST):
            notebook = scenario(MIX[number % len(MIX)]).build()
            for folder in (honest, mixed):
                write(notebook, folder / f"student{number:02}.ipynb")
        for number, attack in enumerate(HOSTILE):  # spread over the class, which is graded in the order of names
            notebook_of(attack, mixed / f"student{HONEST * number // len(HOSTILE):02}-{attack.name}.ipynb")
        alone = class_of(honest, root / "alone", None)
        beside = class_of(mixed, root / "beside", root / "alone" / SEED_FILE)
        kept = [holds("class", alone, beside)]
        alone, beside = grade_all(honest, root / "alone.json"), grade_all(mixed, root / "beside.json")
        kept.append(holds("grade", alone, beside))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
