"""Causes are found whatever a child says and however large a notebook is. The specification has what people write."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grading.causes import Causes
from autograder.notebook import Cell
from autograder.sandbox.protocol import Raised, Refusal
from autograder.submission.reader import Submission

NAMES = ("a", "b", "gain", "math")
WORDS = (
    "name '{}' is not defined",
    "No module named '{}'",
    "'NoneType' object has no attribute '{}'",
    "invalid non-printable character U+FFFFFF",
    "invalid character '\ud800' (U+D800)",
    "Line magic function `%{}` not found.",
)
EXCEPTIONS = (
    "NameError",
    "ModuleNotFoundError",
    "AttributeError",
    "TypeError",
    "SyntaxError",
    "UsageError",
    "SystemExit",
)
CELLS = ("import {}", "1 / 0\n{} = 1", "from m import *\n{}.gain = 2", "if x:\n  {} = 3", "del {}", "def {}(: '")


@dataclass(frozen=True)
class Ended:
    """A cell that did not finish."""

    message: str


def submission(*sources: str) -> Submission:
    cells = tuple(Cell("code", source, f"cell {n}", None, {}) for n, source in enumerate(sources))
    return Submission("n.ipynb", "0", cells, frozenset(), ())


names = st.sampled_from(NAMES)
cells = st.lists(st.builds(str.format, st.sampled_from(CELLS), names), min_size=1, max_size=4)
positions = st.integers(0, 3)
raised = st.builds(
    Raised,
    st.sampled_from(EXCEPTIONS) | st.text(max_size=9),
    st.builds(str.format, st.sampled_from(WORDS), names) | st.text(max_size=30),
    cell=st.none() | st.builds("cell {}".format, positions) | st.text(max_size=9),
    line=st.none() | st.integers(1, 9),
    source=st.none() | st.builds("{}.gain".format, names) | st.text(max_size=9),
    refused=st.none() | st.sampled_from(Refusal),
)


@settings(max_examples=300)
@given(
    cells, st.dictionaries(positions, raised), st.dictionaries(positions, st.builds(Ended, st.text(max_size=9))), raised
)
def test_every_exception_is_told_whatever_it_says(
    sources: list[str], ran: dict[int, Raised], ended: dict[int, Ended], last: Raised
) -> None:
    read = submission(*sources)
    inside = range(len(sources))
    causes = Causes(read, {n: ran[n] for n in ran if n in inside}, {n: ended[n] for n in ended if n in inside})
    for position in (None, *inside):
        assert causes.describe(last, position).startswith(str(last))


def missing(name: str, cell: int) -> Raised:
    return Raised("NameError", f"name '{name}' is not defined", f"cell {cell}", 1, f"x{cell} = {name}")


def test_long_chain_of_causes_is_told_in_part() -> None:
    read = submission(*(f"x{n} = x{n - 1}" for n in range(400)))
    told = Causes(read, {n: missing(f"x{n - 1}", n) for n in range(400)}, {}).describe(missing("x399", 400))
    assert told.count("would have been defined") == 5
    assert "would have been defined in cell 399, which stopped at “x399 = x398”" in told
    assert len(told) < 1_000


def test_no_name_is_called_undefined_where_the_notebook_cannot_be_read() -> None:
    large = submission("x = 1", f"# {'a' * 600_000}", "lost = 1")
    assert Causes(large, {}, {}).explanation(missing("lost", 9)) == ""
    hidden = submission("exec('lost = 1')")
    assert Causes(hidden, {}, {}).explanation(missing("lost", 9)) == ""
    assert "No cell defines lost" in Causes(submission("x = 1"), {}, {}).explanation(missing("lost", 9))


def test_cell_that_reached_the_definition_before_it_stopped_is_not_blamed() -> None:
    read = submission("a = 1\n1 / 0\nb = 2", "a")
    causes = Causes(read, {0: Raised("ZeroDivisionError", "division by zero", "cell 0", 2, "1 / 0")}, {})
    assert causes.explanation(missing("a", 1), 1) == ""
    assert causes.explanation(missing("b", 1), 1) == (
        " b would have been defined in cell 0, which stopped at “1 / 0”: ZeroDivisionError: division by zero."
    )
