"""Any answer of a child becomes evidence or `BadAnswer`: no traceback, and no point without evidence."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.assignment.questions import TASKS, Task, draw_challenge
from autograder.grading.interview import CallRaised, Undefined, interview
from autograder.grading.scoring import score_task
from autograder.sandbox.protocol import BadAnswer, CallInitializer, Question
from autograder.sandbox.wire import Message

A = TypeVar("A")

CHALLENGE = draw_challenge(np.random.default_rng(1))
ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.lists(st.integers(), max_size=9)
KEYS = ("status", "kind", "dtype", "shape", "values", "passed", "same", "parameters", "outputs", "name", "message",
        "cell", "line", "source", "refused", "forward_raised", "score", "points")  # fmt: skip
ENTRY = st.dictionaries(
    st.sampled_from(KEYS), ODD | st.dictionaries(st.sampled_from(KEYS), ODD, max_size=4), max_size=6
)
HEADER = st.builds(
    lambda base, odd, entries: {**base, **({"parameters": entries} if entries is not None else {}), **odd},
    st.sampled_from(
        [
            {},
            {"status": "ok"},
            {"status": "ok", "kind": "tf.Tensor", "values": 0, "same": False},
            {"status": "ok", "kind": "torch.Tensor", "values": 0, "passed": 1, "same": True},
            {"status": "ok", "kind": "Sequential", "parameters": [], "outputs": 0},
            {"status": "error", "name": "E", "message": "m"},
        ]
    ),
    ENTRY,
    st.none() | st.lists(ENTRY, max_size=7),
)
VALUES = st.sampled_from([0.0, 1.0, -1e-30, 1e38, float("nan"), float("inf"), -float("inf")])


class Liar:
    """A child that answers every question with what it likes."""

    def __init__(self, header: dict[str, Any], fill: float, shapes: list[list[int] | None], dtype: str) -> None:
        self.header, self.fill, self.shapes, self.dtype = header, fill, shapes, dtype

    def ask(self, question: Question[A]) -> A:
        asked = question.shape if isinstance(question, CallInitializer) else (16, 10)  # type: ignore[attr-defined]
        with np.errstate(over="ignore"):  # a float16 of 1e38 is infinite: that is an answer, too
            made = [np.full(asked if shape is None else shape, self.fill, self.dtype) for shape in self.shapes]
        return question.read(Message(dict(self.header), tuple(made)))


SHAPES = st.lists(st.none() | st.lists(st.integers(0, 5), max_size=5), max_size=7)


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.stub)
@settings(deadline=None, max_examples=150)
@given(HEADER, VALUES, SHAPES, st.sampled_from(["float16", "float32", "float64"]))
def test_any_answer_is_judged_or_refused(task: Task, header: dict, fill: float, shapes: list, dtype: str) -> None:
    try:
        evidence = interview(Liar(header, fill, shapes, dtype), task, CHALLENGE)
    except (BadAnswer, CallRaised, Undefined) as problem:
        said = str(problem)
        assert len(said) < 5000
        return
    question = score_task(task, evidence, 12.0)
    assert 0.0 <= question.score <= 12.0
    assert all(c.status in ("passed", "failed", "skipped") for c in question.criteria)
    assert all(len(c.message) < 5000 for c in question.criteria)
    # Constant numbers are no draw: nothing that is worth points for its randomness may be earned by them.
    random = {"variance", "variance_conv", "distribution", "fresh", "variance_hidden"}
    assert not random & {c.name for c in question.criteria if c.status == "passed"}


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.stub)
@pytest.mark.parametrize(
    "header",
    [
        {"status": "ok", "kind": "x", "shape": [10**4000]},
        {"status": "ok", "kind": "x", "shape": [1] * 50_000},
        {"status": "ok", "kind": "x", "parameters": [{"name": "n", "shape": [10**300] * 8}] * 1000},
        {"status": "error", "name": "n" * 10_000, "message": "m" * 10_000, "line": 10**4000},
        {"status": "ok", "kind": "k" * 100_000, "dtype": "d" * 100_000, "same": False},
    ],
    ids=["huge_size", "many_dimensions", "many_huge_parameters", "huge_line", "huge_words"],
)
def test_answers_of_absurd_size_are_cut_or_refused(task: Task, header: dict) -> None:
    try:
        evidence = interview(Liar(header, 0.0, [], "float32"), task, CHALLENGE)
    except (BadAnswer, CallRaised) as problem:
        said = str(problem)
        assert len(said) < 2000
        return
    question = score_task(task, evidence, 12.0)
    assert sum(len(c.message) + len(c.diagnosis or "") for c in question.criteria) < 20_000
