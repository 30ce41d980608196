"""What the desk's pages show of a mark scheme, and how many keys a mark takes."""

from __future__ import annotations

from functools import cache

import pytest

from autograder.assignment.questions import WRITTEN
from autograder.marking.scheme import Row, Scheme, parse
from autograder.marking.score import points
from autograder.marking.source import sources
from autograder.nbgrader_bridge.desk import pages
from autograder.notebook import read_notebook
from tests.support.desk import SOURCE

#: What the graded answers of 3, 6 and 9 points earn, as the words below them in each scheme say.
GRADED = {
    "q1": ("1a 2a 3a", "1a 1b 2a 2b 3a 4a", "1a 1b 2a 3a 4a 5a 5b 6a 6b"),
    "q2": ("1a 2a 3a", "1a 1b 2a 2b 2c 3a 4a", "1a 1b 2a 3a 4a 5a 5b 6a 6b"),
    "q3": ("1a=½ 1b=½ 2a 2b 3a", "1a 1b 2a 2b 3a 3b 4a", "1a 1b 2a 2b 3a 3b 4a 5a 5b 7a 7b"),
    "q4": ("1a 1b=½ 2a 3b=½", "1a 1b 2a 3a 3b 4a", "1a 1b 2a 3a 3b 4a 5a 6a 6b 7a"),
    "q5": ("1a 1b 2a 2b", "1a 1b 2a 2b 3a 3b 3c 4a", "1a 1b 2a 2b 3a 3b 3c 4a 5a 5b 6a"),
    "q6": ("1a 1b 1c 2a 4a e5", "1a 1b 1c 2a 3a 4a 5a", "1a 1b 1c 2a 3a 4a 5a 6a 6b 7a 8a"),
}


@cache
def schemes() -> dict[str, Scheme]:
    found = sources(read_notebook(SOURCE))
    return {each.question: parse(each.markdown, each.question, each.max_points) for each in found}


def given(question: str, words: str) -> dict[str, float]:
    pairs = (word.partition("=") for word in words.split())
    return {f"{question}.{key}": 0.5 if half else 1.0 for key, _, half in pairs}


def keys_of_row(row: Row, shares: dict[str, float], begun: float) -> int:
    """Return how many keys bring a row from ``begun`` for all of its items to these shares."""

    def one_by_one(share: float) -> int:
        turns = [[0.0, 1.0, *sorted(set(item.steps) - {0.0, 1.0}, reverse=True)] for item in row.items]
        wanted = [shares.get(item.key, 0.0) for item in row.items]
        return sum((turn.index(want) - turn.index(share)) % len(turn) for turn, want in zip(turns, wanted, strict=True))

    return min(one_by_one(begun), 1 + one_by_one(1 - begun)) if len(row.items) > 1 else one_by_one(begun)


def test_every_item_has_a_key_of_its_own_that_does_nothing_else() -> None:
    taken = {key for keys, _ in pages.HELP for key in keys} - {"a", "b"}  # which stand there for all letters
    assert not taken & set(pages.LETTERS)
    for scheme in schemes().values():
        letters = pages.letters_of(scheme)
        several = [item.key for row in scheme.rows if len(row.items) > 1 for item in row.items]
        assert list(letters) == [*several, *(each.key for each in scheme.mistakes)]
        assert len(set(letters.values())) == len(letters)


@pytest.mark.parametrize("question", WRITTEN)
def test_graded_answers_get_their_points_with_six_keys_at_most(question: str) -> None:
    scheme = schemes()[question]
    for score, words in zip((3.0, 6.0, 9.0), GRADED[question], strict=True):
        shares = given(question, words)
        assert points(scheme, shares) == score
        false = sum(each.key in shares for each in scheme.mistakes)
        from_nothing, from_everything = (
            sum(keys_of_row(row, shares, share) for row in scheme.rows) for share in (0, 1)
        )
        rows = min(from_nothing, len(["f"]) + from_everything)
        assert rows + false + len(["Enter"]) <= 6
