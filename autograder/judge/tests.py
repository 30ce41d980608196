"""The statistics: how far a right He initializer can stray, as bounds that hold at any sample size.

Everything is in units of He's standard deviation: u = w·√(fan_in/2), so that a right initializer has
mean 0 and second moment 1, whether normal, normal truncated at two deviations and rescaled, or uniform.
Each function returns an upper bound on the probability that a *right* initializer gives a statistic at
least as extreme as the one measured.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.floating[Any]]

#: Standard deviation of a standard normal truncated at ±2 (Keras' HeNormal divides by it).
TRUNCATED_DEVIATION = 0.87962566103423978


def union(bound: float, count: int) -> float:
    """Bound the probability that any of ``count`` statistics is as extreme as the worst of them (Boole)."""
    return min(1.0, count * bound)


def mean_bound(n: int, mean: float) -> float:
    """Bound P(|mean of n draws| ≥ |mean|): 2·exp(−n·mean²/2), the sub-Gaussian (Hoeffding) tail.

    Normal, truncated normal and uniform with unit variance are all strictly sub-Gaussian.
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


def ks_bound(n: int, distance: float) -> float:
    """Bound P(sup |F_n − F| ≥ distance): 2·exp(−2n·D²) (Dvoretzky, Kiefer and Wolfowitz, 1956; Massart, 1990)."""
    return min(1.0, 2.0 * math.exp(-2.0 * n * distance * distance))


def correlation_bound(n: int, correlation: float) -> float:
    """Bound P(|Σxy|/n ≥ |r|) for n independent pairs: 2·exp(−n[t·r + ½ln(1−t²)]), t = (√(1+4r²)−1)/(2r).

    Chernoff's bound with E exp(t·xy) = (1−t²)^(−½) for standard normals.
    """
    r = min(abs(correlation), 1.0)
    if r == 0.0:
        return 1.0
    t = (math.sqrt(1.0 + 4.0 * r * r) - 1.0) / (2.0 * r)
    return min(1.0, 2.0 * math.exp(-n * (t * r + 0.5 * math.log1p(-t * t))))


def autocorrelation_bound(n: int, correlation: float) -> float:
    """Bound P(any of n lags' autocorrelation exceeds |r|): n·exp(−n·r²/6)."""
    return min(1.0, n * math.exp(-n * correlation * correlation / 6.0))


def _normal(x: Array) -> Array:
    return np.asarray(ndtr(x))


def _truncated(x: Array) -> Array:
    tail = ndtr(-2.0)
    cut = np.clip(x * TRUNCATED_DEVIATION, -2.0, 2.0)
    return np.asarray((ndtr(cut) - tail) / (1.0 - 2.0 * tail))


def _uniform(x: Array) -> Array:
    return np.asarray(np.clip(0.5 + x / (2.0 * math.sqrt(3.0)), 0.0, 1.0))


def _laplace(x: Array) -> Array:
    half = 0.5 * np.exp(-math.sqrt(2.0) * np.abs(x))
    return np.where(x < 0.0, half, 1.0 - half)


def _clipped(x: Array) -> Array:
    """Distribution function of a normal clipped at ±2 deviations, in its own units; NaN about its two atoms.

    The atoms hold 2.3 % each, and the slightest error of the scale would move them past a grid point.
    """
    deviation = math.sqrt(1.0 - 4.0 * math.exp(-2.0) / math.sqrt(2.0 * math.pi) + 6.0 * float(ndtr(-2.0)))
    z = x * deviation
    inside = np.where(z < -2.0, 0.0, np.where(z > 2.0, 1.0, ndtr(z)))
    return np.where(np.abs(np.abs(z) - 2.0) < 0.02, np.nan, inside)


def _triangular(x: Array) -> Array:
    half = 0.5 * (1.0 - np.minimum(np.abs(x) / math.sqrt(6.0), 1.0)) ** 2
    return np.where(x < 0.0, half, 1.0 - half)


_REACH = 6.0
_CELLS = 12_000
_EDGES = np.linspace(-_REACH, _REACH, _CELLS + 1)
#: Distribution functions of unit-variance families at the edges of a fine grid.
FAMILIES: dict[str, Array] = {
    "normal": _normal(_EDGES),
    "truncated normal": _truncated(_EDGES),
    "uniform": _uniform(_EDGES),
    "Laplace": _laplace(_EDGES),
    "triangular": _triangular(_EDGES),
    "clipped normal": _clipped(_EDGES),
}


def ks_distances(values: Array) -> dict[str, float]:
    """Return the Kolmogorov–Smirnov distance of ``values`` (unit scale, any order) to every family.

    One pass and no sorting: the empirical distribution function is counted out at the edges of a grid of
    step 0.001 over ±6, and the supremum taken there. Each figure is at most the true distance, and less
    than it by 0.001 or less, so that every bound on the true distance holds for it.
    """
    flat = values.ravel()
    # fmin and fmax, not clip: they leave no NaN, and so count what is no number as very large.
    cells = (flat + flat.dtype.type(_REACH)) * flat.dtype.type(_CELLS / (2 * _REACH)) + 1
    counts = np.bincount(np.fmax(np.fmin(cells, _CELLS + 1), 0).astype(np.int32), minlength=_CELLS + 2)
    below = np.cumsum(counts)[:-1] / flat.size
    return {name: float(np.nanmax(np.abs(below - cdf))) for name, cdf in FAMILIES.items()}


def correlation(x: Array, y: Array) -> float:
    """Return Pearson's r of two flat arrays of equal length; 0 where one is constant."""
    x = x - x.mean(dtype=np.float64)
    y = y - y.mean(dtype=np.float64)
    scale = math.sqrt(float(np.dot(x, x)) * float(np.dot(y, y)))
    return float(np.dot(x, y)) / scale if scale > 0.0 else 0.0


def largest_autocorrelation(values: Array) -> tuple[int, float]:
    """Return the lag ≥ 1 with the largest |autocorrelation| of a flat array, and that autocorrelation.

    Zero-padded, so lags do not wrap round; each lag is divided by the whole sum of squares.
    """
    centred = values - values.mean(dtype=np.float64).astype(values.dtype)
    length = scipy.fft.next_fast_len(2 * values.size, real=True)
    spectrum = scipy.fft.rfft(centred, length)
    power = spectrum.real**2 + spectrum.imag**2
    lags = scipy.fft.irfft(power, length)[: values.size]
    if lags[0] <= 0.0:
        return 0, 0.0
    lag = 1 + int(np.argmax(np.abs(lags[1:])))
    return lag, float(lags[lag] / lags[0])
