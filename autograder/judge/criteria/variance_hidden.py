"""`variance_hidden`: a model's hidden layers have independent weights with the mean and variance asked for."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.assignment.kernels import KernelShape
from autograder.judge import bounds as t
from autograder.judge import lessons as learn
from autograder.judge.criteria.mean import MEAN_NOT_ZERO
from autograder.judge.criteria.output import CONSTANT
from autograder.judge.criteria.variance import UNKNOWN_VARIANCE, pool_variances, stray, worst_or_pooled_bound
from autograder.judge.criterion import Finding, criterion
from autograder.judge.measure import Moments, consequence_together, signed
from autograder.judge.misconception import Misconception
from autograder.judge.model import ModelMeasurements
from autograder.judge.near_miss import near_miss
from autograder.judge.own import own_credit
from autograder.judge.scales import GLOROT_UNIFORM, PYTORCH_DEFAULT
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest, mean_rate, variance_rate
from autograder.judge.structure import DEPENDENCES, find_structure, prefix_correlation
from autograder.judge.structure_tests import structure_tests
from autograder.judge.thresholds import chance_of_mean, chance_of_variance

#: |mean| of one hidden layer, in units of the measured deviation.
_MEAN = 0.05
#: |variance ratio − 1| of one hidden layer, all builds pooled.
_VARIANCE = 0.07
#: One build's layer's second moment after clipping is at least this, or its bound says how rarely it is not.
_SCALE = 0.77


def _hidden(plan: Plan) -> Sequence[KernelShape]:
    return plan.layers[:-1]


def _of_one(plan: Plan) -> int:
    """Return the weights of the smaller hidden layer, all builds together."""
    return plan.builds * min(layer.size for layer in _hidden(plan))


def _mean(plan: Plan, limit: float) -> ErrorRate:
    return mean_rate(_of_one(plan), limit, off=_VARIANCE, count=len(_hidden(plan)))


def _of_a_layer(plan: Plan, limit: float) -> ErrorRate:
    return variance_rate(_of_one(plan), limit, mean=_MEAN, count=len(_hidden(plan)))


def _of_both(plan: Plan, limit: float) -> ErrorRate:
    return variance_rate(plan.builds * sum(layer.size for layer in _hidden(plan)), limit, mean=_MEAN)


LAYER_MEAN = StatisticalTest("|mean| of a layer", "> {} σ", _MEAN, _mean)
LAYER_VARIANCE = StatisticalTest("|variance − 1| of a layer", "> {:.0%}", _VARIANCE, _of_a_layer)
POOLED_VARIANCE = StatisticalTest("|variance − 1|, both layers", "> {:.0%}", 0.05, _of_both)
#: No layer is square, or has enough units for their evenness.
TESTS = structure_tests(
    "layer", _hidden, lambda layers: min(k.size for k in layers) // 2, within=0.25, scale=_SCALE, confirmed=", twice"
)

_ONLY_FIRST = Misconception("only_first_layer", "the asked weights in the first layer alone", learn.EVERY_LAYER)
#: Said, and not judged: a seed in a model makes a run repeatable, and the variance is right all the same.
_COSTS_NOTHING = (
    "That costs nothing here. If your model calls your initializer, correct it there. If not, look for a seed, or for "
    "an initializer object or a kernel that is used again."
)
#: Fewest weights of a layer whose dependence is judged; those asked for have more.
_STRUCTURED = 8_000


@criterion(
    "variance_hidden",
    needs=["layers"],
    tests=[LAYER_MEAN, LAYER_VARIANCE, POOLED_VARIANCE, *TESTS.all],
    mistakes=[_ONLY_FIRST],
)
def variance_hidden(m: ModelMeasurements) -> Finding:
    """Give the hidden layers {law.title} weights: mean 0, variance {law.formula}."""
    hidden = m.moments[:-1]
    for layer in hidden:
        if layer.variance == 0.0:
            credit, why = _credit(m, CONSTANT)
            raise Finding(
                f"All weights of the {layer.kernel} layer are equal.{why}",
                measured=0.0,
                expected=layer.asked,
                p_value=0.0,
                mistake=CONSTANT,
                wrong={layer.kernel: True},
            ).failing(credit=credit)
    _check_dependence(m)
    for number, layer in enumerate(hidden, 1):
        if LAYER_MEAN.fails(layer.standardized_mean, at_least=chance_of_mean(layer.n / m.copies)):
            credit, why = _credit(m, MEAN_NOT_ZERO)
            raise Finding(
                f"The mean weight of hidden layer {number} is {signed(layer.standardized_mean, 3)} × std(w) "
                f"(accepted: ±{LAYER_MEAN.threshold}).{why}",
                measured=layer.standardized_mean,
                expected=0.0,
                p_value=t.union(t.mean_bound(layer.n, layer.standardized_mean), len(hidden)),
                mistake=MEAN_NOT_ZERO,
                wrong={layer.kernel: True},
            ).failing(LAYER_MEAN, credit=credit)
    return _variance(m, m.variances[:-1])


def _check_dependence(m: ModelMeasurements) -> None:
    """Raise `Failed` when the weights of a hidden layer depend on one another, in two builds."""
    for draws, layer in zip(m.draws[:-1], m.moments, strict=False):
        if layer.kernel.size < _STRUCTURED or len(draws) < 2:
            continue
        (found,) = find_structure(draws[:1], TESTS, in_law_units=layer.is_right)
        if found is not None and find_structure(draws[1:2], TESTS, in_law_units=layer.is_right) != [None]:
            credit, why = _credit(m, found.mistake)
            raise Finding(
                f"The weights of the {layer.kernel} layer depend on one another: {found.says}.{why}",
                measured=found.measured,
                expected=0.0,
                p_value=found.p_value,
                mistake=found.mistake,
                wrong={layer.kernel: True},
            ).failing(found.by, credit=credit)


def _share_a_stream(m: ModelMeasurements) -> bool:
    """Whether the first two layers begin with the same random numbers, in two builds."""
    one, other, *_ = m.draws
    return all(abs(prefix_correlation(x, y)[1]) > 0.9 for x, y in zip(one[:2], other[:2], strict=True))


def _repeats(m: ModelMeasurements) -> str:
    """Return what a student reads about weights that repeat others: sentences after a space, or nothing."""
    said = [" All models have the same weights."] if m.copies > 1 else []
    if _share_a_stream(m):
        said.append(" Both layers begin with the same random numbers.")
    return f"{''.join(said)} {_COSTS_NOTHING}" if said else ""


def _variance(m: ModelMeasurements, hidden: Sequence[Moments]) -> Finding:
    worst = max(hidden, key=stray)
    ratios = " and ".join(f"{s.variance:.3f} ({s.kernel})" for s in hidden)
    rests_on = [s.n // m.copies for s in hidden]
    strays = [
        i
        for i, (s, n) in enumerate(zip(hidden, rests_on, strict=True))
        if LAYER_VARIANCE.fails(s.variance - 1.0, at_least=chance_of_variance(n))
    ]
    total, pooled = pool_variances(hidden)
    p_value = worst_or_pooled_bound(hidden, total, pooled)
    repeats = _repeats(m)
    if not strays and not POOLED_VARIANCE.fails(pooled - 1.0, at_least=chance_of_variance(sum(rests_on))):
        return Finding(
            f"Var(W) / ({worst.law.formula}): {ratios} (accepted: ±{LAYER_VARIANCE.threshold:.0%}).{repeats}",
            measured=worst.variance * worst.asked,
            expected=worst.asked,
            p_value=p_value,
            wrong=dict.fromkeys((s.kernel for s in hidden), False),
        )
    found = m.diagnose(range(len(hidden)))
    mistake = found.mistake if found else UNKNOWN_VARIANCE
    told = (
        f"Your Var(W) of the hidden layers is {found.says}." if found else "The variance fits no mistake that we know."
    )
    # In the words of an initializer's variance: a mistake that shows in both is explained once.
    what = f"Your Var(W) is {found.says}." if found else told
    named = f"This looks like {found.called(worst.law)}." if found else told
    first = ""
    if found is None and 0 < len(strays) < len(hidden):
        found = m.diagnose(strays)
        if found is not None:
            mistake, kernel = found.mistake, hidden[strays[0]].kernel
            what = told = f"Your Var(W) of the {kernel} layer looks like {found.says}."
            named = f"The {kernel} layer looks like {found.called(worst.law)}."
            if mistake in (GLOROT_UNIFORM, PYTORCH_DEFAULT) and 0 not in strays:
                mistake = _ONLY_FIRST
                first = " Only the first layer was initialized; this one has its default weights."
    credit, why = _credit(m, mistake, near_miss([s.variance for s in hidden], rests_on))
    figures = f"{ratios} × the variance asked for."
    effect = consequence_together([s.variance for s in hidden], worst.law)
    explained = f"{figures} {effect}" if effect else figures
    raise Finding(
        f"{told}{first} It is {explained}{why}{repeats}",
        named=f"{named}{first} Var(W) is {figures}{why}",
        recognized=f"{what}{first}",
        figures=f"{explained}{why}{repeats}",
        p_value=p_value,
        mistake=mistake,
        twins=found.twins if found else (),
        measured=worst.variance * worst.asked,
        expected=worst.asked,
        wrong={s.kernel: not strays or i in strays for i, s in enumerate(hidden)},
    ).failing(LAYER_VARIANCE if strays else POOLED_VARIANCE, credit=credit)


def _credit(m: ModelMeasurements, mistake: Misconception, near: float = 0.0) -> tuple[float, str]:
    """Return the share of the points that ``mistake`` leaves, at least that of a near miss, and what is said of it."""
    if mistake in DEPENDENCES:
        found = find_structure([draws[0] for draws in m.own[:-1]], TESTS, in_law_units=False)
        is_own = any(each is not None and each.mistake is mistake for each in found)
    else:
        is_own = m.is_own(range(len(m.moments) - 1))
    return own_credit(m, mistake, near, is_own=is_own)
