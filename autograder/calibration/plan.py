"""What a whole grading draws at the least, put together from the assignment, for the judge's budget and power."""

from __future__ import annotations

from autograder.assignment import BUILDS, KERNELS, ROUNDS, WIDTHS
from autograder.judge.budget import Plan

PLAN = Plan(kernels=KERNELS, rounds=ROUNDS, widths=WIDTHS, builds=BUILDS)
