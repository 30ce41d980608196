"""What Q7 asks, as data: tasks, criteria with their weights, and the challenges drawn for each."""

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
#: Builds of a model: the fewest that put every threshold of the judge's criteria 7.5 standard deviations away.
BUILDS = 4
#: Rows of inputs pushed through a build, from so many to fewer than so many; each build gets another number.
BATCHES = (16, 48)
#: Draws of each kernel shape: two to compare, and a third to confirm what looks repeated.
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
#: Sizes are drawn within this share of the above, so that no shape is known in advance.
_SPREAD = 0.06


class Kind(StrEnum):
    """What a task asks for."""

    INITIALIZER = "initializer"
    MODEL = "model"


class Framework(StrEnum):
    """What a task is solved with."""

    TENSORFLOW = "tensorflow"
    TORCH = "torch"


@dataclass(frozen=True)
class Task:
    """One stub of Q7 and the check cell that carries its points.

    Attributes
    ----------
    stub, check : str
        Grade ids of the stub's cell and of its check cell. The stub's id also names the task.
    title : str
        What people call it.
    function : str
        What the student defines.
    kind : Kind
        What it asks for.
    framework : Framework
        What it is solved with.
    weights : dict of str to int
        Criteria that the task is judged by, and how they share its points.
    """

    stub: str
    title: str
    function: str
    kind: Kind
    framework: Framework
    weights: dict[str, int]

    @property
    def check(self) -> str:
        """Grade id of the check cell."""
        return f"{self.stub}_check"

    @property
    def layout(self) -> Layout:
        """How the framework lays kernels out."""
        return Layout.KERAS if self.framework is Framework.TENSORFLOW else Layout.TORCH


_INITIALIZER = {
    "mean": 4,
    "variance": 6,
    "variance_conv": 4,
    "distribution": 4,
    "independence": 2,
    "fresh": 2,
}
_MODEL = {"layers": 1, "forward": 1, "variance_hidden": 3, "variance_output": 1, "bias": 2}

TASKS = (
    Task(
        "q7_tf_initializer",
        "Part 1: He initializer in TensorFlow",
        "tf_he_normal",
        Kind.INITIALIZER,
        Framework.TENSORFLOW,
        {"output": 2, **_INITIALIZER},
    ),
    Task("q7_tf_model", "Part 2: the model in TensorFlow", "build_tf_model", Kind.MODEL, Framework.TENSORFLOW, _MODEL),
    Task(
        "q7_torch_initializer",
        "Part 3: He initializer in PyTorch",
        "torch_he_normal_",
        Kind.INITIALIZER,
        Framework.TORCH,
        {"output": 1, "in_place": 1, **_INITIALIZER},
    ),
    Task("q7_torch_model", "Part 4: the model in PyTorch", "CustomModel", Kind.MODEL, Framework.TORCH, _MODEL),
)


@dataclass(frozen=True)
class Challenge:
    """What one task is tried on. Drawn after the student's code is loaded, and sent piece by piece.

    Attributes
    ----------
    kernels : tuple of KernelShape
        For an initializer.
    fill : float
        What a tensor that is passed in holds before the call.
    inputs : tuple of array
        For each build of a model: (batch, 64) float32, standard normal.
    """

    kernels: tuple[KernelShape, ...]
    fill: float
    inputs: tuple[NDArray[np.float32], ...]


def draw_challenge(generator: np.random.Generator) -> Challenge:
    """Draw fresh kernel sizes and inputs."""

    def drawn(kernel: KernelShape) -> KernelShape:
        # A square kernel stays square: there, fan_in and fan_out agree, and only other mistakes show.
        square = kernel.is_dense and kernel.inputs == kernel.outputs
        least = kernel.inputs if square else math.floor(kernel.inputs * (1.0 - _SPREAD))
        inputs = int(generator.integers(least, math.ceil(kernel.inputs * (1.0 + _SPREAD)), endpoint=True))
        room = generator.uniform(1.0, 1.0 + _SPREAD)
        outputs = inputs if square else math.ceil(kernel.inputs * kernel.outputs / inputs * room)
        return KernelShape(inputs, outputs, kernel.window)

    return Challenge(
        kernels=tuple(drawn(kernel) for kernel in KERNELS),
        fill=float(np.float32(generator.uniform(2.0, 3.0))),
        inputs=tuple(
            generator.standard_normal((int(rows), WIDTHS[0]), dtype=np.float32)
            for rows in generator.choice(np.arange(*BATCHES), BUILDS, replace=False)
        ),
    )


def task(stub: str) -> Task:
    """Return the task named ``stub``; raise `KeyError` with the known names otherwise."""
    for candidate in TASKS:
        if candidate.stub == stub:
            return candidate
    raise KeyError(f"no task is called {stub!r}; there are {', '.join(t.stub for t in TASKS)}")
