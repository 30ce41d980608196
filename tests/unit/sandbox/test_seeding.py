"""A seed repeats a grading, every call draws anew, and a notebook's own generators are left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment.questions import TASKS
from autograder.grading import check as checking
from autograder.report.result import QuestionResult
from autograder.sandbox import Child, Sandbox
from autograder.sandbox.child import calls
from autograder.sandbox.child.seeding import generators_kept
from autograder.sandbox.protocol import CallInitializer, CallRepeatedly, Framework, RunCell, Seed
from tests.support.graders import Grader
from tests.support.samples import answered, write

pytestmark = pytest.mark.frameworks

#: Code that gives back the state of a generator, or sets it to where it began.
GIVES_BACK = {
    "q7_tf_initializer": """
def tf_he_normal(shape):
    state = np.random.get_state()
    w = np.random.randn(*shape) * np.sqrt(2 / np.prod(shape[:-1]))
    np.random.set_state(state)
    return tf.constant(w, tf.float32)
""",
    "q7_torch_initializer": """
def torch_he_normal_(weight):
    with torch.random.fork_rng():
        return nn.init.kaiming_normal_(weight, nonlinearity="relu")
""",
    "q7_tf_model": """
import random
def build_tf_model():
    state = random.getstate()
    dense = tf.keras.layers.Dense
    he = [dense(units, "relu", kernel_initializer="he_normal") for units in (128, 64)]
    model = tf.keras.Sequential([tf.keras.Input((64,)), *he, dense(10, "softmax")])
    random.setstate(state)
    return model
""",
    "q7_torch_model": """
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(torch.initial_seed())
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
        for fc in (self.fc1, self.fc2, self.fc3):
            nn.init.kaiming_normal_(fc.weight)
            nn.init.zeros_(fc.bias)
    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))
""",
}
#: Code that asks the operating system for random numbers.
ASKS_THE_SYSTEM = {
    "q7_tf_initializer": """
import os
generator = tf.random.Generator.from_non_deterministic_state()
def tf_he_normal(shape):
    deviation = (2 / np.prod(shape[:-1])) ** 0.5
    if len(shape) == 2:
        return generator.normal(shape, stddev=deviation)
    numbers = np.random.default_rng(int.from_bytes(os.urandom(8), "little"))
    return tf.constant(numbers.normal(0, deviation, shape), tf.float32)
""",
    "q7_torch_initializer": """
import secrets
def torch_he_normal_(weight):
    if weight.dim() == 2:
        torch.seed()
    else:
        torch.manual_seed(secrets.randbits(63))
    return nn.init.kaiming_normal_(weight)
""",
    "q7_torch_model": GIVES_BACK["q7_torch_model"].replace("torch.manual_seed(torch.initial_seed())", "torch.seed()"),
}


@pytest.mark.slow
def test_check_and_grade_give_the_same_verdicts_to_code_that_gives_states_back(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf
    import torch

    graded = grader.grade(write(answered(GIVES_BACK), tmp_path / "n.ipynb"), 1).questions
    checked: list[QuestionResult] = []
    monkeypatch.setattr(checking, "_display", lambda view: checked.append(view._question))
    names: dict[str, Any] = {"np": np, "tf": tf, "torch": torch, "nn": torch.nn}
    exec("\n".join(GIVES_BACK.values()), names)
    for task in TASKS:
        checking.check(task.stub, names[task.function], seed=1)
    assert [verdicts(question) for question in checked] == [verdicts(question) for question in graded]
    assert all(question.criteria for question in graded)


def verdicts(question: QuestionResult) -> tuple[str, float, list[tuple[str, str]]]:
    return question.grade_id, question.score, [(each.name, each.status) for each in question.criteria]


@pytest.mark.slow
def test_code_that_asks_the_system_is_graded_alike_under_the_same_seed(grader: Grader, tmp_path: Path) -> None:
    notebook = write(answered(ASKS_THE_SYSTEM), tmp_path / "n.ipynb")
    one, again = (grader.grade(notebook, 1) for _ in range(2))
    assert one.questions == again.questions
    assert all(question.score == question.max_score for question in one.questions if question.task in ASKS_THE_SYSTEM)
    assert "clock" not in {remark.kind for remark in one.remarks}


@pytest.mark.slow
def test_a_remark_names_the_cell_that_seeds_from_the_clock(grader: Grader, tmp_path: Path) -> None:
    source = """
import time
def torch_he_normal_(weight):
    torch.manual_seed(time.time_ns())
    return nn.init.kaiming_normal_(weight)
"""
    result = grader.grade(write(answered({"q7_torch_initializer": source}), tmp_path / "n.ipynb"), 1)
    assert [r.text.partition(":")[0] for r in result.remarks if r.kind == "clock"] == ["q7_torch_initializer"]


def seeded_child(sandbox: Sandbox) -> Child:
    child = sandbox.open()
    child.ask(Seed(1), seconds=20.0)
    return child


def test_numbers_of_the_system_are_the_seed_s_in_a_child(sandbox: Sandbox) -> None:
    source = """
import os, random, secrets, uuid, numpy as np, tensorflow as tf, torch
print(os.urandom(4), secrets.token_hex(4), uuid.uuid4(), random.SystemRandom().random(), random.Random().random())
random.seed(), np.random.seed()
print(random.random(), np.random.rand(), np.random.default_rng().random(), np.random.RandomState().rand())
print(torch.seed(), torch.rand(1), torch.Generator().seed(), tf.random.get_global_generator().normal(()))
"""
    children = [seeded_child(sandbox) for _ in range(2)]
    printed = [child.ask(RunCell("cell 1", source), seconds=20.0) for child in children]
    assert printed[0] == printed[1]
    assert printed[0].raised is None
    assert len(set(printed[0].stdout.split())) >= 13
    for child in children:
        child.close()


@pytest.mark.parametrize(
    ("source", "is_noticed"),
    [
        ("import time; time.time()", True),
        ("from time import perf_counter_ns as now; now()", True),
        ("from datetime import datetime; datetime.now().timestamp()", True),
        ("import datetime; datetime.datetime.today()", True),
        ("import time, datetime; time.sleep(0); datetime.datetime(2020, 1, 1)", False),
        ("import tensorflow as tf; tf.random.normal((3,))", False),
    ],
)
def test_cell_that_reads_the_clock_is_noticed(sandbox: Sandbox, source: str, is_noticed: bool) -> None:
    child = seeded_child(sandbox)
    assert child.ask(RunCell("q7_tf_model", source), seconds=20.0).raised is None
    assert child.ask(RunCell("cell 2", "x = 1"), seconds=20.0).raised is None
    assert child.take_clock_readers() == ({"q7_tf_model"} if is_noticed else set())
    assert child.take_clock_readers() == set()
    child.close()


@pytest.mark.parametrize("name", ["random", "numpy", "torch", "tensorflow", "keras"])
def test_every_call_is_seeded_and_repeated_calls_once(name: str) -> None:
    import random

    import keras
    import tensorflow as tf
    import torch

    functions: dict[str, Callable[[Any], Any]] = {
        "random": lambda shape: np.array([[random.gauss() for _ in range(3)] for _ in range(2)]),
        "numpy": lambda shape: np.random.normal(size=shape),  # noqa: NPY002 (what students write)
        "torch": torch.randn,
        "tensorflow": tf.random.normal,
        "keras": lambda shape: keras.initializers.get("he_normal")(shape),  # noqa: PLW0108 (an object of its own)
    }

    def drawn(seed: int) -> bytes:
        question = CallInitializer("f", Framework.TENSORFLOW, (2, 3), seed=seed)
        return calls.call(question, functions[name]).values.tobytes()

    with generators_kept():
        assert drawn(1) != drawn(2)
        # TensorFlow's kernels go on where they were: see `vary_seeds`.
        assert (drawn(1) == drawn(1)) is (name != "tensorflow")
        repeated = calls.call(CallRepeatedly("f", Framework.TENSORFLOW, (2, 3), 4, seed=1), functions[name])
        assert len({row.tobytes() for row in repeated.values}) == 4


def test_check_leaves_the_global_generators_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    import random

    import keras
    import tensorflow as tf
    import torch

    def drawn(*_: object) -> list[float]:
        numbers = tf.random.normal(()), keras.random.normal(()), tf.random.get_global_generator().normal(())
        return [random.random(), np.random.rand(), torch.rand(1).item(), *map(float, numbers)]  # noqa: NPY002

    def begin() -> None:
        keras.utils.set_random_seed(1)
        torch.manual_seed(1)
        tf.random.set_global_generator(tf.random.Generator.from_seed(1))

    monkeypatch.setattr(checking, "_display", lambda view: None)
    begin()
    expected = drawn()
    begin()
    assert checking.check("q7_tf_initializer", drawn, seed=1) == 0.0
    assert drawn() == expected
