"""Causes are found whatever a child says and however large a notebook is. The specification has what people write."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
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


@pytest.mark.parametrize(
    ("name", "message", "line", "says"),
    [
        (
            "ModuleNotFoundError",
            "No module named 'pandas.io'",
            "",
            "pandas is not installed while grading. Installed are",
        ),
        ("ModuleNotFoundError", "No module named 'google.colab'", "", "google.colab exists on Colab alone"),
        ("ModuleNotFoundError", "No module named 'torch.nnn'", "", "The installed torch has no such module."),
        ("ImportError", "cannot import name 'nnn' from 'torch.nn'", "", "The installed torch.nn has no nnn"),
        ("ImportError", "cannot import name 'x' from 'helpers'", "", None),
        ("KeyError", "'HOME'", "os.environ['HOME']", "Environment variables of your computer"),
        ("KeyError", "'HOME'", "a['HOME']", None),
        ("SystemExit", "", "exit()", "exit(), quit() and SystemExit end a cell"),
        ("RecursionError", "maximum recursion depth exceeded", "", "calls itself again and again"),
        ("OSError", "[Errno 27] File too large", "", "A file may have 16 MiB while grading"),
        ("OSError", "[Errno 28] No space left on device: 'x'", "", "All files may have 256 MiB while grading"),
        ("OSError", "[Errno 24] Too many open files: 'x'", "", "256 files may be open at once"),
        ("RuntimeError", "can't start new thread", "", "128 threads may run at once"),
        ("RuntimeError", "DefaultCPUAllocator: can't allocate memory", "", "more memory than a submission may use"),
        ("MemoryError", "", "", "Make fewer or smaller arrays."),
        ("EOFError", "EOF when reading a line", "input('x')", "Nobody can type while grading"),
        (
            "FileNotFoundError",
            "[Errno 2] No such file: '/content/x'",
            "",
            "The folder /content exists on Colab or Kaggle",
        ),
        ("FileNotFoundError", "[Errno 2] No such file: 'x.csv'", "", "without the files beside it"),
        ("OSError", "File `'helpers.py'` not found.", "", "without the files beside it"),
        ("ValueError", "Attempted to use an uninitialized parameter", "", "Lazy layers have no weights"),
        ("UsageError", "Line magic function `%tensorboard` not found.", "", "%tensorboard belongs to Colab"),
        ("AssertionError", "Torch not compiled with CUDA enabled", "x.cuda()", "There is no GPU while grading"),
        ("AssertionError", "", "assert torch.cuda.is_available()", "There is no GPU while grading"),
        ("ValueError", "nothing known", "x = 1", None),
        ("SyntaxError", "invalid non-printable character U+00A0", "", "“no-break space”, which often comes with text"),
        ("SyntaxError", "invalid character '\u2018' (U+2018)", "", "type a straight quotation mark in its place"),
        ("SyntaxError", "invalid non-printable character U+200B", "", "it is invisible, so delete it"),
        ("SyntaxError", "invalid character '\u2013' (U+2013)", "", "type the plain character in its place"),
        ("SyntaxError", "invalid syntax", "<<<<<<< HEAD", "The cell holds both sides of a merge"),
        ("SyntaxError", "invalid syntax", "12 def f():", "The line begins with a number"),
        ("SyntaxError", "invalid syntax", "print 'x'", None),
    ],
)
def test_exception_is_explained_by_its_own_words(name: str, message: str, line: str, says: str | None) -> None:
    found = Causes(submission("x = 1"), {}, {}).explanation(Raised(name, message, "cell 0", 1, line))
    assert (found == "") if says is None else says in found


@pytest.mark.parametrize("refused", Refusal)
def test_what_the_sandbox_refuses_is_said_in_words(refused: Refusal) -> None:
    raised = Raised("PermissionError", "[Errno 1]", "cell 0", 1, "open('/etc/x')", refused)
    assert "while grading." in Causes(submission("x = 1"), {}, {}).explanation(raised)


def test_install_lines_are_named_where_a_package_is_missing() -> None:
    raised = Raised("ModuleNotFoundError", "No module named 'pandas'", "cell 0", 2, "import pandas")
    found = Causes(submission("!pip install pandas\nimport pandas"), {}, {}).explanation(raised)
    assert "Lines such as !pip install do nothing." in found


@pytest.mark.parametrize(
    ("cells", "position", "says"),
    [
        (("gain",  "gain = 2"), 0, "Cell 1 defines gain further down: cells run from top to bottom."),
        (("gain = 2\ndel gain", "gain"), 1, "Cell 0 deletes gain."),
        (("if x:\n    gain = 2", "gain"), 1, "inside an if, a loop, a try or a with: that line did not run."),
        (("def f():\n    gain = 2", "gain"), 1, "No cell defines gain outside of functions."),
    ],
)  # fmt: skip
def test_missing_name_is_explained_by_the_cells_that_define_it(
    cells: tuple[str, ...], position: int, says: str
) -> None:
    assert says in Causes(submission(*cells), {}, {}).explanation(missing("gain", position), position)


@pytest.mark.parametrize(
    ("kind", "says"),
    [("markdown", "Cell see defines gain, but it is no code cell"), ("code", "The locked cell see defines gain")],
)
def test_missing_name_of_a_cell_that_does_not_run_is_explained(kind: str, says: str) -> None:
    left_out = Cell(kind, "gain = 2", "see", "see", {})
    read = replace(submission("gain"), left_out=(left_out,))
    assert says in Causes(read, {}, {}).explanation(missing("gain", 0), 0)


def test_names_of_a_star_import_and_of_an_unreadable_cell_may_be_the_missing_one() -> None:
    stopped = Raised("ModuleNotFoundError", "No module named 'helpers'", "cell 0", 1, "from helpers import *")
    found = Causes(submission("from helpers import *", "gain"), {0: stopped}, {}).explanation(missing("gain", 1), 1)
    assert "gain may be one of the names that cell 0 brings in with * or %run. It stopped" in found
    unread = Raised("SyntaxError", "invalid syntax", "cell 0", 1, "x = (")
    found = Causes(submission("x = (\ngain = 2", "gain"), {0: unread}, {}).explanation(missing("gain", 1), 1)
    assert "gain may have been defined in cell 0, which stopped" in found


def test_value_that_a_stopped_or_unfinished_cell_never_set_is_explained() -> None:
    none = Raised("TypeError", "unsupported operand: 'NoneType' and 'int'", "cell 1", 1, "gain + 1")
    stopped = Raised("ZeroDivisionError", "division by zero", "cell 0", 2, "1 / 0")
    read = submission("gain = None\n1 / 0\ngain = 2", "gain + 1")
    assert "gain would have been set in cell 0, line 3. That cell stopped" in Causes(read, {0: stopped}, {}).describe(
        none, 1
    )
    lacking = Raised("AttributeError", "'A' object has no attribute 'gain'", "cell 1", 1, "a.gain")
    read = submission("1 / 0\na.gain = 2", "a.gain")
    ended = Causes(read, {}, {0: Ended("Its time was used up.")})
    assert "That cell did not run to its end: its time was used up." in ended.explanation(lacking, 1)


def test_stub_that_still_raises_is_named() -> None:
    raised = Raised("NotImplementedError", "", "q7_tf_model", 3, "raise NotImplementedError()")
    assert "still has its line raise NotImplementedError()" in Causes(submission("x = 1"), {}, {}).explanation(raised)
