"""The judge's input: arrays that a student's code produced, and facts about how they were returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.law import HE, TargetLaw

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Draw:
    """Result of one call of an initializer.

    Attributes
    ----------
    kernel : KernelShape
        The requested shape.
    kind : str
        Type of the returned value as a student would name it: ``tf.Tensor``, ``numpy.ndarray``, ``None``, …
    dtype, shape
        Of the returned value; None if it was not an array.
    returned : array or None
        The returned values in the requested shape and the framework's layout; None unless they are floats, and as many
        as requested. ``shape`` says in which shape they came.
    passed : array or None
        PyTorch: the tensor that was passed in, after the call, if it is not the returned one.
    same : bool
        PyTorch: whether the call returned the tensor that was passed in.
    error : str or None
        The exception that the call raised, in one line. If set, the other fields hold nothing.
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
    """All draws of one initializer: at least two rounds over the same kernel shapes, in the same order, none empty.

    Attributes
    ----------
    layout : Layout
        Memory layout of the arrays.
    rounds : tuple of tuple of Draw
        ``rounds[r][s]`` is draw r of shape s.
    fill : float or None
        For an in-place initializer, the value of every entry of the passed tensor before the call.
    on_parameter : Draw or None
        For an in-place initializer, one more draw, into a parameter that requires gradients.
    law : TargetLaw
        What the initializer should draw from.
    repeats : array or None
        (calls, weights) values of calls for one small dense kernel, one after the other and without seeding between
        them. Fewer than `REPEATS` calls if the initializer is slow; None if a call raised, or gave no floats of the
        right number.
    """

    layout: Layout
    rounds: tuple[tuple[Draw, ...], ...]
    fill: float | None = None
    on_parameter: Draw | None = None
    law: TargetLaw = HE
    repeats: Array | None = None


@dataclass(frozen=True)
class Parameter:
    """One named array of a model; ``values`` is None if the array was too large or not floating-point."""

    name: str
    shape: tuple[int, ...]
    values: Array | None = None


@dataclass(frozen=True)
class ModelBuild:
    """One model that the student's code built, and its outputs.

    Attributes
    ----------
    kind : str
        Type name of the returned value.
    parameters : tuple of Parameter or None
        In the model's order; None if the returned value is not a model of the framework.
    outputs : array or None
        The outputs, (batch, features); None if the forward pass failed.
    forward_error : str or None
        Why the forward pass failed, in one line.
    computes_in : str or None
        The floating-point type that the model computes in; None for float32.
    untracked : bool
        Whether the model holds variables, or layers, that its framework does not track.
    varies : bool
        Whether a second pass of the same inputs gave other outputs. Only the first build has a second pass.
    unread : str or None
        Why the weights of a model could not be read.
    """

    kind: str
    parameters: tuple[Parameter, ...] | None = None
    outputs: Array | None = None
    forward_error: str | None = None
    computes_in: str | None = None
    untracked: bool = False
    varies: bool = False
    unread: str | None = None


@dataclass(frozen=True)
class ModelEvidence:
    """Several builds of one model, each with outputs for inputs of its own.

    Attributes
    ----------
    layout : Layout
        Memory layout of the kernels.
    widths : tuple of int
        Required layer widths, inputs first.
    names : tuple of str
        Required layer names; empty if the assignment requires none.
    softmax : bool
        Whether the outputs should be probabilities instead of logits.
    inputs : tuple of array
        The inputs of each build, (batch, features); every build has another batch size.
    builds : tuple of ModelBuild
        In the order of construction.
    law : TargetLaw
        What the hidden layers should draw from.
    own : tuple of tuple of array, or None
        For each layer of ``widths``, draws by the student's own initializer, canonical (in, out): as many as builds,
        or fewer if it is slow. None if it is not defined, raised, or gave no floats of the right number.
    own_unfilled : bool
        Whether that initializer leaves the tensor that is passed as it was, so that a layer keeps its default.
    """

    layout: Layout
    widths: tuple[int, ...]
    names: tuple[str, ...]
    softmax: bool
    inputs: tuple[Array, ...]
    builds: tuple[ModelBuild, ...]
    law: TargetLaw = HE
    own: tuple[tuple[Array, ...], ...] | None = None
    own_unfilled: bool = False
