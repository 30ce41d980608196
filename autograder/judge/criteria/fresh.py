"""`fresh`: two calls of an initializer give different weights."""

from __future__ import annotations

from itertools import combinations

from autograder.judge import lessons as learn
from autograder.judge.bounds import correlation_bound, union
from autograder.judge.criteria.independence import BEGINNINGS, CORRELATION, SEEDS, two_draws
from autograder.judge.criterion import Finding, criterion
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.misconception import Misconception
from autograder.judge.statistical_test import ErrorRate, Plan, StatisticalTest
from autograder.judge.structure import prefix_correlation, strength, worst_correlation


def _error(plan: Plan, limit: float) -> ErrorRate:
    return two_draws(plan, limit, plan.draw_pairs)


DRAWS = StatisticalTest("|r| of two draws of a shape", "> {}, twice", CORRELATION, _error)
#: Correlation above which two draws are called the same.
_SAME = 0.9
_FIXED_SEED = Misconception(
    "fixed_seed",
    "the same random numbers on every call: a seed set inside, or one initializer object reused",
    learn.SEEDS,
)
_CACHED_TENSOR = Misconception("cached_tensor", "a tensor kept from the first call for each shape", learn.SEEDS)


@criterion("fresh", needs=["output"], tests=[DRAWS, SEEDS], mistakes=[_FIXED_SEED, _CACHED_TENSOR])
def fresh(m: InitializerMeasurements) -> Finding:
    """Draw anew on each call: two calls with the same shape give different weights."""
    found = [(draws[0], *prefix_correlation(x, y)) for draws in m.by_shape for x, y in combinations(draws, 2)]
    strays = [each for each in found if DRAWS.fails(each[2])]
    # A collision of Keras' own seeds is bad luck once, and a mistake twice, wherever the second one is.
    if SEEDS.fails(len(strays)) or len(found) == 1 == len(strays):
        draw, n, r = max(strays, key=lambda each: strength(each[2]))
        said, mistake = _repetition(m, r)
        raise Finding(
            f"Calls for a {draw.kernel} kernel gave {said}",
            measured=r,
            expected=0.0,
            p_value=union(correlation_bound(n, r), len(found)),
            mistake=mistake,
        ).failing(DRAWS)
    r, bound = worst_correlation([(n, r) for _, n, r in found])
    return Finding(
        f"Two calls with the same shape differ; their largest correlation is {r:+.4f}.",
        measured=r,
        expected=0.0,
        p_value=bound,
    )


def _repetition(m: InitializerMeasurements, r: float) -> tuple[str, Misconception | None]:
    if abs(r) < _SAME:
        return f"correlated weights (r = {r:+.3f}); 0 is expected.", None
    if len(m.by_shape) > 1 and BEGINNINGS.fails(prefix_correlation(m.by_shape[0][0], m.by_shape[1][0])[1]):
        return (
            "the same weights again. A seed set inside, or one initializer object used again, does that.",
            _FIXED_SEED,
        )
    return (
        "the same weights again. A tensor kept from an earlier call, or a seed made from the shape, does that.",
        _CACHED_TENSOR,
    )
