"""The time of one run: three accounts, so that no cell that Q7 does not need takes Q7's.

Only what the submission's own steps take is charged. Forks, set-up and restarts are the grader's.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.limits import Limits

#: Own cells that may end their process before no further one is tried: every time, all the others run again.
MOST_LOST_CELLS = 12
#: Processes for one run: those that own cells end, and as many again for Q7's cells and calls.
MOST_CHILDREN = 2 * MOST_LOST_CELLS
#: What an own cell gets at least, as a share of a step.
_LEAST_SHARE = 0.05


class LeftOut(Exception):
    """A cell is not run; the message says why, in one sentence for people."""


@dataclass
class Account:
    """Seconds that are left for steps of one kind."""

    left: float


@dataclass(frozen=True)
class Step:
    """What one step may take: seconds, charged to an account. ``verdict`` is said where it has not finished then.

    A verdict names settings and no measured time, so that it is the same every time.
    """

    seconds: float
    account: Account
    verdict: str


class Budget:
    """A submission's time.

    - Q7's cells and the calls of its functions share ``limits.total_seconds``.
    - The student's own cells share as much, and one step more. A cell gets a step, or half of what is left; but at
      least a little, for which there is another step's time: a quick cell still runs after slow ones.
    - A fresh child runs cells again that have run before. That is charged to neither, but to an account of
      ``limits.total_seconds``; a cell that took longer than what is left there is left out, if it is the student's own.

    A run's steps take at most three times ``limits.total_seconds`` and four steps more.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._own_seconds = limits.total_seconds + limits.step_seconds
        self._q7 = Account(limits.total_seconds)
        self._own = Account(self._own_seconds + limits.step_seconds)
        self._again = Account(limits.total_seconds)
        self._took: dict[int, float] = {}
        self._lost_cells = 0

    @property
    def is_spent(self) -> bool:
        """Whether Q7 has no time left."""
        return self._q7.left <= 0.0

    def call(self) -> Step:
        """Return what a call of one of Q7's functions may take."""
        left = max(0.0, self._q7.left)
        if self._limits.step_seconds <= left:
            return Step(self._limits.step_seconds, self._q7, self._after_a_step)
        verdict = f"It had not finished when the {self._limits.total_seconds:g} s that Q7 gets were used up."
        return Step(left, self._q7, verdict)

    def cell(self, position: int, *, own: bool) -> Step:
        """Return what a cell may take; ``own`` is one that is neither Q7's nor the set-up.

        Raises
        ------
        LeftOut
            It is not run.
        """
        took = self._took.get(position)
        if took is not None and took <= self._again.left:
            return Step(self._limits.step_seconds, self._again, self._after_a_step)
        if not own:
            return self.call()
        if took is not None:
            raise LeftOut("It was left out when the notebook had to run again: there was no time for it any more.")
        if self._lost_cells >= MOST_LOST_CELLS:
            raise LeftOut(f"It was left out: {MOST_LOST_CELLS} cells before it had ended the process.")
        if self._own.left <= 0.0:
            raise LeftOut(f"It was left out: the {self._own_seconds:g} s for cells outside Q7 were used up.")
        step = self._limits.step_seconds
        part = max((self._own.left - step) / 2, _LEAST_SHARE * step)
        if step <= part:
            return Step(step, self._own, self._after_a_step)
        verdict = f"It was ended: most of the {self._own_seconds:g} s for cells outside Q7 were used up."
        return Step(part, self._own, verdict)

    def ran(self, position: int, seconds: float) -> None:
        """Note that a cell ran to its end, and how long that took."""
        self._took[position] = seconds

    def lost(self, *, own: bool) -> None:
        """Note that a cell ended its child."""
        self._lost_cells += own

    @property
    def _after_a_step(self) -> str:
        return f"It had not finished after {self._limits.step_seconds:g} s."
