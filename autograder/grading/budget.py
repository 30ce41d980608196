"""Time budget of one run: separate accounts, so that cells which Q7 does not need take none of its time.

Only what the submission's own steps take is charged. Forks, set-up and restarts are the grader's.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.limits import Limits

#: Own cells that may end their process before no other one is tried for the first time: all the others run again.
MOST_LOST_CELLS = 12
#: Processes for one run: those that own cells end, and nearly as many for Q7's cells and calls.
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
    """What one step may take: seconds, charged to an account. ``verdict`` is the message of one that took longer.

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
    - A fresh child runs cells again that have run before. Q7's cells have an account of ``limits.total_seconds`` for
      that, and own cells have another one. Where too little is left there, an own cell is left out, and Q7's cells
      take the time of Q7.
    - An own cell that ends its child pays for the cells of Q7 that ran there, because they must run again: their time
      moves to the account of Q7's cells that run again. An own cell runs only while its account can pay for that. So
      own cells take none of Q7's time, as long as Q7's cells take no longer when they run again.

    A run's steps take at most four times ``limits.total_seconds`` and five steps more.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._own_seconds = limits.total_seconds + limits.step_seconds
        self._q7 = Account(limits.total_seconds)
        self._q7_again = Account(limits.total_seconds)
        self._own = Account(self._own_seconds + limits.step_seconds)
        self._own_again = Account(limits.total_seconds)
        self._took: dict[int, float] = {}
        self._q7_cells_took = 0.0
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
        if not own:
            if took is None or took > self._q7_again.left:
                return self.call()
            return Step(self._limits.step_seconds, self._q7_again, self._after_a_step)
        # One lost cell more is allowed where this cell ran to its end before.
        if self._lost_cells >= MOST_LOST_CELLS + (took is not None):
            raise LeftOut(f"It was left out: {self._lost_cells} cells before it had ended the process.")
        if took is not None:
            if took + self._q7_cells_took > self._own_again.left:
                raise LeftOut("It was left out when the notebook had to run again: there was no time for it any more.")
            return Step(self._limits.step_seconds, self._own_again, self._after_a_step)
        left = self._own.left - self._q7_cells_took
        if left <= 0.0:
            raise LeftOut(f"It was left out: the {self._own_seconds:g} s for cells outside Q7 were used up.")
        step = self._limits.step_seconds
        part = max((left - step) / 2, _LEAST_SHARE * step)
        if step <= part:
            return Step(step, self._own, self._after_a_step)
        verdict = f"It was ended: most of the {self._own_seconds:g} s for cells outside Q7 were used up."
        return Step(part, self._own, verdict)

    def opened(self) -> None:
        """Note that a fresh child begins: no cell ran there yet."""
        self._q7_cells_took = 0.0

    def ran(self, position: int, seconds: float, *, own: bool) -> None:
        """Note that a cell ran to its end, and how long that took."""
        self._took[position] = seconds
        if not own:
            self._q7_cells_took += seconds

    def lost(self, step: Step, *, own: bool) -> None:
        """Note that a cell ended its child in its ``step``."""
        if own:
            self._lost_cells += 1
            step.account.left -= self._q7_cells_took
            self._q7_again.left += self._q7_cells_took

    @property
    def _after_a_step(self) -> str:
        return f"It had not finished after {self._limits.step_seconds:g} s."
