"""Writes the result of a calibration as one Markdown page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autograder.assignment.kernels import Layout
from autograder.grading.judge_pages import budget_page, detectable_page, shown_p, table
from autograder.grading.plan import PLAN
from autograder.judge.budget import Row, decided_by_draws
from autograder.judge.catalogue import BY_NAME
from autograder.judge.power import miss_bound
from calibration.practice import PRACTICES
from calibration.simulate import RIGHT, Tallies, Tally


def _right_section(tallies: Tallies) -> list[str]:
    found = [(k, v) for k, v in tallies.items() if k[0] in ("right", "framework")]
    names = decided_by_draws(PLAN)
    heads = ("implementation", "layout", "gradings", "false fails", *names)
    body = [
        (label, layout, f"{t.gradings:,}", str(t.failed), *(shown_p(t.passed_p.get(name)) for name in names))
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
        body.append((*row, shown_p(max(bounds)) if bounds else ""))
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
