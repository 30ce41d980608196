"""How a cell is compared with the released one, and what is remarked on a written answer: thresholds and all."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from autograder.assignment.release import load_release
from autograder.notebook import CODE_PLACEHOLDER, PLACEHOLDER, Cell, Notebook
from autograder.submission.compare import (
    code_of,
    defines,
    is_another_edition,
    is_prose,
    is_untouched,
    question_named,
    typed_into,
)
from autograder.submission.reader import read_submission
from autograder.submission.remarks import RemarkKind, remarks_on
from autograder.submission.written_answers import LONGEST, copied_share, remark, visible, written_answer

PROMPT = "Explain why the signal of a deep network fades when its weights are small and its slopes too."


def text(source: str, name: str | None = None) -> Cell:
    return Cell("markdown", source, name or "cell 1", name, {})


def code(source: str, name: str | None = None) -> Cell:
    return Cell("code", source, name or "cell 1", name, {})


def words(count: int) -> str:
    return " ".join(f"w{n}" for n in range(count))


RELEASE = Notebook("r.ipynb", "0", (text("## Q1", "q1_intro"), text(PROMPT, "q1_prompt"), text(PLACEHOLDER, "q1")))


# --- written answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "count", "remarked"),
    [
        (None, "missing", 0, None),
        ("", "empty", 0, None),
        ("<!-- nothing -->", "empty", 0, None),
        ("[a]: https://example.org", "empty", 0, None),
        (PLACEHOLDER, "unchanged", 0, None),
        (f"**{PLACEHOLDER}**", "unchanged", 0, None),
        ("one two, three", "answered", 3, "short"),
        (words(39), "answered", 39, "short"),
        (words(40), "answered", 40, None),
        ("![a plot](plot.png)", "answered", 0, "only a picture"),
        ("<img src='x.png'> seen", "answered", 1, "short"),
        ("勾配が消える", "answered", 6, "short"),
        ("勾配 fades", "answered", 3, "short"),
        (f"{PROMPT} {words(17)}", "answered", 35, "copied"),
        (f"{PROMPT} {words(30)}", "answered", 48, None),
    ],
)
def test_written_answer_has_its_status_its_words_and_its_remark(
    answer: str | None, status: str, count: int, remarked: str | None
) -> None:
    found = written_answer("q1", answer, RELEASE)
    assert (found.grade_id, found.status, found.words, found.remark) == ("q1", status, count, remarked)
    assert found.remarkable == (remarked or status)


@pytest.mark.parametrize("piece", ["<!--", "[x]: y\n", "![", "a word\n", "漢", "w" * 50, f"{PLACEHOLDER} "])
def test_very_long_answer_is_checked_at_its_beginning_and_waits_for_a_person(piece: str) -> None:
    answer = piece * (4 * 10**6 // len(piece))
    tracemalloc.start()
    found = written_answer("q1", answer, RELEASE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.status, found.remark) == ("answered", "too long to check")
    assert found.words <= LONGEST
    assert peak < 32 * 2**20


@pytest.mark.parametrize("piece", ["<!--", "a word\n", "x = 1\n", "漢 ", "Question 1 "])
@pytest.mark.parametrize("kind", ["markdown", "code"])
def test_very_long_cell_is_never_an_unchanged_one(piece: str, kind: str) -> None:
    given = Cell(kind, "def f(shape):\n    ...", "cell 1", "q", {})
    cell = replace(given, source=piece * (LONGEST // len(piece) + 1))
    assert not is_untouched(cell, given)
    assert typed_into(cell, given) == cell.source


def test_text_of_the_release_is_unchanged_but_in_the_release_itself() -> None:
    released = Notebook("r.ipynb", "0", (text("Write here: " + words(50), "q1"),))
    given = released.cells[0].source
    assert written_answer("q1", given, released).status == "unchanged"
    assert written_answer("q1", given, released, in_release=True).status == "answered"
    assert written_answer("q1", given + " more", released).status == "answered"
    assert written_answer("q2", given, released).status == "answered"


def test_only_a_questions_own_texts_are_its_prompt() -> None:
    other = Notebook("r.ipynb", "0", (text(PROMPT, "q2_prompt"), code(PROMPT, "q1_measure"), text(PLACEHOLDER, "q1")))
    assert written_answer("q1", f"{PROMPT} {words(3)}", other).remark == "short"


def test_share_of_copied_words_counts_runs_of_five() -> None:
    assert copied_share(list("abcdefgh"), list("abcde")) == 5 / 8
    assert copied_share(list("abcdefgh"), list("abcd")) == 0.0
    assert copied_share(list("abcdefxx"), list("abcdefg")) == 6 / 8
    assert copied_share([], list("abcde")) == 0.0
    assert remark("a b c d e " + "x " * 5, "a b c d e") == "copied"
    assert remark("a b c d e " + "x " * 6, "a b c d e") == "short"
    assert remark("", "") == "short"


def test_hidden_parts_of_markdown_are_not_seen() -> None:
    assert visible("a<!-- b -->c <!-- open") == "ac"
    assert visible("a\n   [x]: y\nb") == "a\n\nb"
    assert visible("    [x]: y\n[^1]: note") == "[x]: y\n[^1]: note"


# --- cells ------------------------------------------------------------------------------------------------

STUB = f'def f(x):\n    """What it does."""\n    {CODE_PLACEHOLDER}\n    raise NotImplementedError()'


@pytest.mark.parametrize(
    ("source", "untouched"),
    [
        (STUB, True),
        ("", True),
        ("  \n", True),
        (STUB.replace("What it does.", "Another\nline."), True),
        (STUB.replace("\n    raise", "\n\n    raise"), True),
        (STUB.replace("raise", "y = 1\n    raise"), False),
        (STUB.replace(CODE_PLACEHOLDER, "# done"), False),
        ("def f(x):\n    return x", False),
    ],
)
def test_stub_is_untouched_with_its_placeholder_and_its_lines(source: str, untouched: bool) -> None:
    assert is_untouched(code(source), code(STUB)) == untouched


def test_text_is_untouched_as_released_unless_it_is_the_release_itself() -> None:
    given = text("Write here.")
    assert is_untouched(text("Write here.\n"), given)
    assert not is_untouched(text("Write here."), given, in_release=True)
    assert is_untouched(text(f"*{PLACEHOLDER}*"), given, in_release=True)
    assert not is_untouched(text("Write there."), given)


PROSE = "Explain the figure.\nSay why the slope matters here for deep networks."


@pytest.mark.parametrize(
    ("own", "typed"),
    [
        (PROSE, ""),
        (f"{PROSE}\nbecause the slope is small here", "because the slope is small here"),
        (f"{PROSE}\na few words only", ""),
        (f"{PROSE}\n\none two three four five\n\nsix", "one two three four five\n\nsix"),
        (f"{PROSE}\nsay why the slope matters here for all of us", ""),  # another release's sentence
        (f"{PROSE}\n### BEGIN MARK SCHEME\none two three four five six\n### END MARK SCHEME", ""),
        (
            f"{PROSE}\n### BEGIN MARK SCHEME\none two three four five six",
            "### BEGIN MARK SCHEME\none two three four five six",
        ),
    ],
)
def test_text_typed_into_a_locked_text_is_what_is_new_in_it(own: str, typed: str) -> None:
    assert typed_into(text(own), text(PROSE)) == typed


@pytest.mark.parametrize(
    ("own", "counts"),
    [
        ("x = 1\ny = 2", False),
        ("x = 1\ny = 2\nprint(x)", True),
        ("x = 1\ny = 3", False),
        ("x = 1\nz = 2", True),
        ("x = 1", False),
    ],
)
def test_code_typed_into_a_locked_cell_counts_where_it_adds_a_name_or_only_lines(own: str, counts: bool) -> None:
    assert typed_into(code(own), code("x = 1\ny = 2")) == (own if counts else "")


def test_another_edition_holds_some_of_the_released_lines_but_not_all() -> None:
    given = text("one\n\ntwo")
    assert [is_another_edition(text(own), given) for own in ("one\nthree", "one\ntwo\nthree", "three")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x): pass", True),
        ("if x:\n    def f(x): pass", True),
        ("  async def f(): pass", True),
        ("class f: pass", True),
        ("f = g", True),
        ("def ff(x): pass", False),
        ("x = f(1)", False),
        ("# def f", False),
    ],
)
def test_code_defines_a_function_at_the_top_level_or_in_a_block(source: str, found: bool) -> None:
    assert defines("f", source) == found


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("**Answer to Question 3:** x", "q3"),
        ("My answer: Q2 x", "q2"),
        ("question 7", "q7"),
        ("Q 1.", "q1"),
        ("Q12", None),
        ("Q0", None),
        ("As question 3 says", None),
        ("-" * 58 + "q1", "q1"),
        ("-" * 59 + "q1", None),
    ],
)
def test_text_names_a_question_at_its_beginning_alone(source: str, named: str | None) -> None:
    assert question_named(text(source)) == named


@pytest.mark.parametrize(
    ("cell", "prose"),
    [
        (text("x"), True),
        (text("  "), False),
        (code(""), False),
        (code("# a comment"), True),
        (code('"""A text."""'), True),
        (code("x = 1"), False),
        (code("Gradients fade when slopes are small"), True),
        (code("Gradients fade when slopes"), False),
        (code("for one, two in pairs: pass"), False),
        (code("print('" + "x" + "')\n# " + words(18)), False),
        (code("answer = 1\n# " + words(20)), True),
        (code("answer = 1\n# " + words(19)), False),
        (code("a = b + c + d + e\n# " + words(20)), True),
        (code("a = b + c + d + e + f\n# " + words(20)), False),
    ],
)
def test_own_cell_is_prose_where_it_is_for_people(cell: Cell, prose: bool) -> None:
    assert is_prose(cell) == prose


def test_code_of_a_text_is_what_its_fences_hold() -> None:
    fenced = "Text\n```python\na = 1\n```\nmore\n~~~\nb = 2\n```\n~~~\nend\n````\nc = 3"
    assert code_of(text(fenced)) == "a = 1\nb = 2\n```\nc = 3"
    assert code_of(code(fenced)) == fenced


def test_names_of_locked_cells_are_known_with_the_cell_and_are_none_of_setups() -> None:
    release = load_release().notebook
    left_out = read_submission(release, release).left_out
    locked = {c.grade_id for c in release.cells if c.kind == "code" and c.metadata.get("locked")} - {"setup"}
    assert left_out
    assert set(left_out.values()) <= locked
    for name, cell in left_out.items():
        assert name in next(c.source for c in release.cells if c.grade_id == cell)


def test_few_remarks_are_listed_each_and_many_in_one() -> None:
    few = remarks_on({"q1": [0], "q2": [3, 4]}, RemarkKind.DUPLICATED, "{cells} count.")
    assert [(r.cell, r.text) for r in few] == [("q1", "q1: cell 1 count."), ("q2", "q2: cells 4, 5 count.")]
    (one,) = remarks_on({f"q{n}": [n] for n in range(30)}, RemarkKind.DUPLICATED, "{cells} count.")
    assert one.cell == ""
    assert one.text.startswith("q0, q1, ")
