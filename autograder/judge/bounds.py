"""Upper bounds on how far the statistics of a right initializer can stray, at any sample size.

All values are in units of the law's standard deviation; for He, u = w·√(fan_in/2). A right initializer has mean 0 and
second moment 1 in these units, whether it is normal, uniform, or normal truncated at two deviations and rescaled. Each
function ``…_bound`` bounds the probability that a right initializer gives a statistic at least as extreme as the given
one. `README.md` in this folder derives the bounds and names their sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

Array = NDArray[np.floating[Any]]

#: Probability that an unseeded Keras initializer takes one given seed.
_KERAS_SEED = 1e-9
#: Largest probability of one value in a right draw: uniforms on a grid of 2⁻²³ are the coarsest, and scaling may merge
#: two neighbours.
_MOST_LIKELY = 2.0**-22
#: What clipping at four deviations may take of a draw's second moment.
_CLIPPED = 0.03
#: What centring by a measured mean, the whole draw's on a part of it, may add to a correlation.
_CENTRED = 0.002


def union(bound: float, count: int) -> float:
    """Bound the probability that any of ``count`` statistics is as extreme as the worst of them (Boole)."""
    return min(1.0, count * bound)


def mean_bound(n: int, mean: float) -> float:
    """Bound P(|mean of n draws| ≥ |mean|): 2·exp(−n·mean²/2), the sub-Gaussian (Hoeffding) tail.

    Normal, truncated normal and uniform with unit variance are all strictly sub-Gaussian.

    Examples
    --------
    >>> mean_bound(10_000, 0.03) < 0.03
    True
    """
    return min(1.0, 2.0 * math.exp(-n * mean * mean / 2.0))


def second_moment_bound(n: int, deviation: float) -> float:
    """Bound P(second moment of n draws is off 1 by ``deviation`` or more, on that side).

    exp(−(n/2)(δ − ln(1+δ))): the Chernoff bound of χ²_n, which dominates the squares of truncated and
    uniform draws too (u² ≤ z² in convex order).
    """
    if deviation <= -1.0 or not math.isfinite(deviation):
        return 0.0
    return min(1.0, math.exp(-(n / 2.0) * (deviation - math.log1p(deviation))))


def variance_bound(n: int, threshold: float, allowance: float) -> float:
    """Bound P(the variance of n draws is off 1 by more than ``threshold``), either side.

    A variance about the sample's mean loses the square of that mean: at most ``allowance``.
    """
    return second_moment_bound(n, threshold) + second_moment_bound(n, allowance - threshold)


def ks_bound(n: int, distance: float) -> float:
    """Bound P(sup |F_n − F| ≥ distance): 2·exp(−2n·D²) (Dvoretzky, Kiefer and Wolfowitz, 1956; Massart, 1990)."""
    return min(1.0, 2.0 * math.exp(-2.0 * n * distance * distance))


def correlation_bound(n: int, correlation: float) -> float:
    """Bound P(|Σxy|/n ≥ |r|) for n independent pairs: 2·exp(−n[t·r + ½ln(1−t²)]), t = (√(1+4r²)−1)/(2r).

    Chernoff's bound with E exp(t·xy) ≤ (1−t²)^(−½), an equality for standard normals.
    """
    r = min(abs(correlation), 1.0)
    if r == 0.0:
        return 1.0
    t = (math.sqrt(1.0 + 4.0 * r * r) - 1.0) / (2.0 * r)
    return min(1.0, 2.0 * math.exp(-n * (t * r + 0.5 * math.log1p(-t * t))))


def autocorrelation_bound(n: int, correlation: float) -> float:
    """Bound P(the circular autocorrelation of n draws exceeds |r| at any lag): 3n × the bound of n/3 pairs.

    The products x_i·x_(i+k) form cycles, whose edges three colours divide into classes of n/3 products that
    share no factor; some class must be as extreme as the whole.
    """
    return union(correlation_bound(n // 3, correlation), 3 * n)


def self_convolution_bound(n: int, correlation: float) -> float:
    """Bound P(Σ x_i·x_(c−i) / n exceeds |r| for any of n centres c): n × the bound of n/2 pairs.

    i → c−i pairs the entries off and leaves two of them at most alone; 0.01 is allowed for their squares, more than two
    entries clipped at four deviations add to 3,200 or more.
    """
    return union(correlation_bound(n // 2 - 1, max(abs(correlation) - 0.01, 0.0)), n)


def clipping_bound(n: int, loss: float) -> float:
    """Bound P(clipping n draws at four deviations takes ``loss`` or more from their second moment).

    Chernoff with E exp((u²−16)⁺/4) ≤ 1 + e⁻⁴·√2·P(|z| > √8) for normal draws; the other families do not reach so far.
    """
    excess = math.exp(-4.0) * math.sqrt(2.0) * math.erfc(2.0)
    return min(1.0, math.exp(-n * (loss / 4.0 - math.log1p(excess))))


def measured_correlation_bound(
    bound: Callable[[int, float], float], n: int, threshold: float, *, scale: float, entries: int, draws: int = 1
) -> float:
    """Bound P(a correlation of n products, in units of the draws' measured second moments, is over ``threshold``).

    Parameters
    ----------
    bound : callable
        Bounds the same for known units.
    n : int
        Products.
    threshold : float
        Largest correlation that passes.
    scale : float
        The second moment of a draw's ``entries``, clipped and centred, is at least this; the bound includes the
        probability that it is not.
    entries, draws : int
        Entries of one draw, and how many draws are correlated.
    """
    off = second_moment_bound(entries, scale + _CLIPPED - 1.0) + clipping_bound(entries, _CLIPPED)
    return bound(n, threshold * scale - _CENTRED) + draws * off


def share_bound(size: int, shares: Array, overall: float) -> float:
    """Bound P(any group's share of marked entries is as far from the overall share as the worst of ``shares``).

    2G·exp(−m·KL(q‖p)) for G groups of m entries: Chernoff's bound, which Hoeffding (1963, theorem 4) carries over
    to sampling without replacement. So it holds whatever the law of the entries, if only they are exchangeable.

    Parameters
    ----------
    size : int
        Entries of a group, m.
    shares : array
        Each group's share of marked entries, q.
    overall : float
        Share of marked entries in all groups together, p.
    """
    if not 0.0 < overall < 1.0:
        return 1.0
    divergence = rel_entr(shares, overall) + rel_entr(1.0 - shares, 1.0 - overall)
    return union(math.exp(-size * float(np.max(divergence))), 2 * shares.size)


#: E(u²−1)² and E(u²−1)⁴ for unit variance, of every family that counts as right, for the variance at least.
SQUARES = {
    "normal": (2.0, 60.0),
    "truncated normal": (1.3655367171296495, 8.49803826581069),
    "uniform": (4 / 5, 48 / 35),
}


def evenness_bound(groups: int, size: int, dispersion: float) -> float:
    """Bound P(group second moments are as even as ``dispersion``), over the right families.

    The dispersion is the mean over groups of Z², Z = (q − 1)·√(m/2), q the mean square of a group of m entries: 1
    for normal draws. Maurer (2003, theorem 1) for sums of non-negative variables: P(mean of G copies of Y ≤ c) ≤
    exp(−G(EY − c)²/(2·EY²)).
    """
    worst = 0.0
    for variance, fourth in SQUARES.values():
        mean = variance / 2.0
        second = (3.0 * (size - 1) * variance**2 + fourth) / (4.0 * size)
        if dispersion >= mean:
            return 1.0
        worst = max(worst, math.exp(-groups * (mean - dispersion) ** 2 / (2.0 * second)))
    return worst


def centredness_bound(groups: int, dispersion: float) -> float:
    """Bound P(group means are as even as ``dispersion``), the mean over groups of Y² = m·(group mean)².

    It is 1 for right draws. Maurer (2003) again, with E Y⁴ ≤ 3 for families whose kurtosis is at most 3.
    """
    if dispersion >= 1.0:
        return 1.0
    return math.exp(-groups * (1.0 - dispersion) ** 2 / 6.0)


def repeats_bound(n: int, repeats: float) -> float:
    """Bound P(at least ``repeats`` of n draws repeat the value of an earlier one): Chernoff's bound of a binomial.

    Whatever came before, a draw repeats one of at most n values, and no value is likelier than `_MOST_LIKELY`.
    """
    expected = n * n * _MOST_LIKELY
    if repeats <= expected:
        return 1.0
    return math.exp(-(repeats * math.log(repeats / expected) - repeats + expected))


def steadiness_bound(n: int, calls: int, off: float) -> float:
    """Bound P(the second moments of ``calls`` draws of n are off their shapes' means by the share ``off``, on average).

    With δᵢ a second moment less 1 and δ̄ a shape's mean, Σ|δᵢ − δ̄| ≤ 2·Σ|δᵢ|. Where the variance passes, 1 + δ̄ ≥ 0.9;
    where it does not, its own bound counts. For the sum of the |δᵢ| it is Chernoff's bound, E exp(λ|δ|) ≤ E exp(λδ) +
    E exp(−λδ), with χ²'s E exp(λδ) = e^(−λ)·(1−2λ/n)^(−n/2).
    """
    whole = 0.45 * off * calls
    rate = min(n * whole / (2.0 * calls), 0.4 * n)
    log_moment = max(-rate - n / 2.0 * math.log1p(-2.0 * rate / n), rate - n / 2.0 * math.log1p(2.0 * rate / n))
    return min(1.0, math.exp(calls * (math.log(2.0) + log_moment) - rate * whole))


def collisions_bound(calls: int, pairs: int) -> float:
    """Bound P(at least ``pairs`` pairs of ``calls`` unseeded Keras initializers have equal seeds).

    Each takes its seed from 1…10⁹. If r calls take the seed of an earlier one, at most C(r+1, 2) pairs are equal; so
    many pairs need r of them, and each does with probability ``calls``·10⁻⁹ at most: C(calls, r)·(calls·10⁻⁹)^r.
    """
    repeats = math.ceil((math.sqrt(1.0 + 8.0 * pairs) - 1.0) / 2.0)
    return min(1.0, math.comb(calls, repeats) * (calls * _KERAS_SEED) ** repeats)
