"""Simulates gradings: builds the evidence of right and wrong implementations, judges it, and counts the outcomes."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
from scipy.special import softmax

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import BUILDS, REPEATS, ROUNDS, TASKS, WIDTHS, Kind, draw_challenge
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.evidence import InitializerEvidence, ModelBuild, ModelEvidence, Parameter
from autograder.judge.judging import Verdict, judge
from autograder.judge.law import GLOROT, HE
from autograder.judge.misconception import Misconception
from calibration import samplers
from calibration.practice import PRACTICES, SMALL

#: Right implementations drawn with NumPy. Uniform weights have the right variance and lose their distribution alone.
RIGHT = ("normal", "truncated normal", "uniform")
#: Real draws, each in its own framework's layout.
FRAMEWORKS = {
    "tf.keras.initializers.HeNormal": (Layout.KERAS, samplers.keras_he_normal),
    "torch.nn.init.kaiming_normal_": (Layout.TORCH, samplers.torch_kaiming_normal),
}
#: A mistake shows in a model's dense layers when its variance is off by so much in one of them.
SHOWS_IN_MODELS = 0.12
_CHUNK = 25
_WEIGHTS = {(task.kind, task.layout): tuple(task.weights) for task in TASKS}


@dataclass(frozen=True)
class Batch:
    """Gradings of one implementation; ``kind`` is right, framework, mistake or model."""

    kind: str
    label: str
    layout: Layout
    first: int
    count: int
    seed: int


@dataclass
class Tally:
    """Counts over the gradings of one implementation in one layout.

    Attributes
    ----------
    gradings : int
        Number of gradings.
    failed : int
        Gradings in which a criterion failed that a right (or a uniform) answer should pass.
    named : int
        Gradings in which the diagnoses or their twins include the mistake's name.
    passed_p, failed_p : dict of str to float
        By criterion, the smallest bound of one that passed and the largest of one that failed.
    practices : Counter
        Gradings that each common practice failed.
    """

    gradings: int = 0
    failed: int = 0
    named: int = 0
    passed_p: dict[str, float] = field(default_factory=dict)
    failed_p: dict[str, float] = field(default_factory=dict)
    practices: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add another tally's counts to this one's."""
        self.gradings += other.gradings
        self.failed += other.failed
        self.named += other.named
        self.practices += other.practices
        for name, p in other.passed_p.items():
            self.passed_p[name] = min(p, self.passed_p.get(name, 1.0))
        for name, p in other.failed_p.items():
            self.failed_p[name] = max(p, self.failed_p.get(name, 0.0))

    def count(self, verdicts: Sequence[Verdict], label: str, *, forgiven: str | None = None) -> None:
        """Count one grading's verdicts; ``forgiven`` names a criterion whose failure is no false one."""
        self.gradings += 1
        failed = [v for v in verdicts if v.status == "failed" and v.name != forgiven]
        self.failed += bool(failed)
        self.named += any(label in (v.finding.diagnosis, *v.finding.twins) for v in failed)
        for v in verdicts:
            if v.finding.p_value is None:
                continue
            if v.status == "passed":
                self.passed_p[v.name] = min(v.finding.p_value, self.passed_p.get(v.name, 1.0))
            elif v.name != forgiven:
                self.failed_p[v.name] = max(v.finding.p_value, self.failed_p.get(v.name, 0.0))


def initializer_evidence(make: samplers.Maker, rng: np.random.Generator, layout: Layout) -> InitializerEvidence:
    """Put a fresh challenge to an implementation, as an interview does."""
    challenge = draw_challenge(rng)
    initializer = make(rng)
    rounds = tuple(tuple(initializer(kernel, layout) for kernel in challenge.kernels) for _ in range(ROUNDS))
    small = [initializer(challenge.small, layout).returned for _ in range(REPEATS)]
    came = [array.ravel() for array in small if array is not None]
    return InitializerEvidence(layout, rounds, repeats=np.stack(came) if len(came) == REPEATS else None)


def model_evidence(
    rng: np.random.Generator, layout: Layout, family: str = "normal", entry: Misconception | None = None
) -> ModelEvidence:
    """Build models as a student's code would; ``entry`` gives the hidden layers a mistake's variance.

    The output layer is Glorot uniform in one half of the cases and He normal in the other. The forward pass is
    float32, as a framework's.
    """
    inputs = draw_challenge(rng).inputs
    glorot = bool(rng.integers(2))
    shapes = [KernelShape(a, b) for a, b in pairwise(WIDTHS)]
    builds = []
    for batch in inputs[:BUILDS]:
        parameters, signal = [], batch
        for number, shape in enumerate(shapes):
            hidden = number < len(shapes) - 1
            drawn, variance, mean = family, HE.variance(shape), 0.0
            if hidden and entry:
                variance = entry.variance_of(shape, layout)
                mean = entry.mean(shape, layout) if entry.mean else 0.0
            if not hidden and glorot:
                drawn, variance = "uniform", GLOROT.variance(shape)
            values = samplers.FAMILIES[drawn](rng, shape.size) * np.float32(math.sqrt(variance)) + np.float32(mean)
            kernel = values.reshape(shape.inputs, shape.outputs)
            signal = signal @ kernel
            signal = np.maximum(signal, 0.0) if hidden else signal
            owner = f"fc{number + 1}"
            stored = kernel if layout is Layout.KERAS else kernel.T
            parameters.append(Parameter(f"{owner}.weight", stored.shape, stored))
            parameters.append(Parameter(f"{owner}.bias", (shape.outputs,), np.zeros(shape.outputs, np.float32)))
        outputs = softmax(signal, axis=-1) if layout is Layout.KERAS else signal
        builds.append(ModelBuild("Model", tuple(parameters), outputs.astype(np.float32)))
    names = ("fc1", "fc2", "fc3") if layout is Layout.TORCH else ()
    return ModelEvidence(layout, WIDTHS, names, layout is Layout.KERAS, inputs, tuple(builds))


def shows_in_models(entry: Misconception, layout: Layout) -> bool:
    """Whether the mistake is one of scale that a model's hidden layers can show."""
    if entry.variance is None or entry.simulated_as not in samplers.FAMILIES:
        return False
    hidden = [KernelShape(a, b) for a, b in pairwise(WIDTHS)][:-1]
    return any(abs(entry.ratio_of(shape, layout) - 1.0) > SHOWS_IN_MODELS for shape in hidden)


def run(batch: Batch) -> Tally:
    """Simulate one batch."""
    tally = Tally()
    maker = _maker(batch)
    forgiven = "distribution" if (batch.kind, batch.label) == ("right", "uniform") else None
    for number in range(batch.first, batch.first + batch.count):
        key = (zlib.crc32(f"{batch.kind} {batch.label}".encode()), list(Layout).index(batch.layout), number)
        rng = np.random.default_rng(np.random.SeedSequence(batch.seed, spawn_key=key))
        verdicts: list[Verdict] = []
        if maker is not None:
            evidence = initializer_evidence(maker, rng, batch.layout)
            verdicts += judge(evidence, _WEIGHTS[Kind.INITIALIZER, batch.layout])
            small = maker(rng)(SMALL, batch.layout)
            failing = (practice for practice in PRACTICES if practice.fails(evidence.rounds[0], small))
            tally.practices.update(f"{practice.name}, {practice.looks_at}" for practice in failing)
        if batch.kind in ("right", "model"):
            entry = BY_NAME[batch.label] if batch.kind == "model" else None
            models = model_evidence(rng, batch.layout, entry.simulated_as if entry else batch.label, entry)
            verdicts += judge(models, _WEIGHTS[Kind.MODEL, batch.layout])
        tally.count(verdicts, batch.label.partition(":")[0], forgiven=forgiven)
    return tally


def _maker(batch: Batch) -> samplers.Maker | None:
    if batch.kind == "right":
        return samplers.right(batch.label)
    if batch.kind == "framework":
        return FRAMEWORKS[batch.label][1]
    if batch.kind == "mistake":
        return samplers.mistakes(MISCONCEPTIONS)[batch.label]
    return None


def _batches(kind: str, label: str, layout: Layout, count: int, seed: int) -> Iterator[Batch]:
    for first in range(0, count, _CHUNK):
        yield Batch(kind, label, layout, first, min(_CHUNK, count - first), seed)


def plan(right: int, frameworks: int, mistakes: int, seed: int) -> list[Batch]:
    """Return every batch of a calibration.

    Parameters
    ----------
    right : int
        Gradings of right NumPy implementations in each layout, spread over the families.
    frameworks : int
        Gradings of each framework's own initializer.
    mistakes : int
        Gradings of each mistake in each layout, as an initializer and, where it shows there, as a model.
    seed : int
        Of everything drawn by NumPy.
    """
    batches: list[Batch] = []
    for number, family in enumerate(RIGHT):
        count = (right + len(RIGHT) - 1 - number) // len(RIGHT)
        for layout in Layout:
            batches += _batches("right", family, layout, count, seed)
    for label, (layout, _) in FRAMEWORKS.items():
        batches += _batches("framework", label, layout, frameworks, seed)
    for layout in Layout:
        for label in samplers.mistakes(MISCONCEPTIONS):
            batches += _batches("mistake", label, layout, mistakes, seed)
        for entry in MISCONCEPTIONS:
            if shows_in_models(entry, layout):
                batches += _batches("model", entry.name, layout, mistakes, seed)
    return batches


Tallies = dict[tuple[str, str, Layout], Tally]


def calibrate(batches: Sequence[Batch], jobs: int) -> Iterator[Tallies]:
    """Run all batches in ``jobs`` processes; yield the growing tallies, by (kind, label, layout), after each."""
    tallies: Tallies = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for batch, tally in zip(batches, pool.map(run, batches), strict=True):
            tallies.setdefault((batch.kind, batch.label, batch.layout), Tally()).add(tally)
            yield tallies
