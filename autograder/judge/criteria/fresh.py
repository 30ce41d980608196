"""`fresh`: two calls of an initializer give different weights."""

from __future__ import annotations

from autograder.judge.criterion import Finding, criterion
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.measure import signed
from autograder.judge.repetition import (
    BEGINNINGS,
    CACHED_TENSOR,
    CORRELATED_CALLS,
    DRAWS,
    EQUAL_CALLS,
    FEW_SEEDS,
    FIXED_SEED,
    SAME_STREAM,
    SEEDS,
    Fresh,
)


@criterion(
    "fresh",
    needs=["output"],
    tests=[DRAWS, BEGINNINGS, SEEDS, EQUAL_CALLS],
    mistakes=[FIXED_SEED, CACHED_TENSOR, SAME_STREAM, FEW_SEEDS, CORRELATED_CALLS],
)
def fresh(m: InitializerMeasurements) -> Finding:
    """Draw anew on each call: no two calls give the same random numbers."""
    found = m.repetition
    if isinstance(found, Fresh):
        return Finding(
            f"All calls differ. The largest correlation of two is {signed(found.r, 4)} (accepted: ±{DRAWS.threshold}).",
            measured=found.r,
            expected=0.0,
            p_value=found.bound,
        )
    raise Finding(
        found.says, measured=found.measured, expected=0.0, p_value=found.p_value, mistake=found.mistake
    ).failing(found.by)
