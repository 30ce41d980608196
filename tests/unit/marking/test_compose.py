"""A student learns what earned points, what did not, and why, as far as the course shows it."""

from __future__ import annotations

import pytest

from autograder.assignment.settings import Show
from autograder.marking.compose import comment
from autograder.marking.scheme import parse
from autograder.marking.score import BadMark
from tests.unit.marking.test_scheme import COSTS, SCHEMES, table

SCHEME = parse(
    table(
        "| 2 | *Core.* The cause, $w \\varphi'$ (1). An effect (1; ½ without a name). |",
        "| 1½ | *Depth.* Two remedies (½ each): ReLU, skips. The figure (½). Its axis may be missing. |",
    )
    + f"\n\n{COSTS}| The last layers learn least. | −1 |\n| ReLU rules it out. | −½ |",
    "q1",
    3.5,
)
GIVEN = {"q1.1a": 1, "q1.1b": 0.5, "q1.2a": 0.5, "q1.e1": 1, "q1.e2": 0}


def test_all_shows_what_was_earned_and_what_was_missed() -> None:
    assert comment(SCHEME, GIVEN, -0.5, "Copied from the prompt.", "Well *written*.") == "\n".join(
        (
            "- 1 of 1: The cause, $w \\varphi'$. (q1.1a)",
            "- ½ of 1: An effect. (q1.1b)",
            "- ½ of 1: Two remedies: ReLU, skips. (q1.2a)",
            "- 0 of ½: The figure. (q1.2b)",
            "- −1: The last layers learn least. (q1.e1)",
            "- −½: Copied from the prompt.",
            "",
            "Well *written*.",
        )
    )


def test_applied_shows_nothing_that_was_missed() -> None:
    assert comment(SCHEME, {"q1.1a": 1, "q1.e2": 1}, show=Show.APPLIED) == (
        "- 1 of 1: The cause, $w \\varphi'$. (q1.1a)\n- −½: ReLU rules it out. (q1.e2)"
    )


def test_none_shows_sums_and_no_word_of_the_scheme() -> None:
    assert comment(SCHEME, GIVEN, 1, "It took courage.", show=Show.NONE) == (
        "- Core: 1½ of 2\n- Depth: ½ of 1½\n- False statements: −1\n- +1: It took courage."
    )


def test_the_bracket_and_the_note_are_for_markers() -> None:
    full = comment(SCHEME, {})
    assert "may be missing" not in full
    assert "without a name" not in full
    assert full.count("- 0 of") == 4


@pytest.mark.parametrize("question", SCHEMES)
@pytest.mark.parametrize("show", Show)
def test_a_comment_on_the_course_own_questions_is_a_list(question: str, show: Show) -> None:
    scheme = SCHEMES[question]
    everything = comment(scheme, dict.fromkeys([*scheme.items, *scheme.costs], 1.0), show=show)
    assert all(line.startswith("- ") for line in everything.split("\n"))
    assert ("Core: 6 of 6\n- Depth: 4 of 4" in everything) == (show is Show.NONE)
    assert not any(part in everything for part in ("(1)", "(½", "Three graded answers"))


def test_a_reason_stays_on_its_line() -> None:
    assert comment(SCHEME, {}, 1, "One\n\n# Two", show=Show.APPLIED) == "- +1: One # Two"


def test_an_empty_mark_has_an_empty_comment() -> None:
    assert comment(SCHEME, {}, show=Show.APPLIED) == ""


def test_a_mark_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadMark):
        comment(SCHEME, {"q9.1a": 1})
