"""Statistics of a class: the spread of scores, how often each criterion is met, and common mistakes."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field

from autograder.report.result import QuestionStatus, Result

#: Bars of the histogram of scores.
BINS = 10
_STATES = {
    QuestionStatus.NOT_ATTEMPTED: "not attempted",
    QuestionStatus.ERROR: "raised an error",
    QuestionStatus.TIMEOUT: "ran out of time",
    QuestionStatus.MEMORY: "ran out of memory",
    QuestionStatus.CRASHED: "crashed",
    QuestionStatus.BLOCKED: "reached for what is not allowed",
}


@dataclass(frozen=True)
class Rate:
    """How many met one criterion of one task, of all ``asked``; ``unasked`` is how many gave nothing to judge it by."""

    task: str
    criterion: str
    passed: int
    unasked: int
    asked: int

    @property
    def share(self) -> float:
        """The share that met it, of everybody."""
        return self.passed / self.asked


@dataclass(frozen=True)
class Common:
    """One mistake, in words: how many submissions show it, where, and what to read about it."""

    name: str
    count: int
    share: float
    tasks: tuple[str, ...]
    look_up: str | None = None


@dataclass
class ClassStatistics:
    """The statistics of a class, which results are added to one by one. It keeps counts and scores, not results.

    Attributes
    ----------
    scores : list of float
        Points for Q7 of every graded submission.
    max_score : float
        What Q7 is worth.
    unconfined : bool
        Whether any result was made without confinement.
    """

    scores: list[float] = field(default_factory=list)
    max_score: float = 0.0
    unconfined: bool = False
    _criteria: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _mistakes: Counter[str] = field(default_factory=Counter)
    _tasks: dict[str, Counter[str]] = field(default_factory=dict)
    _look_up: dict[str, str] = field(default_factory=dict)
    _graded_tasks: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        """Count a graded result."""
        self.scores.append(result.score)
        self.max_score = max(self.max_score, result.max_score)
        self.unconfined |= result.unconfined
        shown: dict[str, dict[str, None]] = {}  # the inner one is a set that keeps its order
        for question in result.questions:
            task = question.short_name
            self._graded_tasks[task] += 1
            for criterion in question.criteria:
                self._criteria.setdefault((task, criterion.name), Counter())[criterion.status] += 1
                if criterion.failed and criterion.diagnosis is not None:
                    name = criterion.diagnosis.replace("_", " ")
                    shown.setdefault(name, {})[task] = None
                    if criterion.look_up is not None:
                        self._look_up.setdefault(name, criterion.look_up)
            if question.status in _STATES:
                shown.setdefault(_STATES[question.status], {})[task] = None
        for name, tasks in shown.items():
            self._mistakes[name] += 1
            self._tasks.setdefault(name, Counter()).update(list(tasks))

    @property
    def count(self) -> int:
        """How many results were added."""
        return len(self.scores)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The lower quartile, the median and the upper quartile of the scores (0 where there is none)."""
        if len(self.scores) < 2:
            only = self.scores[0] if self.scores else 0.0
            return only, only, only
        low, middle, high = statistics.quantiles(self.scores, n=4, method="inclusive")
        return low, middle, high

    @property
    def rates(self) -> list[Rate]:
        """The criteria, task by task in the assignment's order, with how many met each."""
        order = list(self._graded_tasks)
        rows = [
            Rate(task, name, seen["passed"], self._graded_tasks[task] - seen["passed"] - seen["failed"], self.count)
            for (task, name), seen in self._criteria.items()
        ]
        return sorted(rows, key=lambda rate: order.index(rate.task))

    def common(self, most: int | None = None) -> list[Common]:
        """Return the mistakes, the most common first; at most so many."""
        ordered = sorted(self._mistakes.items(), key=lambda item: (-item[1], item[0]))
        return [
            Common(
                name,
                count,
                count / self.count,
                tuple(t for t, _ in self._tasks[name].most_common()),
                self._look_up.get(name),
            )
            for name, count in ordered[:most]
        ]

    def histogram(self) -> list[tuple[float, float, int]]:
        """Return bars of equal width from 0 to the maximum: from, to, and how many scores lie there.

        A bar holds its lower edge and not its upper one; the last holds both.
        """
        width = (self.max_score or 1.0) / BINS
        counts = Counter(min(int(score / width + 1e-9), BINS - 1) for score in self.scores)
        return [(i * width, (i + 1) * width, counts[i]) for i in range(BINS)]


def percent(share: float) -> str:
    """Return a share as people write it: 31 %, and never 0 % or 100 % of what is not."""
    if 0.0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1.0:
        return "> 99 %"
    return f"{100.0 * share:.0f} %"
