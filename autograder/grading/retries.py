"""Which run of a submission counts: the rule that separates a student's endless loop from a busy machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from autograder.assignment.questions import TASKS
from autograder.grading.execution import Ending, Execution
from autograder.grading.interview import Evidence
from autograder.grading.jobs import Graded
from autograder.report.result import QuestionResult, QuestionStatus

#: How a step ends that its code, or a busy machine, did not let answer.
_LOST = frozenset({QuestionStatus.CRASHED, QuestionStatus.TIMEOUT, QuestionStatus.MEMORY})


class Ended(NamedTuple):
    """How one task, or one cell that ended its child, ended. Nothing measured: two runs agree where these do."""

    where: str
    status: QuestionStatus
    killed: bool = False


@dataclass(frozen=True)
class Attempt:
    """One run of a submission.

    Attributes
    ----------
    graded : Graded
        What it gave, before one framework's points raise the other's.
    endings : tuple of Ended
        How each task ended, in the assignment's order, and then the cells that ended their child.
    seconds : float
        Wall-clock time.
    beside_others : bool
        Whether another submission ran in this engine meanwhile.
    """

    graded: Graded
    endings: tuple[Ended, ...]
    seconds: float = 0.0
    beside_others: bool = False

    @property
    def lost(self) -> bool:
        """Whether a child ended before its answer, or a step ran out of time or memory."""
        return any(ended.status in _LOST for ended in self.endings)

    @property
    def killed(self) -> bool:
        """Whether somebody's SIGKILL ended a child."""
        return any(ended.killed for ended in self.endings)


def endings_of(execution: Execution) -> tuple[Ended, ...]:
    """Return how each task ended, in the assignment's order, and then each cell that ended its child."""
    tasks = (_ended(task.stub, execution.outcomes[task.stub]) for task in TASKS)
    deadly = (_ended(f"cell {position}", execution.deadly[position]) for position in sorted(execution.deadly))
    return (*tasks, *deadly)


def _ended(where: str, outcome: Evidence | Ending) -> Ended:
    if isinstance(outcome, Ending):
        return Ended(where, outcome.status, outcome.killed)
    return Ended(where, QuestionStatus.GRADED)


@dataclass(frozen=True)
class RetryPolicy:
    """How often a submission is run.

    A run in which every step was answered counts. One that lost a step to a timeout, a crash or exhausted memory
    while other submissions ran is tried again alone, because the machine may have been full. What a run alone lost
    is the student's, unless SIGKILL ended a child: somebody at random sends that, or the kernel for want of memory.
    Then ``kills`` runs must end in the same way. Were every third child killed at random, one submission in seventy
    thousand would be called crashed by chance: (1/3)⁶ that six of six are killed, times (2/5)⁵ that all are in the
    longest step.

    Code may end itself in another way each time. So after ``runs`` runs, or ``seconds`` of them, every question gets
    its worst ending of those that came at least twice.

    Attributes
    ----------
    kills : int
        Runs with a SIGKILL that must agree.
    runs : int
        The most runs.
    seconds : float
        No other run begins after so much time in runs, if two have ended.
    faults : int
        How often one run is begun that fails through the grader's own fault.
    confirm : bool
        Whether to run again what a run alone lost, because programs beside this engine load the machine: the other
        workers of a cluster.
    """

    kills: int = 6
    runs: int = 12
    seconds: float = 240.0
    faults: int = 5
    confirm: bool = False


@dataclass
class Attempts:
    """The runs of one submission so far.

    A submission takes at most ``policy.seconds`` and two runs more: the one that reaches them, and the first, which
    ran beside others. A run's own bound is `execution.execute`'s.
    """

    policy: RetryPolicy
    all: list[Attempt] = field(default_factory=list)

    @property
    def chosen(self) -> Graded | None:
        """What counts, or None while another run, alone, has to tell."""
        last = self.all[-1]
        if not last.lost or self._agreed(last):
            return last.graded
        alone = [attempt for attempt in self.all if not attempt.beside_others]
        spent = sum(attempt.seconds for attempt in alone)
        if len(self.all) >= self.policy.runs or (len(alone) >= 2 and spent >= self.policy.seconds):
            return self._worst()
        return None

    def _agreed(self, last: Attempt) -> bool:
        if last.killed:
            return sum(attempt.endings == last.endings for attempt in self.all) >= self.policy.kills
        if last.beside_others:
            return False
        return not self.policy.confirm or sum(attempt.endings == last.endings for attempt in self.all) >= 2

    def _worst(self) -> Graded:
        last = self.all[-1].graded
        questions = tuple(self._worst_of(number) for number in range(len(last.result.questions)))
        return replace(last, result=replace(last.result, questions=questions))

    def _worst_of(self, number: int) -> QuestionResult:
        """Return the worst result of one question among the endings that came at least twice; of all, if none did."""
        ended = [(attempt.endings[number], attempt.graded.result.questions[number]) for attempt in self.all]
        often = Counter(ending for ending, _ in ended)
        agreed = [question for ending, question in ended if often[ending] >= 2]
        return min(agreed or [question for _, question in ended], key=lambda question: question.score)
