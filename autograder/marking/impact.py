"""Says what a change of the mark scheme does to the answers that are marked already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.marking.scheme import Scheme
from autograder.marking.score import Given, points


@dataclass(frozen=True)
class Marked:
    """A mark as it was given. ``overruled`` is True if somebody typed another score in the formgrader."""

    given: Given
    adjustment: float = 0.0
    overruled: bool = False


@dataclass(frozen=True)
class Move:
    """A score that changes."""

    key: str
    before: float
    after: float


@dataclass(frozen=True)
class Worth:
    """The text of an item, or of a false statement, that has other points than before."""

    text: str
    before: float
    after: float


@dataclass(frozen=True)
class Impact:
    """What a change does.

    Attributes
    ----------
    moves : tuple of Move
        Scores that change.
    look : tuple of str
        Answers that a marker should look at again: their score moves and has an adjustment, or a share that was given
        cannot be given any more.
    overruled : tuple of str
        Answers that would move, and do not, because their score was typed in the formgrader.
    added, removed, reworded : tuple of str
        Texts of items and false statements: new ones, those that are gone, and those with other words than before.
    revalued : tuple of Worth
        Items and false statements with other points, whoever has them.
    without : tuple of str
        Answers that were marked before there was a new item or false statement; empty if there is none.
    """

    moves: tuple[Move, ...] = ()
    look: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    revalued: tuple[Worth, ...] = ()
    without: tuple[str, ...] = ()


def carried(scheme: Scheme, given: Given) -> dict[str, float]:
    """Return ``given`` as far as ``scheme`` has its keys, each share as the nearest step, or the higher of two.

    Examples
    --------
    >>> from autograder.marking.scheme import parse
    >>> scheme = parse("| points | for |\\n|---:|---|\\n| 2 | A cause (1). An effect (1; ½ if vague). |", "q1", 2)
    >>> carried(scheme, {"q1.1a": 0.5, "q1.1b": 0.5, "q1.9a": 1})
    {'q1.1a': 1.0, 'q1.1b': 0.5}
    """
    steps = scheme.shares
    return {
        key: min(steps[key], key=lambda step: (round(abs(step - share), 9), -step))
        for key, share in given.items()
        if key in steps
    }


def moves(old: Scheme, new: Scheme, marks: Mapping[str, Marked]) -> Impact:
    """Return what the change from ``old`` to ``new`` does to ``marks``, which are named by any key.

    A new item moves nothing, because nobody gave it yet. Other points for an item move every answer that has a share
    of it, and an item that is gone counts no more. Another text moves no score.

    Examples
    --------
    >>> from autograder.marking.scheme import parse
    >>> table = "| points | for |\\n|---:|---|\\n"
    >>> old = parse(f"{table}| 1 | A cause. |\\n| 2 | An effect. |", "q1", 3)
    >>> new = parse(f"{table}| 2 | A cause. |\\n| 1 | An effect. |", "q1", 3)
    >>> moves(old, new, {"an answer": Marked({"q1.1a": 1}), "another": Marked({})}).moves
    (Move(key='an answer', before=1.0, after=2.0),)
    """
    moved, look, overruled = [], [], []
    for key in sorted(marks):
        mark = marks[key]
        given = carried(new, mark.given)
        before, after = points(old, mark.given, mark.adjustment), points(new, given, mark.adjustment)
        if mark.overruled:
            overruled += [key] * (before != after)
            continue
        if before != after:
            moved.append(Move(key, before, after))
        if (before != after and mark.adjustment) or any(abs(given[k] - mark.given[k]) > 1e-9 for k in given):
            look.append(key)
    old_texts, new_texts = _texts(old), _texts(new)
    old_points, new_points = _points(old), _points(new)
    added = tuple(text for key, text in new_texts.items() if key not in old_texts)
    return Impact(
        tuple(moved),
        tuple(look),
        tuple(overruled),
        added,
        removed=tuple(text for key, text in old_texts.items() if key not in new_texts),
        reworded=tuple(text for key, text in new_texts.items() if old_texts.get(key, text) != text),
        revalued=tuple(
            Worth(new_texts[key], old_points[key], value)
            for key, value in new_points.items()
            if old_points.get(key, value) != value
        ),
        without=tuple(sorted(marks)) if added else (),
    )


def _points(scheme: Scheme) -> dict[str, float]:
    return {key: item.points for key, item in scheme.items.items()} | {
        key: mistake.points for key, mistake in scheme.costs.items()
    }


def _texts(scheme: Scheme) -> dict[str, str]:
    return {key: item.words for key, item in scheme.items.items()} | {
        key: mistake.text for key, mistake in scheme.costs.items()
    }
