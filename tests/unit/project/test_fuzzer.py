"""The fuzzer's properties hold for a few examples that are the same in every run, and a failure is printed and kept."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import TARGETS, fuzz
from tests.fuzz.properties import Property

pytestmark = pytest.mark.slow

PROPERTIES = {
    f"{t}-{name}": each for t in TARGETS for name, each in import_module(f"tests.fuzz.{t}").PROPERTIES.items()
}
FEW = settings(
    max_examples=30,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", PROPERTIES)
def test_property_holds_for_a_few_examples(name: str) -> None:
    before = PROPERTIES[name].tried
    PROPERTIES[name].try_examples(FEW)
    assert PROPERTIES[name].tried - before >= 30


def is_small(number: int) -> None:
    assert number < 1_000


def test_fuzzer_prints_and_keeps_the_smallest_example_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not fuzz({"small": Property(st.integers(), is_small)}, 0.0, tmp_path)
    said = capsys.readouterr().out
    assert "is_small(\n    example=1000,\n)" in said
    assert "FAILED" in said
    again = Property(st.integers(), is_small)
    assert not fuzz({"small": again}, 0.0, tmp_path, round_=1)
    assert "example=1000" in capsys.readouterr().out


def test_fuzzer_tries_every_property_and_tells_how_many_examples_held(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    properties = {"first": Property(st.integers(), is_small), "second": Property(st.integers(0, 9), is_small)}
    assert not fuzz(properties, 0.0, tmp_path, round_=50)
    assert "second: 10 examples, no failure" in capsys.readouterr().out
    assert fuzz({"second": Property(st.booleans(), is_small)}, 0.0, tmp_path)
