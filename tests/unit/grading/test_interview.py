"""What a task's function is asked, and what its answers become: with answers that are made up here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from autograder.assignment.questions import BUILDS, KERNELS, REPEATS, ROUNDS, TASKS, WIDTHS, Task, draw_challenge, task
from autograder.grading import check as checking
from autograder.grading.cell_output import CellOutput, output_of
from autograder.grading.check import CannotCheck, check
from autograder.grading.execution import Ending, Execution, execute
from autograder.grading.interview import CallRaised, Undefined, interview
from autograder.judge.evidence import InitializerEvidence, ModelEvidence
from autograder.notebook import Cell
from autograder.sandbox import ChildLost, Limits
from autograder.sandbox.client import Warm
from autograder.sandbox.protocol import (
    BuildModel,
    CallInitializer,
    CallRepeatedly,
    CellRan,
    Done,
    Framework,
    Loss,
    ModelBuilt,
    ModelParameter,
    NotDefined,
    Question,
    Raised,
    Refusal,
    Repeated,
    Returned,
    RunCell,
    Seed,
)
from autograder.submission.reader import Submission

CHALLENGE = draw_challenge(np.random.default_rng(1))
TENSORFLOW, TORCH = task("q7_tf_initializer"), task("q7_torch_initializer")
MODELS = [task("q7_tf_model"), task("q7_torch_model")]


@dataclass
class Answers:
    """A conversation in which every question gets the answer that ``answer`` makes."""

    answer: Callable[[Any], object]
    asked: list[Any] = field(default_factory=list)

    def ask(self, question: Question[Any]) -> Any:
        self.asked.append(question)
        return self.answer(question)


def filled(question: CallInitializer | CallRepeatedly) -> Returned | Repeated:
    if isinstance(question, CallRepeatedly):
        calls = np.arange(question.times, dtype=np.float32)
        return Repeated(np.repeat(calls[:, None], np.prod(question.shape), axis=1))
    values = np.full(question.shape, 2.0, np.float32)
    return Returned("tensor", "float32", question.shape, values, values + 1, same=True)


@pytest.mark.parametrize("asked", [TENSORFLOW, TORCH], ids=lambda t: t.stub)
def test_initializer_is_called_on_every_shape_and_then_on_every_shape_again(asked: Task) -> None:
    talk = Answers(filled)
    found = interview(talk, asked, CHALLENGE)
    assert isinstance(found, InitializerEvidence)
    shapes = [kernel.in_layout(asked.layout) for kernel in CHALLENGE.kernels]
    *calls, repeated = talk.asked
    assert repeated == CallRepeatedly(
        asked.function, asked.framework, CHALLENGE.small.in_layout(asked.layout), REPEATS, CHALLENGE.fill
    )
    assert found.repeats is not None
    assert found.repeats.shape == (REPEATS, CHALLENGE.small.size)
    plain = [q for q in calls if not q.parameter]
    assert [q.shape for q in plain] == shapes * ROUNDS
    assert {(q.function, q.framework, q.fill) for q in plain} == {(asked.function, asked.framework, CHALLENGE.fill)}
    assert [tuple(d.kernel for d in draws) for draws in found.rounds] == [CHALLENGE.kernels] * ROUNDS
    draw = found.rounds[0][0]
    assert (draw.kind, draw.dtype, draw.shape, draw.same, draw.error) == ("tensor", "float32", shapes[0], True, None)
    assert (draw.returned == 2.0).all()
    assert (draw.passed == 3.0).all()
    of_parameters = [q for q in calls if q.parameter]
    if asked is TORCH:
        assert [q.shape for q in of_parameters] == [shapes[-1]]
        assert found.on_parameter is not None
        assert found.on_parameter.kernel == CHALLENGE.kernels[-1]
        assert found.fill == CHALLENGE.fill
    else:
        assert (of_parameters, found.on_parameter, found.fill) == ([], None, None)


def test_shape_that_raises_is_evidence_and_all_of_them_are_an_exception() -> None:
    first = TENSORFLOW
    raised = Raised("ValueError", "too large")
    last = CHALLENGE.kernels[-1].in_layout(first.layout)
    found = interview(Answers(lambda q: raised if q.shape == last else filled(q)), first, CHALLENGE)
    assert isinstance(found, InitializerEvidence)
    assert [[d.error for d in draws] for draws in found.rounds] == [[None] * 5 + ["ValueError: too large"]] * ROUNDS
    assert len(KERNELS) == 6
    with pytest.raises(CallRaised) as told:
        interview(Answers(lambda q: raised), first, CHALLENGE)
    assert told.value.raised is raised
    with pytest.raises(Undefined):
        interview(Answers(lambda q: NotDefined()), first, CHALLENGE)


def test_small_kernel_is_dense_with_an_odd_size() -> None:
    drawn = [draw_challenge(np.random.default_rng(seed)).small for seed in range(50)]
    assert all(k.is_dense and {k.inputs, k.outputs} <= set(range(5, 10)) for k in drawn)
    assert all(k.inputs % 2 or k.outputs % 2 for k in drawn)
    assert len(set(drawn)) > 10


def built(question: BuildModel | CallRepeatedly) -> ModelBuilt | Repeated | Returned:
    if isinstance(question, CallRepeatedly):
        return filled(question)
    parameters = (ModelParameter("a.kernel", (64, 128), np.ones((64, 128), np.float32)), ModelParameter("n", (3,)))
    return ModelBuilt("Net", parameters, np.zeros((len(question.inputs), 10), np.float32))


@pytest.mark.parametrize("asked", MODELS, ids=lambda t: t.stub)
def test_model_is_built_for_every_batch(asked: Task) -> None:
    talk = Answers(built)
    found = interview(talk, asked, CHALLENGE)
    assert isinstance(found, ModelEvidence)
    in_torch = asked.framework == "torch"
    models = [q for q in talk.asked if isinstance(q, BuildModel)]
    assert {(q.function, q.framework) for q in models} == {(asked.function, Framework(asked.framework))}
    assert all(q.inputs is given for q, given in zip(models, CHALLENGE.inputs, strict=True))
    assert (found.layout, found.widths, found.softmax) == (asked.layout, (64, 128, 64, 10), not in_torch)
    assert found.names == (("fc1", "fc2", "fc3") if in_torch else ())
    assert len(found.builds) == BUILDS
    build = found.builds[-1]
    assert (build.kind, build.forward_error) == ("Net", None)
    assert [(p.name, p.shape, p.values is None) for p in build.parameters] == [
        ("a.kernel", (64, 128), False),
        ("n", (3,), True),
    ]
    assert build.outputs.shape == (len(CHALLENGE.inputs[-1]), 10)


@pytest.mark.parametrize("asked", MODELS, ids=lambda t: t.stub)
def test_kernels_of_a_model_are_drawn_by_the_student_s_own_initializer_too(asked: Task) -> None:
    talk = Answers(built)
    own = interview(talk, asked, CHALLENGE).own
    questions = [q for q in talk.asked if isinstance(q, CallRepeatedly)]
    initializer = TORCH if asked.framework == "torch" else TENSORFLOW
    assert {(q.function, q.times) for q in questions} == {(initializer.function, BUILDS)}
    assert [[draw.shape for draw in draws] for draws in own] == [[shape] * BUILDS for shape in pairwise(WIDTHS)]
    assert [float(draw[0, 0]) for draw in own[0]] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("answer", [NotDefined(), Raised("NotImplementedError", ""), Repeated()])
def test_initializer_that_gives_no_weights_costs_the_model_nothing(answer: object) -> None:
    talk = Answers(lambda q: answer if isinstance(q, CallRepeatedly) else built(q))
    found = interview(talk, MODELS[0], CHALLENGE)
    assert (found.own, len(found.builds)) == (None, BUILDS)


def test_initializer_that_cannot_be_called_is_not_asked_for_the_model() -> None:
    talk = Answers(built)
    assert interview(talk, MODELS[0], CHALLENGE, asks_own=False).own is None
    assert len(talk.asked) == BUILDS


def test_model_that_raises_or_is_none_or_gives_other_outputs() -> None:
    asked = MODELS[0]
    with pytest.raises(CallRaised):
        interview(Answers(lambda q: Raised("ValueError", "x")), asked, CHALLENGE)
    with pytest.raises(Undefined):
        interview(Answers(lambda q: NotDefined()), asked, CHALLENGE)
    broken = ModelBuilt("NoneType", None, np.zeros(10, np.float32), Raised("TypeError", "not callable"))
    talk = Answers(lambda q: broken if isinstance(q, BuildModel) else Repeated())
    (build, *_) = interview(talk, asked, CHALLENGE).builds
    assert (build.kind, build.parameters, build.outputs) == ("NoneType", None, None)
    assert build.forward_error == "TypeError: not callable"


# --- check(...), in a notebook ----------------------------------------------------------------------------


def torch_he_normal_(weight: object) -> object:
    return weight


class CustomModel:
    def __init__(self) -> None: ...


@pytest.mark.parametrize("model", [CustomModel, lambda: None])
def test_check_finds_the_initializer_beside_the_model(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []

    def answer(question: object, function: object) -> Repeated:
        called.append(function)
        return Repeated()

    monkeypatch.setattr(checking, "call", answer)
    talk = checking._DirectCall(MODELS[1], model)
    assert talk.ask(CallRepeatedly("torch_he_normal_", Framework.TORCH, (2, 3), 4)) == Repeated()
    assert talk.ask(CallRepeatedly("not_defined", Framework.TORCH, (2, 3), 4)) == NotDefined()
    assert called == [torch_he_normal_]


def test_check_asks_the_function_and_returns_its_points(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)

    def answer(question: CallInitializer | CallRepeatedly, function: object) -> Returned | Repeated:
        if isinstance(question, CallRepeatedly):
            return Repeated(rng.standard_normal((question.times, np.prod(question.shape)), dtype=np.float32))
        assert function is test_check_asks_the_function_and_returns_its_points
        fan_in = np.prod(question.shape[:-1])
        values = (rng.standard_normal(question.shape) * np.sqrt(2 / fan_in)).astype(np.float32)
        return Returned("tf.Tensor", "float32", question.shape, values)

    monkeypatch.setattr(checking, "call", answer)
    assert check("q7_tf_initializer", test_check_asks_the_function_and_returns_its_points, seed=1) == 12.0
    assert "12 of 12 points. Everything is right." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (Raised("NotImplementedError", ""), "still raises NotImplementedError: put your code in place"),
        (Raised("ValueError", "no such shape"), "tf_he_normal raised ValueError: no such shape."),
    ],
)
def test_check_of_a_function_that_raises_gives_no_points_and_says_what_it_raised(
    raised: Raised, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checking, "call", lambda question, function: raised)
    assert check("q7_tf_initializer", len, seed=1) == 0.0
    printed = capsys.readouterr()
    assert said in " ".join(printed.out.split())
    assert printed.err == ""


def test_check_of_another_name_and_with_settings_that_cannot_be_used_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="q7_tf_initializer"):
        check("q7_initializer", len)

    def bad() -> None:
        raise checking.BadSettings("course.toml: no")  # type: ignore[attr-defined]

    monkeypatch.setattr(checking, "load_settings", bad)
    with pytest.raises(CannotCheck, match=r"course\.toml: no") as told:
        check("q7_tf_initializer", len)
    assert told.value._render_traceback_() == ["autograder: course.toml: no."]


# --- a run of all cells, with a child that is made up -----------------------------------------------------


@dataclass
class Child:
    """A sandbox whose children answer cells and calls as two functions say."""

    cell: Callable[[RunCell], CellRan]
    call: Callable[[Any], object]
    limits: Limits = field(default_factory=Limits)
    warm: Warm = field(default_factory=lambda: Warm({}, ()))
    seeds: list[int] = field(default_factory=list)
    read: list[set[str]] = field(default_factory=list)

    def open(self) -> Child:
        return self

    def close(self) -> None: ...

    def take_clock_readers(self) -> set[str]:
        return self.read.pop(0) if self.read else set()

    def ask(self, question: Any, *, seconds: float) -> object:
        if isinstance(question, Seed):
            return Done()
        if isinstance(question, RunCell):
            return self.cell(question)
        self.seeds.append(question.seed)
        return self.call(question)


SILENT = CellRan()
STUB = Cell("code", "def tf_he_normal(shape): ...", TENSORFLOW.stub, TENSORFLOW.stub, {})


def ran(call: Callable[[Any], object], *, cell: CellRan = SILENT, **submission: Any) -> Execution:
    read = Submission("n.ipynb", "0", (STUB,), submission.pop("untouched", frozenset()), (), **submission)
    return execute(Child(lambda question: cell, call), read, 1)


@pytest.mark.parametrize(
    ("source", "by_cells", "by_calls", "named"),
    [
        ("rng = default_rng(time_ns())", {TENSORFLOW.stub}, set(), {TENSORFLOW.stub}),
        ("begun = time()", {TENSORFLOW.stub}, set(), set()),
        ("begun = time()", set(), {TENSORFLOW.stub}, {TENSORFLOW.stub}),
        ("rng = default_rng(time_ns())", {"cell 9"}, set(), set()),
    ],
    ids=["seeds from it", "measures its time", "a call reads it", "another cell"],
)
def test_cells_that_read_the_clock_are_named_where_draws_may_depend_on_it(
    source: str, by_cells: set[str], by_calls: set[str], named: set[str]
) -> None:
    read = Submission("n.ipynb", "0", (replace(STUB, source=source),), frozenset(), ())
    assert (
        execute(
            Child(lambda question: SILENT, lambda question: NotDefined(), read=[by_cells, by_calls]), read, 1
        ).clocked
        == named
    )


def test_clock_of_a_call_that_ends_its_child_is_not_asked_for() -> None:
    def lost(question: Any) -> object:
        raise ChildLost(Loss.CRASHED, "It ended.")

    read = Submission("n.ipynb", "0", (STUB,), frozenset(), ())
    assert execute(Child(lambda question: SILENT, lost, read=[set()] + [{STUB.name}] * 9), read, 1).clocked == set()


ALLOWED = "the 2 GiB that a submission may use"


def ending(done: Execution) -> tuple[str, str]:
    found = done.outcomes[TENSORFLOW.stub]
    assert isinstance(found, Ending)
    return found.status, found.message


@pytest.mark.parametrize(
    ("raised", "status", "message"),
    [
        (Raised("ValueError", "no"), "error", "tf_he_normal raised ValueError: no."),
        (Raised("MemoryError", ""), "memory", f"tf_he_normal asked for more memory than {ALLOWED}: MemoryError. Make"),
        (Raised("RuntimeError", "[x.cpp:9] std::bad_alloc"), "memory", f"memory than {ALLOWED}: RuntimeError. Make"),
        (Raised("E", "not enough memory", "a", 2, "x = y"), "memory", f"{ALLOWED}: E (cell a, line 2: “x = y”). Make"),
        (Raised("RuntimeError", "not enough"), "error", "tf_he_normal raised RuntimeError: not enough."),
        (
            Raised("OSError", "no", refused=Refusal.NETWORK),
            "blocked",
            "raised OSError: no. Network access is not available while grading.",
        ),
        (
            Raised("NotImplementedError", "", cell=TENSORFLOW.stub),
            "error",
            "Is the stub's raise NotImplementedError() still there? Delete it.",
        ),
        (Raised("NotImplementedError", ""), "error", "tf_he_normal raised NotImplementedError."),
    ],
)
def test_exception_of_a_call_is_told_with_its_reason(raised: Raised, status: str, message: str) -> None:
    found = ending(ran(lambda question: raised))
    assert found[0] == status
    assert message in found[1]


def test_released_stub_was_not_attempted() -> None:
    found = ran(lambda question: Raised("NotImplementedError", ""), untouched=frozenset({TENSORFLOW.stub}))
    assert ending(found) == ("not_attempted", "You have not written tf_he_normal yet: its cell is as you received it.")


def test_function_that_is_not_defined_is_told_with_what_its_cell_raised() -> None:
    undefined = ran(lambda question: NotDefined())
    assert ending(undefined) == ("error", "tf_he_normal is not defined anywhere in the notebook. Was it renamed?")
    failed = ran(lambda question: NotDefined(), cell=CellRan(raised=Raised("SyntaxError", "bad")))
    assert ending(failed) == ("error", "tf_he_normal is not defined: its cell raised SyntaxError: bad.")


def test_every_call_gets_a_seed_of_its_own_and_the_same_ones_in_every_run() -> None:
    seeds = []
    for _ in range(2):
        child = Child(lambda question: CellRan(), lambda question: Raised("ValueError", ""))
        execute(child, Submission("n.ipynb", "0", (STUB,), frozenset(), ()), 1)
        seeds.append(child.seeds)
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == len(seeds[0]) >= 2 * ROUNDS * len(KERNELS)


def test_output_of_a_cell_is_that_of_its_first_run_with_what_it_raised() -> None:
    pixels = np.array([[[np.nan, np.inf, -np.inf], [300.0, -1.0, 7.9]]], np.float16)
    done = ran(lambda question: NotDefined(), cell=CellRan("out", "err", (pixels,), Raised("ValueError", "x")))
    found = done.printed[0]
    assert (found.stdout, found.stderr) == ("out", "err")
    assert found.figures[0].tolist() == [[[0, 255, 0], [255, 0, 7]]]
    assert output_of(CellRan()) == CellOutput()
    assert done.problems(Submission("n.ipynb", "0", (STUB,), frozenset(), ())) == {0: "ValueError: x"}


def test_all_tasks_have_an_outcome_whatever_happens() -> None:
    assert set(ran(lambda question: NotDefined()).outcomes) == {each.stub for each in TASKS}
