"""Mark schemes are read as they stand, broken ones are named by their row, and what is written back is the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.assignment.questions import WRITTEN
from autograder.marking.scheme import (
    Item,
    Level,
    Row,
    Scheme,
    SchemeProblem,
    amount,
    from_document,
    parse,
    render,
    to_document,
)
from autograder.marking.source import drifted, sources, with_schemes
from autograder.notebook import parse_notebook, read_notebook
from tests.support.samples import SOLUTION

NOTEBOOK = read_notebook(SOLUTION)
SOURCES = {source.question: source for source in sources(NOTEBOOK)}
SCHEMES = {q: parse(source.markdown, q, source.max_points) for q, source in SOURCES.items()}
HEAD, COSTS = "| points | for |\n|---:|---|\n", "| false statement | costs |\n|---|---:|\n"


def table(*rows: str) -> str:
    return HEAD + "\n".join(rows)


def one(row: str) -> Row:
    points = float(row.split(" ", 2)[1].replace("½", ".5"))
    return parse(table(row), "q1", points).rows[0]


def test_the_notebook_has_a_scheme_for_every_written_question() -> None:
    assert tuple(SCHEMES) == WRITTEN
    assert {q: (len(scheme.items), len(scheme.mistakes)) for q, scheme in SCHEMES.items()} == {
        "q1": (10, 5),
        "q2": (11, 5),
        "q3": (12, 5),
        "q4": (12, 5),
        "q5": (12, 5),
        "q6": (13, 5),
    }


@pytest.mark.parametrize("question", WRITTEN)
def test_a_scheme_of_the_notebook_adds_up_and_comes_back_as_it_was(question: str) -> None:
    scheme, text = SCHEMES[question], SOURCES[question].markdown
    assert sum(item.points for item in scheme.items.values()) == scheme.max_points == 10
    assert sum(row.points for row in scheme.rows if not row.depth) == 6
    assert render(scheme) == text
    assert [f"| {amount(row.points)} | {row.text} |" for row in scheme.rows] == text.split("\n")[
        2 : 2 + len(scheme.rows)
    ]
    assert all(item.words for item in scheme.items.values())
    assert scheme.anchors.count("*An answer of") == 3
    assert "never below 0" in scheme.rules
    keys = [*scheme.items, *scheme.costs]
    assert len(keys) == len(set(keys)) == sum(len(row.items) for row in scheme.rows) + len(scheme.mistakes)


@pytest.mark.parametrize("question", WRITTEN)
def test_a_document_holds_the_whole_scheme(question: str) -> None:
    document = json.loads(json.dumps(to_document(SCHEMES[question], 3, "ab" * 32)))
    assert (document["schema"], document["rev"], document["source_sha256"]) == ("autograder/rubric/v1", 3, "ab" * 32)
    assert from_document(document) == SCHEMES[question]


@pytest.mark.parametrize(
    ("row", "items", "note"),
    [
        ("| 1 | A source. |", [("A source.", 1, (0, 1))], ""),
        ("| 2 | A cause. |", [("A cause.", 2, (0, 0.5, 1))], ""),
        ("| 1 | Six starts, ½ for three. |", [("Six starts, ½ for three.", 1, (0, 0.5, 1))], ""),
        ("| 1 | Names half of them. |", [("Names half of them.", 1, (0, 1))], ""),
        ("| 2 | One (1), and two (1). |", [("One", 1, (0, 1)), ("Two.", 1, (0, 1))], ""),
        ("| 2 | One (1; ½ if vague). Two (1). |", [("One.", 1, (0, 0.5, 1)), ("Two.", 1, (0, 1))], ""),
        ("| 2 | A (1). B (1). ½ if vague. |", [("A.", 1, (0, 0.5, 1)), ("B.", 1, (0, 0.5, 1))], "½ if vague."),
        ("| 1½ | One (1). Half of it (½). |", [("One.", 1, (0, 1)), ("Half of it.", 0.5, (0, 1))], ""),
        ("| 1 | Two (½ each): a; b. |", [("Two: a; b.", 1, (0, 0.5, 1))], ""),
        ("| 3 | A (1). Two of (1 each): a, b. c. |", [("A.", 1, (0, 1)), ("Two of: a, b.", 2, (0, 0.5, 1))], "c."),
        ("| 1 | See (2015): $f(1)$ and `g(1)` (1; $h(1)$ too). |", [("See (2015): $f(1)$ and `g(1)`.", 1, (0, 1))], ""),
        ("| 1 | The bars $|x|$ and \\| (1). |", [("The bars $|x|$ and \\|.", 1, (0, 1))], ""),
        ("| 1 | A (½): it. B (½): too. |", [("A: it.", 0.5, (0, 1)), ("B: too.", 0.5, (0, 1))], ""),
    ],
)  # fmt: skip
def test_brackets_cut_a_row_into_items(row: str, items: list[tuple[str, float, tuple[float, ...]]], note: str) -> None:
    found = one(row)
    assert [(item.words, item.points, item.steps) for item in found.items] == items
    assert found.note == note
    assert found.level is Level.NONE


GOOD = "| 1 | A cause. |"
BROKEN_ROWS = {
    "| 1 |": "a row must have two cells between three bars",
    "| 1 | B | C |": "a row must have two cells between three bars",
    "| 1 | B": "a row must have two cells between three bars",
    "| 1 |  |": "a cell is empty",
    "|  | B |": "a cell is empty",
    "| one | B |": "one is no number of points above 0",
    "| 0 | B |": "0 is no number of points above 0",
    "| −1 | B |": "−1 is no number of points above 0",
    f"| {'9' * 400} | B |": "9999999999999999999… is no number of points above 0",
    "| 2 | B (1). |": "the brackets add up to 1, and the row has 2 points",
    "| 1 | B (1). C (½). |": "the brackets add up to 1½, and the row has 1 point",
    "| 1 | B (1). C (0). |": "a bracket must give points above 0",
    "| 1 | B (½). (½) C. |": "a bracket has no words before it that say what earns its points",
    "| 2 | B (½). C (1 each). |": "1½ of 2 points is left for the bracket that gives 1 each",
    "| 1 | C (1 each). |": "1 of 1 point is left for the bracket that gives 1 each",
    "| 2 | B (½ each). C (½ each). |": "only one bracket of a row can say “each”",
    "| 1 | $x (1). |": "a formula has no second $",
    GOOD: "the row is there twice",
}
BROKEN = {
    "no table": ("A cause (1).", "q1: the mark scheme must have one table | points | for |, and has 0"),
    "two tables": (f"{table(GOOD)}\n\n{table(GOOD)}", "has 2"),
    "text before it": (f"Points:\n\n{table(GOOD)}", "must begin with the table"),
    "no rule": ("| points | for |\n| 1 | A cause. |", "the line |---:|---| must follow"),
    "no rows": (HEAD, "has no rows"),
    "another total": (table(GOOD, "| 3 | B |"), "q1: the rows add up to 4, and the question has 2 points"),
    "a free mistake": (f"{table(GOOD)}\n\n{COSTS}| No. | 1 |", "q1, row 1 of the false statements (No.): 1 is no cost"),
    "no words": (f"{table(GOOD)}\n\n{COSTS}|  | −1 |", "row 1 of the false statements (| | −1 |): a cell is empty"),
    "a cost in words": (f"{table(GOOD)}\n\n{COSTS}| No. | − |", "row 1 of the false statements (No.): − is no cost"),
    "no mistakes": (f"{table(GOOD)}\n\n{COSTS}", "the table | false statement | costs | has no rows"),
    "an early end": (f"{table(GOOD)}\n\n### END MARK SCHEME\n\nSecrets.", "must not contain the line ### END MARK"),
}  # fmt: skip


@pytest.mark.parametrize("row", BROKEN_ROWS)
def test_a_broken_row_gets_one_sentence_that_names_it(row: str) -> None:
    with pytest.raises(SchemeProblem, match=re.escape(BROKEN_ROWS[row])) as caught:
        parse(table(GOOD, row), "q1", 2)
    assert str(caught.value).startswith("q1, row 2 of the points (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_scheme_gets_one_sentence_that_names_the_table(broken: str) -> None:
    text, sentence = BROKEN[broken]
    with pytest.raises(SchemeProblem, match=re.escape(sentence)) as caught:
        parse(text, "q1", 2)
    assert str(caught.value).startswith("q1")
    assert "\n" not in str(caught.value)


WORDS = st.lists(
    st.sampled_from(["the", "gradient", "vanishes", "$W_l^{(1)}$", "(tanh)", "`x|y`", "about 1/4", "früh", "梯度"]),
    min_size=1,
    max_size=5,
).map(" ".join)
AMOUNTS = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0])


@st.composite
def rows_of_a_table(draw: st.DrawFn) -> tuple[float, str]:
    level = draw(st.sampled_from([*Level]))
    if draw(st.booleans()):
        points = draw(AMOUNTS)
        return points, f"| {amount(points)} | {level}{draw(WORDS)}. |"
    sizes = draw(st.lists(AMOUNTS, min_size=1, max_size=4))
    parts = [
        f"{draw(WORDS)} ({amount(size)}{draw(st.sampled_from(['', '; ½ for less', '; $f(x)$ as well']))})"
        for size in sizes
    ]
    if draw(st.booleans()):
        count = draw(st.integers(2, 4))
        sizes.append(count / 2)
        parts.append(f"{draw(WORDS)} (½ each): {draw(WORDS)}")
    note = draw(st.sampled_from(["", " A half-true statement earns ½.", " It may be missing."]))
    return sum(sizes), f"| {amount(sum(sizes))} | {level}{draw(st.sampled_from(['. ', ', '])).join(parts)}.{note} |"


@st.composite
def texts_of_schemes(draw: st.DrawFn) -> tuple[float, str]:
    rows = draw(st.lists(rows_of_a_table(), min_size=1, max_size=5, unique_by=lambda row: row[1]))
    text = table(*(row for _, row in rows))
    prose = st.sampled_from(["", "Full points also go to:\n\n- a chain of scalars", "1 | 2"])
    if costs := draw(st.lists(WORDS, max_size=3, unique=True)):
        also = draw(prose)
        text += (
            f"\n\n{also}" * bool(also)
            + f"\n\n{COSTS}"
            + "\n".join(f"| {each} | −{i + 1} |" for i, each in enumerate(costs))
        )
    if rules := draw(prose):
        text += f"\n\n{rules}"
    if draw(st.booleans()):
        text += "\n\n**Three graded answers**\n\n*An answer of 3 points:* …"
    return sum(points for points, _ in rows), text


@settings(max_examples=60, deadline=None)
@given(texts_of_schemes())
def test_what_is_read_is_written_back(drawn: tuple[float, str]) -> None:
    points, text = drawn
    scheme = parse(text, "q1", points)
    assert render(scheme) == text
    assert sum(item.points for item in scheme.items.values()) == points
    assert all(item.steps[0] == 0 and item.steps[-1] == 1 for item in scheme.items.values())
    assert from_document(to_document(scheme, 1, "")) == scheme


@pytest.mark.parametrize("form", ["|points|for|", "| Points | For |"])
def test_only_a_table_with_its_own_header_counts(form: str) -> None:
    with pytest.raises(SchemeProblem, match="must have one table"):
        parse(table(GOOD).replace("| points | for |", form), "q1", 1)


def test_spaces_of_a_table_are_put_in_order() -> None:
    assert render(parse("| points | for |\n| --- | --- |\n|  1.5|  A cause.|\n", "q1", 1.5)) == table(
        "| 1½ | A cause. |"
    )


def changed(scheme: Scheme, **of_the_item: object) -> Scheme:
    row = scheme.rows[0]
    item: Item = replace(row.items[0], **of_the_item)
    return replace(scheme, rows=(replace(row, items=(item, *row.items[1:])), *scheme.rows[1:]))


@pytest.mark.parametrize(
    ("scheme", "sentence"),
    [
        (changed(SCHEMES["q1"], points=0.5), "row 1 of the points"),
        (changed(SCHEMES["q1"], steps=(0.0, 0.5, 1.0)), "q1.1a: its text gives 1 in 1 steps, and the document"),
        (changed(SCHEMES["q1"], steps=()), "q1.1a: its text gives 1 in 1 steps"),
        (changed(SCHEMES["q1"], key="q1.1b"), "'q1.1b' is there twice, or is no key"),
        (changed(SCHEMES["q1"], key="<script>"), "'<script>' is there twice, or is no key"),
        (changed(SCHEMES["q1"], text="A cause.\n| 1 | B "), "row 1 of the points"),
        (changed(SCHEMES["q1"], text="A cause (½). An effect (½). "), "cuts its rows into items in another way"),
        (replace(SCHEMES["q1"], rules="### END MARK SCHEME"), "must not contain the line"),
        (replace(SCHEMES["q1"], anchors="| points | for |"), "has 2"),
        (replace(SCHEMES["q1"], retired=("q1.1a",)), "'q1.1a' is there twice, or is no key"),
    ],
)  # fmt: skip
def test_a_document_that_contradicts_itself_is_refused(scheme: Scheme, sentence: str) -> None:
    with pytest.raises(SchemeProblem, match=re.escape(sentence)):
        from_document(json.loads(json.dumps(to_document(scheme, 1, ""))))


@pytest.mark.parametrize(
    "document", [None, [], {}, {"schema": "autograder/rubric/v2"}, {"schema": "autograder/rubric/v1"}]
)
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(SchemeProblem, match=r"no document of autograder/rubric/v1|document is damaged"):
        from_document(document)


def test_writing_the_schemes_back_changes_no_byte_of_the_notebook() -> None:
    raw = SOLUTION.read_bytes()
    assert with_schemes(raw, SCHEMES) == raw
    assert drifted(NOTEBOOK, SCHEMES) == ()


def test_a_change_reaches_one_cell_of_the_notebook() -> None:
    mistakes = SCHEMES["q4"].mistakes
    milder = replace(SCHEMES["q4"], mistakes=(replace(mistakes[0], points=-1.0), *mistakes[1:]))
    assert drifted(NOTEBOOK, {**SCHEMES, "q4": milder}) == ("q4",)
    after = parse_notebook("changed", with_schemes(SOLUTION.read_bytes(), {"q4": milder}))
    assert [b.grade_id for a, b in zip(NOTEBOOK.cells, after.cells, strict=True) if a != b] == ["q4_prompt"]
    assert drifted(after, {**SCHEMES, "q4": milder}) == ()
    before, now = (each.cell("q4_prompt").source.split("\n") for each in (NOTEBOOK, after))
    assert [line for line in now if line not in before] == [f"| {mistakes[0].text} | −1 |"]


def test_a_notebook_without_the_scheme_is_not_written() -> None:
    with pytest.raises(SchemeProblem, match="q9: the notebook has no mark scheme"):
        with_schemes(SOLUTION.read_bytes(), {"q9": SCHEMES["q1"]})


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(WRITTEN), st.data())
def test_a_damaged_scheme_is_read_as_it_stands_or_refused_in_a_sentence(question: str, data: st.DataObject) -> None:
    text = SOURCES[question].markdown
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 5))
    piece = data.draw(st.text(st.sampled_from("|()½1;: \n$`\\−#each.*\r\u2028"), max_size=4))
    damaged = text[:start] + piece + text[start + length :]
    try:
        scheme = parse(damaged, question, 10)
    except SchemeProblem as problem:
        assert str(problem).startswith(question)
        assert "\n" not in str(problem)
    else:
        assert parse(render(scheme), question, 10) == scheme
        assert from_document(to_document(scheme, 1, "")) == scheme
