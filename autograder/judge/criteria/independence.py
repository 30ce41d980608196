"""`independence`: the weights of a kernel do not depend on one another."""

from __future__ import annotations

from autograder.judge.criterion import Finding, criterion
from autograder.judge.dependence import FEW_VALUES, REPEATS, STEADINESS, TESTS, UNSTEADY_SCALE
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.structure import DEPENDENCES


@criterion(
    "independence",
    needs=["output"],
    tests=[*TESTS.all, REPEATS, STEADINESS],
    mistakes=[*DEPENDENCES, FEW_VALUES, UNSTEADY_SCALE],
)
def independence(m: InitializerMeasurements) -> Finding:
    """Draw every weight on its own: nothing is repeated within a kernel, and nothing is shared by its weights."""
    if m.dependence is None:
        return Finding("The weights within each kernel do not depend on one another.")
    found = m.dependence.found
    raise Finding(
        f"The weights of {m.dependence.kernel.words} depend on one another: {found.says}.",
        measured=found.measured,
        expected=0.0,
        p_value=found.p_value,
        mistake=found.mistake,
    ).failing(found.by)
