"""`in_place`: a PyTorch initializer changes and returns the tensor that it receives."""

from __future__ import annotations

import numpy as np

from autograder.judge import lessons as learn
from autograder.judge.criteria.output import RETURNED_NONE
from autograder.judge.criterion import Finding, criterion, fail
from autograder.judge.evidence import Draw
from autograder.judge.initializer import InitializerMeasurements
from autograder.judge.misconception import Misconception

NOT_IN_PLACE = Misconception(
    "not_in_place", "a new tensor was made, and the tensor that was passed in was not filled", learn.IN_PLACE
)
_RETURNED_ANOTHER = Misconception(
    "returned_another", "the tensor returned is not the one that was passed in", learn.IN_PLACE
)
_NEEDS_NO_GRAD = Misconception("needs_no_grad", "an in-place change that autograd records or refuses", learn.NO_GRAD)

#: Credit for a tensor that was filled and not returned: the layer that holds it is initialized.
_FILLED = 0.75
#: Credit for what works on a plain tensor alone: the weights of layers are parameters.
_PLAIN_ONLY = 0.5


@criterion("in_place", needs=["output"], mistakes=[NOT_IN_PLACE, _RETURNED_ANOTHER, _NEEDS_NO_GRAD])
def in_place(m: InitializerMeasurements) -> Finding:
    """Fill the tensor that was passed in, and return that tensor."""
    for draw in m.draws:
        if draw.error is None:
            _check(m, draw, "The tensor passed in")
    parameter = m.evidence.on_parameter
    if parameter is not None and parameter.error is not None:
        raise fail(
            f"A plain tensor was filled. For an nn.Parameter, which requires gradients, it raised {parameter.error}.",
            _NEEDS_NO_GRAD,
            measurable=True,
            credit=_PLAIN_ONLY,
        )
    if parameter is not None:
        _check(m, parameter, "An nn.Parameter that was passed in")
    return Finding("The tensor passed in was filled and returned (plain, and nn.Parameter).")


def _check(m: InitializerMeasurements, draw: Draw, subject: str) -> None:
    """Raise `Failed` unless ``draw`` filled the tensor passed in and returned it."""
    if m.untouched(draw):
        raise fail(
            f"{subject} was not filled: its values are those from before the call.",
            NOT_IN_PLACE,
            measurable=True,
        )
    if not draw.same and draw.passed is not None:
        if draw.kind == "None":
            raise fail(
                f"{subject} was filled, but None was returned.",
                RETURNED_NONE,
                measurable=True,
                credit=_FILLED,
            )
        if draw.returned is None or not np.array_equal(draw.returned, draw.passed):
            raise fail(
                f"{subject} was filled, but another tensor was returned.",
                _RETURNED_ANOTHER,
                measurable=True,
                credit=_FILLED,
            )
