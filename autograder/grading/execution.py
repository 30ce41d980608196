"""Runs one submission in the sandbox, and brings home evidence for every task, whatever happens on the way.

A step that hangs or kills its child costs that step alone: a fresh child runs the other cells again, leaves out the
one that ended its child, and goes on with the tasks that are still open, while time lasts. A `Budget` says how long.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from autograder.assignment.questions import TASKS, Challenge, Task, draw_challenge
from autograder.grading.budget import MOST_CHILDREN, Budget, LeftOut, Step
from autograder.grading.cell_output import CellOutput, shown
from autograder.grading.interview import CallRaised, Evidence, Undefined, interview
from autograder.report.result import QuestionStatus
from autograder.sandbox import Child, ChildLost, SandboxFault
from autograder.sandbox.client import Warm
from autograder.sandbox.opening import AnySandbox
from autograder.sandbox.protocol import Call, Loss, Question, Raised, Refusal, RunCell, Seed
from autograder.submission.reader import Submission

A = TypeVar("A")

_SETUP_SECONDS = 60.0
#: Cells that Q7 needs; every other one is the student's own.
_NEEDED = frozenset({"setup", *(task.stub for task in TASKS)})
_MEMORY_ERRORS = frozenset({"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"})
_MEMORY_WORDS = ("can't allocate memory", "not enough memory", "Cannot allocate memory", "std::bad_alloc")
#: What students read about what the sandbox refuses.
_REFUSED = {
    Refusal.NETWORK: "Network access is not available while grading.",
    Refusal.PROCESSES: "Other programs and processes cannot be started while grading.",
    Refusal.FILES: "Files outside the notebook's own folder are out of reach while grading.",
    Refusal.OTHER: "This is not allowed while grading.",
}
_NOT_DEFINED = re.compile(r"name '(?P<name>\w+)' is not defined")


@dataclass(frozen=True)
class Ending:
    """Why a task gave no evidence: its question's status, and a sentence for people.

    ``killed`` says that SIGKILL ended its child, and that it was not ours.
    """

    status: QuestionStatus
    message: str
    killed: bool = False


@dataclass
class Execution:
    """What running one submission gave.

    Attributes
    ----------
    outcomes : dict of str to Evidence or Ending
        By task.
    raised : dict of int to Raised
        Cells that raised, by position in the submission's code; the cells after them ran all the same.
    unfinished : dict of int to Ending
        Cells that ended their child, and were left out from then on; and cells that were left out for want of time.
    printed : dict of int to CellOutput
        What each cell put out, when it ran first.
    warm : Warm
        What the process said of itself in whose children it ran.
    """

    warm: Warm
    outcomes: dict[str, Evidence | Ending] = field(default_factory=dict)
    raised: dict[int, Raised] = field(default_factory=dict)
    unfinished: dict[int, Ending] = field(default_factory=dict)
    printed: dict[int, CellOutput] = field(default_factory=dict)

    def output(self, position: int) -> CellOutput:
        """Return what the cell at ``position`` put out, and what kept it from finishing."""
        raised, ending = self.raised.get(position), self.unfinished.get(position)
        problem = ending.message if ending else str(raised) if raised else None
        return replace(self.printed.get(position, CellOutput()), problem=problem)


@dataclass(frozen=True)
class _Calls:
    """A child as an interview's `Conversation`: every call gets a step's time, or what Q7 has left.

    Every call gets a seed of its own, so that what a framework derives from the global seed alone (the
    operations of a traced function) is drawn anew, too, as it is in a notebook that sets no seed.
    """

    child: Child
    budget: Budget
    seeds: Iterator[int]

    def ask(self, question: Question[A]) -> A:
        seeded: Question[A] = replace(question, seed=next(self.seeds)) if isinstance(question, Call) else question
        return _ask(self.child, self.budget.call(), seeded)


def _ask(child: Child, step: Step, question: Question[A]) -> A:
    """Ask, charge the time that the answer took, and say which time was up where there was none."""
    begun = time.monotonic()
    try:
        return child.ask(question, seconds=step.seconds)
    except ChildLost as lost:
        if lost.status is not Loss.TIMEOUT:
            raise
        raise ChildLost(Loss.TIMEOUT, step.verdict) from None
    finally:
        step.account.left -= time.monotonic() - begun


def execute(
    sandbox: AnySandbox, submission: Submission, seed: int, finished: Callable[[], None] = lambda: None
) -> Execution:
    """Run ``submission``'s cells and try its functions on challenges drawn from ``seed``.

    It takes at most what a `Budget` allows, and the grader's own time for `MOST_CHILDREN` forks. ``finished`` is called
    when the last step is over: the child has still to be ended, and the next submission may already run.

    Raises
    ------
    SandboxFault
        When the sandbox failed, rather than the student's code.
    """
    execution = Execution(sandbox.warm)
    child_seed = next(_seeds(seed, "child"))
    budget = Budget(sandbox.limits)
    for _ in range(MOST_CHILDREN):
        if len(execution.outcomes) == len(TASKS) or budget.is_spent:
            break
        child = sandbox.open()
        budget.opened()
        try:
            # Set-up is ours: it takes none of the submission's time, and its failure is no student's.
            _set_up(child, child_seed)
            if _run_cells(child, budget, submission, execution):
                _try_tasks(child, budget, submission, execution, seed)
            if len(execution.outcomes) == len(TASKS):
                finished()
        finally:
            child.close()
    used_up = Ending(QuestionStatus.TIMEOUT, "All of the time that Q7 gets was used up before this was reached.")
    too_often = Ending(
        QuestionStatus.CRASHED, f"The code ended its own process {MOST_CHILDREN} times before this was reached."
    )
    for task in TASKS:
        execution.outcomes.setdefault(task.stub, used_up if budget.is_spent else too_often)
    return execution


def _set_up(child: Child, seed: int) -> None:
    try:
        child.ask(Seed(seed), seconds=_SETUP_SECONDS)
    except ChildLost as lost:
        raise SandboxFault(f"a child was lost before it had run anything. {lost}") from None


def _run_cells(child: Child, budget: Budget, submission: Submission, execution: Execution) -> bool:
    """Run every cell that is not left out; return False when one ends its child."""
    for position, cell in enumerate(submission.code):
        if position in execution.unfinished:
            continue
        own = cell.grade_id not in _NEEDED
        try:
            step = budget.cell(position, own=own)
        except LeftOut as problem:
            execution.unfinished[position] = Ending(QuestionStatus.TIMEOUT, str(problem))
            continue
        begun = time.monotonic()
        try:
            ran = _ask(child, step, RunCell(cell.name, cell.source))
            budget.ran(position, time.monotonic() - begun, own=own)
            execution.printed.setdefault(position, shown(ran))
            if ran.raised is not None:
                execution.raised[position] = ran.raised
        except ChildLost as lost:
            execution.unfinished[position] = _lost(lost)
            budget.lost(step, own=own)
            return False
    return True


def _lost(lost: ChildLost, what: str = "") -> Ending:
    return Ending(QuestionStatus(lost.status), what + lost.detail, lost.killed)


def challenge_of(seed: int, task: Task) -> Challenge:
    """Return what ``task`` is tried on by ``seed``: it depends neither on the other tasks nor on their order."""
    return draw_challenge(_generator(seed, "challenge", task.stub))


def _generator(seed: int, purpose: str, name: str = "") -> np.random.Generator:
    # Keyed, not shared: what a task gets does not depend on restarts, either.
    key = hashlib.sha256(f"{purpose} {name}".encode()).digest()[:8]
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int.from_bytes(key),)))


def _seeds(seed: int, purpose: str, name: str = "") -> Iterator[int]:
    generator = _generator(seed, purpose, name)
    while True:
        yield int(generator.integers(2**32))


def _try_tasks(child: Child, budget: Budget, submission: Submission, execution: Execution, seed: int) -> None:
    """Try the tasks that are still open, up to one that ends the child."""
    for task in TASKS:
        if task.stub in execution.outcomes:
            continue
        asking = _Calls(child, budget, _seeds(seed, "calls", task.stub))
        try:
            execution.outcomes[task.stub] = interview(asking, task, challenge_of(seed, task))
        except CallRaised as call:
            execution.outcomes[task.stub] = _ending_of(call.raised, task, submission)
        except Undefined:
            execution.outcomes[task.stub] = _undefined(task, submission, execution)
        except ChildLost as lost:
            execution.outcomes[task.stub] = _lost(lost, f"Calling {task.function}: ")
            return


def _ending_of(raised: Raised, task: Task, submission: Submission) -> Ending:
    if raised.name == "NotImplementedError" and task.stub in submission.untouched:
        return Ending(QuestionStatus.NOT_ATTEMPTED, f"{task.function} is still the stub that was handed out.")
    if raised.name == "NotImplementedError" and raised.cell == task.stub:
        return Ending(
            QuestionStatus.ERROR,
            f"{task.function} raised {raised}. Is the stub's raise NotImplementedError() still there? Delete it.",
        )
    status = _status_of(raised)
    if status is QuestionStatus.MEMORY:
        return Ending(status, f"{task.function} asked for more memory than there is: {raised}.")
    return Ending(status, f"{task.function} raised {raised}.{explanation(raised, submission)}")


def _status_of(raised: Raised) -> QuestionStatus:
    """Return the status of a question whose code raised this: error, memory or blocked."""
    if raised.refused is not None:
        return QuestionStatus.BLOCKED
    if raised.name in _MEMORY_ERRORS or any(words in raised.message for words in _MEMORY_WORDS):
        return QuestionStatus.MEMORY
    return QuestionStatus.ERROR


def explanation(raised: Raised, submission: Submission) -> str:
    """Return a sentence on why this works in the notebook and not here, to follow another; empty where none is known.

    The sandbox refused something, or the code uses a name from a locked cell that does not run while grading.
    """
    if raised.refused is not None:
        return f" {_REFUSED[raised.refused]}"
    missing = _NOT_DEFINED.match(raised.message) if raised.name == "NameError" else None
    if missing and (cell := submission.left_out.get(missing["name"])):
        return f" The locked cell {cell} defines that name, and does not run while grading: define it yourself."
    return ""


def _undefined(task: Task, submission: Submission, execution: Execution) -> Ending:
    """Say why there is no such function: the stub's cell failed, or somebody renamed it."""
    for position, cell in enumerate(submission.code):
        if cell.grade_id != task.stub:
            continue
        if position in execution.unfinished:
            ending = execution.unfinished[position]
            message = f"The cell that defines {task.function} did not end well. {ending.message}"
            return Ending(ending.status, message, ending.killed)
        if position in execution.raised:
            raised = execution.raised[position]
            message = f"{task.function} is not defined: its cell raised {raised}.{explanation(raised, submission)}"
            return Ending(_status_of(raised), message)
    return Ending(QuestionStatus.ERROR, f"{task.function} is not defined anywhere in the notebook. Was it renamed?")
