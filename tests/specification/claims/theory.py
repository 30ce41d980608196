"""Computes the numbers in the notebook from theory, or with a few lines of NumPy. Nothing here reads the notebook."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import integrate, stats


def normal_mean(function: Callable[[float], float]) -> float:
    """E f(z) for a standard normal z."""
    return float(integrate.quad(lambda z: function(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), -12, 12)[0])


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def sigmoid_slope(z: float) -> float:
    return sigmoid(z) * (1 - sigmoid(z))


def tanh_slope(z: float) -> float:
    return 1 - math.tanh(z) ** 2


@cache
def sigmoid_variance(scale: float = 1.0) -> float:
    """Variance of z in deep layers, for n Var(w) = scale²: the fixed point of q = scale² E σ(√q z)²."""
    q = 0.25 * scale**2
    for _ in range(50):
        q = scale**2 * normal_mean(lambda z, q=q: sigmoid(math.sqrt(q) * z) ** 2)
    return q


def sigmoid_factor(scale: float = 1.0) -> float:
    """By how much one deep sigmoid layer multiplies the gradient's norm."""
    return scale * root_mean_square(sigmoid_slope, math.sqrt(sigmoid_variance(scale)))


@cache
def recurrent_factor(scale: float) -> float:
    q = 1.0
    for _ in range(60):
        q = scale**2 * normal_mean(lambda z, q=q: math.tanh(math.sqrt(q) * z) ** 2) + 0.25
    return scale * math.sqrt(normal_mean(lambda z: tanh_slope(math.sqrt(q) * z) ** 2))


def glorot_tanh(layers: int) -> float:
    """E h² after so many tanh layers of n Var(w) = 1 that began with 1."""
    q = 1.0
    for _ in range(layers):
        q = normal_mean(lambda z, q=q: math.tanh(math.sqrt(q) * z) ** 2)
    return q


def largest(function: Callable[[float], float]) -> float:
    return max(function(z) for z in np.linspace(-8, 8, 1601))


def root_mean_square(slope: Callable[[float], float], scale: float) -> float:
    """Root mean square of a slope over normal pre-activations of this standard deviation."""
    return math.sqrt(normal_mean(lambda z: slope(scale * z) ** 2))


def share_below(limit: float, slope: Callable[[float], float], scale: float) -> float:
    """Share of normal pre-activations of this standard deviation whose slope is below the limit."""
    edge = next(z for z in np.linspace(0, 8, 80_001) if slope(z) < limit)
    return float(2 * stats.norm.sf(edge / scale))


def rectified_cosine(layers: int, cosine: float = 0.0) -> float:
    """Cosine between two inputs' signals after so many wide ReLU layers, from E relu(u) relu(v) for normal u and v."""
    for _ in range(layers):
        sine = math.sqrt(max(0.0, 1 - cosine**2))
        cosine = (sine + cosine * (math.pi - math.acos(max(-1.0, min(1.0, cosine))))) / math.pi
    return cosine


def product_variance() -> bool:
    """Whether Var(w h) = Var(w) E h², for a w of mean 0 and an h of another mean: measured."""
    rng = np.random.default_rng(6)
    w, h = rng.normal(0, 0.7, 1_000_000), rng.uniform(1, 3, 1_000_000)
    return bool(abs(np.var(w * h) / (np.var(w) * np.mean(h**2)) - 1) < 0.01)


def gains(variance: Callable[[int, int], float], n_in: int = 300, n_out: int = 900) -> tuple[float, float]:
    """By how much a linear layer multiplies the variance of signals, and of gradients: measured."""
    rng = np.random.default_rng(1)
    weights = rng.normal(0, math.sqrt(variance(n_in, n_out)), (n_out, n_in))
    forward, backward = weights @ rng.normal(size=(n_in, 400)), weights.T @ rng.normal(size=(n_out, 400))
    return float(forward.var()), float(backward.var())


def keeps(which: int, variance: Callable[[int, int], float]) -> bool:
    return abs(gains(variance)[which] - 1) < 0.02


def uniform_variance(limit: float) -> float:
    return float(stats.uniform(-limit, 2 * limit).var())


def rectified(variance: Callable[[int, int], float], slope: float = 0.0) -> float:
    """Second moment after a layer and a (leaky) ReLU, over the one before: measured."""
    rng = np.random.default_rng(2)
    z = rng.normal(0, math.sqrt(variance(300, 900)), (900, 300)) @ rng.normal(size=(300, 400))
    return float(np.mean(np.where(z > 0, z, slope * z) ** 2))


def batch_normalized(z: np.ndarray) -> np.ndarray:
    return (z - z.mean(axis=0)) / z.std(axis=0)


def scaled_gradient(a: float) -> float:
    """The gradient with respect to a W, over the one with respect to W, by differences."""
    rng = np.random.default_rng(3)
    h, kernel, target = rng.normal(size=(64, 5)), rng.normal(size=(5, 4)), rng.normal(size=(64, 4))
    step = np.zeros_like(kernel)
    step[1, 2] = 1e-5

    def loss(weights: np.ndarray) -> float:
        return float(np.sum((batch_normalized(h @ weights) - target) ** 2))

    def derivative(weights: np.ndarray) -> float:
        return (loss(weights + step) - loss(weights - step)) / 2e-5

    return derivative(a * kernel) / derivative(kernel)


@cache
def wandering(width: int) -> float:
    """Standard deviation of ln q over networks of 20 He-initialized ReLU layers."""
    rng = np.random.default_rng(5)
    ends = []
    for _ in range(40):
        h = rng.normal(size=width)
        for _ in range(20):
            # For one input, W h has independent normal entries: no need to draw W.
            h = np.maximum(rng.normal(0, math.sqrt(2 / width * float(h @ h)), width), 0)
        ends.append(math.log(float(h @ h) / width))
    return float(np.std(ends))


def gradient_along_the_weights() -> float:
    """How a loss behind batch normalization changes when the weights before it are stretched, by differences."""
    rng = np.random.default_rng(4)
    z, target = rng.normal(size=(64, 4)), rng.normal(size=(64, 4))
    longer, shorter = (float(np.sum((batch_normalized(a * z) - target) ** 2)) for a in (1 + 1e-5, 1 - 1e-5))
    return (longer - shorter) / 2e-5


def power_growth(scale: float, power: int = 400) -> float:
    """By how much the norm of a power of a random matrix grows with each factor."""
    matrix = scale * np.random.default_rng(6).normal(size=(256, 256)) / 16
    return float(np.linalg.norm(np.linalg.matrix_power(matrix, power)) ** (1 / power))


def selu_moment(order: int) -> float:
    """E selu(z)^order for a standard normal z, with the constants of Klambauer et al. (2017)."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return normal_mean(lambda z: (scale * (z if z > 0 else alpha * math.expm1(z))) ** order)
