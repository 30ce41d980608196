"""Shows the progress of grading a class: a bar on a terminal, and a plain line at intervals elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from autograder.report.result import Outcome

_LINE_SECONDS = 10.0


class Meter:
    """Counts graded submissions and shows the count. Use it as a context manager.

    Parameters
    ----------
    console : Console
        Console to write to.
    total : int
        Number of submissions.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._counts: Counter[Outcome] = Counter()
        self._kept = 0
        self._begun = self._last = time.monotonic()
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if console.is_terminal:
            self._bar = Progress(
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[counts]}"),
                console=console,
            )
            self._task = self._bar.add_task("", total=total, rate="warming up", counts="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        else:
            self._say(f"{self._total} submissions; warming up")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._counts:
            self._say(self._line())

    def count(self, outcome: Outcome, kept: bool = False) -> None:
        """Count one more submission that ended so; ``kept`` if an earlier run had graded it."""
        self._counts[outcome] += 1
        self._kept += kept
        if self._bar is not None:
            self._bar.update(self._task, advance=1, rate=self._rate(), counts=self._counted())
        elif self._done < self._total and time.monotonic() - self._last >= _LINE_SECONDS:
            self._last = time.monotonic()
            self._say(self._line())

    @property
    def _done(self) -> int:
        return self._counts.total()

    def _per_second(self) -> float:
        return (self._done - self._kept) / max(time.monotonic() - self._begun, 1e-9)

    def _rate(self) -> str:
        return f"{self._per_second():.1f} a second"

    def _counted(self) -> str:
        shown = [outcome for outcome in Outcome if self._counts[outcome] or outcome is Outcome.GRADED]
        counts = ", ".join(f"{self._counts[outcome]} {outcome}" for outcome in shown)
        return f"{counts} ({self._kept} before)" if self._kept else counts

    def _line(self) -> str:
        left = self._total - self._done
        line = f"{self._done} of {self._total}: {self._counted()}"
        if self._done == self._kept:
            return line
        seconds = left / max(self._per_second(), 1e-9)
        return f"{line}; {self._rate()}" + (f", {seconds:.0f} s left" if left else "")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False)
