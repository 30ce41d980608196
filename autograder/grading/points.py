"""Shares a question's points between its criteria: by weights, with a part for near misses.

Every random draw has a type, a mean, a distribution, independence and freshness. Such criteria earn points only as far
as the variance does, because the variance is what the question asks about.
"""

from __future__ import annotations

from collections.abc import Mapping

from autograder.assignment.questions import ANY_RANDOM_DRAW, VARIANCES, Task

#: Share of the variance's points from which the criteria of any random draw count in full; below it, they count half.
IN_FULL_FROM = 0.4


def earned_weights(task: Task, credit_of: Mapping[str, float]) -> dict[str, float]:
    """Return the weight that each criterion of ``task`` earns.

    Parameters
    ----------
    task : Task
        The task, with the weights of its criteria.
    credit_of : mapping of str to float
        The judge's credit of each criterion, from 0 to 1.

    Examples
    --------
    >>> from autograder.assignment.questions import task
    >>> asked = task("q7_tf_initializer")
    >>> credit_of = dict.fromkeys(asked.weights, 1.0) | {"variance": 0.0, "variance_conv": 0.0}
    >>> sum(earned_weights(asked, credit_of).values())
    0.0
    """
    factor = follows_variance(task, credit_of)
    return {
        name: weight * credit_of[name] * (factor if name in ANY_RANDOM_DRAW else 1.0)
        for name, weight in task.weights.items()
    }


def follows_variance(task: Task, credit_of: Mapping[str, float]) -> float:
    """Return the factor of the criteria that any random draw meets: 1, ½, or 0 if no variance earned anything.

    Examples
    --------
    >>> from autograder.assignment.questions import task
    >>> follows_variance(task("q7_tf_initializer"), {"variance": 0.25, "variance_conv": 0.25})
    0.5
    """
    whole = sum(weight for name, weight in task.weights.items() if name in VARIANCES)
    earned = sum(weight * credit_of[name] for name, weight in task.weights.items() if name in VARIANCES)
    return 0.0 if earned == 0.0 else 1.0 if earned >= IN_FULL_FROM * whole else 0.5
