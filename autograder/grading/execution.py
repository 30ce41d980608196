"""Runs one submission in the sandbox, and brings home evidence for every task, whatever happens on the way.

A step that hangs or kills its child costs that step alone: a fresh child runs the other cells again,
leaves the deadly one out, and goes on with the tasks that are still open, while time lasts.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder.assignment.questions import TASKS, Challenge, Task, draw_challenge
from autograder.grading.cell_output import CellOutput, read_output
from autograder.grading.interview import (
    Array,
    BadAnswer,
    CallRaised,
    Evidence,
    Raised,
    Undefined,
    interview,
    read_raised,
)
from autograder.sandbox import Child, ChildLost, Limits, SandboxFault
from autograder.sandbox.client import Warm
from autograder.sandbox.opening import AnySandbox
from autograder.sandbox.wire import Message
from autograder.submission.reader import Submission

_SETUP_SECONDS = 60.0
_MEMORY_ERRORS = frozenset({"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"})
_MEMORY_WORDS = ("can't allocate memory", "not enough memory", "Cannot allocate memory", "std::bad_alloc")
#: What the sandbox refuses, by the collector's names for it.
_REFUSED = {
    "network": "Network access is not available while grading.",
    "processes": "Other programs and processes cannot be started while grading.",
    "files": "Files outside the notebook's own folder are out of reach while grading.",
    "other": "This is not allowed while grading.",
}
_NOT_DEFINED = re.compile(r"name '(?P<name>\w+)' is not defined")


@dataclass(frozen=True)
class Ending:
    """Why a task gave no evidence: a question's status, and a sentence for people.

    ``killed`` says that SIGKILL ended its child, and that it was not ours.
    """

    status: str
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
    deadly : dict of int to Ending
        Cells that ended their child, and were left out from then on.
    printed : dict of int to CellOutput
        What each cell put out, when it ran first.
    warm : Warm
        What the process said of itself in whose children it ran.
    """

    warm: Warm
    outcomes: dict[str, Evidence | Ending] = field(default_factory=dict)
    raised: dict[int, Raised] = field(default_factory=dict)
    deadly: dict[int, Ending] = field(default_factory=dict)
    printed: dict[int, CellOutput] = field(default_factory=dict)

    def output(self, position: int) -> CellOutput:
        """Return what the cell at ``position`` put out, and what kept it from finishing."""
        raised, ending = self.raised.get(position), self.deadly.get(position)
        problem = ending.message if ending else str(raised) if raised else None
        return replace(self.printed.get(position, CellOutput()), problem=problem)

    @property
    def endings(self) -> tuple[Ending, ...]:
        """Every way in which a child of it ended before it had answered, and what was left without an answer."""
        untold = (outcome for outcome in self.outcomes.values() if isinstance(outcome, Ending))
        return (*self.deadly.values(), *untold)


class _Budget:
    """What is left of a submission's time."""

    def __init__(self, limits: Limits) -> None:
        self._step = limits.step_seconds
        self._total = limits.total_seconds
        self._end = time.monotonic() + limits.total_seconds

    @property
    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    @property
    def step(self) -> float:
        return min(self._step, self.left)

    @property
    def verdict(self) -> str:
        """Say which time was up: in settings, not in measured seconds, so that it says the same every time."""
        if self.left > 0.0:
            return f"It had not finished after {self._step:g} s."
        return f"It had not finished when the {self._total:g} s that a notebook gets were used up."


@dataclass(frozen=True)
class _Timed:
    """A child as an interview's `Conversation`: every question gets a step's time, or what is left.

    Every call gets a seed of its own, so that what a framework derives from the global seed alone (the
    operations of a traced function) is drawn anew, too, as it is in a notebook that sets no seed.
    """

    child: Child
    budget: _Budget
    seeds: Iterator[int]

    def ask(self, header: dict[str, Any], arrays: Sequence[Array] = ()) -> Message:
        if header["ask"] in ("initializer", "model"):
            header = {**header, "seed": next(self.seeds)}
        try:
            return self.child.ask(header, arrays, seconds=self.budget.step)
        except ChildLost as lost:
            if lost.status != "timeout":
                raise
            raise ChildLost("timeout", self.budget.verdict) from None


def execute(sandbox: AnySandbox, submission: Submission, seed: int) -> Execution:
    """Run ``submission``'s cells and try its functions on challenges drawn from ``seed``.

    Raises
    ------
    SandboxFault
        When the sandbox failed, rather than the student's code.
    """
    # A submission's time does not begin before the sandbox is ready.
    execution = Execution(sandbox.warm)
    child_seed = next(_seeds(seed, "child"))
    budget = _Budget(sandbox.limits)
    while len(execution.outcomes) < len(TASKS) and budget.left > 0.0:
        child = sandbox.open()
        try:
            # Set-up is ours: it takes none of the submission's time, and its failure is no student's.
            _set_up(child, child_seed)
            conversation = _Timed(child, budget, iter(()))
            if _run_cells(conversation, submission, execution):
                _try_tasks(conversation, submission, execution, seed)
        finally:
            child.close()
    for task in TASKS:
        used_up = Ending("timeout", "All of the time that a notebook gets was used up before this was reached.")
        execution.outcomes.setdefault(task.stub, used_up)
    return execution


def _set_up(child: Child, seed: int) -> None:
    try:
        child.ask({"ask": "seed", "seed": seed}, seconds=_SETUP_SECONDS)
    except ChildLost as lost:
        raise SandboxFault(f"a child was lost before it had run anything. {lost}") from None


def _run_cells(conversation: _Timed, submission: Submission, execution: Execution) -> bool:
    """Run every cell not known to be deadly; return False when another one turns out to be."""
    for position, cell in enumerate(submission.code):
        if position in execution.deadly:
            continue
        try:
            answer = conversation.ask({"ask": "cell", "name": cell.name, "source": cell.source})
            execution.printed.setdefault(position, read_output(answer))
            if answer.header.get("status") == "error":
                execution.raised[position] = read_raised(answer.header.get("error"))
        except ChildLost as lost:
            execution.deadly[position] = Ending(lost.status, lost.detail, lost.killed)
            return False
        except BadAnswer as problem:
            execution.deadly[position] = _meddled(problem)
            return False
    return True


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


def _try_tasks(conversation: _Timed, submission: Submission, execution: Execution, seed: int) -> None:
    """Try the tasks that are still open, up to one that ends the child."""
    for task in TASKS:
        if task.stub in execution.outcomes:
            continue
        asking = replace(conversation, seeds=_seeds(seed, "calls", task.stub))
        try:
            execution.outcomes[task.stub] = interview(asking, task, challenge_of(seed, task))
        except CallRaised as call:
            execution.outcomes[task.stub] = _ending_of(call.raised, task, submission)
        except Undefined:
            execution.outcomes[task.stub] = _undefined(task, submission, execution)
        except ChildLost as lost:
            execution.outcomes[task.stub] = Ending(lost.status, f"Calling {task.function}: {lost.detail}", lost.killed)
            return
        except BadAnswer as problem:
            execution.outcomes[task.stub] = _meddled(problem)
            return


def _meddled(problem: BadAnswer) -> Ending:
    return Ending("crashed", f"It sent the grader something other than the answer to its question: {problem}.")


def _ending_of(raised: Raised, task: Task, submission: Submission) -> Ending:
    if raised.name == "NotImplementedError" and task.stub in submission.untouched:
        return Ending("not_attempted", f"{task.function} is still the stub that was handed out.")
    if raised.name == "NotImplementedError" and raised.cell == task.stub:
        return Ending(
            "error",
            f"{task.function} raised {raised}. Is the stub's raise NotImplementedError() still there? Delete it.",
        )
    status = status_of(raised)
    if status == "memory":
        return Ending("memory", f"{task.function} asked for more memory than there is: {raised}.")
    return Ending(status, f"{task.function} raised {raised}.{explanation(raised, submission)}")


def status_of(raised: Raised) -> str:
    """Return the status of a question whose code raised this: error, memory or blocked."""
    if raised.refused in _REFUSED:
        return "blocked"
    if raised.name in _MEMORY_ERRORS or any(words in raised.message for words in _MEMORY_WORDS):
        return "memory"
    return "error"


def explanation(raised: Raised, submission: Submission) -> str:
    """Return a sentence on why this works in the notebook and not here, to follow another; empty where none is known.

    The sandbox refused something, or the code uses a name from a locked cell that does not run while grading.
    """
    if raised.refused in _REFUSED:
        return f" {_REFUSED[raised.refused]}"
    missing = _NOT_DEFINED.match(raised.message) if raised.name == "NameError" else None
    if missing and (cell := submission.left_out.get(missing["name"])):
        return f" The locked cell {cell} defines that name, and does not run while grading: define it yourself."
    return ""


def _undefined(task: Task, submission: Submission, execution: Execution) -> Ending:
    """Say why there is no such function: the stub's cell failed, or somebody renamed it."""
    for position, cell in enumerate(submission.code):
        if cell.name != task.stub:
            continue
        if position in execution.deadly:
            ending = execution.deadly[position]
            told = f"The cell that defines {task.function} did not end well. {ending.message}"
            return Ending(ending.status, told, ending.killed)
        if position in execution.raised:
            raised = execution.raised[position]
            told = f"{task.function} is not defined: its cell raised {raised}.{explanation(raised, submission)}"
            return Ending(status_of(raised), told)
    return Ending("error", f"{task.function} is not defined anywhere in the notebook. Was it renamed?")
