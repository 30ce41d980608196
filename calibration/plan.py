"""What a whole grading draws at the least, put together from the assignment, for the judge's budget and power."""

from __future__ import annotations

from autograder.assignment.questions import BUILDS, KERNELS, ROUNDS, WIDTHS
from autograder.judge.budget import Plan

PLAN = Plan(kernels=KERNELS, rounds=ROUNDS, widths=WIDTHS, builds=BUILDS)

#: The criteria that random draws decide: those of the budget, in the order in which pages show them.
DECIDED_BY_DRAWS = (
    "mean",
    "variance",
    "variance_conv",
    "distribution",
    "independence",
    "fresh",
    "variance_hidden",
    "variance_output",
)
