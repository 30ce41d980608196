"""Grades the same code under many seeds: its score and its failed criteria should not depend on the seed."""

from __future__ import annotations

import fnmatch
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from nbformat import NotebookNode
from rich.console import Console
from rich.progress import Progress

from autograder.assignment.release import load_release
from autograder.assignment.settings import Terms
from autograder.grading.engine import Engine
from autograder.grading.grade import job_of
from autograder.grading.jobs import Job
from autograder.grading.judge_pages import table
from autograder.limits import Limits
from autograder.report.result import CriterionStatus, QuestionStatus, Result, points_text
from tests.support.codes import codes
from tests.support.samples import scenarios, write

#: Name of the file with this run's part of the calibration's page.
STABILITY = "stability.md"
#: A call that hangs costs this much time once, and the codes that take longest need a fifth of it.
_LIMITS = Limits().with_times(None, 10.0)
#: How code ends that no seed decides: it is graded once.
_LOST = frozenset({QuestionStatus.TIMEOUT, QuestionStatus.CRASHED, QuestionStatus.MEMORY})
_HUNG = "had not finished"


@dataclass(frozen=True)
class Outcome:
    """What must not depend on the seed: points, and in words what each question lost and why."""

    score: float
    lost: str


@dataclass
class Watched:
    """A notebook, and the outcomes of its gradings.

    Attributes
    ----------
    name : str
        Name of a folder of submissions, or of a code.
    notebook : NotebookNode
        The notebook that is graded.
    score : tuple of float, optional
        Fewest and most points that are expected.
    grey : str, optional
        Why the seed may decide.
    outcomes : Counter of Outcome
        Outcomes met, and how often.
    ended : bool
        Whether a call hung or ended its process.
    """

    name: str
    notebook: NotebookNode
    score: tuple[float, float] | None = None
    grey: str | None = None
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    ended: bool = False

    @property
    def is_stable(self) -> bool:
        """Whether every grading had the same outcome."""
        return len(self.outcomes) == 1

    @property
    def is_as_expected(self) -> bool:
        """Whether every score lies within the bounds."""
        least, most = self.score or (0.0, float("inf"))
        return all(least - 1e-9 <= outcome.score <= most + 1e-9 for outcome in self.outcomes)

    @property
    def verdict(self) -> str:
        """One or two words for the table."""
        said = "stable" if self.is_stable else "grey" if self.grey else "UNSTABLE"
        return said if self.is_as_expected else f"{said}, WRONG SCORE"


def outcome_of(result: Result) -> Outcome:
    """Return what a result says that a seed must not decide."""
    lost = []
    for question in result.questions:
        failed = [c.name for c in question.criteria if c.status == CriterionStatus.FAILED]
        skipped = [c.name for c in question.criteria if c.status == CriterionStatus.SKIPPED]
        told = [", ".join(failed), f"({', '.join(skipped)})" if skipped else ""]
        if question.status not in (QuestionStatus.GRADED, QuestionStatus.NOT_ATTEMPTED):
            told = [question.status.value]
        if any(told):
            lost.append(f"{question.task.removeprefix('q7_')}: {' '.join(filter(None, told))}")
    return Outcome(round(result.score, 6), "; ".join(lost) or "nothing")


def _ended(result: Result) -> bool:
    """Return whether a call or a cell hung, or ended its process."""
    return any(q.status in _LOST for q in result.questions) or any(_HUNG in p.message for p in result.problems)


def _bounds(score: float | None) -> tuple[float, float] | None:
    return None if score is None else (score, score)


def watched(only: str = "*") -> list[Watched]:
    """Return the folders of submissions and the codes whose names match the pattern ``only``."""
    folders = [
        Watched(f"submissions/{sample.name}", sample.build(), _bounds(sample.expected.get("score")))
        for sample in scenarios()
    ]
    rows = [Watched(code.name, code.build(), code.score, code.grey) for code in codes()]
    return [each for each in folders + rows if fnmatch.fnmatch(each.name, only)]


def grade_under_seeds(found: Sequence[Watched], seeds: int, jobs: int) -> Iterator[Watched]:
    """Grade each notebook under ``seeds`` seeds, and yield it after each grading."""
    release = load_release()
    with TemporaryDirectory() as folder, Engine(_LIMITS, workers=jobs) as engine:
        first = [
            job_of(write(each.notebook, Path(folder) / f"{number}.ipynb"), release, Terms(), seed=0)
            for number, each in enumerate(found)
        ]

        def graded(labelled: Iterator[tuple[Watched, Job]]) -> Iterator[Watched]:
            for each, one in engine.grade_all(labelled):
                if one.result.fault is not None:
                    raise RuntimeError(f"{each.name}: {one.result.fault}")
                each.outcomes[outcome_of(one.result)] += 1
                each.ended = each.ended or _ended(one.result)
                yield each

        yield from graded(iter(zip(found, first, strict=True)))
        yield from graded(
            (each, replace(job, seed=seed))
            for each, job in zip(found, first, strict=True)
            if not each.ended
            for seed in range(1, seeds)
        )


def stability_table(found: Sequence[Watched]) -> list[str]:
    """Return a Markdown table of the scores and losses that each notebook met."""
    body = []
    for each in found:
        scores, lost = Counter[str](), Counter[str]()
        for outcome, count in each.outcomes.items():
            scores[points_text(outcome.score)] += count
            lost[outcome.lost] += count
        body.append((each.name, each.verdict, _shown(scores), _shown(lost), each.grey or ""))
    heads = ("code", "result", "points (times)", "lost (times)", "why it may depend on the seed")
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *body)]


def _shown(counts: Counter[str]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return " · ".join(f"{text} ({times})" for text, times in counts.most_common())


def _grey_page(found: Sequence[Watched], seeds: int, summary: str) -> str:
    """Return the part of the calibration's page about codes whose result depends on the seed."""
    moved = [each for each in found if not each.is_stable]
    body = []
    for each in moved:
        scores = [outcome.score for outcome in each.outcomes]
        between = f"{points_text(min(scores))}–{points_text(max(scores))}"
        body.append((f"`{each.name}`", between, str(len(each.outcomes)), each.grey or "not declared"))
    return "\n".join(
        [
            f"`python -m autograder dev calibrate --stability --seeds {seeds}`: {summary} These depend on the seed:",
            "",
            *table(("code", "points", "outcomes", "why"), body, right=(1, 2)),
        ]
    )


def run_stability(*, seeds: int, only: str, jobs: int, out: Path) -> bool:
    """Grade everything under ``seeds`` seeds, print the table, and return whether only declared codes are unstable.

    Parameters
    ----------
    seeds, jobs : int
        Number of seeds and of workers.
    only : str
        A pattern for the names. With ``*``, the run writes the part of the calibration's page about it.
    out : Path
        Folder of the calibration's page.
    """
    found = watched(only)
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("grading", total=len(found) * seeds)
        for _ in grade_under_seeds(found, seeds, jobs):
            progress.advance(task)
    print("\n".join(stability_table(found)))
    unstable = [each for each in found if not each.is_stable and each.grey is None]
    wrong = [each for each in found if not each.is_as_expected]
    grey = [each for each in found if each.grey is not None]
    moved = [each for each in grey if not each.is_stable]
    summary = (
        f"{len(found)} notebooks under {seeds} seeds: {len(unstable)} unstable, {len(wrong)} with an unexpected score. "
        f"{len(moved)} of {len(grey)} that are declared grey depend on the seed."
    )
    print(f"\n{summary}")
    for each in unstable:
        print(f"unstable: {each.name}")
    for each in wrong:
        print(f"unexpected score: {each.name}")
    if only == "*":
        out.mkdir(parents=True, exist_ok=True)
        (out / STABILITY).write_text(_grey_page(found, seeds, summary) + "\n", encoding="utf-8")
    return not unstable and not wrong
