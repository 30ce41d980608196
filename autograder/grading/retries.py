"""Decides which run of a submission counts, so that a busy machine is not mistaken for a student's endless loop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from autograder.assignment.questions import TASKS
from autograder.grading.execution import Ending, Execution
from autograder.grading.jobs import Graded
from autograder.report.result import QuestionResult, QuestionStatus

#: Endings that the student's code or a busy machine may have caused.
_LOST = frozenset({QuestionStatus.CRASHED, QuestionStatus.TIMEOUT, QuestionStatus.MEMORY})


class StepEnding(NamedTuple):
    """How one task, or one cell that ended its child, ended. Two runs agree if these are equal; nothing is measured."""

    where: str
    status: QuestionStatus
    killed: bool = False


@dataclass(frozen=True)
class Attempt:
    """One run of a submission.

    Attributes
    ----------
    graded : Graded
        Its result, before one framework's points raise the other's.
    endings : tuple of StepEnding
        How each task ended, in the assignment's order, and then the cells that ended their child.
    seconds : float
        Wall-clock time.
    beside_others : bool
        Whether another submission ran in this engine at the same time.
    """

    graded: Graded
    endings: tuple[StepEnding, ...]
    seconds: float = 0.0
    beside_others: bool = False

    @property
    def lost(self) -> bool:
        """True if a child ended before its answer, or a step ran out of time or memory."""
        return any(ended.status in _LOST for ended in self.endings)

    @property
    def killed(self) -> bool:
        """True if a SIGKILL ended a child that the sandbox did not send."""
        return any(ended.killed for ended in self.endings)


def endings_of(execution: Execution) -> tuple[StepEnding, ...]:
    """Return how each task ended, in the assignment's order, then how each cell ended that did not finish."""
    tasks = [(task.stub, execution.outcomes[task.stub]) for task in TASKS]
    cells = [(f"cell {position}", ending) for position, ending in sorted(execution.unfinished.items())]
    return tuple(
        StepEnding(where, outcome.status, outcome.killed)
        if isinstance(outcome, Ending)
        else StepEnding(where, QuestionStatus.GRADED)
        for where, outcome in (*tasks, *cells)
    )


@dataclass(frozen=True)
class RetryPolicy:
    """How often a submission is run.

    - A run in which every step was answered counts.
    - A run that lost a step to a timeout, a crash or exhausted memory while other submissions ran is retried alone,
      because the machine may have been overloaded.
    - A step that is lost in a run alone is the student's, unless a SIGKILL ended a child: another program may send
      that at random, and the kernel does if memory is short. Then ``kills`` runs must end in the same way. If every
      third child were killed at random, one submission in seventy thousand would be called crashed by chance: (1/3)⁶
      that all six are killed, times (2/5)⁵ that all are killed in the longest step.
    - Code may end in another way each time. After ``runs`` runs, or ``seconds`` of them, every question gets the worst
      of the endings that occurred at least twice. The points, criteria and message of one question come from one run.
      Different questions may use different runs, so that a kill that hit each of them once costs neither.
    - Everything else comes from the last run.

    Attributes
    ----------
    kills : int
        Number of runs with a SIGKILL that must agree.
    runs : int
        Maximum number of runs.
    seconds : float
        No other run begins if two or more runs have taken this long together.
    faults : int
        How often a run is tried that fails by a fault of the grader.
    confirm : bool
        Whether a step that is lost in a run alone must be lost twice. Use it if other programs, such as other workers
        of a cluster, load the machine.
    """

    kills: int = 6
    runs: int = 12
    seconds: float = 240.0
    faults: int = 5
    confirm: bool = False


@dataclass
class Attempts:
    """The runs of one submission so far.

    All runs take at most ``policy.seconds`` and the time of two more runs: the run that reaches the limit, and the
    first one, which ran beside others. `execution.execute` bounds the time of one run.
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
        """Return a question's worst result among endings that occurred at least twice; among all, if none did."""
        often = Counter(attempt.endings[number] for attempt in self.all)
        agreed = [attempt for attempt in self.all if often[attempt.endings[number]] >= 2]
        questions = [attempt.graded.result.questions[number] for attempt in agreed or self.all]
        return min(questions, key=lambda question: question.score)
