"""What a calibration found, as one Markdown page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from autograder.assignment.kernels import Layout
from autograder.judge.budget import PROMISE, Row, decided_by_draws, total
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.criteria.mean import MEAN
from autograder.judge.criteria.variance import POOLED_VARIANCE, SHAPE_VARIANCE
from autograder.judge.criteria.variance_hidden import LAYER_VARIANCE
from autograder.judge.power import mean_power, miss_bound, smallest_detectable, variance_power
from calibration.plan import PLAN
from calibration.practice import PRACTICES
from calibration.simulate import RIGHT, Tallies, Tally


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return a Markdown table, its columns padded to read well unrendered; those in ``right`` are aligned so."""
    widths = [max(3, *(len(row[i]) for row in (heads, *rows))) for i in range(len(heads))]
    rules = ["-" * (width - 1) + ":" if i in right else "-" * width for i, width in enumerate(widths)]

    def line(row: Sequence[str]) -> str:
        padded = (
            cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    return [line(row) for row in (heads, rules, *rows)]


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "0" if value == 0.0 else f"{value:.1e}" if value < 0.001 else f"{value:.3f}"


def budget_page(rows: Sequence[Row]) -> str:
    """Return the error budget: a row a kind of test, and the sum."""
    heads = ("criterion", "statistic", "fails when", "weights", "bound", "tests", "together", "margin, SD")
    body = [
        (
            ", ".join(r.criteria),
            r.statistic.replace("|", "\\|"),
            r.threshold,
            f"{r.n:,}",
            _p(r.bound),
            str(r.count),
            _p(r.share),
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
    """Return every mistake that can be named: what students are told, what to look up, and a bound on missing it."""
    rows = []
    for entry in MISCONCEPTIONS:
        bounds = [b for layout in Layout if (b := miss_bound(entry, PLAN, layout)) is not None]
        rows.append((f"`{entry.name}`", entry.says, entry.lesson.look_up, _p(max(bounds)) if bounds else ""))
    return "\n".join(table(("mistake", "that is …", "look up", "bound on a miss"), rows, right=(3,)))


def detectable_page() -> str:
    """Return the smallest deviations that are sure to be seen, and the largest that are sure to pass."""
    rows = []
    for what, test in (
        ("variance, every shape alike", POOLED_VARIANCE),
        ("variance, one shape", SHAPE_VARIANCE),
        ("variance, one hidden layer", LAYER_VARIANCE),
    ):
        n, threshold = test.sample(PLAN), test.threshold
        low, high = (
            1.0 + side * smallest_detectable(partial(_power_of_deviation, n, threshold, side), 0.0, 0.5)
            for side in (-1.0, 1.0)
        )
        rows.append((what, f"{n:,}", f"{threshold:.1%}", f"below {low:.3f} or above {high:.3f} × 2/fan_in"))
    mean = smallest_detectable(partial(mean_power, MEAN.sample(PLAN), MEAN.threshold), 0.0, 0.5)
    rows.append(("mean, one shape", f"{MEAN.sample(PLAN):,}", f"{MEAN.threshold} σ", f"beyond ±{mean:.3f} σ"))
    return "\n".join(table(("deviation", "weights", "threshold", "missed with at most 1e-9"), rows, right=(1,)))


def _power_of_deviation(n: int, threshold: float, side: float, deviation: float) -> float:
    return variance_power(n, threshold, 1.0 + side * deviation)


def _right_section(tallies: Tallies) -> list[str]:
    found = [(k, v) for k, v in tallies.items() if k[0] in ("right", "framework")]
    names = decided_by_draws(PLAN)
    heads = ("implementation", "layout", "gradings", "false fails", *names)
    body = [
        (label, layout, f"{t.gradings:,}", str(t.failed), *(_p(t.passed_p.get(name)) for name in names))
        for (_, label, layout), t in found
    ]
    gradings, false = sum(t.gradings for _, t in found), sum(t.failed for _, t in found)
    return [
        "## Right answers",
        "",
        f"{false} false fails in {gradings:,} gradings of one framework's initializer and, for NumPy's draws, a model. "
        "The figures are the smallest bounds met: over so many gradings, the least of a true p-value would be about "
        "one in their number, and a bound is larger. Uniform weights fail “distribution”, as they should, and nothing "
        "else.",
        "",
        *table(heads, body, right=range(2, len(heads))),
        "",
    ]


def _mistake_section(tallies: Tallies) -> list[str]:
    labels = list(dict.fromkeys(label for kind, label, _ in tallies if kind == "mistake"))
    body = []
    for label in labels:
        row = [f"`{label}`"]
        for layout in Layout:
            for kind in ("mistake", "model"):
                t = tallies.get((kind, label, layout))
                row.append("" if t is None else f"{t.failed}/{t.gradings}")
                if kind == "mistake":
                    row.append("" if t is None else f"{t.named}/{t.gradings}")
        entry = BY_NAME[label.partition(":")[0]]
        bounds = [b for layout in Layout if (b := miss_bound(entry, PLAN, layout)) is not None]
        body.append((*row, _p(max(bounds)) if bounds else ""))
    found = [(k, t) for k, t in tallies.items() if k[0] == "mistake"]
    runs, caught, named = (sum(getattr(t, what) for _, t in found) for what in ("gradings", "failed", "named"))
    models = [t for k, t in tallies.items() if k[0] == "model"]
    heads = (
        "mistake",
        *(f"{layout}: {what}" for layout in Layout for what in ("caught", "named", "caught in a model")),
        "bound on a miss",
    )
    return [
        "## Mistakes",
        "",
        f"{caught:,} of {runs:,} wrong initializers were caught and {named:,} named rightly ({len(labels)} mistakes, "
        f"each in both layouts); {sum(t.failed for t in models):,} of {sum(t.gradings for t in models):,} models whose "
        "hidden layers had a wrong variance were caught. Of names that coincide on every shape, each counts as right.",
        "",
        *table(heads, body, right=range(1, len(heads))),
        "",
    ]


def _practice_section(tallies: Tallies) -> list[str]:
    right: dict[str, Tally] = {}
    for (kind, label, _), t in tallies.items():
        if kind in ("right", "framework"):
            right.setdefault(label, Tally()).add(t)
    wrong = [t for (kind, _, _), t in tallies.items() if kind == "mistake"]
    columns = [*RIGHT, *(label for label in right if label not in RIGHT)]
    body = []
    for practice in PRACTICES:
        name = f"{practice.name}, {practice.looks_at}"
        rates = [_rate(right[label].practices, name, right[label].gradings) for label in columns if label in right]
        always = sum(t.practices[name] == 0 for t in wrong)
        ever = sum(t.practices[name] < t.gradings for t in wrong)
        body.append((practice.name, practice.looks_at, *rates, str(always), str(ever)))
    ours = [_rate(Counter({"": right[label].failed}), "", right[label].gradings) for label in columns if label in right]
    always, ever = sum(t.failed == 0 for t in wrong), sum(t.failed < t.gradings for t in wrong)
    body.append(("**this judge**", "everything", *ours, str(always), str(ever)))
    heads = ("rule", "looks at", *(f"false fails: {c}" for c in columns if c in right), "always missed", "ever missed")
    return [
        "## Common practice, on the same draws",
        "",
        f"The first draw of each kernel, judged by other rules. Missed: of {len(wrong)} mistakes, counted in each "
        "layout. (For uniform weights a failed Kolmogorov–Smirnov test against the normal is no false fail.)",
        "",
        *table(heads, body, right=range(2, len(heads))),
        "",
    ]


def _rate(counts: Counter[str], name: str, gradings: int) -> str:
    return f"{counts[name]:,} of {gradings:,}"


def page(tallies: Tallies, rows: Sequence[Row], made_with: str) -> str:
    """Return the whole page; ``made_with`` says by which command, seed and versions."""
    return "\n".join(
        [
            "# Calibration of the judge",
            "",
            f"Made with {made_with}.",
            "",
            *_right_section(tallies),
            *_mistake_section(tallies),
            *_practice_section(tallies),
            "## Error budget",
            "",
            budget_page(rows),
            "",
            "## Smallest detectable deviations",
            "",
            "Exact, for normal draws. Between the threshold and these figures a deviation is seen sometimes; a leaky "
            "slope of 0.01 (0.9999) or 0.1 (0.990) passes by design.",
            "",
            detectable_page(),
            "",
        ]
    )
