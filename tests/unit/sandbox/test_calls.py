"""Any behaviour of a student's function becomes an answer about the student's code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.sandbox.child import calls
from autograder.sandbox.protocol import (
    BuildModel,
    CallInitializer,
    CallRepeatedly,
    Framework,
    ModelBuilt,
    Raised,
    Repeated,
    Returned,
)

pytestmark = pytest.mark.frameworks

INPUTS = np.ones((4, 64), np.float32)


def build(function: Any, framework: Framework = Framework.TORCH) -> ModelBuilt:
    answer = calls.call(BuildModel("f", framework, INPUTS), function)
    assert isinstance(answer, ModelBuilt), answer
    return answer


def draw(function: Any, framework: Framework = Framework.TORCH) -> object:
    return calls.call(CallInitializer("f", framework, (64, 32), 2.5), function)


def test_lazy_layers_are_read_once_they_have_weights() -> None:
    from torch import nn

    answer = build(lambda: nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.Linear(8, 10)))
    assert answer.parameters is not None
    assert [each.shape for each in answer.parameters] == [(8, 64), (8,), (10, 8), (10,)]
    assert all(each.values is not None for each in answer.parameters)
    assert answer.outputs is not None


def test_lazy_layers_that_no_forward_pass_reaches_cost_the_other_weights_nothing() -> None:
    from torch import nn

    class Unused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused = nn.Linear(64, 10), nn.LazyLinear(8)

        def forward(self, inputs: Any) -> Any:
            return self.used(inputs)

    answer = build(Unused)
    assert answer.parameters is not None
    assert [each.name for each in answer.parameters] == ["used.weight", "used.bias"]


@pytest.mark.parametrize("framework", Framework)
def test_weights_in_bfloat16_are_read_as_numbers(framework: Framework) -> None:
    import keras
    import torch

    def in_torch() -> Any:
        return torch.nn.Linear(64, 10).to(torch.bfloat16)

    def in_keras() -> Any:
        return keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, dtype="bfloat16")])

    answer = build(in_torch if framework is Framework.TORCH else in_keras, framework)
    assert answer.parameters is not None
    assert {each.values.dtype.name for each in answer.parameters if each.values is not None} == {"float32"}
    assert len(answer.parameters) == 2


def test_forward_pass_that_returns_no_tensor_is_told_as_that() -> None:
    from torch import nn

    class Two(nn.Linear):
        def forward(self, inputs: Any) -> Any:
            return super().forward(inputs), 0

    answer = build(lambda: Two(64, 10))
    assert answer.forward_raised is not None
    assert answer.forward_raised.message == "the forward pass returned tuple, not a tensor"


def test_type_with_an_odd_name_has_a_kind() -> None:
    class Odd(type):
        __name__ = 7

    class Thing(metaclass=Odd):
        pass

    answer = draw(lambda weight: Thing())
    assert isinstance(answer, Returned)
    assert isinstance(answer.kind, str)


def test_exception_that_cannot_be_printed_is_described() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def function(weight: Any) -> None:
        raise Mute

    answer = draw(function)
    assert isinstance(answer, Raised)
    assert (answer.name, answer.message) == ("Mute", "(a Mute that cannot be printed)")


@pytest.mark.parametrize("leaving", [SystemExit, KeyboardInterrupt, GeneratorExit, NotImplementedError])
def test_whatever_a_function_raises_is_an_answer(leaving: type[BaseException]) -> None:
    def function(shape: Any) -> None:
        raise leaving

    answer = draw(function, Framework.TENSORFLOW)
    assert isinstance(answer, Raised)
    assert answer.name == leaving.__name__


SHAPE = (2, 3, 4, 8)
VALUES = np.arange(192, dtype=np.float32).reshape(SHAPE)


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (VALUES, True),
        (VALUES.T, True),
        (VALUES.transpose(3, 2, 0, 1), True),
        (VALUES.ravel(), True),
        (VALUES.reshape(6, 32), True),
        (VALUES.tolist(), True),
        (tuple(VALUES.ravel().tolist()), True),
        (VALUES.astype(int).tolist(), False),
        (VALUES.ravel()[:-1], False),
        (VALUES.tolist()[:-1], False),
        ([[1.0], [1.0, 2.0]], False),
        (["weights"] * 192, False),
    ],
    ids=lambda value: None,
)
def test_values_in_another_shape_are_put_into_the_one_asked_for(value: Any, right: bool) -> None:
    answer = calls.call(CallInitializer("f", Framework.TENSORFLOW, SHAPE), lambda shape: value)
    assert isinstance(answer, Returned)
    assert answer.shape == (value.shape if isinstance(value, np.ndarray) else None)
    assert np.array_equal(answer.values, VALUES) if right else answer.values is None


def repeatedly(function: Any, framework: Framework) -> Any:
    answer = calls.call(CallRepeatedly("f", framework, (2, 3), 4, 2.5), function)
    assert isinstance(answer, Repeated)
    return None if answer.values is None else answer.values.tolist()


def test_repeated_calls_give_every_call_s_weights() -> None:
    counted = iter(range(100))
    assert repeatedly(lambda shape: np.full(shape, next(counted), "f4"), Framework.TENSORFLOW) == [
        [number] * 6 for number in range(4)
    ]
    assert repeatedly(lambda weight: weight.add_(1.0), Framework.TORCH) == [[3.5] * 6] * 4
    assert repeatedly(lambda weight: weight * 2.0, Framework.TORCH) == [[5.0] * 6] * 4

    def fill(weight: Any) -> None:
        weight.zero_()

    assert repeatedly(fill, Framework.TORCH) == [[0.0] * 6] * 4
    assert repeatedly(lambda shape: np.zeros(shape, int), Framework.TENSORFLOW) is None


def test_repeated_calls_of_a_slow_initializer_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0.0, 100.0, 2.0))
    monkeypatch.setattr(calls, "monotonic", lambda: next(clock))
    assert repeatedly(np.zeros, Framework.TENSORFLOW) == [[0.0] * 6] * 2
