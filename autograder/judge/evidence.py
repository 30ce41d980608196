"""What the judge is given: arrays that came back, and plain facts about how they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape, Layout

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Draw:
    """What one call of an initializer gave.

    Attributes
    ----------
    kernel : KernelShape
        What was asked for.
    kind : str
        What was returned, as a student would name it: ``tf.Tensor``, ``numpy.ndarray``, ``None``, …
    dtype, shape
        Of what was returned; None where it was no array.
    returned : array or None
        The returned values, in the framework's layout; None unless they had the shape asked for.
    passed : array or None
        PyTorch: the tensor that was passed in, after the call, where it is not the one returned.
    same : bool
        PyTorch: whether the very tensor that was passed in was returned.
    error : str or None
        What the call raised, in one line; then there is nothing else.
    """

    kernel: KernelShape
    kind: str
    dtype: str | None = None
    shape: tuple[int, ...] | None = None
    returned: Array | None = None
    passed: Array | None = None
    same: bool = False
    error: str | None = None


@dataclass(frozen=True)
class InitializerEvidence:
    """Every draw of one initializer: at least two `rounds` over the same kernel shapes, in order, none of them empty.

    Attributes
    ----------
    layout : Layout
        How the arrays are laid out.
    rounds : tuple of tuple of Draw
        ``rounds[r][s]`` is draw r of shape s.
    fill : float or None
        For an in-place initializer, what every entry of the passed tensor held before the call.
    on_parameter : Draw or None
        For an in-place initializer, one more draw, into a parameter that requires gradients.
    """

    layout: Layout
    rounds: tuple[tuple[Draw, ...], ...]
    fill: float | None = None
    on_parameter: Draw | None = None


@dataclass(frozen=True)
class Parameter:
    """One named array of a model; ``values`` is None when it was too large or no float array."""

    name: str
    shape: tuple[int, ...]
    values: Array | None = None


@dataclass(frozen=True)
class ModelBuild:
    """One model that the student's code built, and what it made of the inputs.

    Attributes
    ----------
    kind : str
        Type name of what was returned.
    parameters : tuple of Parameter or None
        In the model's order; None when what was returned is no model of the framework.
    outputs : array or None
        The outputs (batch, features); None when the forward pass failed.
    forward_error : str or None
        Why it failed, in one line.
    """

    kind: str
    parameters: tuple[Parameter, ...] | None = None
    outputs: Array | None = None
    forward_error: str | None = None


@dataclass(frozen=True)
class ModelEvidence:
    """Several builds of one model, each with inputs of its own pushed through.

    Attributes
    ----------
    layout : Layout
        How kernels are laid out.
    widths : tuple of int
        The layer widths that the assignment asks for, inputs first.
    names : tuple of str
        Names that the assignment asks the layers to have; empty where it asks for none.
    softmax : bool
        Whether the outputs should be probabilities rather than logits.
    inputs : tuple of array
        For each build, what was pushed through it: (batch, features), the batch of another size each time.
    builds : tuple of ModelBuild
        In the order in which they were built.
    """

    layout: Layout
    widths: tuple[int, ...]
    names: tuple[str, ...]
    softmax: bool
    inputs: tuple[Array, ...]
    builds: tuple[ModelBuild, ...]
