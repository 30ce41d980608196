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

from autograder.assignment.questions import TASKS
from autograder.assignment.release import load_release
from autograder.assignment.settings import Terms
from autograder.grading.engine import Engine
from autograder.grading.grade import job_of
from autograder.grading.jobs import Job
from autograder.grading.judge_pages import table
from autograder.limits import Limits
from autograder.report.result import CriterionStatus, QuestionResult, QuestionStatus, Result, points_text
from tests.support.codes import codes, notebook_of, together
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
    """A code, or a folder of submissions, and the outcomes of its gradings.

    Attributes
    ----------
    name : str
        Name of the code; ``submissions/`` and the folder's name.
    parts : frozenset of str
        Stubs of the questions that it answers.
    score : tuple of float, optional
        Fewest and most points that are expected of these questions.
    grey : str, optional
        Why the seed may decide.
    outcomes : Counter of Outcome
        Outcomes met, and how often.
    """

    name: str
    parts: frozenset[str] = frozenset(task.stub for task in TASKS)
    score: tuple[float, float] | None = None
    grey: str | None = None
    outcomes: Counter[Outcome] = field(default_factory=Counter)

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


@dataclass(frozen=True)
class Sheet:
    """A notebook, and what it holds: codes of different stubs, or one submission."""

    notebook: NotebookNode
    held: tuple[Watched, ...]


def outcome_of(questions: Sequence[QuestionResult]) -> Outcome:
    """Return what a seed must not decide."""
    lost = []
    for question in questions:
        failed = [c.name for c in question.criteria if c.status == CriterionStatus.FAILED]
        skipped = [c.name for c in question.criteria if c.status == CriterionStatus.SKIPPED]
        told = [", ".join(failed), f"({', '.join(skipped)})" if skipped else ""]
        if question.status not in (QuestionStatus.GRADED, QuestionStatus.NOT_ATTEMPTED):
            told = [question.status.value]
        if any(told):
            lost.append(f"{question.task.removeprefix('q7_')}: {' '.join(filter(None, told))}")
    return Outcome(round(sum(question.score for question in questions), 6), "; ".join(lost) or "nothing")


def _ended(result: Result) -> bool:
    """Return whether a call or a cell hung, or ended its process."""
    return any(q.status in _LOST for q in result.questions) or any(_HUNG in p.message for p in result.problems)


def sheets(only: str = "*") -> list[Sheet]:
    """Return notebooks of the submissions and the codes whose names match the pattern ``only``."""
    found = []
    for sample in scenarios():
        name, score = f"submissions/{sample.name}", sample.expected.get("score")
        if fnmatch.fnmatch(name, only):
            bounds = None if score is None else (score, score)
            found.append(Sheet(sample.build(), (Watched(name, score=bounds),)))
    for row in together(code for code in codes() if fnmatch.fnmatch(code.name, only)):
        held = tuple(
            Watched(code.name, frozenset(code.cells), code.score, code.grey)
            if code.base == "release"
            else Watched(code.name, score=code.score, grey=code.grey)
            for code in row
        )
        found.append(Sheet(notebook_of(row), held))
    return found


def grade_under_seeds(found: Sequence[Sheet], seeds: int, jobs: int) -> Iterator[Sheet]:
    """Grade each notebook under ``seeds`` seeds, and yield it after each grading."""
    release = load_release()
    ended: set[int] = set()
    with TemporaryDirectory() as folder, Engine(_LIMITS, workers=jobs) as engine:
        first = [
            job_of(write(sheet.notebook, Path(folder) / f"{number}.ipynb"), release, Terms(), seed=0)
            for number, sheet in enumerate(found)
        ]

        def graded(labelled: Iterator[tuple[int, Job]]) -> Iterator[Sheet]:
            for number, one in engine.grade_all(labelled):
                sheet = found[number]
                if one.result.fault is not None:
                    raise RuntimeError(f"{sheet.held[0].name}: {one.result.fault}")
                for each in sheet.held:
                    each.outcomes[outcome_of([q for q in one.result.questions if q.task in each.parts])] += 1
                if _ended(one.result):
                    ended.add(number)
                yield sheet

        yield from graded(iter(enumerate(first)))
        yield from graded(
            (number, replace(job, seed=seed))
            for number, job in enumerate(first)
            if number not in ended
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
    notebooks = sheets(only)
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("grading", total=len(notebooks) * seeds)
        for _ in grade_under_seeds(notebooks, seeds, jobs):
            progress.advance(task)
    found = sorted((each for sheet in notebooks for each in sheet.held), key=lambda each: each.name)
    print("\n".join(stability_table(found)))
    unstable = [each for each in found if not each.is_stable and each.grey is None]
    wrong = [each for each in found if not each.is_as_expected]
    grey = [each for each in found if each.grey is not None]
    moved = [each for each in grey if not each.is_stable]
    summary = (
        f"{len(found)} codes and submissions under {seeds} seeds: {len(unstable)} unstable, {len(wrong)} with an "
        "unexpected score. "
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
