"""Question 7 as data: its tasks, their criteria with weights, and the random challenges for each submission."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape, Layout

NAME = "weight_initialization"

WRITTEN = ("q1", "q2", "q3", "q4", "q5", "q6")

#: Layer widths of both models, inputs first.
WIDTHS = (64, 128, 64, 10)
#: Builds of a model. With fewer, a threshold of the judge would be less than 7.5 standard deviations away.
BUILDS = 4
#: Range of the batch size of a build's inputs, upper end excluded. Every build gets another batch size.
BATCHES = (16, 48)
#: Calls for one small kernel, in which seeds drawn from few show.
REPEATS = 100
#: Range of one size of the small kernel, upper end excluded, and the sizes that the other one is drawn from.
SMALL, SMALL_ODD = (5, 10), (5, 7, 9)
#: The last build's inputs are so much larger: what bounds a ReLU, as ReLU6 does, then shows in every grading.
LARGE = 3.0
#: Draws of each kernel shape: two to compare, and a third to confirm a repetition.
ROUNDS = 3

#: Kernels, spread so that the variance of every mistake in the judge's catalogue differs from He's, and from every
#: other mistake's, on at least one. A drawn kernel has at least as many weights as these.
KERNELS = (
    KernelShape(8, 7_200),
    KernelShape(1_800, 32),
    KernelShape(240, 240),
    KernelShape(16, 400, (3, 3)),
    KernelShape(96, 24, (5, 5)),
    KernelShape(48, 172, (1, 7)),
)
#: Which of them have odd numbers of channels, so that code for even sizes alone always meets one, dense and
#: convolutional. All other sizes are even.
ODD = (True, False, False, True, False, False)
#: Sizes are drawn within this share of the sizes above, so that no shape is known in advance.
_SPREAD = 0.06


class Kind(StrEnum):
    """Kind of code that a task asks for."""

    INITIALIZER = "initializer"
    MODEL = "model"


class Framework(StrEnum):
    """Framework of a task."""

    TENSORFLOW = "tensorflow"
    TORCH = "torch"


@dataclass(frozen=True)
class Task:
    """One task of Q7: a cell that the student completes (the stub), and a check cell that carries the points.

    Attributes
    ----------
    stub, check : str
        Grade ids of the two cells. The stub's id also names the task.
    title : str
        Title for people.
    function : str
        Name of the function or class that the student defines.
    kind : Kind
        Kind of code that the task asks for.
    framework : Framework
        Framework of the task.
    weights : dict of str to int
        Criteria of the task, in the order in which they are judged. A criterion's share of the task's points is its
        weight over the sum of the weights.
    law : str
        Name of the law that the weights should follow, a key of the judge's `LAWS`.
    """

    stub: str
    title: str
    function: str
    kind: Kind
    framework: Framework
    weights: dict[str, int]
    law: str = "he"

    @property
    def check(self) -> str:
        """Grade id of the check cell."""
        return f"{self.stub}_check"

    @property
    def layout(self) -> Layout:
        """Memory layout of the framework's kernels."""
        return Layout.KERAS if self.framework is Framework.TENSORFLOW else Layout.TORCH


#: Criteria that ask for an initializer's variance.
VARIANCES = frozenset({"variance", "variance_conv"})
#: Criteria that any random draw meets: they earn points only as far as the criteria in `VARIANCES` do.
ANY_RANDOM_DRAW = frozenset({"output", "mean", "distribution", "independence", "fresh"})
_TF_INITIALIZER = {
    "output": 4,
    "mean": 2,
    "variance": 16,
    "variance_conv": 12,
    "distribution": 8,
    "independence": 2,
    "fresh": 4,
}
_TORCH_INITIALIZER = {
    "output": 2,
    "in_place": 8,
    "mean": 2,
    "variance": 14,
    "variance_conv": 12,
    "distribution": 5,
    "independence": 2,
    "fresh": 3,
}
_MODEL = {"layers": 2, "forward": 6, "variance_hidden": 5, "variance_output": 1, "bias": 2}

TASKS = (
    Task(
        "q7_tf_initializer",
        "Part 1: He initializer in TensorFlow",
        "tf_he_normal",
        Kind.INITIALIZER,
        Framework.TENSORFLOW,
        _TF_INITIALIZER,
    ),
    Task("q7_tf_model", "Part 2: the model in TensorFlow", "build_tf_model", Kind.MODEL, Framework.TENSORFLOW, _MODEL),
    Task(
        "q7_torch_initializer",
        "Part 3: He initializer in PyTorch",
        "torch_he_normal_",
        Kind.INITIALIZER,
        Framework.TORCH,
        _TORCH_INITIALIZER,
    ),
    Task("q7_torch_model", "Part 4: the model in PyTorch", "CustomModel", Kind.MODEL, Framework.TORCH, _MODEL),
)


@dataclass(frozen=True)
class Challenge:
    """Random shapes and inputs for one submission. They are drawn after the student's code is loaded.

    Attributes
    ----------
    kernels : tuple of KernelShape
        Kernels for an initializer.
    fill : float
        Value of every entry of a passed tensor before the call.
    inputs : tuple of array
        Inputs for each build of a model: (batch, 64) float32, normal.
    small : KernelShape
        A small dense kernel with an odd size, for `REPEATS` calls of an initializer.
    """

    kernels: tuple[KernelShape, ...]
    fill: float
    inputs: tuple[NDArray[np.float32], ...]
    small: KernelShape


def draw_challenge(generator: np.random.Generator) -> Challenge:
    """Draw kernel sizes and inputs."""

    def drawn(kernel: KernelShape, odd: bool) -> KernelShape:
        # A square kernel stays square: with fan_in equal to fan_out, a mistake about fans cannot hide another one.
        square = kernel.is_dense and kernel.inputs == kernel.outputs
        least = kernel.inputs if square else math.floor(kernel.inputs * (1.0 - _SPREAD))
        inputs = int(generator.integers(least, math.ceil(kernel.inputs * (1.0 + _SPREAD)), endpoint=True))
        inputs += inputs % 2 != odd
        room = generator.uniform(1.0, 1.0 + _SPREAD)
        outputs = inputs if square else math.ceil(kernel.inputs * kernel.outputs / inputs * room)
        outputs += outputs % 2 != odd
        return KernelShape(inputs, outputs, kernel.window)

    def small() -> KernelShape:
        inputs, outputs = generator.permutation((generator.integers(*SMALL), generator.choice(SMALL_ODD)))
        return KernelShape(int(inputs), int(outputs))

    inputs = [
        generator.standard_normal((int(rows), WIDTHS[0]), dtype=np.float32)
        for rows in generator.choice(np.arange(*BATCHES), BUILDS, replace=False)
    ]
    inputs[-1] *= np.float32(LARGE)
    return Challenge(
        kernels=tuple(drawn(kernel, odd) for kernel, odd in zip(KERNELS, ODD, strict=True)),
        fill=float(np.float32(generator.uniform(2.0, 3.0))),
        inputs=tuple(inputs),
        small=small(),
    )


def initializer_of(model: Task) -> Task | None:
    """Return the task whose initializer a student may use in ``model``: of the same framework and law, or None."""
    wanted = (Kind.INITIALIZER, model.framework, model.law)
    return next((each for each in TASKS if (each.kind, each.framework, each.law) == wanted), None)


def task(stub: str) -> Task:
    """Return the task named ``stub``; raise `KeyError` with the known names if there is none."""
    for candidate in TASKS:
        if candidate.stub == stub:
            return candidate
    raise KeyError(f"no task is called {stub!r}; there are {', '.join(t.stub for t in TASKS)}")
