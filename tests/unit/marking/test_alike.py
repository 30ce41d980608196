"""Only answers that say the same are marked together; others are compared, and nothing depends on their order."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.marking.alike import Pair, Place, Tier, groups, pairs, similar, word_diff, words
from autograder.notebook import read_notebook
from tests.support.answers import fresh, turned, with_a_slip
from tests.support.samples import SOLUTION

#: Turned answers of the first trial of this rule, and copies with a typing error.
TURNED, SLIPS = 1_129, 204
NOTEBOOK = words(cell.source for cell in read_notebook(SOLUTION).cells)
CHINESE = "在深层网络中，早期层的梯度变得非常小，因为反向传播把许多小于一的因子相乘，所以最前面的层几乎学不到任何东西。"
ARABIC = "في الشبكات العميقة يصبح تدرج الطبقات الأولى صغيرا جدا لأن الانتشار العكسي يضرب عوامل أصغر من واحد."


def a_class(draw: random.Random, size: int) -> dict[str, str]:
    return {f"student {i}": fresh(draw) for i in range(size)}


def tiers(places: Mapping[str, Place], *keys: str) -> list[Tier | None]:
    return [places[key].tier if key in places else None for key in keys]


def test_no_answer_with_a_turned_word_is_marked_with_its_original() -> None:
    draw = random.Random(19)
    others = a_class(draw, 5)
    copies: list[tuple[str, str]] = []
    while len(copies) < TURNED:
        original = fresh(draw)
        copies += [(original, copy) for copy in turned(original)]
    assert len({copy for _, copy in copies[:TURNED]}) == TURNED
    together = [
        copy
        for original, copy in copies[:TURNED]
        if "copy" in groups({**others, "original": original, "copy": copy}, NOTEBOOK)
    ]
    assert together == []


def test_a_copy_with_a_typing_error_is_marked_with_its_original() -> None:
    draw = random.Random(19)
    others = a_class(draw, 5)
    found = 0
    for _ in range(SLIPS):
        original = fresh(draw)
        places = groups({**others, "original": original, "copy": with_a_slip(draw, original)}, NOTEBOOK)
        found += tiers(places, "original", "copy") == [Tier.IDENTICAL, Tier.SLIPS]
    assert found >= 0.9 * SLIPS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A symmetric start.", "A asymmetric start."),  # the first letter
        ("It learns slower.", "It learns lower."),
        ("ReLU prevents this.", "ReLU presents this."),  # a word of somebody else's
        ("10² steps", "102 steps"),
        ("½ of it", "1/2 of it"),
        ("at most 1/4", "at most 14"),
        ("the mean $x_1$", "the mean $x_2$"),
        ("$\\alpha > 0$", "$\\alpah > 0$"),
        ("a matrix W", "a matrix w"),
        ("the depth", "the death"),
        ("早期层的梯度变得非常小", "早期层的梯度变得非常大"),
        ("تدرج الطبقات صغيرا", "تدرج الطبقات كغيرا"),
        ("unbounded loss", "bounded loss"),
        ("it does vanish", "it does not vanish"),
    ],
)
def test_what_may_be_another_statement_is_not_marked_together(one: str, other: str) -> None:
    others = {"c": "prevents presents lower symmetric death depth"}
    assert not {"a", "b"} & set(groups({"a": one, "b": other, **others}))


@pytest.mark.parametrize(
    ("one", "other", "tier"),
    [
        ("The gradient\nvanishes. ", "The gradient  vanishes.", Tier.IDENTICAL),
        ("Géron", unicodedata.normalize("NFD", "Géron"), Tier.IDENTICAL),
        ("", " \n", Tier.IDENTICAL),
        (CHINESE, CHINESE, Tier.IDENTICAL),
        (ARABIC, f" {ARABIC}", Tier.IDENTICAL),
        ("The gradient vanishes.", "The gradeint vanishes.", Tier.SLIPS),
        ("The gradient vanishes.", "The gradiemt vanishesx.", Tier.SLIPS),
        ("Градиент исчезает.", "Градиент исчезаит.", Tier.SLIPS),
        (f"{CHINESE} gradient", f"{CHINESE} gradeint", Tier.SLIPS),
    ],
)
def test_what_says_the_same_is_marked_together(one: str, other: str, tier: Tier) -> None:
    places = groups({"a": one, "b": other, "c": "gradient vanishes Градиент исчезает"})
    assert places == {"a": Place("a", Tier.IDENTICAL), "b": Place("a", tier)}


def test_the_answer_without_slips_leads_its_group() -> None:
    right = "Early layers receive a small gradient."
    texts = {
        "a": right.replace("gradient", "gradeint"),
        "b": right,
        "c": right.replace("receive", "receiwe"),
        "d": "Layers receive a gradient.",
    }
    assert {key: place.leader for key, place in groups(texts).items()} == {"a": "b", "b": "b", "c": "b"}


def test_similar_answers_lie_side_by_side_and_are_not_marked_together() -> None:
    draw = random.Random(7)
    others = a_class(draw, 20)
    original = fresh(draw)
    copy = turned(original)[0]
    texts = {**others, "a": original, "b": copy, "c": CHINESE, "d": CHINESE.replace("小", "大")}
    places = similar(texts)
    assert tiers(places, "a", "b", "c", "d") == [Tier.SIMILAR] * 4
    assert places["a"].leader == places["b"].leader
    assert places["c"].leader == places["d"].leader
    assert len(places) == 4
    assert groups(texts, NOTEBOOK) == {}


def test_similar_is_similar_to_the_leader_and_not_to_a_neighbour() -> None:
    sentences = [f"Statement {n} has words of its own: {random.Random(n).random()}." for n in range(24)]
    chain = {str(start): " ".join(sentences[start : start + 18]) for start in range(7)}
    places = similar(chain)
    leaders = {place.leader for place in places.values()}
    assert len(leaders) > 1, "the ends of the chain are not similar"
    assert all(place.leader in leaders for place in places.values())


@settings(max_examples=8, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_nothing(draw: random.Random) -> None:
    texts = a_class(random.Random(3), 15)
    for i in range(6):
        texts[f"copy {i}"] = (
            with_a_slip(random.Random(i), texts["student 1"]) if i % 2 else turned(texts["student 2"])[i]
        )
    texts["twin"] = texts["student 3"]
    shuffled = list(texts.items())
    draw.shuffle(shuffled)
    assert groups(dict(shuffled), NOTEBOOK) == groups(texts, NOTEBOOK) != {}
    assert similar(dict(shuffled)) == similar(texts) != {}
    assert pairs(dict(shuffled)) == pairs(texts) != ()


def test_pairs_are_those_with_words_that_others_do_not_have() -> None:
    draw = random.Random(11)
    prompt = "Explain what you saw, and what it means for training. " * 3
    texts = {key: prompt + text for key, text in a_class(draw, 30).items()}
    own = "My grandmother keeps bees, and their honey vanishes a little in every winter, much as this gradient does. "
    texts["ann"], texts["bob"] = prompt + own + fresh(draw)[:40], prompt + own + fresh(draw)[:40]
    found = pairs(texts, [prompt])
    assert [(pair.one, pair.other) for pair in found] == [("ann", "bob")]


def test_a_prompt_that_all_copied_makes_no_pair() -> None:
    prompt = " ".join(fresh(random.Random(5)).split()[:60])
    texts = {"ann": f"{prompt} Layers learn slowly.", "bob": f"{prompt} I do not know this."}
    assert pairs(texts) != ()
    assert pairs(texts, [prompt]) == ()


def test_nobody_is_alike_in_an_empty_class() -> None:
    assert groups({}) == similar({}) == {}
    assert pairs({}) == ()


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_the_sides_of_a_comparison_are_the_texts(one: str, other: str) -> None:
    pieces = word_diff(one, other)
    assert "".join(piece.before for piece in pieces) == one
    assert "".join(piece.after for piece in pieces) == other
    assert not any(a.same == b.same for a, b in pairwise(pieces))


def test_a_comparison_marks_words_as_a_whole() -> None:
    changed = [(p.before, p.after) for p in word_diff("at most 1/4, 早期层", "at most 1, 晚期层") if not p.same]
    assert changed == [("1/4", "1"), ("早", "晚")]


def test_texts_that_are_too_long_to_compare_differ_as_a_whole() -> None:
    one, other = "a " * 12_000, "b " * 12_000
    assert [(p.before, p.after) for p in word_diff(one, other)] == [(one, other)]


def test_a_huge_answer_is_alike_by_its_beginning() -> None:
    text = " ".join(f"{i} {random.Random(i).random()}" for i in range(4_000))
    texts = {"a": text, "b": text, "c": f"{text} more"}
    assert tiers(groups(texts), "a", "b", "c") == [Tier.IDENTICAL, Tier.IDENTICAL, None]
    assert tiers(similar(texts), "a", "b", "c") == [Tier.SIMILAR] * 3


def test_a_pair_names_its_share() -> None:
    text = fresh(random.Random(2))
    assert pairs({"a": text, "b": text}) == (Pair("a", "b", 1.0),)
