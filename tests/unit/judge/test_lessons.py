"""A lesson speaks of the student's own framework, and names what to read and to change there."""

from __future__ import annotations

import re

import pytest

from autograder.assignment.kernels import Layout
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.law import HE
from autograder.judge.lessons import Explanation, Words

#: Words of each framework that have no meaning in the other.
OWN = {
    Layout.KERAS: re.compile(r"\btf\.|keras|tensorflow|softmax\(", re.IGNORECASE),
    Layout.TORCH: re.compile(r"torch|\bTensor\.\w|normal_|uniform_|zeros_", re.IGNORECASE),
}
#: Mistakes that only PyTorch code can make: to fill no tensor, to record a gradient, to miss the names of attributes.
TORCH_ALONE = {"not_in_place", "returned_another", "needs_no_grad", "layer_names"}


def texts(explanation: Explanation) -> list[str]:
    return [explanation.look_up, explanation.why, explanation.change, explanation.formula or ""]


@pytest.mark.parametrize(("layout", "other"), [tuple(Layout), tuple(reversed(Layout))])
def test_no_lesson_sends_a_student_to_the_other_framework(layout: Layout, other: Layout) -> None:
    wrong = {
        entry.name: text
        for entry in MISCONCEPTIONS
        for text in texts(entry.lesson.of(HE, layout))
        if OWN[other].search(text)
    }
    assert set(wrong) == (TORCH_ALONE if layout is Layout.KERAS else set()), wrong


def test_every_lesson_has_something_to_look_up_and_to_change_in_each_framework() -> None:
    for entry in MISCONCEPTIONS:
        for layout in Layout:
            told = entry.lesson.of(HE, layout)
            assert min(map(len, (told.look_up, told.why, told.change))) > 9, entry.name
            assert told.change.endswith("."), entry.name
            assert not re.search(r"[{}]|  |; ;|^;|;$", " | ".join(texts(told))), entry.name


def test_lesson_of_one_framework_is_part_of_the_lesson_of_both() -> None:
    lesson = BY_NAME["fan_out"].lesson
    both, *own = (lesson.of(HE, layout) for layout in (None, *Layout))
    for each in own:
        assert set(each.look_up.split("; ")) < set(both.look_up.split("; "))
        assert each.why == both.why
    assert not OWN[Layout.TORCH].search(own[0].change)
    assert not OWN[Layout.KERAS].search(own[1].change)


@pytest.mark.parametrize(
    ("words", "layout", "told"),
    [
        (Words("a", "b", "c"), None, "a; b; c"),
        (Words("a", "b", "c"), Layout.KERAS, "a; b"),
        (Words("a", "b", "c"), Layout.TORCH, "a; c"),
        (Words("a", torch="c"), Layout.KERAS, "a"),
        (Words(keras="b", torch="c"), Layout.TORCH, "c"),
    ],
)
def test_words_are_joined_without_gaps(words: Words, layout: Layout | None, told: str) -> None:
    assert words.of(layout, "; ") == told
