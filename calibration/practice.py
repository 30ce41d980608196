"""Applies rules from public courses and the frameworks' own tests to the same draws, for comparison with the judge."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import kstwobign

from autograder.assignment.kernels import KernelShape
from autograder.judge.evidence import Draw
from autograder.judge.law import HE

Array = NDArray[np.floating[Any]]
#: Weights of a kernel and He's deviation for it → whether the rule fails it.
Rule = Callable[[Array, float], bool]

#: Kolmogorov's critical value for p = 1e-4.
_CRITICAL = float(kstwobign.isf(1e-4))


def _variance_within_10_percent(w: Array, he: float) -> bool:
    return not abs(float(np.var(w, dtype=np.float64)) / he**2 - 1.0) <= 0.10


def _deviation_within_5_percent(w: Array, he: float) -> bool:
    return not abs(float(np.std(w, dtype=np.float64)) / he - 1.0) <= 0.05


def _deviation_within_30_percent(w: Array, he: float) -> bool:
    return not abs(float(np.std(w, dtype=np.float64)) / he - 1.0) <= 0.30


def _deviation_within_a_tenth(w: Array, he: float) -> bool:
    return not (abs(float(np.std(w, dtype=np.float64)) - he) <= 0.1 and abs(float(np.mean(w))) <= 0.1)


def _kolmogorov_smirnov(w: Array, he: float) -> bool:
    steps = np.arange(1, w.size + 1, dtype=np.float32) / np.float32(w.size)
    expected = ndtr(np.sort(w.astype(np.float32)) / np.float32(he))
    distance = float(np.max(np.maximum(steps - expected, expected - steps + np.float32(1.0 / w.size))))
    return not distance * math.sqrt(w.size) <= _CRITICAL


#: The kernel that a public course's checker draws. No grading draws one so small: it is drawn for this rule alone.
SMALL = KernelShape(20, 10)


@dataclass(frozen=True)
class Practice:
    """One such rule, and which draws it reads."""

    name: str
    rule: Rule
    looks_at: str

    def fails(self, draws: Sequence[Draw], small: Draw) -> bool:
        """Return whether the rule fails the kernels; what is no array of the right shape fails every rule.

        Parameters
        ----------
        draws : sequence of Draw
            A grading's first draw of each kernel.
        small : Draw
            One more draw of the same implementation, of the kernel `SMALL`.
        """
        chosen = [d for d in draws if d.kernel.inputs == d.kernel.outputs]
        if self.looks_at == "all six kernels":
            chosen = [*draws]
        elif self.looks_at == "one 20 × 10 kernel":
            chosen = [small]
        first = 512 if self.looks_at == "512 weights" else None
        return any(
            draw.returned is None or self.rule(draw.returned.ravel()[:first], HE.deviation(draw.kernel))
            for draw in chosen
        )


PRACTICES = (
    Practice("a public course's checker: deviation ±30 %", _deviation_within_30_percent, "one 20 × 10 kernel"),
    *(
        Practice(name, rule, looks_at)
        for name, rule in (
            ("variance ±10 %", _variance_within_10_percent),
            ("deviation ±5 %", _deviation_within_5_percent),
            ("PyTorch's: Kolmogorov–Smirnov, p > 1e-4", _kolmogorov_smirnov),
            ("Keras': deviation and mean ±0.1", _deviation_within_a_tenth),
        )
        for looks_at in ("512 weights", "one dense kernel", "all six kernels")
    ),
)
