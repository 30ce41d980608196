"""A submission's time limit covers its own steps only: neither the grader's work nor cells that Q7 does not need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.assignment.questions import TASKS
from autograder.grading import execution
from autograder.grading.budget import MOST_CHILDREN, MOST_LOST_CELLS
from autograder.grading.execution import Ending, Execution, execute
from autograder.notebook import Cell
from autograder.sandbox import ChildLost, Limits
from autograder.sandbox.client import Warm
from autograder.sandbox.protocol import CellRan, Done, Loss, Question, Raised, RunCell, Seed
from autograder.submission.reader import Submission

STUBS = [task.stub for task in TASKS]


@dataclass
class Machine:
    """A sandbox with a clock of its own. A cell's source is how many seconds it takes; ``inf`` ends its child.

    ``again`` before the seconds ends the child when the cell runs for the second time. Every question of Q7's is
    answered by an exception, after ``call`` seconds; ``given`` lists what Q7 may take for each first run of a cell,
    and for each call.
    """

    setup: float = 0.0
    call: float = 0.0
    limits: Limits = field(default_factory=Limits)
    warm: Warm = field(default_factory=lambda: Warm({}, ()))
    now: float = 0.0
    children: int = 0
    ran: list[str] = field(default_factory=list)
    given: list[tuple[str, float]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    output: CellRan = field(default_factory=CellRan)

    def monotonic(self) -> float:
        return self.now

    def open(self) -> Machine:
        self.children += 1
        self.ran = []
        return self

    def close(self) -> None: ...

    def take_clock_readers(self) -> set[str]:
        return set()

    def ask(self, question: Question[Any], *, seconds: float) -> object:
        if isinstance(question, Seed):
            self.now += self.setup
            return Done()
        takes, name = self.call, "call"
        if isinstance(question, RunCell):
            name = question.name
            takes = float(question.source.removeprefix("again "))
        first = name not in self.known
        if name == "call" or (first and name in STUBS):
            self.given.append((name, seconds))
        self.known |= {name} - {"call"}
        if takes == inf or (isinstance(question, RunCell) and question.source.startswith("again") and not first):
            self.now += min(takes, seconds / 2)
            raise ChildLost(Loss.CRASHED, "The code ended its own process (exit code 0).")
        self.now += min(takes, seconds)
        if takes > seconds:
            raise ChildLost(Loss.TIMEOUT, "")
        if not isinstance(question, RunCell):
            return Raised("ValueError", "answered")
        self.ran.append(question.name)
        return self.output


def notebook(*cells: str | float, stub: float = 0.0) -> Submission:
    """Own cells by the seconds they take, and all of Q7's stubs, which take ``stub`` seconds, where "q7" stands."""
    code: list[Cell] = []
    for at, cell in enumerate(cells):
        stubs = [Cell("code", str(stub), name, name, {}) for name in STUBS]
        code += stubs if cell == "q7" else [Cell("code", str(cell), f"cell {at}", None, {})]
    return Submission("n.ipynb", "0", tuple(code), frozenset(), ())


def run(machine: Machine, submission: Submission, monkeypatch: pytest.MonkeyPatch) -> Execution:
    monkeypatch.setattr(execution.time, "monotonic", machine.monotonic)  # type: ignore[attr-defined]
    return execute(machine, submission, 1)


def statuses(done: Execution) -> set[str]:
    return {outcome.status for outcome in done.outcomes.values() if isinstance(outcome, Ending)}


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [
        ((25, 25, 25, "q7"), ["cell 0", "cell 1", "cell 2"]),
        ((25, 25, 25, "q7", 0.1), ["cell 0", "cell 1", "cell 2"]),
        (("q7", 19, 19, 19, 19), ["cell 4"]),
        ((12, 12, 25, "q7"), ["cell 2"]),
        ((19, 19, 19, "q7"), []),
        ((25, "q7", 25, "q7", 25), ["cell 0", "cell 2", "cell 4"]),
        (("inf", 19, "inf", 19, "q7", "inf"), ["cell 0", "cell 2", "cell 5"]),
    ],
    ids=str,
)
def test_slow_own_cells_cost_no_question_and_are_told(
    cells: Sequence[str | float], left_out: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = notebook(*cells)
    done = run(Machine(), submission, monkeypatch)
    assert statuses(done) == {"error"}, "every question was put and answered"
    assert [submission.code[at].name for at in sorted(done.unfinished)] == left_out


@pytest.mark.parametrize("before", [(25,) * 5, (19,) * 9, ("inf",) * 5], ids=["endless", "slow", "crash"])
def test_quick_helper_cell_runs_after_any_slow_ones(
    before: Sequence[str | float], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine()
    done = run(machine, notebook(*before, 0.01, "q7"), monkeypatch)
    assert f"cell {len(before)}" in machine.ran
    assert statuses(done) == {"error"}


@pytest.mark.parametrize("lost", [0, 3, 8])
def test_graders_own_set_up_takes_none_of_the_time(lost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(setup=59.0)
    done = run(machine, notebook(*["inf"] * lost, "q7"), monkeypatch)
    assert machine.children == 1 + lost
    assert statuses(done) == {"error"}


def test_restart_charges_no_cell_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(Machine(), notebook(15, 15, "inf", "q7", "inf"), monkeypatch)
    assert statuses(done) == {"error"}
    assert {ending.status for ending in done.unfinished.values()} == {"crashed"}


def test_calls_of_q7_share_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(call=19.0)
    done = run(machine, notebook(19, 19, 19, "q7"), monkeypatch)
    assert [done.outcomes[stub].status for stub in STUBS] == ["timeout"] * 4
    assert machine.now <= 57.0 + 60.0 + 57.0


def most_seconds(limits: Limits) -> float:
    """Return what a `Budget` promises."""
    return 4 * limits.total_seconds + 5 * limits.step_seconds


OWN = st.lists(st.sampled_from(["inf", "again 0.0625", "again 5", 0.0625, 3, 9, 19, 25]), max_size=30)


@given(
    before=OWN,
    after=OWN,
    stub=st.sampled_from([0.0, 2.0, 12.0, 25.0, inf]),
    call=st.sampled_from([0.0, 0.5, 5.0, 25.0]),
)
def test_own_cells_take_none_of_q7s_time_whatever_they_do(
    before: list[str | float], after: list[str | float], stub: float, call: float
) -> None:
    """Every cell of Q7 and every call gets exactly what it gets in a notebook without own cells."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        alone, machine = Machine(call=call), Machine(call=call)
        expected = run(alone, notebook("q7", stub=stub), monkeypatch)
        done = run(machine, notebook(*before, "q7", *after, stub=stub), monkeypatch)
    assert [given for _, given in machine.given] == pytest.approx([given for _, given in alone.given])
    assert done.outcomes == expected.outcomes
    assert machine.now <= most_seconds(machine.limits)


@pytest.mark.parametrize(
    "cells",
    [(25,) * 100, (19,) * 100, ("inf",) * 100, (19, 19, 19, *["inf"] * 100), (5,) * 50],
    ids=["endless", "slow", "crashes", "crashes after slow ones", "many"],
)
def test_run_ends_in_bounded_time_whatever_own_cells_do(
    cells: Sequence[str | float], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(call=1.0)
    done = run(machine, notebook(*cells, "q7"), monkeypatch)
    assert machine.now <= most_seconds(machine.limits)
    assert machine.children <= MOST_LOST_CELLS + 2
    assert statuses(done) == {"error"}


def test_q7_cells_that_end_their_process_without_end_leave_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    code = tuple(Cell("code", "inf", STUBS[0], STUBS[0], {}) for _ in range(100))
    done = run(machine, Submission("n.ipynb", "0", code, frozenset(), ()), monkeypatch)
    assert machine.children == MOST_CHILDREN
    assert statuses(done) == {"crashed"}


def test_figures_of_a_submission_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = np.zeros((2, 2, 3), np.float16)
    machine = Machine(output=CellRan(figures=(figure,) * 3))
    printed = run(machine, notebook(*[0.0] * 9), monkeypatch).printed.values()
    assert [(len(each.figures), each.left_out) for each in printed] == [(3, 0)] * 6 + [(2, 1), (0, 3), (0, 3)]
