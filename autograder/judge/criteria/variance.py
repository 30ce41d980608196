"""`variance` and `variance_conv`: an initializer gives dense and convolution kernels the variance that is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from autograder.judge import lessons as learn
from autograder.judge import thresholds
from autograder.judge.bounds import second_moment_bound, union
from autograder.judge.criteria.in_place import NOT_IN_PLACE
from autograder.judge.criteria.output import RAISED, wrong_shape
from autograder.judge.criterion import Finding, Skipped, criterion
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.measure import Moments, consequence
from autograder.judge.misconception import Misconception
from autograder.judge.naming import describe_unknown, diagnose_kind
from autograder.judge.near_miss import credit_text, near_miss
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest, variance_rate
from autograder.judge.thresholds import chance_of_variance

#: Fewest weights for which the pooled variance is judged: some kernels may not have come back.
_POOLED_WEIGHTS = 500_000
#: When the pooled variance is off, dense or convolution kernels are to blame if their own share is off by this.
_BLAMED = 0.009
#: Share of the weights that are independent values, below which a variance is known too coarsely for all of its points.
#: Nobody repeats each value 13 times: 10 or 16 are common.
_COARSE = 1 / 13
_HALF = 0.5


def _of_a_shape(plan: Plan, limit: float) -> ErrorRate:
    return variance_rate(plan.of_a_shape, limit, mean=thresholds.MEAN, count=len(plan.kernels))


def _of_all(plan: Plan, limit: float) -> ErrorRate:
    return variance_rate(plan.pooled, limit, mean=thresholds.MEAN)


SHAPE_VARIANCE = StatisticalTest("|variance − 1| of a shape", "> {:.0%}", thresholds.VARIANCE, _of_a_shape)
#: Between a normal cut at 3σ (0.973) and a leaky slope of 0.1 (0.990).
POOLED_VARIANCE = StatisticalTest("|variance − 1|, pooled", "> {:.1%}", 0.018, _of_all)
_TESTS = [SHAPE_VARIANCE, POOLED_VARIANCE]
UNKNOWN_VARIANCE = Misconception("unknown_variance", "a variance that fits no mistake that we know", learn.LAW)


@criterion("variance", needs=["output"], tests=_TESTS, mistakes=[UNKNOWN_VARIANCE])
def variance(m: InitializerMeasurements) -> Finding:
    """Give the weights of dense kernels the variance {law.formula}."""
    return _variance(m, dense=True)


@criterion("variance_conv", needs=["output"], tests=_TESTS)
def variance_conv(m: InitializerMeasurements) -> Finding:
    """Give the weights of convolutions the variance {law.formula}, with the fan_in of a convolution."""
    return _variance(m, dense=False)


def _variance(m: InitializerMeasurements, *, dense: bool) -> Finding:
    shapes = [s for s in m.variances if s.kernel.is_dense == dense]
    asked = [draw.kernel for draw in m.evidence.rounds[0] if draw.kernel.is_dense == dense]
    if all(s.kernel.fan_in == s.kernel.fan_out for s in shapes):
        # A formula of the wrong fan is right on square kernels, and may raise for all others.
        raise Skipped(f"Not judged: {len(shapes)} of {len(asked)} kernels of this kind came back.")
    rests_on = [n for s, n in zip(m.variances, m.rests_on[0], strict=True) if s.kernel.is_dense == dense]
    chances = [chance_of_variance(n) for n in rests_on]
    worst, _ = max(
        zip(shapes, chances, strict=True), key=lambda each: stray(each[0]) / max(SHAPE_VARIANCE.threshold, each[1])
    )
    wrong = {s.kernel: SHAPE_VARIANCE.fails(s.variance - 1.0, at_least=c) for s, c in zip(shapes, chances, strict=True)}
    one_strays = any(wrong.values())
    (everything, overall), (_, pooled) = pool_variances(m.variances), pool_variances(shapes)
    in_all = chance_of_variance(m.rests_on[1])
    enough = everything >= _POOLED_WEIGHTS
    all_stray = (
        enough
        and POOLED_VARIANCE.fails(overall - 1.0, at_least=in_all)
        and not abs(pooled - 1.0) <= max(_BLAMED, in_all)
    )
    p_value = worst_or_pooled_bound(shapes, everything, overall)
    if not one_strays and not all_stray:
        finding = Finding(
            f"Var(W) / ({worst.law.formula}) is {pooled:.3f} over all shapes (accepted: "
            f"±{POOLED_VARIANCE.threshold:.1%}, one shape ±{SHAPE_VARIANCE.threshold:.0%}).",
            measured=worst.variance * worst.asked,
            expected=worst.asked,
            p_value=p_value,
            wrong=wrong,
        )
        _earn_half(m, finding, f"{len(shapes)} of {len(asked)}" if len(shapes) < len(asked) else None)
        return finding
    if len(shapes) < len(asked):
        # The shapes that a wrong formula happens to get right must not speak for those that it raises for.
        raise Skipped(f"Not judged: {len(shapes)} of {len(asked)} kernels of this kind came back.")
    measured = [s.ratio for s in m.variances]
    found = diagnose_kind(measured, m.evidence.layout, m.family, partial(m.family_of, dense=dense), dense=dense)
    wrong = wrong if one_strays else dict.fromkeys(wrong, True)
    # Of the kernels that are wrong, the one that is least so has the plainest figures.
    plain = min((s for s in shapes if wrong[s.kernel]), key=stray)
    times = f"{_times(plain.variance)} times the variance asked for"
    # A coarse variance earns as much as a right one that is coarse: whether it strays is chance.
    credit = near_miss([s.variance for s in shapes], rests_on)
    earns = credit_text(credit)
    if credit and not _is_coarse(m) and (reservation := _reservation(m)) is not None:
        credit *= _HALF
        earns += f" {reservation[0]}, so this row earns half of that."
    everywhere = "; ".join(f"{s.kernel} {_times(s.variance)}" for s in shapes)
    more = f" (All shapes, inputs→outputs: {everywhere}.){earns}"
    if any(raw.variance > 1.01 * judged.variance for raw, judged in zip(m.moments, m.variances, strict=True)):
        more += " The tails are heavy, so these are variances of weights that are clipped at four standard deviations."
    told = f"Your Var(W) is {found.says}." if found else describe_unknown(measured, dense=dense)
    raise Finding(
        f"{told} For {plain.kernel.words}, it is {times}.{more}",
        named=f"This looks like {found.called(worst.law)}. For {plain.kernel.words}, Var(W) is {times}.{more}"
        if found
        else None,
        recognized=told,
        figures=f"Worst: Var(W) / ({worst.law.formula}) is {_times(worst.variance)} ({worst.kernel}; accepted: "
        f"±{SHAPE_VARIANCE.threshold:.0%}).{earns}",
        consequence=consequence([s.variance for s in shapes], worst.law),
        measured=worst.variance * worst.asked,
        expected=worst.asked,
        p_value=p_value,
        mistake=found.mistake if found else UNKNOWN_VARIANCE,
        twins=found.twins if found else (),
        wrong=wrong,
    ).failing(SHAPE_VARIANCE if one_strays else POOLED_VARIANCE, credit=credit)


def _earn_half(m: InitializerMeasurements, finding: Finding, came: str | None) -> None:
    """Raise `Failed` with half of the credit if the variance is right, but not of all that was asked for."""
    reservation = _reservation(m) if came is None else (f"Only {came} kernels of this kind came back", RAISED)
    if reservation is not None:
        because, mistake = reservation
        message = f"{because}. So this row earns half, though the variance is right. {finding.message}"
        raise replace(finding, message=message, p_value=None, mistake=mistake).failing(credit=_HALF)


def _reservation(m: InitializerMeasurements) -> tuple[str, Misconception] | None:
    """Return why even a right variance earns half of its points, and the mistake behind it; None if nothing is."""
    if m.only_returned:
        return (
            "These weights were returned, and the tensor passed in was not filled with them",
            NOT_IN_PLACE,
        )
    if (draw := m.misshapen) is not None:
        asked = draw.kernel.in_layout(m.evidence.layout)
        return "The tensor returned has another shape than the one asked for", wrong_shape(draw.shape or (), asked)
    if m.dependence is not None and _is_coarse(m):
        return (
            f"The weights depend on one another, and only about {m.rests_on[1]:,} values are independent",
            m.dependence.found.mistake,
        )
    return None


def _is_coarse(m: InitializerMeasurements) -> bool:
    """Whether the weights depend on one another so much that their variance is known coarsely only."""
    return m.dependence is not None and m.rests_on[1] < _COARSE * sum(s.n for s in m.moments)


def stray(moments: Moments) -> float:
    """Return how far a variance is from the law's, as a factor's logarithm."""
    return abs(math.log(moments.variance)) if 0.0 < moments.variance < math.inf else math.inf


def pool_variances(shapes: Sequence[Moments]) -> tuple[int, float]:
    """Return the number of weights of several kernels, and their variances' mean by numbers of weights."""
    total = sum(s.n for s in shapes)
    return total, sum(s.n * s.variance for s in shapes) / total


def worst_or_pooled_bound(shapes: Sequence[Moments], total: int, pooled: float) -> float:
    """Bound P(a right answer's worst kernel, or the ``pooled`` variance of ``total`` weights, strays as far)."""
    worst = max(shapes, key=stray)
    return min(
        union(second_moment_bound(worst.n, worst.variance - 1.0), 2 * len(shapes)),
        union(second_moment_bound(total, pooled - 1.0), 2),
    )


def _times(ratio: float) -> str:
    return f"{ratio:.3f}" if 0.1 <= ratio < 10 else f"{ratio:.3g}"
