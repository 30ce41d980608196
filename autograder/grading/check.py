"""`check(...)` in a notebook: asks a student's function the grader's questions, and shows the judge's findings."""

from __future__ import annotations

import contextlib
import inspect
import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from autograder.assignment.questions import Challenge, Task, draw_challenge, task
from autograder.assignment.release import BadRelease, load_release
from autograder.assignment.settings import BadSettings, HelpLevel, load_settings
from autograder.grading.interview import CallRaised, interview
from autograder.report.result import QuestionResult, QuestionStatus
from autograder.sandbox.child.calls import call
from autograder.sandbox.child.seeding import generators_kept
from autograder.sandbox.protocol import BuildModel, CallInitializer, CallRepeatedly, NotDefined, Question
from autograder.sandbox.wire import Message

A = TypeVar("A")


@dataclass(frozen=True)
class _DirectCall:
    """Answers an interview's questions by calling a function of this process. It is a `Conversation`.

    Every call gets a seed from ``seeds``, as in a grading: code that gives back a generator's state repeats in neither.
    """

    task: Task
    function: Callable[..., Any]
    seeds: np.random.Generator = field(default_factory=np.random.default_rng)

    def ask(self, question: Question[A]) -> A:
        read = question.read
        assert isinstance(question, CallInitializer | CallRepeatedly | BuildModel)
        is_asked = question.function == self.task.function
        seeded = replace(question, seed=int(self.seeds.integers(2**32)))
        function = self.function if is_asked else _names_beside(self.function).get(question.function)
        answer = (NotDefined() if function is None else call(seeded, function)).to_message()
        # Copies: a framework may return views of memory that its next call writes to.
        return read(Message(answer.header, tuple(np.array(array) for array in answer.arrays)))


def _names_beside(function: Any) -> dict[str, Any]:
    """Return the names that the code of ``function``, a function or a class, can use, and those of its notebook."""
    from IPython import get_ipython

    code = inspect.unwrap(getattr(function, "__init__") if isinstance(function, type) else function)  # noqa: B009
    return {**getattr(get_ipython(), "user_ns", {}), **getattr(code, "__globals__", {})}


class CannotCheck(ValueError):
    """The course's release or settings cannot be used. A notebook shows only the message, which is one line."""

    def _render_traceback_(self) -> list[str]:
        """Return the message without a traceback. IPython calls this method."""
        return [f"autograder: {self}."]


class _QuestionView:
    """Shows a question's result: as HTML in a notebook, as text in a terminal."""

    def __init__(self, question: QuestionResult) -> None:
        self._question = question

    def _repr_html_(self) -> str:
        from autograder.report.html import render_question

        return render_question(self._question)

    def __repr__(self) -> str:
        from rich.console import Console

        from autograder.report.terminal import picture_text, question_view

        console = Console(file=(text := io.StringIO()), width=100, color_system=None, force_jupyter=False)
        console.print(question_view(self._question))
        if self._question.picture is not None:
            console.print(picture_text(self._question.picture))
        return text.getvalue().rstrip()


def check(name: str, function: Callable[..., Any], *, seed: int | None = None) -> float:
    """Check one of Q7's functions: show the judge's findings, and return the points.

    The questions and the judge are those of the grading. Every call draws new shapes, and seeds the global generators;
    afterwards they are as they were.

    Parameters
    ----------
    name : str
        The stub's name: ``"q7_tf_initializer"``, ``"q7_tf_model"``, ``"q7_torch_initializer"`` or
        ``"q7_torch_model"``.
    function : callable
        Your function or class.
    seed : int, optional
        The same seed draws the same shapes.

    Returns
    -------
    float
        A plain Python float between 0 and the points of the check cell.

    Raises
    ------
    ValueError
        No task has this name, or the course's release or its settings in course.toml cannot be used.

    Examples
    --------
    >>> def tf_he_normal(shape):
    ...     raise NotImplementedError()
    >>> check("q7_tf_initializer", tf_he_normal)
    Part 1: He initializer in TensorFlow, 0 of 12 points. Not attempted.
    tf_he_normal still raises NotImplementedError: put your code in place of that line.
    0.0
    """
    try:
        checked_task = task(name)
    except KeyError as problem:
        raise ValueError(problem.args[0]) from None
    try:
        points, settings = load_release().points[checked_task.check], load_settings()
    except (BadRelease, BadSettings) as problem:
        raise CannotCheck(str(problem)) from None
    generator = np.random.default_rng(secrets.randbits(64) if seed is None else seed)
    challenge = draw_challenge(generator)
    talk = _DirectCall(checked_task, function, generator)
    # nbgrader gives no points to a check cell that wrote to stderr, and frameworks and Matplotlib do write there.
    with contextlib.redirect_stderr(io.StringIO()):
        with generators_kept():
            question = _judge(talk, challenge, points, settings.help_level)
        _display(_QuestionView(question))
    return float(question.score)


def _judge(talk: _DirectCall, challenge: Challenge, points: float, help_level: HelpLevel) -> QuestionResult:
    from autograder.grading.scoring import score_task

    checked_task = talk.task
    try:
        evidence = interview(talk, checked_task, challenge)
    except CallRaised as problem:
        status, message = QuestionStatus.ERROR, f"{checked_task.function} raised {problem.raised}."
        if problem.raised.name == "NotImplementedError":
            status = QuestionStatus.NOT_ATTEMPTED
            message = f"{checked_task.function} still raises NotImplementedError: put your code in place of that line."
        return QuestionResult.of(checked_task, status, 0.0, points, message)
    return score_task(checked_task, evidence, points, help_level)


def _display(shown: _QuestionView) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(repr(shown))
    else:
        display(shown)
