"""Decides what share of its variance points a model keeps if the student's own initializer has the same mistake."""

from __future__ import annotations

from autograder.judge.misconception import Misconception
from autograder.judge.model import ModelMeasurements
from autograder.judge.near_miss import credit_text
from autograder.judge.scales import PYTORCH_DEFAULT

#: The initializer loses points in its own part already.
_OWN = 0.5
_GIVES = " Your own initializer loses points for the same mistake, so you keep half here."
_UNFILLED = (
    " Your own initializer does not fill the tensor that is passed to it, and loses points for that, so you keep half "
    "here."
)


def own_credit(m: ModelMeasurements, mistake: Misconception, near: float, *, is_own: bool) -> tuple[float, str]:
    """Return the share of the points that ``mistake`` leaves, and what is said of it.

    Parameters
    ----------
    near : float
        Credit of a near miss: what is left in any case.
    is_own : bool
        Whether the student's own initializer gives such weights.
    """
    if near < _OWN and is_own:
        return _OWN, _GIVES
    if near < _OWN and mistake is PYTORCH_DEFAULT and m.evidence.own_unfilled:
        return _OWN, _UNFILLED
    return near, credit_text(near)
