"""`variance_output`: a model's output layer has the variance that is asked for, or Glorot's."""

from __future__ import annotations

import math

from autograder.assignment.kernels import Layout
from autograder.judge.bounds import second_moment_bound, union
from autograder.judge.criteria.mean import MEAN_NOT_ZERO
from autograder.judge.criteria.output import CONSTANT
from autograder.judge.criteria.variance import UNKNOWN_VARIANCE
from autograder.judge.criterion import Finding, criterion
from autograder.judge.dependence import independent_by_spread
from autograder.judge.law import GLOROT
from autograder.judge.measure import signed
from autograder.judge.model import ModelMeasurements
from autograder.judge.own import own_credit
from autograder.judge.scales import PYTORCH_DEFAULT
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest, mean_rate, variance_rate
from autograder.judge.thresholds import chance_of_variance

#: Room below the smaller and above the larger of the two variances, as a share of each.
_VARIANCE = 0.22
#: |mean| in units of the measured deviation.
_MEAN = 0.17
#: Share of the weights that are independent values, below which the layer's rows or columns depend on one another.
_COARSE = 1 / 8


def _variance_error(plan: Plan, limit: float) -> ErrorRate:
    return variance_rate(plan.builds * plan.layers[-1].size, limit, mean=_MEAN)


def _mean_error(plan: Plan, limit: float) -> ErrorRate:
    return mean_rate(plan.builds * plan.layers[-1].size, limit, off=_VARIANCE)


OUTPUT_VARIANCE = StatisticalTest("variance beside either law's", "by {:.0%}", _VARIANCE, _variance_error)
OUTPUT_MEAN = StatisticalTest("|mean|", "> {} σ", _MEAN, _mean_error)


def _chance(m: ModelMeasurements) -> float:
    """Return by what share the variance may be off by chance, if rows or columns are repeated or share a scale."""
    rests_on = sum(independent_by_spread(draw) for draw in m.draws[-1])
    return chance_of_variance(rests_on) if rests_on < _COARSE * m.moments[-1].n else 0.0


@criterion("variance_output", needs=["layers"], tests=[OUTPUT_VARIANCE, OUTPUT_MEAN])
def variance_output(m: ModelMeasurements) -> Finding:
    """Give the output layer {law.title}'s or Glorot's variance. It feeds no ReLU, so both are right."""
    last = m.moments[-1]
    law = m.evidence.law
    glorot = GLOROT.variance(last.kernel) / last.asked
    closest = min((1.0, glorot), key=lambda ratio: abs(math.log(max(last.variance, 1e-300) / ratio)))
    measured, expected = last.variance * last.asked, closest * last.asked
    p_value = union(second_moment_bound(last.n, last.variance / closest - 1.0), 2)
    both = f" No ReLU follows, so {law.title}'s variance (1) and Glorot's ({glorot:.3g}) are both right."
    allowed = f"{(1.0 - _VARIANCE) * min(1.0, glorot):.2f} to {(1.0 + _VARIANCE) * max(1.0, glorot):.2f}"
    message = f"Var(W) / ({law.formula}) is {last.variance:.3f} (accepted: {allowed})."
    # Above the larger or below the smaller, as a share of it; 0 between the two.
    beside = max(last.variance / max(1.0, glorot) - 1.0, 1.0 - last.variance / min(1.0, glorot), 0.0)
    strays = OUTPUT_VARIANCE.fails(beside, at_least=_chance(m))
    if not strays and not OUTPUT_MEAN.fails(last.standardized_mean):
        message += "" if law is GLOROT else both
        return Finding(message, measured=measured, expected=expected, p_value=p_value, wrong={last.kernel: False})
    # One small layer fits too many formulas: a name needs all three, or the framework's own default.
    found = m.diagnose(range(len(m.moments)))
    recognized = f"Your Var(W) of the output layer is {found.says}." if found else None
    named = f"This looks like {found.called(law)}." if found else None
    mistake = found.mistake if found else UNKNOWN_VARIANCE
    default = PYTORCH_DEFAULT.ratio_of(last.kernel, m.evidence.layout, law)
    if m.evidence.layout is Layout.TORCH and not OUTPUT_VARIANCE.fails(last.variance / default - 1.0):
        mistake = PYTORCH_DEFAULT
        recognized = (
            "Your Var(W) of the output layer is PyTorch's default, 1/(3·fan_in): your code has not set its weights."
        )
    elif last.variance == 0.0:
        mistake, recognized = CONSTANT, None
        message = "All weights of the output layer are equal."
    elif not strays:
        mistake, recognized = MEAN_NOT_ZERO, None
        message = (
            f"The mean weight of the output layer is {signed(last.standardized_mean, 3)} × std(w) (accepted: ±{_MEAN})."
        )
    if found is None or mistake is not found.mistake:
        named = recognized
    credit, why = own_credit(m, mistake, 0.0, is_own=m.is_own([len(m.moments) - 1]))
    raise Finding(
        f"{recognized} {message}{why}" if recognized else f"{message}{why}",
        named=f"{named} {message}{why}" if named else None,
        recognized=recognized,
        figures=f"{message}{why}",
        p_value=p_value,
        mistake=mistake,
        twins=found.twins if found and mistake is found.mistake else (),
        measured=measured,
        expected=expected,
        wrong={last.kernel: True},
    ).failing(OUTPUT_VARIANCE if strays else OUTPUT_MEAN, credit=credit)
