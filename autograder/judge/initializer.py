"""The criteria for `tf_he_normal` and `torch_he_normal_`. Thresholds are in `thresholds`, their bounds in `tests`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from autograder.assignment.kernels import Layout
from autograder.judge.bounds import correlation_bound, ks_bound, mean_bound, second_moment_bound, union
from autograder.judge.evidence import Draw, InitializerEvidence
from autograder.judge.families import ACCEPTED, nearest
from autograder.judge.measure import InitializerMeasurements, Moments, consequence
from autograder.judge.naming import describe_unknown, diagnose
from autograder.judge.structure import find_structure, prefix_correlation, worst_correlation
from autograder.judge.thresholds import (
    BLAMED_VARIANCE,
    CORRELATION,
    DISTANCE,
    MEAN,
    POOLED_VARIANCE,
    POOLED_WEIGHTS,
    VARIANCE,
    ZEROS,
)
from autograder.judge.verdict import Criteria, Failed, Finding, Skipped, Verdict, fail

CRITERIA: Criteria[InitializerMeasurements] = Criteria()

#: Correlation above which two draws are called the same.
_SAME = 0.9
#: How what was returned is called in the catalogue, where it is no tensor of the framework.
_KINDS = {"None": "returned_none", "numpy.ndarray": "returned_numpy", "list": "returned_list", "tuple": "returned_list"}


def judge_initializer(
    evidence: InitializerEvidence | InitializerMeasurements, only: Sequence[str] | None = None
) -> list[Verdict]:
    """Judge one initializer's draws, or what was measured of them; ``only`` names the criteria to judge by."""
    measured = evidence if isinstance(evidence, InitializerMeasurements) else InitializerMeasurements(evidence)
    with np.errstate(all="ignore"):  # a student's infinities are findings, not warnings
        return CRITERIA.judge(measured, only)


def _expected_kind(layout: Layout) -> str:
    return "tf.Tensor" if layout is Layout.KERAS else "torch.Tensor"


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
            raise fail(f"For shape {asked} it raised {draw.error}.", diagnosis="raised", measurable=bool(m.by_shape))
    for draw in came:
        asked = draw.kernel.in_layout(m.evidence.layout)
        if draw.kind != kind:
            raise _wrong_kind(draw, asked, kind, measurable=True)
        if draw.shape != asked:
            raise fail(
                f"For shape {asked} the tensor returned has shape {draw.shape}.",
                diagnosis=_shape_name(draw.shape or (), asked),
                measurable=True,
            )
        if draw.dtype != "float32":
            raise fail(
                f"For shape {asked} the returned tensor is {draw.dtype}; float32 is asked for.",
                diagnosis=_dtype_name(draw.dtype),
                measurable=True,
            )
    return Finding(f"A float32 {kind} of the right shape in each of {len(came)} calls.")


def _wrong_kind(draw: Draw, asked: tuple[int, ...], kind: str, *, measurable: bool) -> Failed:
    hint = " Is the `return` missing?" if draw.kind == "None" else ""
    return fail(
        f"For shape {asked} it returned {draw.kind} where a {kind} is asked for.{hint}",
        diagnosis=_KINDS.get(draw.kind, "returned_other"),
        measurable=measurable,
    )


def _dtype_name(dtype: str | None) -> str:
    return f"dtype_{dtype}" if dtype in ("float16", "float64") else "dtype_other"


def _shape_name(found: tuple[int, ...], asked: tuple[int, ...]) -> str:
    if sorted(found) == sorted(asked):
        return "transposed"
    return "flat" if found == (math.prod(asked),) else "wrong_shape"


def _check_values(m: InitializerMeasurements, draw: Draw) -> None:
    """Raise `Failed` unless ``draw`` gave values that can be measured."""
    asked = draw.kernel.in_layout(m.evidence.layout)
    if draw.kind == "None" and m.untouched(draw):
        raise fail(
            f"For shape {asked} it returned None and left the tensor as it was: nothing was drawn.",
            diagnosis="returned_none",
        )
    values = m.values(draw)
    if values is None:
        if draw.shape is not None and draw.shape != asked:
            raise fail(
                f"For shape {asked} it returned an array of shape {draw.shape}.",
                diagnosis=_shape_name(draw.shape, asked),
            )
        if draw.dtype is not None:
            raise fail(
                f"For shape {asked} the returned values are {draw.dtype}; float32 is asked for.",
                diagnosis=_dtype_name(draw.dtype),
            )
        raise _wrong_kind(draw, asked, _expected_kind(m.evidence.layout), measurable=False)
    if not np.isfinite(values).all():
        bad = values.size - int(np.isfinite(values).sum())
        raise fail(
            f"For shape {asked}, {bad:,} of {values.size:,} values are NaN or infinite.",
            diagnosis="not_finite",
        )
    first = values.flat[0]
    if bool((values == first).all()):
        raise fail(
            f"For shape {asked} every weight is {float(first):.4g}: that is a constant, not a random draw. "
            "Units that start alike stay alike.",
            diagnosis="constant",
        )


@CRITERIA.criterion("in_place", needs=["output"])
def in_place(m: InitializerMeasurements) -> Finding:
    """Fill the tensor that was passed in, and return that tensor."""
    for draw in m.draws:
        if draw.error is None:
            _check_in_place(m, draw, "The tensor passed in")
    parameter = m.evidence.on_parameter
    if parameter is not None and parameter.error is not None:
        raise fail(
            f"On an nn.Parameter, which requires gradients, it raised {parameter.error}. "
            "Fill it under torch.no_grad().",
            diagnosis="needs_no_grad",
            measurable=True,
        )
    if parameter is not None:
        _check_in_place(m, parameter, "An nn.Parameter that was passed in")
    return Finding("The tensor passed in was filled and returned, a plain one and an nn.Parameter.")


def _check_in_place(m: InitializerMeasurements, draw: Draw, subject: str) -> None:
    """Raise `Failed` unless ``draw`` filled the tensor passed in and returned it."""
    if m.untouched(draw):
        raise fail(
            f"{subject} was left as it was. Fill it in place, with a method whose name ends in an underscore or with "
            "copy_.",
            diagnosis="not_in_place",
            measurable=True,
        )
    if not draw.same and draw.passed is not None:
        if draw.kind == "None":
            raise fail(
                f"{subject} was filled, but None was returned: return the tensor, too.",
                diagnosis="returned_none",
                measurable=True,
            )
        if draw.returned is None or not np.array_equal(draw.returned, draw.passed):
            raise fail(
                f"{subject} was filled, but another was returned: return the one that was passed in.",
                diagnosis="returned_another",
                measurable=True,
            )


@CRITERIA.criterion("mean", needs=["output"])
def mean(m: InitializerMeasurements) -> Finding:
    """Draw weights with mean 0."""
    worst = max(m.moments, key=lambda s: _size(s.standardized_mean))
    off = worst.standardized_mean
    if not math.isfinite(off):
        raise fail(f"The weights of a {worst.kernel} kernel are too large for a mean.", diagnosis="mean_not_zero")
    finding = Finding(
        f"The mean of {worst.n:,} weights ({worst.kernel}) is {off:+.4f} standard deviations; 0 is expected.",
        measured=off,
        expected=0.0,
        p_value=union(mean_bound(worst.n, off), len(m.moments)),
    )
    if not abs(off) <= MEAN:
        positive = all(bool((draw.centred >= -draw.mean).all()) for draws in m.by_shape for draw in draws)
        hint = " No weight is negative: were they drawn with rand, where randn is the normal?" if positive else ""
        raise Failed(replace(finding, message=finding.message + hint, diagnosis="mean_not_zero"))
    return finding


def _size(value: float) -> float:
    """Return |value|, with what is no number as the largest."""
    return abs(value) if math.isfinite(value) else math.inf


def _stray(variance: float) -> float:
    """Return how far a variance ratio is from 1, as a factor's logarithm."""
    return abs(math.log(variance)) if 0.0 < variance < math.inf else math.inf


def _pooled(shapes: Sequence[Moments]) -> tuple[int, float]:
    total = sum(s.n for s in shapes)
    return total, sum(s.n * s.variance for s in shapes) / total


def _variance(m: InitializerMeasurements, *, dense: bool) -> Finding:
    shapes = [s for s in m.moments if s.kernel.is_dense == dense]
    asked = [draw.kernel for draw in m.evidence.rounds[0] if draw.kernel.is_dense == dense]
    if len(shapes) < len(asked):
        # The shapes that a wrong formula happens to get right must not speak for those that it raises for.
        raise Skipped(f"Not judged: {len(shapes)} of {len(asked)} kernels of this kind came back.")
    worst = max(shapes, key=lambda s: _stray(s.variance))
    he = 2.0 / worst.kernel.fan_in
    one_strays = not abs(worst.variance - 1.0) <= VARIANCE
    (everything, overall), (total, pooled) = _pooled(m.moments), _pooled(shapes)
    enough = everything >= POOLED_WEIGHTS
    all_stray = enough and not abs(overall - 1.0) <= POOLED_VARIANCE and not abs(pooled - 1.0) <= BLAMED_VARIANCE
    p_value = min(
        union(second_moment_bound(worst.n, worst.variance - 1.0), 2 * len(shapes)),
        union(second_moment_bound(everything, overall - 1.0), 2),
    )
    if not one_strays and not all_stray:
        return Finding(
            f"Var(W) is {pooled:.3f} × 2/fan_in over {len(shapes)} shapes, {total:,} weights.",
            measured=worst.variance * he,
            expected=he,
            p_value=p_value,
        )
    measured = [s.ratio for s in m.moments]
    mistake = diagnose(measured, m.evidence.layout, m.family)
    ratios = "; ".join(f"{_times(s.variance)} for {s.kernel}" for s in shapes)
    told = f"Var(W) is {_times(worst.variance)} × 2/fan_in for a {worst.kernel} kernel"
    everywhere = f"(All shapes: {ratios}.)"
    explained = f": that is {mistake.says}." if mistake else f". {describe_unknown(measured)}"
    raise Failed(
        Finding(
            f"{told}{explained} {everywhere}",
            named=f"{told}. That looks like {mistake.called}. {everywhere}" if mistake else None,
            consequence=consequence(worst.variance),
            measured=worst.variance * he,
            expected=he,
            p_value=p_value,
            diagnosis=mistake.name if mistake else "unknown_variance",
            twins=mistake.twins if mistake else (),
        )
    )


def _times(ratio: float) -> str:
    return f"{ratio:.3f}" if 0.1 <= ratio < 10 else f"{ratio:.3g}"


@CRITERIA.criterion("variance", needs=["output"])
def variance(m: InitializerMeasurements) -> Finding:
    """Give dense kernels the variance 2/fan_in."""
    return _variance(m, dense=True)


@CRITERIA.criterion("variance_conv", needs=["output"])
def variance_conv(m: InitializerMeasurements) -> Finding:
    """Give convolution kernels the variance 2/fan_in, where fan_in counts the window: kh·kw·in_channels."""
    return _variance(m, dense=False)


@CRITERIA.criterion("distribution", needs=["output"])
def distribution(m: InitializerMeasurements) -> Finding:
    """Draw from a normal or truncated normal distribution."""
    accepted = min(ACCEPTED, key=m.distances.__getitem__)
    distance = m.distances[accepted]
    n = m.histogram.n
    finding = Finding(
        f"The {n:,} weights are {accepted}: the distribution functions differ by at most {distance:.4f}.",
        measured=distance,
        expected=0.0,
        p_value=ks_bound(n, distance),
    )
    if distance <= DISTANCE:
        return finding
    told, name = _name_distribution(m)
    raise Failed(
        Finding(
            f"{told} A normal or truncated normal is asked for; the distribution function is {distance:.3f} away from "
            f"the nearer of the two (at most {DISTANCE} is let pass). The scale is judged apart from this.",
            measured=distance,
            expected=0.0,
            p_value=finding.p_value,
            diagnosis=name,
        )
    )


def _name_distribution(m: InitializerMeasurements) -> tuple[str, str]:
    draws = [values for draw in m.draws if (values := m.values(draw)) is not None]
    zeros = sum(values.size - int(np.count_nonzero(values)) for values in draws) / sum(v.size for v in draws)
    if zeros > ZEROS:
        return f"{zeros:.0%} of the weights are exactly 0.", "sparse"
    family = nearest(m.distances)
    if family is None:
        return "Their distribution has another shape than any we know.", "unknown_distribution"
    told = "They take two values only." if family == "two values" else f"They follow a {family} distribution."
    return told, f"{family.lower()}_distribution".replace(" ", "_")


@CRITERIA.criterion("independence", needs=["output"])
def independence(m: InitializerMeasurements) -> Finding:
    """Draw every weight on its own: nothing is repeated within a kernel or from one shape to the next."""
    for first, second, *_ in m.by_shape:
        found = find_structure(first, in_he_units=m.in_he_units)
        # Confirmed by a fresh draw before it counts.
        if found is None or find_structure(second, in_he_units=m.in_he_units) is None:
            continue
        raise Failed(
            Finding(
                f"The weights of a {first.kernel} kernel depend on one another: {found.says}.",
                measured=found.measured,
                expected=0.0,
                p_value=found.p_value,
                diagnosis=found.name,
            )
        )
    if len(m.by_shape) < 2:
        return Finding("Nothing is repeated within a kernel.")
    pairs = list(combinations(range(len(m.by_shape)), 2))
    shared = [
        (i, j, *prefix_correlation(draws[i], draws[j])) for draws in zip(*m.by_shape, strict=True) for i, j in pairs
    ]
    strays = [each for each in shared if abs(each[3]) > CORRELATION]
    # Unseeded Keras initializers draw their seeds from a billion, and so may collide: once, but not twice.
    if len(strays) > 1:
        i, j, n, r = max(strays, key=lambda each: _strength(each[3]))
        raise Failed(
            Finding(
                f"The kernels {m.by_shape[i][0].kernel} and {m.by_shape[j][0].kernel} begin with the same random "
                f"numbers (r = {r:+.3f}); 0 is expected. A seed inside the function, or one initializer object "
                "used again, does that.",
                measured=r,
                expected=0.0,
                p_value=union(correlation_bound(n, r), len(shared)),
                diagnosis="same_stream",
            )
        )
    r, bound = worst_correlation([(n, r) for _, _, n, r in shared])
    return Finding(
        f"No repetition within a kernel; the largest correlation between two shapes is {r:+.4f}.",
        measured=r,
        expected=0.0,
        p_value=bound,
    )


@CRITERIA.criterion("fresh", needs=["output"])
def fresh(m: InitializerMeasurements) -> Finding:
    """Draw anew on each call: two calls with the same shape give different weights."""
    found = [(draws[0], *prefix_correlation(x, y)) for draws in m.by_shape for x, y in combinations(draws, 2)]
    strays = [each for each in found if abs(each[2]) > CORRELATION]
    # A collision of Keras' own seeds is bad luck once, and a mistake twice, wherever the second one is.
    if len(strays) > 1 or len(found) == 1 == len(strays):
        draw, n, r = max(strays, key=lambda each: _strength(each[2]))
        said, name = _repetition(m, r)
        raise Failed(
            Finding(
                f"Calls for a {draw.kernel} kernel gave {said}",
                measured=r,
                expected=0.0,
                p_value=union(correlation_bound(n, r), len(found)),
                diagnosis=name,
            )
        )
    r, bound = worst_correlation([(n, r) for _, n, r in found])
    return Finding(
        f"Two calls with the same shape differ; their largest correlation is {r:+.4f}.",
        measured=r,
        expected=0.0,
        p_value=bound,
    )


def _strength(r: float) -> float:
    """Return |r| without its rounding error, which is each processor's own: of equals, all of them name the first."""
    return round(abs(r), 6)


def _repetition(m: InitializerMeasurements, r: float) -> tuple[str, str | None]:
    if abs(r) < _SAME:
        return f"correlated weights (r = {r:+.3f}); 0 is expected.", None
    if len(m.by_shape) > 1 and abs(prefix_correlation(m.by_shape[0][0], m.by_shape[1][0])[1]) > CORRELATION:
        return (
            "the same weights again. A seed set inside, or one initializer object used again, does that.",
            "fixed_seed",
        )
    return "the same weights again. A tensor kept from an earlier call, or a seed made from the shape, does that.", (
        "cached_tensor"
    )
