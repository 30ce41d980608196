"""Judges evidence by named criteria, in the given order, and returns one verdict for each.

A student's infinities are findings, not warnings: call these functions inside ``np.errstate(all="ignore")``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.judge.criteria import CRITERIA
from autograder.judge.criterion import Criterion, Failed, Finding, Skipped, Status
from autograder.judge.evidence import InitializerEvidence, ModelEvidence
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.lessons import Explanation
from autograder.judge.model import ModelMeasurements

Evidence = InitializerEvidence | ModelEvidence


@dataclass(frozen=True)
class Verdict:
    """Outcome of one criterion.

    Attributes
    ----------
    name : str
        The criterion's name.
    status : Status
        The outcome.
    asks : str
        The sentence that states the criterion.
    finding : Finding
        What was measured.
    credit : float
        Share of the points earned: 1 if the criterion passed; less than 1, for a near miss, if it failed; else 0.
    lesson : Explanation or None
        What to learn from the recognized mistake.
    mistake : str or None
        Name of the recognized mistake, for people.
    """

    name: str
    status: Status
    asks: str
    finding: Finding
    credit: float
    lesson: Explanation | None = None
    mistake: str | None = None


def judge(
    found: InitializerMeasurements | ModelMeasurements | Evidence,
    names: Sequence[str],
    criteria: Mapping[str, Criterion[Any]] = CRITERIA,
) -> list[Verdict]:
    """Judge an initializer's draws or a model's builds, or what was measured of them, by the criteria named.

    Raises
    ------
    ValueError
        If a criterion is named before one that it needs, or without it.

    Examples
    --------
    >>> import numpy as np
    >>> from autograder.assignment.kernels import KernelShape, Layout
    >>> from autograder.judge.evidence import Draw
    >>> def lecun(rng: np.random.Generator) -> Draw:
    ...     values = rng.normal(0.0, np.sqrt(1 / 400), (400, 300)).astype(np.float32)
    ...     return Draw(KernelShape(400, 300), "tf.Tensor", "float32", values.shape, values)
    >>> rng = np.random.default_rng(1)
    >>> evidence = InitializerEvidence(Layout.KERAS, rounds=((lecun(rng),), (lecun(rng),)))
    >>> for verdict in judge(evidence, ["output", "mean", "variance"]):
    ...     print(verdict.name, verdict.status, verdict.finding.diagnosis)
    output passed None
    mean passed None
    variance failed lecun
    """
    if isinstance(found, InitializerEvidence):
        found = InitializerMeasurements(found)
    elif isinstance(found, ModelEvidence):
        found = ModelMeasurements(found)
    evidence = found.evidence
    verdicts: list[Verdict] = []
    blocking: set[str] = set()
    for criterion in (criteria[name] for name in names):
        if unjudged := set(criterion.needs) - {verdict.name for verdict in verdicts}:
            raise ValueError(f"criterion {criterion.name} needs {', '.join(sorted(unjudged))} judged before it")
        missing = [name for name in criterion.needs if name in blocking]
        verdict, blocks = _outcome(criterion, found, missing, evidence)
        if blocks:
            blocking.add(criterion.name)
        verdicts.append(verdict)
    return verdicts


def _outcome(
    criterion: Criterion[Any], measured: object, missing: Sequence[str], evidence: Evidence
) -> tuple[Verdict, bool]:
    """Return the verdict, and whether the criteria that need this one have nothing to measure."""

    def verdict(status: Status, finding: Finding, credit: float = 0.0) -> Verdict:
        law, mistake = evidence.law, finding.mistake
        asks = criterion.asks.format(law=law)
        if mistake is None:
            return Verdict(criterion.name, status, asks, finding, credit)
        lesson = mistake.lesson.of(law, evidence.layout)
        return Verdict(criterion.name, status, asks, finding, credit, lesson, mistake.called(law))

    if missing:
        return verdict(Status.SKIPPED, Finding(f"Not judged, because “{missing[0]}” left nothing to measure.")), True
    try:
        return verdict(Status.PASSED, criterion.find(measured), 1.0), False
    except Skipped as skipped:
        return verdict(Status.SKIPPED, Finding(str(skipped))), True
    except Failed as failed:
        if failed.by is not None and failed.by not in criterion.tests:
            raise LookupError(
                f"criterion {criterion.name} was failed by a test that it does not declare: {failed.by.statistic}"
            ) from failed
        return verdict(Status.FAILED, failed.finding, failed.credit), not failed.measurable
