"""Any behaviour of a student's function becomes an answer about the student's code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.sandbox.child.calls import call
from autograder.sandbox.protocol import BuildModel, CallInitializer, Framework, ModelBuilt, Raised, Returned

pytestmark = pytest.mark.frameworks

INPUTS = np.ones((4, 64), np.float32)


def build(function: Any, framework: Framework = Framework.TORCH) -> ModelBuilt:
    answer = call(BuildModel("f", framework, INPUTS), function)
    assert isinstance(answer, ModelBuilt), answer
    return answer


def draw(function: Any, framework: Framework = Framework.TORCH) -> Returned | ModelBuilt | Raised:
    return call(CallInitializer("f", framework, (64, 32), 2.5), function)


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
