"""The criteria for `tf_he_normal` and `torch_he_normal_`.

Thresholds sit in a gap: far, in standard deviations, from everything that a right initializer gives at
these sample sizes, and far from every mistake worth catching. The bound that goes with each is in `tests`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from autograder.judge.evidence import Draw, InitializerEvidence
from autograder.judge.fans import Layout
from autograder.judge.measure import InitializerMeasurements, Moments
from autograder.judge.misconceptions import diagnose
from autograder.judge.tests import (
    autocorrelation_bound,
    correlation,
    correlation_bound,
    ks_bound,
    largest_autocorrelation,
    mean_bound,
    second_moment_bound,
    union,
)
from autograder.judge.verdict import Criteria, Failed, Finding, Skipped, Verdict

#: |mean| in units of the measured deviation; 10.9 SD of the mean of 2 × 65,536 draws.
MEAN_THRESHOLD = 0.03
#: |variance ratio − 1| of one kernel shape; 12.8 SD of normal draws.
VARIANCE_THRESHOLD = 0.05
#: The same, pooled over the shapes of one criterion; 13 SD.
POOLED_VARIANCE_THRESHOLD = 0.03
#: Kolmogorov–Smirnov distance, pooled over everything.
DISTANCE_THRESHOLD = 0.0125
#: |r| between two calls, or between the beginnings of two shapes; 12.8 SD.
CORRELATION_THRESHOLD = 0.05
#: |autocorrelation| at any lag within one draw.
AUTOCORRELATION_THRESHOLD = 0.10

CRITERIA: Criteria[InitializerMeasurements] = Criteria()


def judge_initializer(evidence: InitializerEvidence, only: Sequence[str] | None = None) -> list[Verdict]:
    """Judge one initializer's draws; ``only`` names the criteria that its framework is judged by."""
    with np.errstate(all="ignore"):  # a student's infinities are findings, not warnings
        return CRITERIA.judge(InitializerMeasurements(evidence), only)


def _expected_kind(layout: Layout) -> str:
    return "tf.Tensor" if layout is Layout.KERAS else "torch.Tensor"


def _fail(message: str, *, diagnosis: str | None = None, measurable: bool = False) -> Failed:
    return Failed(Finding(message, diagnosis=diagnosis), measurable=measurable)


@CRITERIA.criterion("output")
def output(m: InitializerMeasurements) -> Finding:
    """Return a float32 tensor of the shape asked for, filled with finite numbers that are not all alike."""
    kind = _expected_kind(m.evidence.layout)
    came = [draw for draw in m.draws if draw.error is None]
    for draw in came:
        _check_values(m, draw)
    for draw in m.draws:
        if draw.error is not None:
            asked = draw.kernel.in_layout(m.evidence.layout)
            raise _fail(f"For shape {asked} it raised {draw.error}.", diagnosis="raised", measurable=bool(m.by_shape))
    for draw in came:
        asked = draw.kernel.in_layout(m.evidence.layout)
        if draw.kind != kind:
            hint = " Is the `return` missing?" if draw.kind == "None" else ""
            raise _fail(
                f"For shape {asked} it returned {draw.kind} where a {kind} is asked for.{hint}",
                diagnosis="returned_" + draw.kind.replace(".", "_").lower(),
                measurable=True,
            )
        if draw.dtype != "float32":
            raise _fail(
                f"For shape {asked} the returned tensor is {draw.dtype}; float32 is asked for.",
                diagnosis=f"dtype_{draw.dtype}",
                measurable=True,
            )
    return Finding(f"A float32 {kind} of the right shape in each of {len(came)} calls.")


def _check_values(m: InitializerMeasurements, draw: Draw) -> None:
    """Raise `Failed` unless ``draw`` gave values that can be measured."""
    asked = draw.kernel.in_layout(m.evidence.layout)
    if draw.kind == "None" and m.untouched(draw):
        raise _fail(
            f"For shape {asked} it returned None and left the tensor as it was: nothing was drawn.",
            diagnosis="returned_none",
        )
    values = m.values(draw)
    if values is None:
        if draw.shape is not None and draw.shape != asked:
            raise _fail(
                f"For shape {asked} it returned an array of shape {draw.shape}.",
                diagnosis="transposed" if draw.shape == asked[::-1] else "wrong_shape",
            )
        if draw.dtype is not None:
            raise _fail(
                f"For shape {asked} the returned values are {draw.dtype}; float32 is asked for.",
                diagnosis=f"dtype_{draw.dtype}",
            )
        hint = " Is the `return` missing?" if draw.kind == "None" else ""
        raise _fail(
            f"For shape {asked} it returned {draw.kind} where a "
            f"{_expected_kind(m.evidence.layout)} is asked for.{hint}",
            diagnosis="returned_" + draw.kind.replace(".", "_").lower(),
        )
    if not np.isfinite(values).all():
        bad = values.size - int(np.isfinite(values).sum())
        raise _fail(
            f"For shape {asked}, {bad:,} of {values.size:,} values are NaN or infinite.",
            diagnosis="not_finite",
        )
    first = values.flat[0]
    if bool((values == first).all()):
        raise _fail(
            f"For shape {asked} every weight is {float(first):.4g}: that is a constant, not a random draw. "
            "Units that start alike stay alike.",
            diagnosis="constant",
        )


@CRITERIA.criterion("in_place", needs=["output"])
def in_place(m: InitializerMeasurements) -> Finding:
    """Fill the tensor that was passed in, and return that tensor."""
    for draw in m.draws:
        if draw.error is not None:
            continue
        if m.untouched(draw):
            raise _fail(
                "The tensor passed in was left as it was; a new one was returned. Fill it in place, with a method "
                "whose name ends in an underscore or with copy_.",
                diagnosis="not_in_place",
                measurable=True,
            )
        if not draw.same and draw.passed is not None:
            if draw.kind == "None":
                raise _fail(
                    "The tensor was filled in place, but None was returned: return the tensor, too.",
                    diagnosis="returned_none",
                    measurable=True,
                )
            if draw.returned is None or not np.array_equal(draw.returned, draw.passed):
                raise _fail(
                    "The tensor returned differs from the tensor filled: return the one that was passed in.",
                    diagnosis="returned_another",
                    measurable=True,
                )
    parameter = m.evidence.on_parameter
    if parameter is not None and parameter.error is not None:
        raise _fail(
            f"On an nn.Parameter, which requires gradients, it raised {parameter.error}. "
            "Fill it under torch.no_grad().",
            diagnosis="needs_no_grad",
            measurable=True,
        )
    return Finding("The tensor passed in was filled and returned, a plain one and an nn.Parameter.")


@CRITERIA.criterion("mean", needs=["output"])
def mean(m: InitializerMeasurements) -> Finding:
    """Draw weights with mean 0."""
    worst = max(m.moments, key=lambda s: abs(s.standardized_mean))
    off = worst.standardized_mean
    finding = Finding(
        f"The mean of {worst.n:,} weights ({worst.kernel}) is {off:+.4f} standard deviations; 0 is expected.",
        measured=off,
        expected=0.0,
        p_value=union(mean_bound(worst.n, off), len(m.moments)),
    )
    if abs(off) > MEAN_THRESHOLD:
        positive = all(bool((array >= 0.0).all()) for _, arrays in m.by_shape for array in arrays)
        hint = " No weight is negative: were they drawn with rand, where randn is the normal?" if positive else ""
        raise Failed(replace(finding, message=finding.message + hint, diagnosis="mean_not_zero"))
    return finding


def _variance(m: InitializerMeasurements, shapes: Sequence[Moments]) -> Finding:
    if not shapes:
        raise Skipped("Not judged: no kernel of this kind came back.")
    worst = max(shapes, key=lambda s: abs(math.log(max(s.variance, 1e-300))))
    total = sum(s.n for s in shapes)
    pooled = sum(s.n * s.variance for s in shapes) / total
    he = 2.0 / worst.kernel.fan_in
    strays = abs(worst.variance - 1.0) > VARIANCE_THRESHOLD
    if not strays and abs(pooled - 1.0) <= POOLED_VARIANCE_THRESHOLD:
        return Finding(
            f"Var(W) is {pooled:.3f} × 2/fan_in over {len(shapes)} shapes, {total:,} weights.",
            measured=worst.variance * he,
            expected=he,
            p_value=union(second_moment_bound(total, pooled - 1.0), 2),
        )
    mistake = diagnose([s.ratio for s in m.moments], m.evidence.layout, m.family)
    explained = f": that is {mistake.says}." if mistake else ", which fits no common mistake."
    ratios = "; ".join(f"{_times(s.variance)} for {s.kernel}" for s in shapes)
    raise Failed(
        Finding(
            f"Var(W) is {_times(worst.variance)} × 2/fan_in for a {worst.kernel} kernel{explained} "
            f"(All shapes: {ratios}.)",
            measured=worst.variance * he,
            expected=he,
            p_value=union(second_moment_bound(worst.n, worst.variance - 1.0), 2 * len(shapes))
            if strays
            else union(second_moment_bound(total, pooled - 1.0), 2),
            diagnosis=mistake.name if mistake else "unknown_variance",
        )
    )


def _times(ratio: float) -> str:
    return f"{ratio:.3f}" if 0.1 <= ratio < 10 else f"{ratio:.3g}"


@CRITERIA.criterion("variance", needs=["output"])
def variance(m: InitializerMeasurements) -> Finding:
    """Give dense kernels the variance 2/fan_in."""
    return _variance(m, [s for s in m.moments if s.kernel.is_dense])


@CRITERIA.criterion("variance_conv", needs=["output"])
def variance_conv(m: InitializerMeasurements) -> Finding:
    """Give convolution kernels the variance 2/fan_in, where fan_in counts the window: kh·kw·in_channels."""
    return _variance(m, [s for s in m.moments if not s.kernel.is_dense])


@CRITERIA.criterion("distribution", needs=["output"])
def distribution(m: InitializerMeasurements) -> Finding:
    """Draw from a normal or truncated normal distribution."""
    accepted = min(("normal", "truncated normal"), key=m.distances.__getitem__)
    distance = m.distances[accepted]
    n = m.standardized.size
    finding = Finding(
        f"The {n:,} weights are {accepted}: the distribution functions differ by at most {distance:.4f}.",
        measured=distance,
        expected=0.0,
        p_value=ks_bound(n, distance),
    )
    if distance <= DISTANCE_THRESHOLD:
        return finding
    nearest = min(m.distances, key=m.distances.__getitem__)
    if m.distances[nearest] <= DISTANCE_THRESHOLD:
        told = f"They are {nearest}."
        name = f"{nearest.lower()}_distribution".replace(" ", "_")
    else:
        told = "They follow another law than any we know."
        name = "unknown_distribution"
    raise Failed(
        Finding(
            f"{told} A normal or truncated normal is asked for; the distribution function is {distance:.3f} away from "
            f"the nearer of the two (at most {DISTANCE_THRESHOLD} is let pass). The scale is judged apart from this.",
            measured=distance,
            expected=0.0,
            p_value=finding.p_value,
            diagnosis=name,
        )
    )


@CRITERIA.criterion("independence", needs=["output"])
def independence(m: InitializerMeasurements) -> Finding:
    """Draw every weight on its own: nothing is repeated within a kernel or from one shape to the next."""
    first = [(kernel, arrays[0].ravel()) for kernel, arrays in m.by_shape]
    pairs = list(combinations(first, 2))
    largest, bound = 0.0, 1.0
    for kernel, values in first:
        lag, r = largest_autocorrelation(values)
        if abs(r) > AUTOCORRELATION_THRESHOLD:
            raise Failed(
                Finding(
                    f"Within a {kernel} kernel, weights {lag:,} places apart are correlated (r = {r:+.3f}); "
                    "0 is expected. A row, column or block seems to be repeated.",
                    measured=r,
                    expected=0.0,
                    p_value=union(autocorrelation_bound(values.size, r), len(first)),
                    diagnosis="repeated_within",
                )
            )
    for (kernel, x), (other, y) in pairs:
        n = min(x.size, y.size)
        r = correlation(x[:n], y[:n])
        if abs(r) > CORRELATION_THRESHOLD:
            raise Failed(
                Finding(
                    f"The kernels {kernel} and {other} begin with the same random numbers (r = {r:+.3f}); 0 is "
                    "expected. A seed inside the function, or one initializer object with a fixed seed used again, "
                    "does that.",
                    measured=r,
                    expected=0.0,
                    p_value=union(correlation_bound(n, r), len(pairs)),
                    diagnosis="same_stream",
                )
            )
        if abs(r) > abs(largest):
            largest, bound = r, union(correlation_bound(n, r), len(pairs))
    return Finding(
        f"No repetition within a kernel; the largest correlation between two shapes is {largest:+.4f}.",
        measured=largest,
        expected=0.0,
        p_value=bound,
    )


@CRITERIA.criterion("fresh", needs=["output"])
def fresh(m: InitializerMeasurements) -> Finding:
    """Draw anew on each call: two calls with the same shape give different weights."""
    largest, n = 0.0, 1
    for kernel, (x, y, *_) in m.by_shape:
        r = correlation(x.ravel(), y.ravel())
        if abs(r) > CORRELATION_THRESHOLD:
            same = "the same weights" if np.array_equal(x, y) else f"correlated weights (r = {r:+.3f})"
            raise Failed(
                Finding(
                    f"Two calls for a {kernel} kernel gave {same}. A seed fixed inside the function, a tensor kept "
                    "from the first call, or one initializer object used twice does that.",
                    measured=r,
                    expected=0.0,
                    p_value=union(correlation_bound(x.size, r), len(m.by_shape)),
                    diagnosis="not_fresh",
                )
            )
        if abs(r) >= abs(largest):
            largest, n = r, x.size
    return Finding(
        f"Two calls with the same shape differ; their largest correlation is {largest:+.4f}.",
        measured=largest,
        expected=0.0,
        p_value=union(correlation_bound(n, largest), len(m.by_shape)),
    )
