"""Which run of a submission counts: the rule that separates a student's endless loop from a busy machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from autograder.assignment.questions import TASKS
from autograder.grading.execution import Ending, Execution
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
    """Return how each task ended, in the assignment's order, and then each cell that did not finish."""
    tasks = [(task.stub, execution.outcomes[task.stub]) for task in TASKS]
    cells = [(f"cell {position}", ending) for position, ending in sorted(execution.unfinished.items())]
    return tuple(
        Ended(where, outcome.status, outcome.killed)
        if isinstance(outcome, Ending)
        else Ended(where, QuestionStatus.GRADED)
        for where, outcome in (*tasks, *cells)
    )


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
    its worst ending of those that came at least twice. A question's points, criteria and message come from one run;
    two questions' may come from different ones, so that a kill which hit each of them once costs neither. Everything
    else comes from the last run: what the reader says is the same in all of them, and cells' outputs are one run's.

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
    def final(self) -> Graded | None:
        """The result that counts, or None while another run, alone, must decide."""
        last, policy = self.all[-1], self.policy
        alone = [attempt for attempt in self.all if not attempt.beside_others]
        agreeing = sum(attempt.endings == last.endings for attempt in self.all)
        needed = policy.kills if last.killed else 1 + policy.confirm
        if not last.lost or (agreeing >= needed and not last.beside_others):
            return last.graded
        spent = sum(attempt.seconds for attempt in alone)
        if len(self.all) >= policy.runs or (len(alone) >= 2 and spent >= policy.seconds):
            questions = tuple(map(self._worst, range(len(TASKS))))
            return replace(last.graded, result=replace(last.graded.result, questions=questions))
        return None

    def _worst(self, number: int) -> QuestionResult:
        """Return the worst result of one question among the endings that came at least twice; of all, if none did."""
        often = Counter(attempt.endings[number] for attempt in self.all)
        agreed = [attempt for attempt in self.all if often[attempt.endings[number]] >= 2]
        questions = [attempt.graded.result.questions[number] for attempt in agreed or self.all]
        return min(questions, key=lambda question: question.score)
