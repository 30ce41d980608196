"""`make bench`: measures how long the answers of a large class take to compare, which a page never waits for."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from autograder.marking.alike import Tier, groups, pairs, similar, words
from autograder.notebook import read_notebook
from tests.support.answers import a_class
from tests.support.samples import SOLUTION

CLASS = 1_000
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


def main() -> None:
    draw = random.Random(1)
    answers = a_class(draw, CLASS)
    shuffled = list(answers.items())
    draw.shuffle(shuffled)
    notebook = [cell.source for cell in read_notebook(SOLUTION).cells]
    vocabulary = words(notebook)
    different = len(set(answers.values()))
    print(f"\n{CLASS} answers to a question, {different} of them different   (aim: at most 5 s for groups)")
    for name, work in (
        ("groups", lambda texts: sorted(groups(texts, vocabulary).items())),
        ("similar", lambda texts: sorted(similar(texts).items())),
        ("pairs", lambda texts: pairs(texts, notebook)),
    ):
        seconds, made = timed(lambda work=work: work(answers))
        assert repr(made) == repr(work(dict(shuffled)))
        print(f"  {name:8} {seconds:5.2f} s, {len(made)} found")
    tiers = Counter(place.tier for place in groups(answers, vocabulary).values())
    print(
        "  marked together: " + ", ".join(f"{tiers[tier]} {tier.name.lower()}" for tier in (Tier.IDENTICAL, Tier.SLIPS))
    )


if __name__ == "__main__":
    main()
