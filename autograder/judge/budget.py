"""The error budget: sums the bounds on a false fail over every statistical test of a grading.

A grading judges one initializer and one model in each framework. The budget lists the tests that the criteria declare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.judge.criteria import CRITERIA
from autograder.judge.criterion import Criterion
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest

#: What a whole grading may fail wrongly: the promise that `total` is held against.
PROMISE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Row(ErrorRate):
    """One kind of statistical test in the budget, and its error rate; ``count`` is that of a whole grading.

    Attributes
    ----------
    criteria : tuple of str
        Criteria that the test can fail.
    statistic : str
        What the test computes.
    threshold : str
        When the test fails, in words and signs.
    """

    criteria: tuple[str, ...]
    statistic: str
    threshold: str

    @property
    def share(self) -> float:
        """Bound on a false fail of any of the tests of this kind."""
        return self.bound * self.count


def rows(plan: Plan, criteria: Mapping[str, Criterion[Any]] = CRITERIA) -> list[Row]:
    """Return every kind of test of a whole grading, with its count over all frameworks.

    A test that several criteria share is counted once, and stands with the last of them.

    Examples
    --------
    >>> from autograder.assignment.questions import KERNELS, WIDTHS
    >>> plan = Plan(KERNELS, rounds=3, widths=WIDTHS, builds=4, criteria=("output", "mean", "fresh"), frameworks=2)
    >>> [(row.criteria, row.count) for row in rows(plan)][0]
    (('mean',), 12)
    """
    users: dict[StatisticalTest, tuple[str, ...]] = {}
    for name in plan.criteria:
        for test in criteria[name].tests:
            users[test] = (*users.pop(test, ()), name)
    table = []
    for test, names in users.items():
        error = test.error(plan, test.threshold)
        of_all = replace(error, count=error.count * plan.frameworks)
        fails_when = test.fails_when.format(test.threshold)
        table.append(Row(**vars(of_all), criteria=names, statistic=test.statistic, threshold=fails_when))
    return table


def decided_by_draws(plan: Plan, criteria: Mapping[str, Criterion[Any]] = CRITERIA) -> tuple[str, ...]:
    """Return the criteria that random draws decide, in the order in which they are judged.

    Examples
    --------
    >>> from autograder.assignment.questions import KERNELS, WIDTHS
    >>> plan = Plan(KERNELS, rounds=3, widths=WIDTHS, builds=4, criteria=("output", "mean", "fresh"), frameworks=2)
    >>> decided_by_draws(plan)
    ('mean', 'fresh')
    """
    return tuple(name for name in plan.criteria if criteria[name].tests)


def total(table: Sequence[Row]) -> float:
    """Return the family-wise bound: the probability that a right submission loses anything at all (Boole).

    Examples
    --------
    >>> from autograder.assignment.questions import KERNELS, WIDTHS
    >>> plan = Plan(KERNELS, rounds=3, widths=WIDTHS, builds=4, criteria=("output", "mean", "fresh"), frameworks=2)
    >>> total(rows(plan)) < PROMISE
    True
    """
    return sum(row.share for row in table)
