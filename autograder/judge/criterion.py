"""How a criterion is declared, and what it says.

A criterion is a small function whose docstring is what the student reads. It returns a finding when it passes and
raises `Failed` when it does not. It declares the criteria it depends on: when one of those failed in a way that leaves
nothing to measure, it is skipped, so that what cannot be seen does not cost twice. It declares its statistical tests:
only these can fail it by chance, and the error budget adds up exactly these.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import StatisticalTest

Measured = TypeVar("Measured")


class Status(StrEnum):
    """How a criterion ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # a criterion that it depends on failed, or there was nothing to judge


@dataclass(frozen=True)
class Finding:
    """What a criterion found.

    Attributes
    ----------
    message : str
        What was measured and what was expected, in a sentence or two, with the mistake explained where it was
        recognised.
    measured, expected : float or None
        The figures behind the message.
    p_value : float or None
        Upper bound on the probability that a right answer strays as far as this one did.
    mistake : Misconception or None
        The mistake, when it was recognised.
    twins : tuple of str
        Names of the mistakes that cannot be told from it.
    named : str or None
        The message where help goes no further than naming the mistake; None where the message does that already.
    consequence : str or None
        What the figures measured mean for a network, in a sentence.
    """

    message: str
    measured: float | None = None
    expected: float | None = None
    p_value: float | None = None
    mistake: Misconception | None = None
    twins: tuple[str, ...] = ()
    named: str | None = None
    consequence: str | None = None

    @property
    def diagnosis(self) -> str | None:
        """The mistake's name, as results carry it."""
        return self.mistake.name if self.mistake else None


class Failed(Exception):
    """A criterion is not met.

    Parameters
    ----------
    finding : Finding
        Why.
    by : StatisticalTest or None
        The test that decided; None where a fact did, which no right answer can meet.
    measurable : bool
        Whether criteria that depend on this one can still be judged.

    Raises
    ------
    ValueError
        If the finding says that a right answer may stray as far, and no test decided.
    """

    def __init__(self, finding: Finding, *, by: StatisticalTest | None, measurable: bool = False) -> None:
        if by is None and finding.p_value:
            raise ValueError("a finding that chance can give needs the statistical test that decided")
        super().__init__(finding.message)
        self.finding = finding
        self.by = by
        self.measurable = measurable


def fail(message: str, mistake: Misconception, *, measurable: bool = False) -> Failed:
    """Return the failure of a criterion that a fact decides, and no figure."""
    return Failed(Finding(message, mistake=mistake), by=None, measurable=measurable)


class Skipped(Exception):
    """There is nothing here to judge; the message says why."""


@dataclass(frozen=True)
class Criterion(Generic[Measured]):
    """One criterion.

    Attributes
    ----------
    name : str
        As weights and results name it.
    asks : str
        The sentence that states it.
    find : callable
        What was measured → the finding; raises `Failed` or `Skipped`.
    needs : tuple of str
        Criteria that are judged before it.
    tests : tuple of StatisticalTest
        All that can fail it by chance.
    mistakes : tuple of Misconception
        What it finds otherwise than by a law of scale.
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
