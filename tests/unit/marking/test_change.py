"""A changed scheme keeps the keys of what stayed, and its effect on marks is known before it is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.marking.impact import Impact, Marked, Move, Worth, carried, moves
from autograder.marking.revision import with_keys_of
from autograder.marking.scheme import Scheme, from_document, parse, render, to_document
from autograder.marking.score import points
from tests.unit.marking.test_scheme import COSTS, SCHEMES, table

CAUSE = "The cause is a product of many factors below 1"
EFFECT = "An effect: the early layers hardly learn anything"
SOURCE = "A fitting source."
REMEDIES = "Two remedies (½ each): ReLU, skip connections."
SAME = (f"| 2 | {CAUSE} (1). {EFFECT} (1). |", f"| 1 | {SOURCE} |", f"| 1 | {REMEDIES} |")


def scheme(*rows: str, costs: tuple[tuple[str, str], ...] = (("Last layers learn least.", "−2"),)) -> Scheme:
    total = sum(float(row.split(" ", 2)[1]) for row in rows)
    wrong = "\n".join(f"| {text} | {cost} |" for text, cost in costs)
    return parse(table(*rows) + (f"\n\n{COSTS}{wrong}" if costs else ""), "q1", total)


OLD = scheme(*SAME)


def keys(changed: Scheme) -> list[str]:
    return [*changed.items, *changed.costs]


@pytest.mark.parametrize("question", SCHEMES)
def test_an_unchanged_scheme_keeps_its_keys(question: str) -> None:
    assert with_keys_of(SCHEMES[question], SCHEMES[question]) == SCHEMES[question]


@pytest.mark.parametrize("question", SCHEMES)
def test_rows_that_change_places_take_their_keys_along(question: str) -> None:
    before = SCHEMES[question]
    turned = replace(before, rows=before.rows[::-1], mistakes=before.mistakes[::-1])
    after = with_keys_of(before, parse(render(turned), question, 10))
    assert after == turned
    assert from_document(to_document(after, 2, "")) == after


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Other words for the same.
        ((f"| 2 | The cause: many factors below 1 in a product (1). {EFFECT} (1). |", *SAME[1:]), "1a 1b 2a 3a"),
        # Another bracket.
        ((f"| 2 | {CAUSE} (1; ½ if vague). {EFFECT} (1). |", *SAME[1:]), "1a 1b 2a 3a"),
        # A new row at the front.
        (("| 1 | *Depth.* Reads the figure. |", *SAME), "4a 1a 1b 2a 3a"),
        # A row is gone.
        (SAME[1:], "2a 3a"),
        # A row is divided: both halves keep what they had.
        ((f"| 1 | {CAUSE}. |", f"| 1 | {EFFECT}. |", *SAME[1:]), "1a 1b 2a 3a"),
        # A new item in an old row.
        ((f"| 3 | {CAUSE} (1). Names both kinds of factor (1). {EFFECT} (1). |", *SAME[1:]), "1a 1c 1b 2a 3a"),
        # Another statement at the same place is another item.
        ((SAME[0], "| 1 | Draws both curves with logarithmic axes. |", SAME[2]), "1a 1b 4a 3a"),
    ],
)  # fmt: skip
def test_a_key_belongs_to_a_statement_and_not_to_a_place(rows: tuple[str, ...], expected: str) -> None:
    after = with_keys_of(OLD, scheme(*rows))
    assert list(after.items) == [f"q1.{key}" for key in expected.split()]
    assert list(after.costs) == ["q1.e1"]
    assert set(after.retired) == set(keys(OLD)) - set(keys(after))
    assert len({row.key for row in after.rows}) == len(after.rows)
    assert from_document(to_document(after, 2, "")) == after


def test_a_key_that_was_given_up_never_comes_back() -> None:
    first = with_keys_of(OLD, scheme(f"| 1 | {SOURCE} |", f"| 1 | {REMEDIES} |", costs=()))
    assert first.retired == ("q1.1a", "q1.1b", "q1.e1")
    again = scheme(
        "| 1 | Draws the curves. |", f"| 1 | {SOURCE} |", f"| 1 | {REMEDIES} |", costs=(("It learns.", "−1"),)
    )
    second = with_keys_of(first, again)
    assert keys(second) == ["q1.4a", "q1.2a", "q1.3a", "q1.e2"]
    assert second.retired == first.retired


MARKS = {
    "all": Marked({"q1.1a": 1, "q1.1b": 1, "q1.2a": 1, "q1.3a": 1}),
    "mistaken": Marked({"q1.1a": 1, "q1.1b": 1, "q1.2a": 1, "q1.e1": 1}),
    "adjusted": Marked({"q1.1a": 1, "q1.1b": 1, "q1.e1": 1}, adjustment=0.5),
    "typed": Marked({"q1.1a": 1, "q1.1b": 1, "q1.e1": 1}, overruled=True),
    "nothing": Marked({"q1.e1": 1}),
    "half": Marked({"q1.3a": 0.5}),
}


def impact(*rows: str, costs: tuple[tuple[str, str], ...] = (("Last layers learn least.", "−2"),)) -> Impact:
    return moves(OLD, with_keys_of(OLD, scheme(*rows, costs=costs)), MARKS)


def test_a_milder_cost_moves_exactly_those_that_had_it() -> None:
    found = impact(*SAME, costs=(("Last layers learn least.", "−1"),))
    assert found == Impact(
        (Move("adjusted", 0.5, 1.5), Move("mistaken", 1, 2)),
        look=("adjusted",),
        overruled=("typed",),
        revalued=(Worth("Last layers learn least.", -2, -1),),
    )


def test_other_words_move_nothing_and_are_named() -> None:
    found = impact(SAME[0].replace("hardly learn", "learn hardly"), *SAME[1:])
    assert (found, len(found.reworded)) == (Impact(reworded=found.reworded), 1)
    assert "learn hardly" in found.reworded[0]


def test_a_new_item_moves_nothing_and_was_not_there_when_the_others_were_marked() -> None:
    found = impact(*SAME, "| 1 | Reads the figure. |", costs=(("Last layers learn least.", "−2"), ("New.", "−1")))
    assert found == Impact(added=("Reads the figure.", "New."), without=tuple(sorted(MARKS)))


def test_a_removed_item_counts_no_more() -> None:
    found = impact(SAME[0], SAME[2])
    assert found.moves == (Move("all", 4, 3), Move("mistaken", 1, 0))
    assert (len(found.removed), found.without) == (1, ())


def test_a_removed_mistake_costs_no_more() -> None:
    found = impact(*SAME, costs=())
    assert found.moves == (Move("adjusted", 0.5, 2.5), Move("mistaken", 1, 3))


def test_a_share_that_cannot_be_given_any_more_is_to_be_looked_at() -> None:
    found = impact(*SAME[:2], "| 1 | Two remedies: ReLU, skip connections. |")
    assert (found.moves, found.look) == ((Move("half", 0.5, 1.0),), ("half",))


def test_a_mark_carried_over_fits_the_new_scheme() -> None:
    new = with_keys_of(OLD, scheme(SAME[0], "| 3 | Three remedies (1 each): ReLU, skip connections, gates. |"))
    assert carried(new, {"q1.1a": 1, "q1.2a": 1, "q1.3a": 0.5, "q1.e1": 1}) == {
        "q1.1a": 1,
        "q1.3a": pytest.approx(2 / 3),
        "q1.e1": 1,
    }
    assert points(new, carried(new, {"q1.3a": 0.5})) == 2


def test_the_order_of_marks_changes_nothing() -> None:
    new = scheme(*SAME, costs=())
    assert moves(OLD, new, dict(reversed(MARKS.items()))) == moves(OLD, new, MARKS)
