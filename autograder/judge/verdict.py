"""How a criterion is declared, and what it says.

A criterion is a small function whose docstring is what the student reads. It returns a message when it
passes, raises `Failed` when it does not, and names the criteria it depends on: when one of those failed
in a way that leaves nothing to measure, it is skipped, so that what cannot be seen does not cost twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Status = Literal["passed", "failed", "skipped"]
Measured = TypeVar("Measured")


@dataclass(frozen=True)
class Finding:
    """What a criterion found.

    Attributes
    ----------
    message : str
        What was measured and what was expected, in a sentence or two, with the mistake explained where it was
        recognised.
    named : str or None
        The same where help goes no further than naming the mistake; None where the message does that already.
    consequence : str or None
        What the figures measured mean for a network, in a sentence.
    measured, expected : float or None
        The figures behind the message.
    p_value : float or None
        Upper bound on the probability that a right answer strays as far as this one did.
    diagnosis : str or None
        Identifier of the mistake, when it was recognised: an entry of `misconceptions`.
    twins : tuple of str
        Mistakes that cannot be told from it.
    """

    message: str
    measured: float | None = None
    expected: float | None = None
    p_value: float | None = None
    diagnosis: str | None = None
    twins: tuple[str, ...] = ()
    named: str | None = None
    consequence: str | None = None


class Failed(Exception):
    """A criterion is not met.

    Parameters
    ----------
    finding : Finding
        Why.
    measurable : bool
        Whether criteria that depend on this one can still be judged.
    """

    def __init__(self, finding: Finding, *, measurable: bool = False) -> None:
        super().__init__(finding.message)
        self.finding = finding
        self.measurable = measurable


def fail(message: str, *, diagnosis: str | None = None, measurable: bool = False) -> Failed:
    """Return the failure of a criterion that no figure decides."""
    return Failed(Finding(message, diagnosis=diagnosis), measurable=measurable)


class Skipped(Exception):
    """There is nothing here to judge; the message says why."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one criterion; ``asks`` is the sentence that states the criterion."""

    name: str
    status: Status
    asks: str
    finding: Finding


@dataclass(frozen=True)
class _Criterion(Generic[Measured]):
    name: str
    asks: str
    needs: tuple[str, ...]
    find: Callable[[Measured], Finding]


class Criteria(Generic[Measured]):
    """An ordered set of criteria about one kind of evidence."""

    def __init__(self) -> None:
        self._criteria: dict[str, _Criterion[Measured]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order in which they are judged."""
        return tuple(self._criteria)

    def criterion(
        self, name: str, *, needs: Sequence[str] = ()
    ) -> Callable[[Callable[[Measured], Finding]], Callable[[Measured], Finding]]:
        """Declare the decorated function as criterion ``name``, to be judged after those that it ``needs``."""
        unknown = set(needs) - set(self._criteria)
        if unknown:
            raise ValueError(f"criterion {name} needs {', '.join(sorted(unknown))}, not declared before it")

        def declare(find: Callable[[Measured], Finding]) -> Callable[[Measured], Finding]:
            asks = " ".join((inspect.getdoc(find) or "").split())
            self._criteria[name] = _Criterion(name, asks, tuple(needs), find)
            return find

        return declare

    def judge(self, measured: Measured, only: Sequence[str] | None = None) -> list[Verdict]:
        """Judge every criterion, or those named in ``only``, and return the verdicts in order."""
        verdicts: list[Verdict] = []
        blocking: set[str] = set()
        for criterion in self._criteria.values():
            if only is not None and criterion.name not in only:
                continue
            missing = [name for name in criterion.needs if name in blocking]
            if missing:
                blocking.add(criterion.name)
                finding = Finding(f"Not judged: “{missing[0]}” comes first.")
                verdicts.append(Verdict(criterion.name, "skipped", criterion.asks, finding))
                continue
            try:
                finding = criterion.find(measured)
            except Skipped as skipped:
                blocking.add(criterion.name)
                verdicts.append(Verdict(criterion.name, "skipped", criterion.asks, Finding(str(skipped))))
            except Failed as failed:
                if not failed.measurable:
                    blocking.add(criterion.name)
                verdicts.append(Verdict(criterion.name, "failed", criterion.asks, failed.finding))
            else:
                verdicts.append(Verdict(criterion.name, "passed", criterion.asks, finding))
        return verdicts
