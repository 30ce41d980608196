"""Questions and answers cross the wire unchanged; anything else from a child is a `BadAnswer`."""

from __future__ import annotations

import contextlib
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox.protocol import (
    CLOCKED,
    MAX_TEXT,
    Answer,
    BadAnswer,
    BuildModel,
    CallInitializer,
    CallRepeatedly,
    CellRan,
    Done,
    Framework,
    Installed,
    ModelBuilt,
    ModelParameter,
    NotDefined,
    Precision,
    Question,
    Raised,
    Refusal,
    Repeated,
    Returned,
    RunCell,
    Seed,
    Versions,
    clock_readers,
    read_question,
)
from autograder.sandbox.wire import Message, encode
from tests.support.streams import messages

RAISED = Raised("ValueError", "no such fan", "cell 3", 2, "return fan / 0", Refusal.FILES)
KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)
INITIALIZER = CallInitializer("f", Framework.TORCH, (2, 3), 2.5, parameter=True, seed=7)
REPEATED = CallRepeatedly("f", Framework.TORCH, (2, 3), 4, 2.5, seed=7)
MODEL = BuildModel("M", Framework.TENSORFLOW, np.ones((4, 2), np.float32), seed=8)
CELL = RunCell("cell 1", "x = 1\n")
PAIRS: list[tuple[Question[Answer], Answer]] = [
    (Versions(), Installed({"python": "3.11.1", "numpy": "2.0"})),
    (Seed(3), Done()),
    (CELL, CellRan("printed\n", "warned\n", (np.full((2, 3, 3), 255, np.float16),))),
    (CELL, CellRan("before it raised", "", (), RAISED)),
    (INITIALIZER, Returned("torch.Tensor", "float32", (2, 3), KERNEL, None, same=True)),
    (INITIALIZER, Returned("torch.Tensor", "float16", (2, 3), KERNEL.astype(np.float16), KERNEL)),
    (INITIALIZER, Returned("torch.Tensor", "bfloat16", (3, 2))),
    (INITIALIZER, Returned("None")),
    (INITIALIZER, Returned("torch.Tensor", "float32", (3, 2), KERNEL)),
    (INITIALIZER, RAISED),
    (INITIALIZER, NotDefined()),
    (REPEATED, Repeated(np.ones((3, 6), np.float32))),
    (REPEATED, Repeated()),
    (REPEATED, Repeated(np.ones((1, 6), np.float32), unfilled=True)),
    (REPEATED, RAISED),
    (REPEATED, NotDefined()),
    (MODEL, ModelBuilt("Sequential", (ModelParameter("w", (2, 3), KERNEL), ModelParameter("big", (9, 9))), KERNEL)),
    (MODEL, ModelBuilt("Sequential", (), None, RAISED, Precision.FLOAT16, untracked=True, varies=True)),
    (MODEL, ModelBuilt("str")),
    (MODEL, RAISED),
    (MODEL, NotDefined()),
]
QUESTIONS = [Versions(), Seed(3), CELL, INITIALIZER, MODEL]


def over_the_wire(message: Message) -> Message:
    (arrived,) = messages(b"".join(encode(message.header, message.arrays)))
    return arrived


def assert_same(before: object, after: object) -> None:
    assert type(after) is type(before)
    for each in fields(before):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if isinstance(old, tuple) and old and not isinstance(old[0], int):
            for one, other in zip(old, new, strict=True):
                assert_same(one, other) if isinstance(one, ModelParameter) else np.testing.assert_array_equal(
                    one, other
                )
        elif isinstance(old, np.ndarray):
            assert new.dtype == old.dtype
            np.testing.assert_array_equal(new, old)
        else:
            assert new == old, each.name


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.ask)
def test_question_arrives_as_it_was_asked(question: Question[Answer]) -> None:
    assert_same(question, read_question(over_the_wire(question.to_message())))


@pytest.mark.parametrize(("question", "answer"), PAIRS)
def test_answer_arrives_as_it_was_given(question: Question[Answer], answer: Answer) -> None:
    assert_same(answer, question.read(over_the_wire(answer.to_message())))


@pytest.mark.parametrize(("question", "answer"), PAIRS)
def test_answer_to_another_kind_of_question_is_refused_or_typed(question: Question[Answer], answer: Answer) -> None:
    for other in QUESTIONS:
        allowed = {type(a) for q, a in PAIRS if type(q) is type(other)}
        with contextlib.suppress(BadAnswer):
            assert type(other.read(over_the_wire(answer.to_message()))) in allowed


KEYS = sorted({key for _, answer in PAIRS for key in answer.to_message().header})
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 10**20) | st.floats() | st.text(max_size=20)
    | st.sampled_from(["ok", "error", "undefined", "files", "/" * 500, "\ud800", "\x1b[2J"]),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=20,
)  # fmt: skip
ARRAYS = st.lists(
    st.sampled_from([KERNEL, KERNEL.astype(np.float64), np.zeros((0, 3, 3), np.float16), np.full((2, 2, 3), np.nan)]),
    max_size=5,
).map(tuple)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.ask)
@given(changed=st.dictionaries(st.sampled_from(KEYS), VALUE, max_size=6), arrays=ARRAYS, honest=st.sampled_from(PAIRS))
def test_whatever_a_child_answers_is_an_answer_or_a_bad_one(
    question: Question[Answer], changed: dict, arrays: tuple, honest: tuple
) -> None:
    header = {**honest[1].to_message().header, **changed}
    allowed = {type(a) for q, a in PAIRS if type(q) is type(question)}
    with contextlib.suppress(BadAnswer):
        assert type(question.read(Message(header, arrays))) in allowed


def test_child_may_send_arrays_of_the_shape_that_was_asked_for_alone() -> None:
    for shape in ((3, 2), (6,), (2, 3, 1), (0, 3)):
        with pytest.raises(BadAnswer, match="shape"):
            INITIALIZER.read(Returned("x", "float32", (2, 3), np.zeros(shape, np.float32)).to_message())
    with pytest.raises(BadAnswer, match="as many elements"):
        INITIALIZER.read(Returned("x", "float32", (7,), KERNEL).to_message())
    for shape in ((5, 6), (0, 6), (2, 5), (6,)):
        with pytest.raises(BadAnswer, match="repeated calls"):
            REPEATED.read(Repeated(np.zeros(shape, np.float32)).to_message())
    with pytest.raises(BadAnswer, match="dtype"):
        INITIALIZER.read(Returned("x", "float32", (2, 3), KERNEL, KERNEL.astype(np.float64)).to_message())


def test_status_and_refusal_are_those_that_there_are() -> None:
    with pytest.raises(BadAnswer, match="status"):
        INITIALIZER.read(Message({"status": "graded", "kind": "x"}))
    with pytest.raises(BadAnswer, match="status"):
        Seed(1).read(Message({"status": "undefined"}))
    with pytest.raises(BadAnswer, match="refused"):
        INITIALIZER.read(Message({"status": "error", **vars(RAISED), "refused": "everything"}))


def read_message(text: str) -> str:
    """The message of an exception as the grader reads it, whose text a child sent."""
    raised = INITIALIZER.read(Raised("E", text).to_message())
    assert isinstance(raised, Raised)
    return raised.message


@pytest.mark.parametrize(
    "text",
    [
        *("/" * 250_000, "/a" * 100_000, "/tmp/autograder-" * 15_000, "0x" * 100_000, "\x1b[" * 100_000),
        "0x" + "a" * 5_000 + " not seen",
    ],
)
def test_text_of_any_length_is_cut_before_a_pattern_looks_at_it(text: str) -> None:
    told = read_message(text)
    assert told == read_message(text[:MAX_TEXT])
    assert len(told) <= 300


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("No such file: '/tmp/autograder-server-ab_c1234/autograder-xy_z9876/data.csv'", "No such file: '~/data.csv'"),
        ("/autograder-abcdefgh", "/autograder-abcdefgh"),
        ("/a/b/c/autograder-abcdefgh and /d/autograder-12345678/e", "~ and ~/e"),
        ("<object at 0x7f0123456789>", "<object at 0x…>"),
        ("0x12", "0x12"),
    ],
)
def test_what_differs_from_run_to_run_is_left_out_of_messages(text: str, told: str) -> None:
    assert read_message(text) == told


@pytest.mark.parametrize(("question", "answer"), [(q, a) for q, a in PAIRS if not isinstance(a, Raised)])
def test_an_array_that_no_field_is_makes_an_answer_a_bad_one(question: Question[Answer], answer: Answer) -> None:
    """Otherwise it would stay in the grader's memory with the frame: 16 MiB for each answer."""
    sent = answer.to_message()
    with pytest.raises(BadAnswer, match="no field"):
        question.read(Message(sent.header, (*sent.arrays, np.zeros(3, np.float32))))


CELLS = {"cell 1", "cell 2"}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({}, set()),
        ({CLOCKED: []}, set()),
        ({CLOCKED: ["cell 1", "cell 1"]}, {"cell 1"}),
        ({CLOCKED: ["cell 2", "cell 3", "x" * 100_000, "\x1b[2J"]}, {"cell 2"}),
    ],
    ids=["nothing said", "none", "twice", "no cells of the notebook"],
)
def test_an_answer_names_cells_that_read_the_clock(sent: dict[str, Any], read: set[str]) -> None:
    assert clock_readers(Message(sent), CELLS) == read


@pytest.mark.parametrize("sent", [None, "cell 1", 1, {"cell 1": 1}, ["cell"] * 65, [["cell 1"]], [None]])
def test_what_is_no_list_of_cells_is_refused(sent: object) -> None:
    with pytest.raises(BadAnswer, match="clocked"):
        clock_readers(Message({CLOCKED: sent}), CELLS)
