"""Names the most likely mistake of scale: the law whose variances and means are nearest, in standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.law import HE, TargetLaw
from autograder.judge.misconception import Misconception
from autograder.judge.scales import mistakes_of_scale
from autograder.judge.thresholds import MEAN

#: Half the squared distance, in standard errors, above which no entry is believed: so much for each kernel, and no
#: less than for 4.5 standard errors. For six shapes of a listed mistake, P(χ²₆ > 90) is 3e-17.
_UNKNOWN, _LEAST_UNKNOWN = 7.5, 10.0
#: Standard errors are widened by this share: signatures are exact, samplers are not always.
_SLACK = 0.002
#: What an entry that says nothing of the mean pays where the mean is off, so that one that tells it goes first.
_UNTOLD_MEAN = 12.0
#: Standard error of a ratio's logarithm above which a law of no known family is too heavy-tailed to be named: twice a
#: normal's, at the sizes in use.
_HEAVY_ERROR = 0.0068
#: A power law is believed when it meets every shape's variance within this factor's logarithm.
_POWER_LAW_ERROR = 0.05


@dataclass(frozen=True)
class MeasuredRatio:
    """Measured variance and mean of one kernel, in units of a law.

    Attributes
    ----------
    ratio, log_error : float
        Var(W) over the law's variance, and the standard error of its logarithm.
    mean, mean_error : float
        E(W) over the law's deviation, and its standard error.
    """

    kernel: KernelShape
    ratio: float
    log_error: float
    mean: float
    mean_error: float
    law: TargetLaw = HE

    @property
    def mean_is_off(self) -> bool:
        """Whether the mean is further from 0 than a right answer's can be."""
        return abs(self.mean) > MEAN * math.sqrt(self.ratio)


@dataclass(frozen=True)
class Diagnosis:
    """The most likely mistake, and the mistakes that give the same figures on all kernels.

    Attributes
    ----------
    mistake : Misconception
        The most likely mistake; of several with the same figures, the most common one.
    also : tuple of Misconception
        The mistakes with the same figures.
    """

    mistake: Misconception
    also: tuple[Misconception, ...] = ()

    @property
    def twins(self) -> tuple[str, ...]:
        """Names of the mistakes that coincide with it."""
        return tuple(twin.name for twin in self.also)

    @property
    def says(self) -> str:
        """What completes "that is …", with the twins."""
        also = "; ".join(twin.says for twin in self.also)
        return f"{self.mistake.says} (or, the same on all of these shapes: {also})" if also else self.mistake.says

    @property
    def called(self) -> str:
        """What completes "that looks like …": the mistake's name, and the twins'."""
        return ", or ".join(mistake.called for mistake in (self.mistake, *self.also))


def _distance(entry: Misconception, measured: Sequence[MeasuredRatio], layout: Layout) -> float:
    """Return minus the log-likelihood of ``entry``, up to a constant: half the squared standardised distance."""
    total = 0.0
    for m in measured:
        expected = entry.ratio_of(m.kernel, layout, m.law)
        total += (math.log(m.ratio) - math.log(expected)) ** 2 / (2.0 * (m.log_error**2 + _SLACK**2))
        mean = entry.mean_of(m.kernel, layout, m.law)
        if mean is not None:
            error = math.hypot(m.mean_error, _SLACK * math.sqrt(expected))
            off = (m.mean - mean) / error
            total += off * off / 2.0 - 0.5
    if entry.mean is None and any(m.mean_is_off for m in measured):
        total += _UNTOLD_MEAN
    return total


def diagnose(measured: Sequence[MeasuredRatio], layout: Layout, family: str | None) -> Diagnosis | None:
    """Return the likeliest mistake, or None when none fits.

    Minimises Σ(ln r̂ − ln r)²/(2·SE²) over the catalogue, with the same for the means where an entry tells them; an
    entry of another family than the measured one (None: not recognized) is excluded. Of entries that
    fit equally well the first listed wins, so the catalogue is ordered by how common a mistake is.
    """
    if not measured or not all(0.0 < m.ratio < math.inf and math.isfinite(m.mean) for m in measured):
        return None
    if family is None and any(m.log_error > _HEAVY_ERROR for m in measured):
        return None
    found: list[tuple[float, Misconception]] = []
    windows = any(not m.kernel.is_dense for m in measured)
    for entry in mistakes_of_scale(measured[0].law):
        if (entry.of_windows and not windows) or (entry.families and family not in entry.families):
            continue
        distance = _distance(entry, measured, layout)
        if distance < max(_UNKNOWN * len(measured), _LEAST_UNKNOWN):
            found.append((distance, entry))
    if not found:
        return None
    least, best = min(found, key=lambda each: each[0])  # the first listed, of equals
    return Diagnosis(best, tuple(e for d, e in found if e is not best and abs(d - least) < 1e-6))


def describe_unknown(measured: Sequence[MeasuredRatio]) -> str:
    """Say how the variance depends on the fans, from a log-log fit, for mistakes that no entry fits.

    ln Var = c + Σ pᵢ·ln xᵢ by least squares over at least five kernels, with as few of x = fan_in, fan_out and kh·kw as
    will do. All three are never needed: the kernels are of about one size, and size = fan_in·fan_out/(kh·kw).
    """
    known = [m for m in measured if 0.0 < m.ratio < math.inf]
    if len(known) < 5:
        return "It fits no mistake that we know."
    logs = {
        "fan_in": [math.log(m.kernel.fan_in) for m in known],
        "fan_out": [math.log(m.kernel.fan_out) for m in known],
        "area": [math.log(m.kernel.area) for m in known],
    }
    variances = np.array([math.log(m.ratio) + math.log(m.law.variance(m.kernel)) for m in known])
    for names in ((), ("fan_in",), ("fan_out",), ("area",), *combinations(logs, 2)):
        rows = np.array([[1.0] * len(known), *(logs[name] for name in names)]).T
        solution, *_ = np.linalg.lstsq(rows, variances, rcond=None)
        if float(np.max(np.abs(rows @ solution - variances))) <= _POWER_LAW_ERROR:
            constant, *exponents = (float(x) for x in solution)
            powers = [f"{name}^{power:.2f}" for name, power in zip(names, exponents, strict=True)]
            own, asked = " · ".join([f"{math.exp(constant):.3g}", *powers]), measured[0].law.formula
            return f"It fits no mistake that we know: your variance goes like {own}; {asked} is asked for."
    return "It fits no mistake that we know, and follows no power of fan_in, fan_out and the window's area."
