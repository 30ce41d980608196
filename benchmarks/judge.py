"""`make bench`: measures time and memory of the judge for one submission in both frameworks."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from dataclasses import replace

import numpy as np

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import task
from autograder.judge.catalogue import MISCONCEPTIONS
from autograder.judge.evidence import InitializerEvidence, ModelEvidence
from autograder.judge.judging import judge
from calibration.samplers import mistakes, right
from calibration.simulate import initializer_evidence, model_evidence

RUNS = 40


def submission(label: str) -> list[InitializerEvidence | ModelEvidence]:
    make = right("normal") if label in ("right", "wrong_forward") else mistakes(MISCONCEPTIONS)[label]
    evidence: list[InitializerEvidence | ModelEvidence] = []
    for layout in Layout:
        rng = np.random.default_rng(1)
        models = model_evidence(rng, layout)
        if label == "wrong_forward":
            models = replace(models, builds=tuple(replace(b, outputs=b.outputs + 1) for b in models.builds))
        evidence += [initializer_evidence(make, rng, layout), models]
    return evidence


def judged(evidence: list[InitializerEvidence | ModelEvidence]) -> None:
    for each in evidence:
        if isinstance(each, InitializerEvidence):
            judge(each, tuple(task("q7_torch_initializer").weights))
        else:
            judge(each, tuple(task("q7_torch_model").weights))


def main() -> None:
    print("\nthe judge alone, one submission, both frameworks   (aim: at most 80 ms and 50 MB)")
    for label in ("right", "glorot_normal", "fixed_seed", "rank_one", "wrong_forward"):
        evidence = submission(label)
        judged(evidence)
        times = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            judged(evidence)
            times.append(1e3 * (time.perf_counter() - begun))
        tracemalloc.start()
        judged(evidence)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(
            f"  {label:15} median {statistics.median(times):5.1f} ms, largest {max(times):5.1f} ms; peak {peak:4.1f} MB"
        )


if __name__ == "__main__":
    main()
