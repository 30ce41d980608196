"""Asks a student's function a task's questions, and turns the answers into evidence for the judge.

It asks through a `Conversation`: with a confined child, or by a direct call in a student's own notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Protocol, TypeVar

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import BUILDS, REPEATS, ROUNDS, WIDTHS, Challenge, Kind, Task, initializer_of
from autograder.judge.evidence import Array, Draw, InitializerEvidence, ModelBuild, ModelEvidence, Parameter
from autograder.judge.law import LAWS
from autograder.sandbox.protocol import (
    BuildModel,
    Call,
    CallInitializer,
    CallRepeatedly,
    Framework,
    ModelBuilt,
    NotDefined,
    Raised,
    Repeated,
    Returned,
)

A = TypeVar("A")
Evidence = InitializerEvidence | ModelEvidence

_TORCH_NAMES = ("fc1", "fc2", "fc3")


class Conversation(Protocol):
    """Answers questions about a student's functions."""

    def ask(self, question: Call[A]) -> A:
        """Return the answer to ``question``."""
        ...


class CallRaised(Exception):
    """The student's function raised an exception."""

    def __init__(self, raised: Raised) -> None:
        super().__init__(str(raised))
        self.raised = raised


class Undefined(Exception):
    """The student's notebook defines no such function."""


def interview(
    conversation: Conversation,
    task: Task,
    challenge: Challenge,
    describe: Callable[[Raised], str] = str,
    *,
    asks_own: bool = True,
) -> Evidence:
    """Call ``task``'s function on ``challenge`` and return the evidence.

    Parameters
    ----------
    describe : callable
        Puts an exception into one line.
    asks_own : bool
        Whether a model's student has an initializer that may be called, too.

    Raises
    ------
    CallRaised
        Every call raised; a model's function raised.
    Undefined
        The notebook does not define the function.
    """
    if task.kind is Kind.INITIALIZER:
        return _interview_initializer(conversation, task, challenge, describe)
    return _interview_model(conversation, task, challenge, describe, asks_own)


def _interview_initializer(
    conversation: Conversation, task: Task, challenge: Challenge, describe: Callable[[Raised], str]
) -> InitializerEvidence:
    raised: list[Raised] = []

    def draw(kernel: KernelShape, *, parameter: bool = False) -> Draw:
        shape = kernel.in_layout(task.layout)
        answer = conversation.ask(
            CallInitializer(task.function, Framework(task.framework), shape, challenge.fill, parameter)
        )
        if isinstance(answer, Raised):
            raised.append(answer)
            return Draw(kernel, "nothing", error=describe(answer))
        return _draw(kernel, _unless_undefined(answer))

    # Every shape once, then every shape again, so that a tensor which the code caches for a shape repeats.
    rounds = tuple(tuple(draw(kernel) for kernel in challenge.kernels) for _ in range(ROUNDS))
    if len(raised) == ROUNDS * len(challenge.kernels):
        raise CallRaised(raised[0])
    in_place = task.layout is Layout.TORCH
    on_parameter = draw(challenge.kernels[-1], parameter=True) if in_place else None
    repeats = _repeated(conversation, task, challenge.small, REPEATS, challenge.fill).values
    fill = challenge.fill if in_place else None
    return InitializerEvidence(task.layout, rounds, fill, on_parameter, LAWS[task.law], repeats)


def _repeated(conversation: Conversation, task: Task, kernel: KernelShape, times: int, fill: float) -> Repeated:
    """Return what ``task``'s initializer gave in repeated calls; no values if it gave no floats."""
    shape = kernel.in_layout(task.layout)
    answer = conversation.ask(CallRepeatedly(task.function, Framework(task.framework), shape, times, fill))
    return answer if isinstance(answer, Repeated) else Repeated()


def _draw(kernel: KernelShape, answer: Returned) -> Draw:
    return Draw(kernel, answer.kind, answer.dtype, answer.shape, answer.values, answer.passed, answer.same)


def _interview_model(
    conversation: Conversation, task: Task, challenge: Challenge, describe: Callable[[Raised], str], asks_own: bool
) -> ModelEvidence:
    builds: list[ModelBuild] = []
    for inputs in challenge.inputs:
        answer = conversation.ask(BuildModel(task.function, Framework(task.framework), inputs, twice=not builds))
        if isinstance(answer, Raised):
            raise CallRaised(answer)
        builds.append(_build(_unless_undefined(answer), describe))
    initializer = initializer_of(task) if asks_own else None
    own, unfilled = _own_draws(conversation, initializer, challenge.fill) if initializer is not None else (None, False)
    return ModelEvidence(
        layout=task.layout,
        widths=WIDTHS,
        names=_TORCH_NAMES if task.layout is Layout.TORCH else (),
        softmax=task.layout is Layout.KERAS,
        inputs=challenge.inputs,
        builds=tuple(builds),
        law=LAWS[task.law],
        own=own,
        own_unfilled=unfilled,
    )


def _own_draws(
    conversation: Conversation, initializer: Task, fill: float
) -> tuple[tuple[tuple[Array, ...], ...] | None, bool]:
    """Return canonical draws of a model's kernels by the student's ``initializer``, and whether one stayed unfilled."""
    found, unfilled = [], False
    for inputs, outputs in pairwise(WIDTHS):
        kernel = KernelShape(inputs, outputs)
        answer = _repeated(conversation, initializer, kernel, BUILDS, fill)
        unfilled |= answer.unfilled
        if answer.values is None:
            return None, unfilled
        draws = answer.values.reshape(-1, *kernel.in_layout(initializer.layout))
        found.append(tuple(draws if initializer.layout is Layout.KERAS else draws.transpose(0, 2, 1)))
    return tuple(found), unfilled


def _build(answer: ModelBuilt, describe: Callable[[Raised], str]) -> ModelBuild:
    parameters = None
    if answer.parameters is not None:
        parameters = tuple(Parameter(each.name, each.shape, each.values) for each in answer.parameters)
    return ModelBuild(
        kind=answer.kind,
        parameters=parameters,
        outputs=answer.outputs if answer.outputs is not None and answer.outputs.ndim == 2 else None,
        forward_error=describe(answer.forward_raised) if answer.forward_raised is not None else None,
        computes_in=answer.computes_in,
        untracked=answer.untracked,
        varies=answer.varies,
        unread=answer.unread,
    )


def _unless_undefined(answer: A | NotDefined) -> A:
    if isinstance(answer, NotDefined):
        raise Undefined
    return answer
