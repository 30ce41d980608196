"""Minimum sample sizes of a grading, taken from the assignment. The judge's error budget and power need them."""

from __future__ import annotations

from autograder.assignment.questions import BUILDS, KERNELS, ROUNDS, TASKS, WIDTHS
from autograder.judge.statistical_test import Plan

PLAN = Plan(
    kernels=KERNELS,
    rounds=ROUNDS,
    widths=WIDTHS,
    builds=BUILDS,
    criteria=tuple(dict.fromkeys(name for task in TASKS for name in task.weights)),
)
