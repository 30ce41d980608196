"""`output`: an initializer returns an array of the requested type, dtype and shape, with finite entries."""

from __future__ import annotations

import math

from autograder.assignment.kernels import Layout
from autograder.judge import lessons as learn
from autograder.judge.criterion import Failed, Finding, criterion, fail
from autograder.judge.evidence import Array, Draw
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.measure import RARE, not_finite
from autograder.judge.misconception import Misconception

RAISED = Misconception("raised", "an exception for some of the shapes", learn.RAISED)
RETURNED_NONE = Misconception("returned_none", "None where a tensor is asked for", learn.RETURN)
_RETURNED_LIST = Misconception("returned_list", "a list where a tensor is asked for", learn.TENSORS)
_RETURNED_NUMPY = Misconception("returned_numpy", "a NumPy array where a tensor is asked for", learn.TENSORS)
_RETURNED_OTHER = Misconception("returned_other", "something that is no tensor", learn.TENSORS)
_FLOAT16 = Misconception("dtype_float16", "float16 where float32 is asked for", learn.DTYPES)
_FLOAT64 = Misconception("dtype_float64", "float64, NumPy's default, where float32 is asked for", learn.DTYPES)
_OTHER_DTYPE = Misconception("dtype_other", "another dtype than float32", learn.DTYPES)
_TRANSPOSED = Misconception("transposed", "the axes in the wrong order", learn.AXES)
_FLAT = Misconception("flat", "one long axis", learn.SHAPES)
_WRONG_SHAPE = Misconception("wrong_shape", "another shape than was asked for", learn.SHAPES)
NOT_FINITE = Misconception("not_finite", "NaN or infinite values", learn.NOT_FINITE)
CONSTANT = Misconception(
    "constant",
    "one value for all weights (zeros, or a standard deviation that an integer division made 0)",
    learn.BREAKING,
)

#: What was returned, where it is no tensor of the framework; and its dtype.
_KINDS = {
    "None": RETURNED_NONE,
    "list": _RETURNED_LIST,
    "tuple": _RETURNED_LIST,
    "numpy.ndarray": _RETURNED_NUMPY,
}
_DTYPES = {"float16": _FLOAT16, "float64": _FLOAT64}
_OF_KIND = (*_KINDS.values(), _RETURNED_OTHER, *_DTYPES.values(), _OTHER_DTYPE)


@criterion("output", mistakes=[RAISED, *_OF_KIND, _TRANSPOSED, _FLAT, _WRONG_SHAPE, NOT_FINITE, CONSTANT])
def output(m: InitializerMeasurements) -> Finding:
    """Return a float32 tensor of the shape asked for, with finite numbers that are not all equal."""
    kind = _expected_kind(m.evidence.layout)
    came = [draw for draw in m.draws if draw.error is None]
    for draw in came:
        _check_values(m, draw)
    for draw in m.draws:
        if draw.error is not None:
            asked = draw.kernel.in_layout(m.evidence.layout)
            raise fail(f"For shape {asked} it raised {draw.error}.", RAISED, measurable=bool(m.by_shape))
    for draw in came:
        asked = draw.kernel.in_layout(m.evidence.layout)
        if draw.kind != kind:
            raise _wrong_kind(draw, asked, kind, measurable=True)
        if draw.shape != asked:
            raise fail(
                f"For shape {asked} the tensor returned has shape {draw.shape}.",
                wrong_shape(draw.shape or (), asked),
                measurable=True,
            )
        if draw.dtype != "float32":
            raise fail(
                f"For shape {asked} the returned tensor is {draw.dtype}; float32 is asked for.",
                _DTYPES.get(draw.dtype or "", _OTHER_DTYPE),
                measurable=True,
            )
        if (values := m.values(draw)) is not None and not_finite(values):
            raise _not_finite(values, asked, measurable=True)
    return Finding(f"All {len(came)} calls returned a float32 {kind} of the right shape.")


def _not_finite(values: Array, asked: tuple[int, ...], *, measurable: bool) -> Failed:
    return fail(
        f"For shape {asked}, {not_finite(values):,} of {values.size:,} values are NaN or infinite.",
        NOT_FINITE,
        measurable=measurable,
    )


def _expected_kind(layout: Layout) -> str:
    return "tf.Tensor" if layout is Layout.KERAS else "torch.Tensor"


def _wrong_kind(draw: Draw, asked: tuple[int, ...], kind: str, *, measurable: bool) -> Failed:
    hint = " Is the `return` missing?" if draw.kind == "None" else ""
    return fail(
        f"For shape {asked} it returned {draw.kind} where a {kind} is asked for.{hint}",
        _KINDS.get(draw.kind, _RETURNED_OTHER),
        measurable=measurable,
    )


def wrong_shape(found: tuple[int, ...], asked: tuple[int, ...]) -> Misconception:
    """Return the mistake of a tensor of shape ``found`` where ``asked`` was asked for."""
    if sorted(found) == sorted(asked):
        return _TRANSPOSED
    return _FLAT if found == (math.prod(asked),) else _WRONG_SHAPE


def _check_values(m: InitializerMeasurements, draw: Draw) -> None:
    """Raise `Failed` unless ``draw`` gave values that can be measured."""
    asked = draw.kernel.in_layout(m.evidence.layout)
    if draw.kind == "None" and m.untouched(draw):
        raise fail(
            f"For shape {asked} it returned None and did not change the tensor: nothing was drawn.", RETURNED_NONE
        )
    values = m.values(draw)
    if values is None:
        if draw.shape is not None and draw.shape != asked:
            raise fail(f"For shape {asked} it returned an array of shape {draw.shape}.", wrong_shape(draw.shape, asked))
        if draw.dtype is not None:
            raise fail(
                f"For shape {asked} the returned values are {draw.dtype}; float32 is asked for.",
                _DTYPES.get(draw.dtype, _OTHER_DTYPE),
            )
        raise _wrong_kind(draw, asked, _expected_kind(m.evidence.layout), measurable=False)
    if not_finite(values) > RARE * values.size:
        raise _not_finite(values, asked, measurable=False)
    first = values.flat[0]
    if bool((values == first).all()):
        raise fail(
            f"For shape {asked} every weight is {float(first):.4g}: that is a constant, not a random draw.",
            CONSTANT,
        )
