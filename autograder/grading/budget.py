"""Divides the time of one run between Q7's cells and the student's other cells, which must not use up Q7's time.

Only the submission's own steps are charged. Forks, set-up and restarts are the grader's work and cost no time.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.limits import Limits

#: If this many of the student's own cells ended their child, no other own cell runs for the first time: each one
#: that ends its child makes all the others run again.
MOST_LOST_CELLS = 12
#: Children for one run: one for each own cell that may end its child, and as many for Q7's cells and calls.
MOST_CHILDREN = 2 * MOST_LOST_CELLS
#: The least time of an own cell, as a share of a step's time.
_LEAST_SHARE = 0.05
_LESS_TIME = "Look for a loop that does not end, or compute less."


class LeftOut(Exception):
    """A cell does not run. The message says why, in one sentence for students."""


@dataclass
class Account:
    """Remaining seconds for steps of one kind."""

    left: float


@dataclass(frozen=True)
class Step:
    """Time limit of one step, and the account that pays for the step.

    ``verdict`` is the message for a step that exceeds the limit. It names settings and no measured time, so that every
    run gives the same message.
    """

    seconds: float
    account: Account
    verdict: str


class Budget:
    """Time of one run of a submission, in four accounts.

    *Own cells* are the cells that Q7 does not need.

    - Q7's cells and the calls of its functions share ``limits.total_seconds``.
    - Own cells share ``limits.total_seconds`` and the time of one more step. A cell gets the time of a step, or half
      of what is left. A minimum is reserved, so that a quick cell still runs after slow ones.
    - A new child runs cells again that have run before. Q7's cells have an account of ``limits.total_seconds`` for
      that, and own cells have another one. If too little is left there, an own cell is left out, and a cell of Q7 is
      charged to Q7's first account.
    - An own cell that ends its child makes the cells of Q7 run again. It therefore pays for them: their time moves from
      its account to the account of Q7's repeated cells. An own cell runs only if its account can pay for that. So own
      cells take none of Q7's time, as long as Q7's cells are not slower when they run again.

    The steps of a run take at most four times ``limits.total_seconds`` and the time of five more steps.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
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
        """True if Q7 has no time left."""
        return self._q7.left <= 0.0

    def call(self) -> Step:
        """Return the time limit of a call of one of Q7's functions."""
        left = max(0.0, self._q7.left)
        if self.limits.step_seconds <= left:
            return Step(self.limits.step_seconds, self._q7, self._after_a_step)
        verdict = (
            f"It had not finished when the {self.limits.total_seconds:g} s that Q7 gets were used up. {_LESS_TIME}"
        )
        return Step(left, self._q7, verdict)

    def cell(self, position: int, *, own: bool) -> Step:
        """Return the time limit of a cell. ``own`` is True for a cell that is neither Q7's nor the set-up cell.

        Raises
        ------
        LeftOut
            The cell does not run.
        """
        took = self._took.get(position)
        if not own:
            if took is None or took > self._q7_again.left:
                return self.call()
            return Step(self.limits.step_seconds, self._q7_again, self._after_a_step)
        # A cell that ran to its end before gets one more try.
        if self._lost_cells >= MOST_LOST_CELLS + (took is not None):
            raise LeftOut(f"It was left out: {self._lost_cells} cells before it had ended the process.")
        if took is not None:
            if took + self._q7_cells_took > self._own_again.left:
                raise LeftOut("It was left out when the notebook had to run again: there was no time for it any more.")
            return Step(self.limits.step_seconds, self._own_again, self._after_a_step)
        left = self._own.left - self._q7_cells_took
        if left <= 0.0:
            raise LeftOut(f"It was left out: the {self._own_seconds:g} s for cells outside Q7 were used up.")
        step = self.limits.step_seconds
        part = max((left - step) / 2, _LEAST_SHARE * step)
        if step <= part:
            return Step(step, self._own, self._after_a_step)
        verdict = f"It was ended: most of the {self._own_seconds:g} s for cells outside Q7 were used up. {_LESS_TIME}"
        return Step(part, self._own, verdict)

    def opened(self) -> None:
        """Record that a new child begins, in which no cell ran yet."""
        self._q7_cells_took = 0.0

    def ran(self, position: int, seconds: float, *, own: bool) -> None:
        """Record that a cell ran to its end, and how many seconds it took."""
        self._took[position] = seconds
        if not own:
            self._q7_cells_took += seconds

    def lost(self, step: Step, *, own: bool) -> None:
        """Record that a cell ended its child during ``step``."""
        if own:
            self._lost_cells += 1
            step.account.left -= self._q7_cells_took
            self._q7_again.left += self._q7_cells_took

    @property
    def _after_a_step(self) -> str:
        return f"It had not finished after {self.limits.step_seconds:g} s. {_LESS_TIME}"
