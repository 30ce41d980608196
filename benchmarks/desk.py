"""`make bench`: measures the marking desk's store with a class of 1,000: index, groups, list, answer and save."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autograder.assignment.questions import WRITTEN
from autograder.nbgrader_bridge.desk.store import Store
from tests.support.answers import a_class
from tests.support.desk import DeskCourse, mark

CLASS, CALLS = 1_000, 30


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def shown(name: str, times: list[float], aim: str) -> None:
    worst = sorted(times)[int(0.95 * (len(times) - 1))]
    print(f"  {name:10} median {1e3 * statistics.median(times):6.1f} ms, 95 % {1e3 * worst:6.1f} ms   ({aim})")


def main() -> None:
    by_question = {question: a_class(random.Random(question), CLASS) for question in WRITTEN}
    answers = {student: {q: texts[student] for q, texts in by_question.items()} for student in by_question["q1"]}
    with tempfile.TemporaryDirectory() as folder:
        course = DeskCourse.make(Path(folder), answers)
        store = Store(course.db_url, seed="2026")
        took = seconds(lambda: store.index(course.notebook_of))
        print(f"\nthe marking desk's store, {CLASS} submissions, SQLite")
        print(f"  index      {took:6.1f} s, rendering and groups of six questions included   (aim: at most 60 s)")
        keys = [each.grade_id for each in store.queue("q1")[:CALLS]]
        first = next(iter(store.rubric("q1").scheme.items))
        shown("list", [seconds(lambda: store.queue("q1")) for _ in range(CALLS)], "aim: a page in 200 ms")
        shown("progress", [seconds(store.questions) for _ in range(5)], "aim: a page in 200 ms")
        shown("answer", [seconds(lambda key=key: store.answer(key)) for key in keys], "aim: a page in 200 ms")
        wishes = [mark(store, key, first) for key in keys]
        shown("save", [seconds(lambda wish=wish: store.save(wish)) for wish in wishes], "aim: 100 ms")
        store.close()


if __name__ == "__main__":
    main()
