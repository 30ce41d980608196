"""`make bench`: measures seconds for each submission of a class of 50, beside the time of the bare imports."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.assignment.release import load_release
from autograder.assignment.settings import Terms
from autograder.grading.engine import Engine
from autograder.grading.grade import grade_files
from autograder.report.result import Result
from tests.support.samples import scenario, write

CLASS = 50
COLD_RUNS = 5
#: What a real class holds: right answers by several ways, and mistakes; no loops, whose time is the limit's.
MIX = (
    "reference",
    "library_one_liners",
    "from_scratch",
    "glorot",
    "fan_out",
    "he_uniform",
    "tensorflow_only",
    "raises",
)


def seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        submissions = [
            write(scenario(MIX[i % len(MIX)]).build(), Path(folder) / f"student{i:02}.ipynb") for i in range(CLASS)
        ]
        one = [sys.executable, "-m", "autograder", "grade", str(submissions[0])]
        bare = [sys.executable, "-c", "import torch, tensorflow"]
        seconds(bare), seconds(one)  # files into the page cache
        # Alternating, so that a machine that changes its speed does so for both.
        cold = [(seconds(bare), seconds(one)) for _ in range(COLD_RUNS)]
        imports = statistics.median(b for b, _ in cold)
        grading = statistics.median(g for _, g in cold)
        print(f"bare imports (python -c 'import torch, tensorflow')  {imports:6.2f} s")
        print(f"one cold 'autograder grade'                          {grading:6.2f} s")
        print(
            f"ratio, median of {COLD_RUNS} pairs                            "
            f"{statistics.median(g / b for b, g in cold):6.2f} ×   (aim: at most 1.3)"
        )
        release = load_release()
        for jobs in (1, 2):
            begun = time.perf_counter()
            with Engine(workers=jobs) as engine:
                list(grade_files(engine, submissions[: 2 * jobs], release, Terms()))
                warm = time.perf_counter() - begun
                begun = time.perf_counter()
                graded = list(grade_files(engine, submissions, release, Terms()))
                each = (time.perf_counter() - begun) / CLASS
                assert all(isinstance(r, Result) and r.fault is None for r in graded)
            print(
                f"class of {CLASS}, {jobs} at a time: {each:.3f} s a submission after {warm:.1f} s of start-up"
                f" = {each / imports:.3f} × the bare imports   (aim: at most 0.2 s)"
            )


if __name__ == "__main__":
    main()
