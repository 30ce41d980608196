"""Shows a class's statistics to its teacher: as tables on a terminal, and as one self-contained HTML page."""

from __future__ import annotations

import base64
import io
import textwrap
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.report.palette import BLUE, ORANGE
from autograder.report.result import UNCONFINED_NOTICE, Outcome, points_text
from autograder.report.statistics import ClassStatistics, percent
from autograder.report.templating import environment
from autograder.text import one_line

_MOST_COMMON = 8
_MOST_BARS = 12
#: Characters of a line beside a bar.
_LABEL = 34


@dataclass(frozen=True)
class Chart:
    """A figure as PNG, which slides can use, and its text alternative."""

    png: bytes
    alt: str


@dataclass(frozen=True)
class Ungraded:
    """A submission without a result, and why."""

    name: str
    outcome: Outcome
    reason: str


def print_statistics(console: Console, found: ClassStatistics, ungraded: Sequence[Ungraded] = ()) -> None:
    """Print the class's tables: the scores' spread, the criteria, the most common mistakes, and who has no result."""
    for each in ungraded:
        console.print(Text(f"{one_line(each.name)}: {each.outcome}: {one_line(each.reason)}", style="yellow"))
    if not found.count:
        return
    low, middle, high = found.quartiles
    most = points_text(found.max_score)
    console.print(
        Text(
            f"Q7, {found.count} graded: median {points_text(middle)} of {most}, "
            f"quartiles {points_text(low)} and {points_text(high)}, "
            f"full points {percent(sum(s >= found.max_score for s in found.scores) / found.count)}",
            style="bold",
        )
    )
    console.print(_rates_table(found))
    if mistakes := found.common(_MOST_COMMON):
        table = Table(
            title="most common", title_justify="left", box=None, show_header=False, padding=(0, 1), pad_edge=False
        )
        table.add_column("", justify="right", no_wrap=True)
        table.add_column("", overflow="fold")
        table.add_column("", overflow="fold", style="dim")
        for mistake in mistakes:
            table.add_row(percent(mistake.share), Text(mistake.name), Text(", ".join(mistake.tasks)))
        console.print(table)
    if found.unconfined:
        console.print(Text(UNCONFINED_NOTICE, style="bold yellow"))


def _rates_table(found: ClassStatistics) -> Table:
    tasks = list(dict.fromkeys(rate.task for rate in found.rates))
    names = list(dict.fromkeys(rate.criterion for rate in found.rates))
    shares = {(rate.task, rate.criterion): percent(rate.share) for rate in found.rates}
    table = Table(title="criteria met, of all", title_justify="left", box=None, padding=(0, 1), pad_edge=False)
    table.add_column("")
    for task in tasks:
        table.add_column(task, justify="right", overflow="fold")
    for name in names:
        table.add_row(name.replace("_", " "), *(shares.get((task, name), "·") for task in tasks))
    return table


_ENVIRONMENT = environment(percent=percent)


def prefetch() -> None:
    """Import in the background what `render` draws with: that takes as long as grading three submissions."""
    threading.Thread(target=import_module, args=("matplotlib.figure",), daemon=True).start()


def render(found: ClassStatistics, ungraded: int = 0) -> str:
    """Return the class's page, with nobody's name on it; ``ungraded`` counts the submissions without a result."""
    figures = [figure for figure in (scores_figure(found), mistakes_figure(found)) if figure is not None]
    return _ENVIRONMENT.get_template("class.html").render(
        found=found,
        full=sum(score >= found.max_score for score in found.scores),
        ungraded=ungraded,
        mistakes=found.common(),
        pictures=[{"data": base64.b64encode(figure.png).decode(), "alt": figure.alt} for figure in figures],
        unconfined_notice=UNCONFINED_NOTICE,
    )


def scores_figure(found: ClassStatistics) -> Chart | None:
    """Draw the histogram of scores; None where nothing was graded."""
    if not found.count:
        return None
    bars = found.histogram()
    described = "; ".join(f"{points_text(low)} to {points_text(high)}: {count}" for low, high, count in bars)
    low, middle, high = (points_text(q) for q in found.quartiles)

    def draw(axes: Any) -> None:
        edges, width = [bar[0] for bar in bars], bars[0][1] - bars[0][0]
        drawn = axes.bar(edges, [bar[2] for bar in bars], width=0.92 * width, align="edge", color=BLUE)
        axes.bar_label(drawn, labels=[str(bar[2]) if bar[2] else "" for bar in bars], padding=1)
        axes.axvline(found.quartiles[1], color=ORANGE, linestyle="--", zorder=2, label=f"median {middle}")
        axes.set_xticks([*edges, bars[-1][1]], [points_text(x) for x in (*edges, bars[-1][1])])
        axes.set_xlabel("points for Q7")
        axes.set_ylabel("submissions")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.margins(y=0.12)
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0)  # above: no bar is there

    return Chart(
        _png(draw, 2.7),
        f"Histogram of the points for Q7 of {found.count} submissions. {described}. "
        f"Median {middle}, quartiles {low} and {high}.",
    )


def mistakes_figure(found: ClassStatistics) -> Chart | None:
    """Draw a bar for each of the most common mistakes; None where there is none."""
    mistakes = found.common(_MOST_BARS)
    if not mistakes:
        return None

    labels = [textwrap.fill(one_line(m.name), _LABEL) for m in mistakes]

    def draw(axes: Any) -> None:
        drawn = axes.barh(labels, [100.0 * m.share for m in mistakes], color=ORANGE)
        axes.bar_label(drawn, labels=[f"{percent(m.share)} ({m.count})" for m in mistakes], padding=3)
        axes.invert_yaxis()
        axes.margins(x=0.2)
        axes.set_xlabel("% of the submissions")

    described = "; ".join(f"{m.name} {percent(m.share)}" for m in mistakes)
    lines = sum(label.count("\n") + 1 for label in labels)
    return Chart(
        _png(draw, 0.6 + 0.12 * len(labels) + 0.14 * lines), f"Bar chart of the most common mistakes: {described}."
    )


def _png(draw: Any, height: float) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    style: Any = {"font.size": 8.5, "font.family": "DejaVu Sans", "axes.spines.top": False, "axes.spines.right": False}
    with mpl.rc_context(style):
        figure = Canvas(figsize=(5.2, height), dpi=150, layout="constrained")
        draw(figure.subplots())
        file = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
