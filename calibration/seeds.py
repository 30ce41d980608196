"""Grades the reference solution with 200 seeds, in the sandbox and with both frameworks: each must score in full."""

from __future__ import annotations

import sys

from autograder.assignment.release import load_release
from autograder.assignment.settings import Terms
from autograder.grading.engine import Engine
from autograder.grading.grade import job_of
from autograder.places import BESIDE

SEEDS = 200
SOLUTION = BESIDE / "solutions/weight_initialization/weight_initialization.ipynb"


def main() -> int:
    """Print every criterion that was not passed; return 1 where there was one."""
    release = load_release()
    jobs = ((seed, job_of(SOLUTION, release, Terms(), seed)) for seed in range(SEEDS))
    lost = 0
    with Engine() as engine:
        for seed, graded in engine.grade_all(jobs):
            result = graded.result
            lost += result.fault is not None or result.score < result.max_score
            for question in result.questions:
                for criterion in question.criteria:
                    if criterion.status != "passed":
                        print(f"seed {seed}: {question.grade_id}: {criterion.name}: {criterion.message}")
    print(f"{SEEDS - lost} of {SEEDS} seeds: full points for the reference solution")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
