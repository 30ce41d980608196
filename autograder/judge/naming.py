"""Names the most likely mistake of scale: the law whose variances and means are nearest, in standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.law import HE, TargetLaw
from autograder.judge.misconception import Misconception
from autograder.judge.scales import mistakes_of_scale
from autograder.judge.thresholds import MEAN, VARIANCE

#: Half the squared distance, in standard errors, above which no entry is believed: so much for each kernel, and no
#: less than for 4.5 standard errors. For six shapes of a listed mistake, P(χ²₆ > 90) is 3e-17.
_UNKNOWN, _LEAST_UNKNOWN = 7.5, 10.0
#: Standard errors by which all kernels together may differ from an entry in one direction.
_TOGETHER = 4.5
#: Standard errors are widened by this share: signatures are exact, samplers are not always.
_SLACK = 0.001
#: What an entry that says nothing of the mean pays where the mean is off, so that one that tells it goes first.
_UNTOLD_MEAN = 12.0
#: Standard error of a ratio's logarithm above which a law of no known family is too heavy-tailed to be named: twice a
#: normal's, at the sizes in use.
_HEAVY_ERROR = 0.0068
#: A power law is believed when it meets every shape's variance within this factor's logarithm.
_POWER_LAW_ERROR = 0.05


#: By whether they are dense.
_KINDS = {True: "dense kernels", False: "convolutions"}
#: Fewest kernels that a formula must explain, and that powers must.
_FEWEST, _FEWEST_FOR_POWERS = 3, 5
#: Nearer to 1, a factor is told as a percentage.
_NEAR = 0.3
#: What a student may multiply for a fan.
_AXES: tuple[tuple[str, Callable[[KernelShape], int]], ...] = (
    ("kh", lambda kernel: kernel.height),
    ("kw", lambda kernel: kernel.width),
    ("in_channels", lambda kernel: kernel.inputs),
    ("out_channels", lambda kernel: kernel.outputs),
)
#: What a rare mistake pays, in nats: a common one is about twenty times as likely.
_RARE = 3.0


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

    def fits(self, ratio: float) -> bool:
        """Whether the measured ratio may be ``ratio``: within 4.5 standard errors."""
        return abs(math.log(self.ratio / ratio)) <= 4.5 * math.hypot(self.log_error, _SLACK)

    @property
    def is_right(self) -> bool:
        """Whether the variance is as near to the law's as a right answer's."""
        return abs(self.ratio - 1.0) <= VARIANCE

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
    where : str
        Where the mistake was made, if not on all kernels, and what is elsewhere: words after the mistake's own.
    """

    mistake: Misconception
    also: tuple[Misconception, ...] = ()
    where: str = ""

    @property
    def twins(self) -> tuple[str, ...]:
        """Names of the mistakes that coincide with it."""
        return tuple(twin.name for twin in self.also)

    @property
    def _likely(self) -> list[Misconception]:
        """The mistake, and the first twin that is about as common."""
        return [self.mistake, *[twin for twin in self.also if not twin.rare][:1]]

    @property
    def says(self) -> str:
        """What completes "Var(W) is …"."""
        mistake, *others = (each.says for each in self._likely)
        twins = "".join(f" (or {other}, which is the same on all of these shapes)" for other in others)
        return f"{mistake}{twins}{self.where}"

    def called(self, law: TargetLaw) -> str:
        """Return what completes "this looks like …" where ``law`` is asked for."""
        return ", or ".join(each.called(law) for each in self._likely) + self.where


def _distance(entry: Misconception, measured: Sequence[MeasuredRatio], layout: Layout, limit: float) -> float:
    """Return minus the log-likelihood of ``entry``, up to a constant: half the squared standardised distance.

    A distance beyond ``limit`` may be returned as infinite: then the other kernels are not looked at.
    """
    total, off_by, weight = 0.0, 0.0, 0.0
    beyond = limit + len(measured) / 2.0  # a mean that fits takes up to half a unit back
    for m in measured:
        expected = entry.ratio_of(m.kernel, layout, m.law)
        off = math.log(m.ratio) - math.log(expected)
        total += off**2 / (2.0 * (m.log_error**2 + _SLACK**2))
        off_by, weight = off_by + off / m.log_error**2, weight + 1.0 / m.log_error**2
        mean = entry.mean_of(m.kernel, layout, m.law)
        if mean is not None:
            error = math.hypot(m.mean_error, _SLACK * math.sqrt(expected))
            off = (m.mean - mean) / error
            total += off * off / 2.0 - 0.5
        if total > beyond:
            return math.inf
    # A sampler that is not exact is off by the same everywhere, so its share does not average out.
    if abs(off_by / weight) > _TOGETHER * math.hypot(math.sqrt(1.0 / weight), _SLACK):
        return math.inf
    if entry.mean is None and any(m.mean_is_off for m in measured):
        total += _UNTOLD_MEAN
    return total


def diagnose(measured: Sequence[MeasuredRatio], layout: Layout, family: str | None) -> Diagnosis | None:
    """Return the likeliest mistake, or None when none fits.

    Minimises Σ(ln r̂ − ln r)²/(2·SE²) over the catalogue, with the same for the means where an entry tells them, and a
    prior against rare mistakes. An entry of another family than the measured one (None: not recognized) is excluded. Of
    entries that fit equally well the first listed wins, so the catalogue is ordered by how common a mistake is.
    """
    if not measured or not all(0.0 < m.ratio < math.inf and math.isfinite(m.mean) for m in measured):
        return None
    if family is None and any(m.log_error > _HEAVY_ERROR for m in measured):
        return None
    found: list[tuple[float, Misconception]] = []
    windows = any(not m.kernel.is_dense for m in measured)
    limit = max(_UNKNOWN * len(measured), _LEAST_UNKNOWN)
    for entry in mistakes_of_scale(measured[0].law):
        if (entry.of_windows and not windows) or (entry.families and family not in entry.families):
            continue
        distance = _distance(entry, measured, layout, limit)
        if distance < limit:
            found.append((distance, entry))
    if not found:
        return None
    least, best = min(found, key=lambda each: each[0] + _RARE * each[1].rare)  # the first listed, of equals
    return Diagnosis(best, tuple(e for d, e in found if e is not best and abs(d - least) < 1e-6))


def diagnose_kind(
    measured: Sequence[MeasuredRatio],
    layout: Layout,
    family: str | None,
    of_kind: Callable[[], str | None],
    *,
    dense: bool,
) -> Diagnosis | None:
    """Return the likeliest mistake on all kernels, or else on the dense or the convolution kernels alone.

    Parameters
    ----------
    measured : sequence of MeasuredRatio
        All kernels.
    layout : Layout
        Of the kernels.
    family : str or None
        Family of all weights.
    of_kind : callable
        Returns the family of those of the kernels that are to be named if no mistake fits all.
    dense : bool
        Whether these are the dense kernels.
    """
    whole = diagnose(measured, layout, family)
    if whole is not None:
        return whole
    own, others = ([m for m in measured if m.kernel.is_dense == kind] for kind in (dense, not dense))
    found = diagnose(own, layout, of_kind()) if others else None
    if found is None or _constant(measured) is not None:
        return None
    elsewhere = "are right" if all(m.is_right for m in others) else "show another mistake"
    return replace(found, where=f", on {_KINDS[dense]} ({_KINDS[not dense]} {elsewhere})")


def describe_unknown(measured: Sequence[MeasuredRatio], *, dense: bool) -> str:
    """Say how the variance depends on the kernel, for mistakes that no entry fits.

    It is said of all kernels, or else of the dense or the convolution kernels alone. Tried in turn: the law's variance
    times a constant; 2 or 1 over a product of axes, or the square of that; and powers of the fans and the window's
    area.
    """
    known = [m for m in measured if 0.0 < m.ratio < math.inf]
    kind = [m for m in known if m.kernel.is_dense == dense]
    for kernels, where in ((known, ""), (kind, f"on {_KINDS[dense]}, ")):
        if len(kernels) >= _FEWEST and (own := _constant(kernels) or _product(kernels) or _power_law(kernels)):
            return f"The variance fits no mistake that we know: {where}it {own}."
    return "The variance fits no mistake that we know, and no power of fan_in, fan_out and the window's area."


def _constant(known: Sequence[MeasuredRatio]) -> str | None:
    """Say by what factor all positive, finite variances are off, or return None if the factors differ."""
    factor = math.exp(sum(math.log(m.ratio) for m in known) / len(known))
    if not all(m.fits(factor) for m in known):
        return None
    if abs(factor - 1.0) < _NEAR:
        return f"is {abs(factor - 1.0):.1%} too {'small' if factor < 1.0 else 'large'}"
    return f"is {factor:.3g} × {known[0].law.formula}"


def _product(known: Sequence[MeasuredRatio]) -> str | None:
    """Say which product of axes explains the variances, or return None: what a student multiplied for a fan."""
    axes = _AXES if any(not m.kernel.is_dense for m in known) else _AXES[-2:]
    for number in range(1, len(axes) + 1):
        for chosen in combinations(axes, number):
            for over, power in ((2.0, 1), (1.0, 1), (2.0, 2), (1.0, 2)):
                variances = ((over / math.prod(size(m.kernel) for _, size in chosen)) ** power for m in known)
                if all(m.fits(v / m.law.variance(m.kernel)) for m, v in zip(known, variances, strict=True)):
                    under = "·".join(name for name, _ in chosen)
                    fraction = f"{over:g}/{under}" if number == 1 else f"{over:g}/({under})"
                    return f"is {fraction if power == 1 else f'({fraction})²'}"
    return None


def _power_law(known: Sequence[MeasuredRatio]) -> str | None:
    """Say which powers explain the variances: ln Var = c + Σ pᵢ·ln xᵢ by least squares.

    As few of x = fan_in, fan_out and kh·kw are taken as will do.
    All three are never needed: the kernels are of about one size, and size = fan_in·fan_out/(kh·kw).
    """
    if len(known) < _FEWEST_FOR_POWERS:
        return None
    logs = {
        "fan_in": [math.log(m.kernel.fan_in) for m in known],
        "fan_out": [math.log(m.kernel.fan_out) for m in known],
        "area": [math.log(m.kernel.area) for m in known],
    }
    variances = np.array([math.log(m.ratio * m.law.variance(m.kernel)) for m in known])
    for names in ((), ("fan_in",), ("fan_out",), ("area",), *combinations(logs, 2)):
        rows = np.array([[1.0] * len(known), *(logs[name] for name in names)]).T
        solution, *_ = np.linalg.lstsq(rows, variances, rcond=None)
        if float(np.max(np.abs(rows @ solution - variances))) <= _POWER_LAW_ERROR:
            constant, *exponents = (float(x) for x in solution)
            powers = [f"{name}^{power:.2f}" for name, power in zip(names, exponents, strict=True)]
            law = " · ".join([f"{math.exp(constant):.3g}", *powers])
            return f"is about {law}; {known[0].law.formula} is asked for"
    return None
