"""Runs one submission in the sandbox and collects evidence for every task of Q7.

A step that hangs or kills its child costs only that step. A new child runs the other cells again, leaves out the cell
that ended its child, and continues with the open tasks. A `Budget` limits the time of all steps together.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from autograder.assignment.questions import TASKS, Challenge, Task, draw_challenge, initializer_of
from autograder.grading.budget import MOST_CHILDREN, Budget, LeftOut, Step
from autograder.grading.causes import Causes, is_short_of_memory
from autograder.grading.cell_output import CellOutput, output_of
from autograder.grading.interview import CallRaised, Evidence, Undefined, interview
from autograder.limits import Limits
from autograder.report.result import QuestionStatus
from autograder.sandbox import Child, ChildLost, SandboxFault
from autograder.sandbox.client import Warm
from autograder.sandbox.endings import LESS_MEMORY
from autograder.sandbox.opening import AnySandbox
from autograder.sandbox.protocol import Call, Loss, Question, Raised, RunCell, Seed
from autograder.submission.reader import Submission

A = TypeVar("A")

_SETUP_SECONDS = 60.0
#: Figures of one submission that are kept until its report is written: up to 1.2 MB each.
_MOST_FIGURES = 20
#: Cells that Q7 needs; every other one is the student's own.
_NEEDED = frozenset({"setup", *(task.stub for task in TASKS)})
#: Words of code that makes or seeds a generator.
_SEEDS = re.compile(r"seed|rng|generator|random\.", re.IGNORECASE)


@dataclass(frozen=True)
class Ending:
    """Why a task gave no evidence: the status of its question, and a sentence for students.

    ``killed`` is True if a SIGKILL ended the child that the sandbox did not send.
    """

    status: QuestionStatus
    message: str
    killed: bool = False


@dataclass
class Execution:
    """Outcome of running one submission.

    Attributes
    ----------
    outcomes : dict of str to Evidence or Ending
        Evidence of each task, or why there is none.
    raised : dict of int to Raised
        Exceptions of cells, by position in the submission's code. The cells after them ran, too.
    unfinished : dict of int to Ending
        Cells that ended their child and were then left out, and cells that were left out because time was short.
    printed : dict of int to CellOutput
        Output of each cell when it first ran.
    clocked : set of str
        Names of the cells whose code read the clock where what Q7's functions draw may depend on it.
    warm : Warm
        Versions and confinement of the warm process whose children ran the submission.
    """

    warm: Warm
    outcomes: dict[str, Evidence | Ending] = field(default_factory=dict)
    raised: dict[int, Raised] = field(default_factory=dict)
    unfinished: dict[int, Ending] = field(default_factory=dict)
    printed: dict[int, CellOutput] = field(default_factory=dict)
    clocked: set[str] = field(default_factory=set)

    def problems(self, submission: Submission) -> dict[int, str]:
        """Return why each cell did not run to its end, by its position in the submission's code."""
        causes = self.causes(submission)
        raised = {position: causes.describe(each, position, stop=".") for position, each in self.raised.items()}
        return raised | {position: ending.message for position, ending in self.unfinished.items()}

    def causes(self, submission: Submission) -> Causes:
        """Return what explains the exceptions of this run."""
        return Causes(submission, self.raised, self.unfinished)


@dataclass(frozen=True)
class _Calls:
    """A child as the `Conversation` of an interview. Every call gets the time of a step, or the rest of Q7's time.

    Every call gets another seed, because a framework may derive numbers from the global seed alone, as the operations
    of a traced function do. With one seed they would repeat, which they do not in a notebook that sets no seed.
    """

    child: Child
    budget: Budget
    seeds: Iterator[int]

    def ask(self, question: Call[A]) -> A:
        try:
            return _ask(self.child, self.budget.call(), replace(question, seed=next(self.seeds)))
        except ChildLost as lost:
            # Which call is the one too many for the time can differ from run to run.
            called = question.function if lost.status is Loss.TIMEOUT else question.called
            raise ChildLost(
                lost.status, f"In a call of {called}, after the cells: {lost.detail}", killed=lost.killed
            ) from None


def _ask(child: Child, step: Step, question: Question[A]) -> A:
    """Ask the question and charge the time to the step's account. A timeout raises the step's verdict."""
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
    """Run ``submission``'s cells and call its functions on challenges that are drawn from ``seed``.

    The steps take at most the time of a `Budget`, and the grader forks at most `MOST_CHILDREN` children. ``finished``
    is called after the last step: the child is still to be ended, but the next submission may already run.

    Raises
    ------
    SandboxFault
        The sandbox failed, and not the student's code.
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
            # Set-up is the grader's work: it costs the submission no time, and its failure is a fault of the grader.
            _set_up(child, child_seed)
            if _run_cells(child, budget, submission, execution):
                _try_tasks(child, budget, submission, execution, seed)
            if len(execution.outcomes) == len(TASKS):
                finished()
        finally:
            child.close()
    used_up = Ending(
        QuestionStatus.TIMEOUT,
        f"The {sandbox.limits.total_seconds:g} s that Q7 gets were used up before this was reached.",
    )
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
    """Run every cell that is not left out. Return False if a cell ended its child."""
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
            room = _MOST_FIGURES - sum(len(each.figures) for each in execution.printed.values())
            execution.printed.setdefault(position, output_of(ran, room))
            if ran.raised is not None:
                execution.raised[position] = ran.raised
        except ChildLost as lost:
            execution.unfinished[position] = _lost(lost)
            budget.lost(step, own=own)
            return False
    return True


def _lost(lost: ChildLost) -> Ending:
    return Ending(QuestionStatus(lost.status), lost.detail, lost.killed)


def challenge_of(seed: int, task: Task) -> Challenge:
    """Return the challenge of ``task`` for ``seed``. It depends neither on other tasks nor on their order."""
    return draw_challenge(_generator(seed, "challenge", task.stub))


def _generator(seed: int, purpose: str, name: str = "") -> np.random.Generator:
    # Each purpose has its own generator, so that a task's numbers do not depend on restarts.
    key = hashlib.sha256(f"{purpose} {name}".encode()).digest()[:8]
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int.from_bytes(key),)))


def _seeds(seed: int, purpose: str, name: str = "") -> Iterator[int]:
    generator = _generator(seed, purpose, name)
    while True:
        yield int(generator.integers(2**32))


def _try_tasks(child: Child, budget: Budget, submission: Submission, execution: Execution, seed: int) -> None:
    """Interview the open tasks, until one ends the child."""
    causes = execution.causes(submission)
    # Cells often measure their time. Generators that they make outlive them.
    read = child.take_clock_readers()
    execution.clocked.update(c.name for c in submission.code if c.name in read and _SEEDS.search(c.source))
    for task in TASKS:
        if task.stub in execution.outcomes:
            continue
        asking = _Calls(child, budget, _seeds(seed, "calls", task.stub))
        try:
            challenge = challenge_of(seed, task)
            # An initializer that gave no evidence, because it hangs, say, must not cost the model anything.
            initializer = initializer_of(task)
            asks_own = initializer is not None and not isinstance(execution.outcomes.get(initializer.stub), Ending)
            execution.outcomes[task.stub] = interview(asking, task, challenge, causes.describe, asks_own=asks_own)
        except CallRaised as call:
            execution.outcomes[task.stub] = _ending_of(call.raised, task, submission, causes, budget.limits)
        except Undefined:
            execution.outcomes[task.stub] = _undefined(task, submission, execution, causes)
        except ChildLost as lost:
            execution.outcomes[task.stub] = _lost(lost)
            return
        execution.clocked.update(child.take_clock_readers())


def _ending_of(raised: Raised, task: Task, submission: Submission, causes: Causes, limits: Limits) -> Ending:
    if raised.name == "NotImplementedError" and task.stub in submission.untouched:
        return Ending(
            QuestionStatus.NOT_ATTEMPTED, f"You have not written {task.function} yet: its cell is as you received it."
        )
    if raised.name == "NotImplementedError" and not raised.message and raised.cell == task.stub:
        return Ending(
            QuestionStatus.ERROR,
            f"{task.function} raised {raised}. Is the stub's raise NotImplementedError() still there? Delete it.",
        )
    status = _status_of(raised)
    if status is QuestionStatus.MEMORY:
        # The words of an allocator help nobody: they name its source code, and a number of bytes.
        said = replace(raised, message="")
        allowed = f"the {limits.memory_bytes / 2**30:g} GiB that a submission may use"
        return Ending(status, f"{task.function} asked for more memory than {allowed}: {said}. {LESS_MEMORY}")
    return Ending(status, f"{task.function} raised {causes.describe(raised)}.")


def _status_of(raised: Raised) -> QuestionStatus:
    """Return the status of a question whose code raised this exception: error, memory or blocked."""
    if raised.refused is not None:
        return QuestionStatus.BLOCKED
    if is_short_of_memory(raised):
        return QuestionStatus.MEMORY
    return QuestionStatus.ERROR


def _undefined(task: Task, submission: Submission, execution: Execution, causes: Causes) -> Ending:
    """Explain why the notebook has no such function: the stub's cell failed, or the function was renamed."""
    for position, cell in enumerate(submission.code):
        if cell.grade_id != task.stub:
            continue
        if position in execution.unfinished:
            ending = execution.unfinished[position]
            message = f"The cell that defines {task.function} did not end well. {ending.message}"
            return Ending(ending.status, message, ending.killed)
        if position in execution.raised:
            raised = execution.raised[position]
            message = f"{task.function} is not defined: its cell raised {causes.describe(raised, position)}."
            return Ending(_status_of(raised), message)
    for cell in submission.code:
        if re.search(rf"^[ \t]+(?:async )?(?:def|class) {task.function}\b", cell.source, re.MULTILINE):
            message = f"{task.function} is defined inside a class or a function, where it cannot be called by its name"
            return Ending(QuestionStatus.ERROR, f"{message}. Write it outside, without indentation.")
    return Ending(QuestionStatus.ERROR, f"{task.function} is not defined anywhere in the notebook. Was it renamed?")
