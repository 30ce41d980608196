"""Simulated implementations, right and wrong: each returns draws as NumPy or the frameworks make them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.evidence import Draw
from autograder.judge.families import CLIPPED_DEVIATION, CUT_AT_3_VARIANCE, TRUNCATED_DEVIATION
from autograder.judge.law import HE
from autograder.judge.misconception import Misconception

Array = NDArray[np.floating[Any]]
Generator = np.random.Generator
#: A family's sampler: so many draws with mean 0 and variance 1, flat float32.
Family = Callable[[Generator, int], Array]
#: What a student wrote: a kernel in a layout → what came back.
Initializer = Callable[[KernelShape, Layout], Draw]
#: Makes one student's initializer from a source of randomness; it may keep a state, as a cache does.
Maker = Callable[[Generator], Initializer]


def _normal(rng: Generator, n: int) -> Array:
    return rng.standard_normal(n, dtype=np.float32)


def _cut_normal(rng: Generator, n: int, cut: float) -> Array:
    values = _normal(rng, n)
    while (outside := np.flatnonzero(np.abs(values) > cut)).size:
        values[outside] = _normal(rng, outside.size)
    return values


def _truncated(rng: Generator, n: int) -> Array:
    return _cut_normal(rng, n, 2.0) / np.float32(TRUNCATED_DEVIATION)


def _cut_at_3(rng: Generator, n: int) -> Array:
    return _cut_normal(rng, n, 3.0) / np.float32(math.sqrt(CUT_AT_3_VARIANCE))


def _uniform(rng: Generator, n: int) -> Array:
    return (rng.random(n, dtype=np.float32) * 2.0 - 1.0) * np.float32(math.sqrt(3.0))


def _clipped(rng: Generator, n: int) -> Array:
    return np.clip(_normal(rng, n), -2.0, 2.0) / np.float32(CLIPPED_DEVIATION)


def _half_normal(rng: Generator, n: int) -> Array:
    return (np.abs(_normal(rng, n)) - np.float32(math.sqrt(2.0 / math.pi))) / np.float32(math.sqrt(1.0 - 2.0 / math.pi))


def _laplace(rng: Generator, n: int) -> Array:
    return rng.laplace(0.0, math.sqrt(0.5), n).astype(np.float32)


def _logistic(rng: Generator, n: int) -> Array:
    return rng.logistic(0.0, math.sqrt(3.0) / math.pi, n).astype(np.float32)


def _triangular(rng: Generator, n: int) -> Array:
    return (rng.random(n, dtype=np.float32) - rng.random(n, dtype=np.float32)) * np.float32(math.sqrt(6.0))


def _signs(rng: Generator, n: int) -> Array:
    return (rng.integers(0, 2, n) * 2 - 1).astype(np.float32)


FAMILIES: dict[str, Family] = {
    "normal": _normal,
    "truncated normal": _truncated,
    "normal cut at 3": _cut_at_3,
    "uniform": _uniform,
    "clipped normal": _clipped,
    "half-normal": _half_normal,
    "Laplace": _laplace,
    "logistic": _logistic,
    "triangular": _triangular,
    "two values": _signs,
}


def came_back(kernel: KernelShape, layout: Layout, values: Array) -> Draw:
    """Describe ``values``, in the layout's shape, as what a framework's own tensor would have held."""
    kind = "tf.Tensor" if layout is Layout.KERAS else "torch.Tensor"
    same = layout is Layout.TORCH
    asked = kernel.in_layout(layout)
    returned = values if values.shape == asked else None
    return Draw(kernel, kind, values.dtype.name, values.shape, returned, same=same and returned is not None)


def right(family: str) -> Maker:
    """Return a right implementation that draws from ``family``."""
    sample = FAMILIES[family]

    def make(rng: Generator) -> Initializer:
        def initializer(kernel: KernelShape, layout: Layout) -> Draw:
            values = sample(rng, kernel.size) * np.float32(HE.deviation(kernel))
            return came_back(kernel, layout, values.reshape(kernel.in_layout(layout)))

        return initializer

    return make


def _of_scale(entry: Misconception) -> Maker:
    def make(rng: Generator) -> Initializer:
        def initializer(kernel: KernelShape, layout: Layout) -> Draw:
            factor = math.sqrt(entry.variance_of(kernel, layout))
            shift = entry.mean(kernel, layout) if entry.mean else 0.0
            values = _base(entry, rng, kernel, layout) * np.float32(factor) + np.float32(shift)
            return came_back(kernel, layout, values.reshape(kernel.in_layout(layout)))

        return initializer

    return make


def _base(entry: Misconception, rng: Generator, kernel: KernelShape, layout: Layout) -> Array:
    if entry.simulated_as == "orthogonal":
        return _orthogonal(rng, kernel, layout)
    return FAMILIES[entry.simulated_as](rng, kernel.size)


def _orthogonal(rng: Generator, kernel: KernelShape, layout: Layout) -> Array:
    """Return a semi-orthogonal matrix of unit variance, as torch.nn.init.orthogonal_ flattens kernels."""
    rows, columns = kernel.fan_in, kernel.outputs
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)), dtype=np.float32)
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r)) * np.float32(math.sqrt(max(rows, columns)))
    matrix = q if rows >= columns else q.T  # (fan_in, out)
    return matrix if layout is Layout.KERAS else matrix.T


def _changed(change: Callable[[Generator, Array, KernelShape], Array]) -> Maker:
    """Return right normal draws that ``change`` spoils; it gets (fan_in, out) in Keras' order, and keeps the shape."""

    def make(rng: Generator) -> Initializer:
        def initializer(kernel: KernelShape, layout: Layout) -> Draw:
            matrix = _normal(rng, kernel.size).reshape(kernel.fan_in, kernel.outputs) * np.float32(HE.deviation(kernel))
            spoilt = change(rng, matrix, kernel)
            if layout is Layout.KERAS:
                return came_back(kernel, layout, spoilt.reshape(kernel.in_layout(layout)))
            ordered = spoilt.T.reshape(kernel.outputs, *kernel.window, kernel.inputs)
            values = np.ascontiguousarray(np.moveaxis(ordered, -1, 1) if kernel.window else ordered)
            return came_back(kernel, layout, values)

        return initializer

    return make


def _described(change: Callable[[Draw], Draw]) -> Maker:
    """Return right normal draws whose description ``change`` spoils."""

    def make(rng: Generator) -> Initializer:
        right_one = right("normal")(rng)

        def initializer(kernel: KernelShape, layout: Layout) -> Draw:
            return change(right_one(kernel, layout))

        return initializer

    return make


def _fixed_seed(rng: Generator) -> Initializer:
    seed = int(rng.integers(2**32))

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        return right("normal")(np.random.default_rng(seed))(kernel, layout)

    return initializer


def _cached(rng: Generator) -> Initializer:
    kept: dict[KernelShape, Draw] = {}
    draw = right("normal")(rng)
    return lambda kernel, layout: kept.setdefault(kernel, draw(kernel, layout))


def _one_stream(rng: Generator) -> Initializer:
    """Every shape begins the same stream; the stream is another in every round."""
    base = int(rng.integers(2**31))
    calls: Counter[KernelShape] = Counter()

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        calls[kernel] += 1
        return right("normal")(np.random.default_rng(base + calls[kernel]))(kernel, layout)

    return initializer


def _alternating(rng: Generator) -> Initializer:
    """Two tensors kept for every shape, handed out in turn."""
    kept: dict[KernelShape, list[Draw]] = {}
    draw = right("normal")(rng)

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        draws = kept.setdefault(kernel, [draw(kernel, layout), draw(kernel, layout)])
        draws.reverse()
        return draws[0]

    return initializer


def _few_seeds(rng: Generator) -> Initializer:
    """A seed is set inside, and is one of twenty."""
    seeds = rng.integers(2**31, size=20)

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        return right("normal")(np.random.default_rng(rng.choice(seeds)))(kernel, layout)

    return initializer


def _correlated(rng: Generator) -> Initializer:
    """Half of what every call gives for a shape is the same."""
    kept: dict[KernelShape, Array] = {}

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        n = kernel.size
        shared = kept.setdefault(kernel, _normal(rng, n))
        values = (shared + _normal(rng, n)) * np.float32(HE.deviation(kernel) / math.sqrt(2.0))
        return came_back(kernel, layout, values.reshape(kernel.in_layout(layout)))

    return initializer


def _pool(rng: Generator) -> Initializer:
    """All weights are taken from one table."""
    table = _normal(rng, 5_000)

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        values = rng.choice(table, kernel.in_layout(layout)) * np.float32(HE.deviation(kernel))
        return came_back(kernel, layout, values)

    return initializer


def _unsteady(rng: Generator) -> Initializer:
    """The scale of every call is drawn anew."""
    draw = right("normal")(rng)

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        drawn = draw(kernel, layout)
        assert drawn.returned is not None
        return replace(drawn, returned=drawn.returned * np.float32(rng.uniform(0.8, 1.2)))

    return initializer


def _repeat_rows(rng: Generator, w: Array, k: KernelShape) -> Array:
    return np.repeat(w[:1], w.shape[0], axis=0)


def _repeat_columns(rng: Generator, w: Array, k: KernelShape) -> Array:
    return np.repeat(w[:, :1], w.shape[1], axis=1)


def _tiled(rng: Generator, w: Array, k: KernelShape) -> Array:
    return np.resize(w.ravel()[: w.size // 2], w.shape)


def _mirrored(rng: Generator, w: Array, k: KernelShape) -> Array:
    half = w.copy()
    columns = w.shape[1] // 2
    half[:, -columns:] = w[:, :columns][:, ::-1]
    return half


def _symmetric(rng: Generator, w: Array, k: KernelShape) -> Array:
    if w.shape[0] != w.shape[1]:
        return w
    return np.triu(w) + np.triu(w, 1).T


def _rank_one(rng: Generator, w: Array, k: KernelShape) -> Array:
    row, column = _normal(rng, w.shape[0]), _normal(rng, w.shape[1])
    return np.outer(row, column) * np.float32(HE.deviation(k))


def _unit_columns(rng: Generator, w: Array, k: KernelShape) -> Array:
    return np.asarray(w / np.linalg.norm(w, axis=0) * np.float32(math.sqrt(2.0)))


def _centred_columns(rng: Generator, w: Array, k: KernelShape) -> Array:
    return np.asarray((w - w.mean(axis=0)) / np.float32(math.sqrt(1.0 - 1.0 / w.shape[0])))


def _growing(rng: Generator, w: Array, k: KernelShape) -> Array:
    scale = np.linspace(0.7, 1.3, w.shape[1], dtype=np.float32)
    return w * (scale / np.float32(math.sqrt(float(np.mean(scale**2)))))


def _drifting(rng: Generator, w: Array, k: KernelShape) -> Array:
    drift = np.linspace(-0.3, 0.3, w.shape[1], dtype=np.float32)
    return (w + drift * np.float32(HE.deviation(k))) / np.float32(math.sqrt(1.0 + float(np.mean(drift**2))))


def _sparse(rng: Generator, w: Array, k: KernelShape) -> Array:
    return np.where(rng.random(w.shape) < 0.5, 0.0, w * np.float32(math.sqrt(2.0))).astype(np.float32)


def _with_nan(rng: Generator, w: Array, k: KernelShape) -> Array:
    w.flat[rng.integers(w.size)] = np.nan
    return w


#: Implementations of the mistakes that are not ones of scale. A name may have several.
STRUCTURES: dict[str, Maker] = {
    "returned_none": _described(lambda d: Draw(d.kernel, "None")),
    "returned_list": _described(lambda d: Draw(d.kernel, "list")),
    "returned_numpy": _described(lambda d: replace(d, kind="numpy.ndarray", same=False)),
    "dtype_float16": _described(
        lambda d: replace(d, dtype="float16", returned=None if d.returned is None else d.returned.astype(np.float16))
    ),
    "dtype_float64": _described(
        lambda d: replace(d, dtype="float64", returned=None if d.returned is None else d.returned.astype(np.float64))
    ),
    "transposed": _described(lambda d: replace(d, shape=tuple(reversed(d.shape or ())), returned=None)),
    "flat": _described(lambda d: replace(d, shape=(d.kernel.size,), returned=None)),
    "not_finite": _changed(_with_nan),
    "constant": _changed(lambda rng, w, k: np.zeros_like(w)),
    "mean_not_zero": _changed(lambda rng, w, k: w + np.float32(0.1 * HE.deviation(k))),
    "uniform_distribution": right("uniform"),
    "laplace_distribution": right("Laplace"),
    "logistic_distribution": right("logistic"),
    "half-normal_distribution": right("half-normal"),
    "two_values_distribution": right("two values"),
    "sparse": _changed(_sparse),
    "rounded": _changed(lambda rng, w, k: np.round(w, 2)),
    "repeated: rows": _changed(_repeat_rows),
    "repeated: columns": _changed(_repeat_columns),
    "repeated: tile": _changed(_tiled),
    "following": _changed(lambda rng, w, k: (w + np.roll(w, 1, axis=0)) / np.float32(math.sqrt(2.0))),
    "sorted": _changed(lambda rng, w, k: np.sort(w, axis=None).reshape(w.shape)),
    "mirrored": _changed(_mirrored),
    "symmetric": _changed(_symmetric),
    "rank_one": _changed(_rank_one),
    "unit_norm": _changed(_unit_columns),
    "centred": _changed(_centred_columns),
    "uneven_scale": _changed(_growing),
    "uneven_mean": _changed(_drifting),
    "same_stream": _one_stream,
    "fixed_seed": _fixed_seed,
    "cached_tensor": _cached,
    "cached_tensor: two in turn": _alternating,
    "few_seeds": _few_seeds,
    "correlated_calls": _correlated,
    "few_values": _pool,
    "unsteady_scale": _unsteady,
}


def mistakes(entries: tuple[Misconception, ...]) -> dict[str, Maker]:
    """Return an implementation of each of ``entries`` that an initializer's draws can show."""
    of_scale = {entry.name: _of_scale(entry) for entry in entries if entry.variance is not None}
    return of_scale | {
        label: make for label, make in STRUCTURES.items() if any(e.name == label.partition(":")[0] for e in entries)
    }


def keras_he_normal(rng: Generator) -> Initializer:
    """Real draws of an unseeded Keras HeNormal, a new instance a call."""
    import tensorflow as tf

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        values = tf.keras.initializers.HeNormal()(kernel.in_layout(Layout.KERAS)).numpy()
        return came_back(kernel, Layout.KERAS, values)

    return initializer


def torch_kaiming_normal(rng: Generator) -> Initializer:
    """Real draws of torch.nn.init.kaiming_normal_."""
    import torch

    def initializer(kernel: KernelShape, layout: Layout) -> Draw:
        weight = torch.empty(kernel.in_layout(Layout.TORCH))
        torch.nn.init.kaiming_normal_(weight, nonlinearity="relu")
        return came_back(kernel, Layout.TORCH, weight.numpy())

    return initializer
