"""Writes the result of a calibration as one Markdown page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autograder.assignment.kernels import Layout
from autograder.grading.judge_pages import budget_page, detectable_page, shown_p, table
from autograder.grading.plan import PLAN
from autograder.judge.budget import PROMISE, Row, decided_by_draws, total
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
        "The first draw of each kernel, and one of a 20 × 10 kernel for the rule that asks for it, judged by other "
        f"rules. Missed: of {len(wrong)} mistakes, counted in each layout. (For uniform weights a failed "
        "Kolmogorov–Smirnov test against the normal is no false fail.)",
        "",
        *table(heads, body, right=range(2, len(heads))),
        "",
    ]


def _rate(counts: Counter[str], name: str, gradings: int) -> str:
    return f"{counts[name]:,} of {gradings:,}"


def _promises_section(tallies: Tallies, rows: Sequence[Row]) -> list[str]:
    """Compare what was measured with what the judge promises."""

    def added(*kinds: str) -> Tally:
        together = Tally()
        for (kind, _, _), tally in tallies.items():
            if kind in kinds:
                together.add(tally)
        return together

    right, mistakes, models = added("right", "framework"), added("mistake"), added("model")
    body = [
        ("right answers with a false fail", "0", f"{right.failed:,} of {right.gradings:,}"),
        ("bound on any false fail", f"{PROMISE:.0e}", f"{total(rows):.1e}"),
        ("mistakes caught", "all", f"{mistakes.failed:,} of {mistakes.gradings:,}"),
        ("mistakes caught in a model", "all", f"{models.failed:,} of {models.gradings:,}"),
        (
            "mistakes named rightly",
            "99 %",
            f"{mistakes.named:,} of {mistakes.gradings:,}: {mistakes.named / max(mistakes.gradings, 1):.2%}",
        ),
    ]
    return ["## Promises", "", *table(("figure", "aim", "measured"), body, right=(1, 2)), ""]


_GREY_ZONES = """\
## What the seed may still decide

A threshold has two sides, and a grading measures a sample. So there are deviations that one grading sees and another
does not. For normal draws the zones are exact: what is nearer than “always passes” fails, and what is farther than
“never passes” passes, with probability at most 1e-9. A leaky slope of 0.01 (0.9999) or 0.1 (0.990) passes by design."""

_RELATED_WORK = """\
## Related work

- **FLASH** (Dutta, Shi, Choudhary, Zhang, Jain and Misailovic (2020), *Detecting flaky tests in probabilistic and
  machine learning applications*, ISSTA) runs a test many times with other random numbers, records the values that its
  assertions compare, and estimates how often the test fails.
- **FLEX** (Dutta, Shi and Misailovic (2021), *FLEX: fixing flaky tests in machine learning projects by updating
  assertion bounds*, ESEC/FSE) fits the tail of such values by extreme value theory (peaks over threshold). It proposes
  another bound for the assertion, or a number of reruns, for a confidence that the developer chooses.

Both learn a bound from runs of the code under test, whose law is unknown. A judge of initializers knows the law of a
right answer. Its thresholds are fixed by design, between right answers and mistakes; inequalities that hold for every
sample size bound the false fails, far below what any number of runs could show; and the sample is large enough for a
bound on what is missed, too. The simulations on this page check the bounds and set none of them. `autograder dev
calibrate --stability` does to the judge what FLASH does to a test: it grades the same code under many seeds."""


def page(tallies: Tallies, rows: Sequence[Row], made_with: str, stability: str = "") -> str:
    """Return the whole page.

    Parameters
    ----------
    tallies : dict
        What was counted.
    rows : sequence of Row
        The error budget.
    made_with : str
        Command, seed and versions.
    stability : str
        What a run of `calibration.stability` says of the codes that depend on the seed.
    """
    return "\n".join(
        [
            "# Calibration of the judge",
            "",
            f"Made with {made_with}.",
            "",
            *_promises_section(tallies, rows),
            *_right_section(tallies),
            *_mistake_section(tallies),
            *_practice_section(tallies),
            "## Error budget",
            "",
            budget_page(rows),
            "",
            _GREY_ZONES,
            "",
            detectable_page(),
            "",
            *((stability, "") if stability else ()),
            _RELATED_WORK,
            "",
        ]
    )
