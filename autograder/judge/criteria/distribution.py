"""`distribution`: an initializer's weights are normal, or truncated normal."""

from __future__ import annotations

import math

import numpy as np

from autograder.judge import lessons as learn
from autograder.judge import thresholds
from autograder.judge.bounds import ks_bound
from autograder.judge.criterion import Finding, Skipped, criterion
from autograder.judge.dependence import on_a_grid
from autograder.judge.families import nearest
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest
from autograder.judge.thresholds import chance_of_distance


def _error(plan: Plan, limit: float) -> ErrorRate:
    n = plan.pooled
    # Mean and deviation of √n·D, which follows Kolmogorov's law.
    return ErrorRate(n, ks_bound(n, limit), 1, (limit * math.sqrt(n) - 0.8687) / 0.2603)


#: To the nearer accepted family, pooled over everything.
DISTANCE = StatisticalTest("Kolmogorov–Smirnov distance, pooled", "> {}", thresholds.DISTANCE, _error)

#: Fewest independent values whose distribution can be told.
_FEWEST = 20_000
#: Share of exact zeros above which a draw is called sparse. For naming only: the distance above has failed by then.
_ZEROS = 0.01
#: Weights of a draw among which distinct values are counted, and their share below which these may be a grid.
_SAMPLE, _ON_A_GRID = 4_096, 0.25
_ROUNDED = Misconception("rounded", "weights on a grid: rounded, or whole numbers times one step", learn.HE_SHAPE)
_SPARSE = Misconception("sparse", "weights many of which are exactly 0", learn.SPARSE)
_UNKNOWN = Misconception(
    "unknown_distribution", "a distribution that we do not know in place of a normal one", learn.HE_SHAPE
)
#: Each family that is not accepted, as a mistake.
_FAMILIES = {
    "uniform": Misconception(
        "uniform_distribution", "a uniform distribution in place of a normal one", learn.UNIFORM_SHAPE
    ),
    "Laplace": Misconception(
        "laplace_distribution", "a Laplace (double exponential) distribution in place of a normal one", learn.HE_SHAPE
    ),
    "logistic": Misconception(
        "logistic_distribution", "a logistic distribution in place of a normal one", learn.HE_SHAPE
    ),
    "triangular": Misconception(
        "triangular_distribution",
        "a triangular distribution (the sum of two uniform draws) in place of a normal one",
        learn.HE_SHAPE,
    ),
    "half-normal": Misconception("half-normal_distribution", "the absolute values of normal draws", learn.HE_SHAPE),
    "clipped normal": Misconception(
        "clipped_normal_distribution", "a normal distribution whose tails were clipped to a limit", learn.TRUNCATED
    ),
    "two values": Misconception(
        "two_values_distribution",
        "one size with a random sign (Rademacher) in place of a normal distribution",
        learn.HE_SHAPE,
    ),
}


@criterion(
    "distribution", needs=["output"], tests=[DISTANCE], mistakes=[*_FAMILIES.values(), _ROUNDED, _SPARSE, _UNKNOWN]
)
def distribution(m: InitializerMeasurements) -> Finding:
    """Draw from a normal or truncated normal distribution."""
    accepted = min(m.evidence.law.families, key=m.distances.__getitem__)
    distance, values = m.distances[accepted], m.rests_on[1]
    if values < _FEWEST:
        raise Skipped(f"Not judged: the weights depend on one another, so only {values:,} of them are independent.")
    n = m.histogram.n
    p_value = ks_bound(n, distance)
    if not DISTANCE.fails(distance, at_least=chance_of_distance(values)):
        return Finding(
            f"{accepted.capitalize()}: the distribution function differs by up to {distance:.4f} (accepted: "
            f"{DISTANCE.threshold}).",
            measured=distance,
            expected=0.0,
            p_value=p_value,
        )
    told, mistake = _name(m)
    recognized = f"{told}; a normal or truncated normal is asked for."
    figures = (
        f"The weights' distribution function differs from a {accepted}'s by up to {distance:.3f} (accepted: "
        f"{DISTANCE.threshold})."
    )
    raise Finding(
        f"{recognized} {figures} The variance is judged separately.",
        recognized=recognized,
        figures=figures,
        measured=distance,
        expected=0.0,
        p_value=p_value,
        mistake=mistake,
    ).failing(DISTANCE)


def _name(m: InitializerMeasurements) -> tuple[str, Misconception]:
    if m.family is None and (special := _name_grid(m) or _name_apart(m)) is not None:
        return special
    draws = [values for draw in m.draws if (values := m.values(draw)) is not None]
    zeros = sum(values.size - int(np.count_nonzero(values)) for values in draws) / sum(v.size for v in draws)
    if zeros > _ZEROS:
        return f"{zeros:.0%} of the weights are exactly 0", _SPARSE
    family = nearest(m.distances)
    if family is None:
        return "The weights follow a distribution that we do not know", _UNKNOWN
    told = "have only two values" if family == "two values" else f"follow a {family} distribution"
    return f"The weights {told}", _FAMILIES[family]


def _name_grid(m: InitializerMeasurements) -> tuple[str, Misconception] | None:
    """Return what to say of weights that are multiples of one step, such as rounded ones."""
    for draw in m.draws:
        values = m.values(draw)
        if values is None:
            continue
        sample = values.ravel()[:_SAMPLE]
        found = np.unique(sample.astype(np.float64))
        if 2 < found.size < _ON_A_GRID * sample.size and on_a_grid(sample):
            told = f"{sample.size:,} weights of {draw.kernel.words} have only {found.size} values"
            return f"The weights lie on a grid: {told}, {np.diff(found).min():.3g} apart", _ROUNDED
    return None


def _name_apart(m: InitializerMeasurements) -> tuple[str, Misconception] | None:
    """Return what to say where dense and convolution kernels follow laws of two families."""
    dense, convolution = m.family_of(dense=True), m.family_of(dense=False)
    wrong = [family for family in (dense, convolution) if family in _FAMILIES]
    if dense is None or convolution is None or not wrong:
        return None
    return f"Dense kernels follow a {dense} distribution, and convolutions a {convolution} one", _FAMILIES[wrong[0]]
