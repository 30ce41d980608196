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
    """Pass rate of one criterion of one task: ``passed`` of ``submissions``. ``not_evaluated`` gave no data for it."""

    task: str
    criterion: str
    passed: int
    not_evaluated: int
    submissions: int

    @property
    def share(self) -> float:
        """Share of all submissions that met the criterion."""
        return self.passed / self.submissions


@dataclass(frozen=True)
class CommonMistake:
    """One mistake: its name, how many submissions show it, in which tasks, and what to read about it."""

    name: str
    count: int
    share: float
    tasks: tuple[str, ...]
    look_up: str | None = None


@dataclass
class ClassStatistics:
    """Statistics of a class. Results are added one by one; only counts and scores are kept.

    Attributes
    ----------
    scores : list of float
        Points for Q7 of every graded submission.
    max_score : float
        Maximum points for Q7.
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
            task = question.part
            self._graded_tasks[task] += 1
            for criterion in question.criteria:
                self._criteria.setdefault((task, criterion.name), Counter())[criterion.status] += 1
                if criterion.failed and criterion.diagnosis is not None:
                    name = criterion.title
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
        """Number of results."""
        return len(self.scores)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile of the scores; 0 without scores."""
        if len(self.scores) < 2:
            only = self.scores[0] if self.scores else 0.0
            return only, only, only
        low, middle, high = statistics.quantiles(self.scores, n=4, method="inclusive")
        return low, middle, high

    @property
    def rates(self) -> list[Rate]:
        """Pass rates of all criteria, by task in the assignment's order."""
        order = list(self._graded_tasks)
        rows = [
            Rate(task, name, seen["passed"], self._graded_tasks[task] - seen["passed"] - seen["failed"], self.count)
            for (task, name), seen in self._criteria.items()
        ]
        return sorted(rows, key=lambda rate: order.index(rate.task))

    def common(self, most: int | None = None) -> list[CommonMistake]:
        """Return the mistakes, the most common first, at most ``most`` of them."""
        ordered = sorted(self._mistakes.items(), key=lambda item: (-item[1], item[0]))
        return [
            CommonMistake(
                name,
                count,
                count / self.count,
                tuple(t for t, _ in self._tasks[name].most_common()),
                self._look_up.get(name),
            )
            for name, count in ordered[:most]
        ]

    def histogram(self) -> list[tuple[float, float, int]]:
        """Return bars of equal width from 0 to the maximum: lower edge, upper edge, and number of scores.

        A score on an edge counts in the upper bar; the maximum counts in the last one.
        """
        width = (self.max_score or 1.0) / BINS
        counts = Counter(min(int(score / width + 1e-9), BINS - 1) for score in self.scores)
        return [(i * width, (i + 1) * width, counts[i]) for i in range(BINS)]


def percent(share: float) -> str:
    """Return a share for people, such as 31 %. A share that is not 0 or 1 never becomes 0 % or 100 %."""
    if 0.0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1.0:
        return "> 99 %"
    return f"{100.0 * share:.0f} %"
