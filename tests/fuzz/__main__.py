"""Runs the fuzzer: every property of a target gets its share of the time; failures are printed with their examples."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import HypothesisWarning

from tests.fuzz.properties import Property

TARGETS = ("wire", "notebook", "sanitizer", "collection")
#: Examples that failed. The next run begins with them.
FAILED = Path(".hypothesis/fuzz")
#: Examples between two looks at the clock.
_ROUND = 200
#: Most targets at the same time.
_PROCESSES = 2
#: Characters of a line of a failure.
_WIDTH = 1_000
#: What a process of the fuzzer may map: a reader that asks for more gets none.
_MEMORY_BYTES = 4 * 2**30


def fuzz(properties: Mapping[str, Property], seconds: float, failed: Path = FAILED, round_: int = _ROUND) -> bool:
    """Try each property for its share of the time, or until it fails; return whether all hold.

    Parameters
    ----------
    properties : mapping of str to Property
        By name.
    seconds : float
        Wall-clock time for all of them. Each one gets one round of examples at least.
    failed : Path
        Folder of the examples that failed.
    round_ : int
        Examples between two looks at the clock.
    """
    how = settings(
        max_examples=round_,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=DirectoryBasedExampleDatabase(failed),
        phases=set(Phase) - {Phase.explain},
        report_multiple_bugs=False,
    )
    warnings.simplefilter("ignore", HypothesisWarning)  # it warns of long examples
    holds = True
    for name, property_ in properties.items():
        end = time.monotonic() + seconds / len(properties)
        outcome = "no failure"
        try:
            property_.try_examples(how, timed=True)
            while time.monotonic() < end:
                property_.try_examples(how, timed=True)
        except Exception as problem:  # noqa: BLE001 (a failure is of any kind, and the next property is tried all the same)
            # The example is in the exception's notes.
            place = traceback.extract_tb(problem.__traceback__)[-1]
            print(f"{place.filename}:{place.lineno}: {place.line}")
            for line in "".join(traceback.format_exception_only(problem)).splitlines():
                print(shorten(line))
            outcome, holds = "FAILED; the example is above", False
        print(f"{name}: {property_.tried:,} examples, {outcome}", flush=True)
    return holds


def shorten(line: str) -> str:
    """Return a line of at most `_WIDTH` characters. The whole example is in the folder of those that failed."""
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}… ({len(line):,} characters)"


def main() -> int:
    """Read the options, and run the targets in processes of their own: one that dies is a failure, too."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", choices=TARGETS, help="by default, all of them")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all targets together")
    parser.add_argument("--processes", type=int, default=_PROCESSES, help="targets at the same time")
    args = parser.parse_args()
    if args.target:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        return 0 if fuzz(import_module(f"tests.fuzz.{args.target}").PROPERTIES, 60.0 * args.minutes) else 1

    def run(target: str) -> int:
        minutes = args.minutes * min(args.processes, len(TARGETS)) / len(TARGETS)
        command = [sys.executable, "-m", "tests.fuzz", target, "--minutes", str(minutes)]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"--- {target}: exit status {done.returncode}\n{done.stdout}", flush=True)
        return done.returncode

    with ThreadPoolExecutor(args.processes) as pool:
        return 1 if any(list(pool.map(run, TARGETS))) else 0


if __name__ == "__main__":
    sys.exit(main())
