"""Declares criteria: the decorator `criterion`, and the outcomes `Finding`, `Failed` and `Skipped`.

A criterion is a function. Its docstring is the sentence that students read. The function returns a `Finding` if the
criterion is met and raises `Failed` if it is not. A criterion declares the criteria that it needs: if one of them
failed and left nothing to measure, the criterion is skipped, so that one mistake does not cost points twice. A
criterion declares its statistical tests: only these can fail it by chance, and the error budget sums exactly these.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from autograder.assignment.kernels import KernelShape
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import StatisticalTest

Measured = TypeVar("Measured")


class Status(StrEnum):
    """Outcome of a criterion."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # a criterion that it depends on failed, or there was nothing to judge


@dataclass(frozen=True)
class Finding:
    """Result of a measurement: a message for the student, the figures behind it, and the mistake if recognized.

    Attributes
    ----------
    message : str
        The recognized mistake first, then what was measured and what was expected.
    measured, expected : float or None
        The figures behind the message.
    p_value : float or None
        Upper bound on the probability that a right answer strays as far as this one.
    mistake : Misconception or None
        The recognized mistake.
    twins : tuple of str
        Names of mistakes that the measurement cannot tell from this one.
    named : str or None
        The message at the help level that only names the mistake; None if ``message`` serves for that, too.
    recognized, figures : str or None
        The message in two parts, for reports that explain a mistake once: what the mistake does, and what was measured
        here. None if the message has no such parts.
    consequence : str or None
        What the measured figures mean for a network, in one sentence.
    wrong : mapping of KernelShape to bool
        By kernel, whether its scale is wrong. Empty if the finding is about something else.
    """

    message: str
    measured: float | None = None
    expected: float | None = None
    p_value: float | None = None
    mistake: Misconception | None = None
    twins: tuple[str, ...] = ()
    named: str | None = None
    recognized: str | None = None
    figures: str | None = None
    consequence: str | None = None
    wrong: Mapping[KernelShape, bool] = field(default_factory=dict)

    @property
    def diagnosis(self) -> str | None:
        """The mistake's name, as results carry it."""
        return self.mistake.name if self.mistake else None

    def failing(self, by: StatisticalTest | None = None, *, measurable: bool = False, credit: float = 0.0) -> Failed:
        """Return the failure whose finding this is; `Failed` says what the arguments are."""
        return Failed(self, by=by, measurable=measurable, credit=credit)


class Failed(Exception):
    """Raised by a criterion that is not met.

    Parameters
    ----------
    finding : Finding
        The reason.
    by : StatisticalTest or None
        The test that decided. None if a fact decided that no right answer can show.
    measurable : bool
        Whether the criteria that need this one can still be judged.
    credit : float
        Share of the points that a near miss earns; at least 0, less than 1.

    Raises
    ------
    ValueError
        If the finding has a p-value and no test decided, or if the credit is out of range.
    """

    def __init__(
        self, finding: Finding, *, by: StatisticalTest | None, measurable: bool = False, credit: float = 0.0
    ) -> None:
        if by is None and finding.p_value:
            raise ValueError("a finding that chance can give needs the statistical test that decided")
        if not 0.0 <= credit < 1.0:
            raise ValueError(f"a failure earns less than all of the points, and {credit} is no such share")
        super().__init__(finding.message)
        self.finding = finding
        self.by = by
        self.measurable = measurable
        self.credit = credit


def fail(message: str, mistake: Misconception, *, measurable: bool = False, credit: float = 0.0) -> Failed:
    """Return the failure of a criterion that a fact decides, and no figure."""
    return Finding(message, mistake=mistake).failing(measurable=measurable, credit=credit)


class Skipped(Exception):
    """Raised by a criterion that has nothing to judge; the message says why."""


@dataclass(frozen=True)
class Criterion(Generic[Measured]):
    """A declared criterion.

    Attributes
    ----------
    name : str
        Key in the weights of `assignment.questions` and in results.
    asks : str
        The sentence that states the criterion. ``{law.formula}`` in it becomes the formula of the law asked for.
    find : callable
        Takes the measurements, returns a `Finding`; raises `Failed` or `Skipped`.
    needs : tuple of str
        Names of criteria that are judged before this one.
    tests : tuple of StatisticalTest
        All tests that can fail this criterion by chance.
    mistakes : tuple of Misconception
        Mistakes that this criterion recognizes without a law of scale.
    """

    name: str
    asks: str
    find: Callable[[Measured], Finding]
    needs: tuple[str, ...]
    tests: tuple[StatisticalTest, ...]
    mistakes: tuple[Misconception, ...]


def criterion(
    name: str,
    *,
    needs: Sequence[str] = (),
    tests: Sequence[StatisticalTest] = (),
    mistakes: Sequence[Misconception] = (),
) -> Callable[[Callable[[Measured], Finding]], Criterion[Measured]]:
    """Turn the decorated function into criterion ``name``; its docstring states what is asked.

    Examples
    --------
    >>> @criterion("finite")
    ... def finite(measured: float) -> Finding:
    ...     '''Return a finite number.'''
    ...     return Finding(f"{measured} is finite.")
    >>> finite.asks
    'Return a finite number.'
    """

    def declare(find: Callable[[Measured], Finding]) -> Criterion[Measured]:
        asks = " ".join((inspect.getdoc(find) or "").split())
        return Criterion(name, asks, find, tuple(needs), tuple(tests), tuple(mistakes))

    return declare
