"""Makes Markdown pages of the judge's promises: error budget, catalogue of mistakes, smallest detectable deviations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from autograder.assignment.kernels import Layout
from autograder.grading.plan import PLAN
from autograder.judge.budget import PROMISE, Row, total
from autograder.judge.catalogue import MISCONCEPTIONS
from autograder.judge.criteria.mean import MEAN
from autograder.judge.criteria.variance import POOLED_VARIANCE, SHAPE_VARIANCE
from autograder.judge.criteria.variance_hidden import LAYER_VARIANCE
from autograder.judge.law import HE
from autograder.judge.power import MISS, mean_power, miss_bound, smallest_detectable, variance_power


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return a Markdown table with padded columns. The columns in ``right`` are aligned to the right."""
    widths = [max(3, *(len(row[i]) for row in (heads, *rows))) for i in range(len(heads))]
    rules = ["-" * (width - 1) + ":" if i in right else "-" * width for i, width in enumerate(widths)]

    def line(row: Sequence[str]) -> str:
        padded = (
            cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    return [line(row) for row in (heads, rules, *rows)]


def shown_p(value: float | None) -> str:
    """Return a probability as the pages show it; an empty text for None."""
    if value is None:
        return ""
    return "0" if value == 0.0 else f"{value:.1e}" if value < 0.001 else f"{value:.3f}"


def budget_page(rows: Sequence[Row]) -> str:
    """Return the error budget: one row for each kind of test, and the sum.

    Examples
    --------
    >>> print(budget_page([]).splitlines()[0])
    | criterion | statistic | fails when | weights | bound | tests | together | margin, SD |
    """
    heads = ("criterion", "statistic", "fails when", "weights", "bound", "tests", "together", "margin, SD")
    body = [
        (
            ", ".join(r.criteria),
            r.statistic.replace("|", "\\|"),
            r.threshold,
            f"{r.n:,}",
            shown_p(r.bound),
            str(r.count),
            shown_p(r.share),
            "" if r.margin is None else f"{r.margin:.1f}",
        )
        for r in rows
    ]
    return "\n".join(
        [
            *table(heads, body, right=(3, 4, 5, 6, 7)),
            "",
            f"A right submission loses anything at all with probability at most **{total(rows):.1e}** "
            f"(promised: {PROMISE:.0e}).",
        ]
    )


def catalogue_page() -> str:
    """Return every mistake that the judge can name: the text for students, what to look up, and a bound on missing it.

    Examples
    --------
    >>> "`glorot_normal`" in catalogue_page()
    True
    """
    rows = []
    for entry in MISCONCEPTIONS:
        bounds = [b for layout in Layout if (b := miss_bound(entry, PLAN, layout)) is not None]
        rows.append(
            (f"`{entry.name}`", entry.says, entry.lesson.of(HE).look_up, shown_p(max(bounds)) if bounds else "")
        )
    return "\n".join(table(("mistake", "that is …", "look up", "bound on a miss"), rows, right=(3,)))


def detectable_page() -> str:
    """Return, for each kind of deviation, which ones the judge lets pass, and which ones it detects.

    Both hold with probability at least 1 − 1e-9. Between them, the random numbers decide.

    Examples
    --------
    >>> print(detectable_page().splitlines()[2].split("|")[4].strip())
    0.9902–1.0096 × 2/fan_in
    """
    rows = []
    for what, test in (
        ("variance, every shape alike", POOLED_VARIANCE),
        ("variance, one shape", SHAPE_VARIANCE),
        ("variance, one hidden layer", LAYER_VARIANCE),
    ):
        n, threshold = test.sample(PLAN), test.threshold
        passed, failed = (
            [
                1.0 + side * smallest_detectable(partial(_power_of_deviation, n, threshold, side), probability)
                for side in (-1.0, 1.0)
            ]
            for probability in (MISS, 1.0 - MISS)
        )
        rows.append(
            (
                what,
                f"{n:,}",
                f"{threshold:.1%}",
                f"{passed[0]:.4f}–{passed[1]:.4f} × {HE.formula}",
                f"below {failed[0]:.4f} or above {failed[1]:.4f} × {HE.formula}",
            )
        )
    n, threshold = MEAN.sample(PLAN), MEAN.threshold
    passed_mean, failed_mean = (
        smallest_detectable(partial(mean_power, n, threshold), probability) for probability in (MISS, 1.0 - MISS)
    )
    rows.append(
        ("mean, one shape", f"{n:,}", f"{threshold} σ", f"within ±{passed_mean:.4f} σ", f"beyond ±{failed_mean:.4f} σ")
    )
    return "\n".join(table(("deviation", "weights", "threshold", "always passes", "never passes"), rows, right=(1,)))


def _power_of_deviation(n: int, threshold: float, side: float, deviation: float) -> float:
    return variance_power(n, threshold, 1.0 + side * deviation)
