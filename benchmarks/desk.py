"""`make bench`: measures each page of the marking desk, and a save, with a class of 1,000, on SQLite and PostgreSQL."""

from __future__ import annotations

import logging
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from autograder.assignment.questions import NAME, WRITTEN
from autograder.marking.scheme import render
from autograder.nbgrader_bridge.desk.model import Wanted
from autograder.nbgrader_bridge.desk.pages import Visitor
from autograder.nbgrader_bridge.desk.service import Desk
from autograder.nbgrader_bridge.desk.settings import MarkingDesk
from tests.support.answers import a_class
from tests.support.desk import DeskCourse, mark, released_on, second_mark
from tests.support.missing import Missing
from tests.support.postgresql import postgresql
from tests.support.samples import ROOT

CLASS, MARKED, CALLS = 1_000, 300, 40
ANN, BOB = (Visitor("/", "nonce", "xsrf", name, declared=True, instructs=True) for name in ("ann", "bob"))


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def shown(name: str, times: list[float], aim: int) -> None:
    late = sorted(times)[int(0.95 * (len(times) - 1))]
    print(
        f"  {name:26} median {1e3 * statistics.median(times):6.1f} ms, 95 % {1e3 * late:6.1f} ms, "
        f"worst {1e3 * max(times):6.1f} ms   (aim: {aim} ms)"
    )


def pages(desk: Desk) -> Iterator[tuple[str, Callable[[int], object]]]:
    """Yield the name of each page, and what makes it the n-th time."""
    every = desk.store.queue("q1")
    ids = [each.grade_id for each in every]
    groups = [each.grade_id for each in every if each.together > 1]
    second = [each.grade_id for each in every if each.second]
    yield "home", lambda _: desk.home(ANN)
    yield "question, next to mark", lambda _: desk.question(ANN, "q1", Wanted.UNMARKED, "")
    yield "question, this answer", lambda n: desk.question(ANN, "q1", Wanted.ALL, ids[n])
    yield "question, changed there", lambda _: desk.question(ANN, "q1", Wanted.OVERRULED, "")
    yield "question, second mark", lambda n: desk.question(BOB, "q1", Wanted.SECOND, second[n % len(second)])
    yield "group", lambda n: desk.group(ANN, groups[n % len(groups)])
    yield "side by side", lambda n: desk.compare(ANN, ids[n], ids[n + 1])
    yield "similar", lambda _: desk.similar(ANN)
    yield "agreement", lambda _: desk.agreement(ANN)
    yield "requests", lambda _: desk.requests(ANN)
    yield "log", lambda _: desk.log(ANN, "")
    yield "log of an answer", lambda n: desk.log(ANN, ids[n])
    yield "rubric", lambda _: desk.rubric(ANN, "q1")


def measure(course: DeskCourse) -> None:
    (course.folder / "course-seed.txt").write_text("2026\n", encoding="ascii")
    release = ROOT / "assignment" / NAME / f"{NAME}.ipynb"
    desk = Desk(
        course.db_url, course.folder, course.notebook_of, release, MarkingDesk(), logging.getLogger("benchmark")
    )
    store = desk.store
    took = seconds(lambda: store.index(course.notebook_of))
    print(f"  {'index':26} {took:6.1f} s, rendering and groups of six questions included   (aim: at most 60 s)")
    first = next(iter(store.rubric("q1").scheme.items))
    order = [each.grade_id for each in store.queue("q1")]
    saves = []
    for key in order[:MARKED]:
        wish = mark(store, key, first)
        saves.append(seconds(lambda wish=wish: desk.save(wish, Wanted.UNMARKED)))
    shown("save, and find the next", saves, 100)
    store.sample(0.4)
    for each in store.queue("q1", Wanted.SECOND, "bob")[::2]:
        store.save(second_mark(store, each.grade_id, first))
    desk.home(ANN)
    for name, page in pages(desk):
        shown(name, [seconds(lambda n=n, page=page: page(n)) for n in range(CALLS)], 200)
    open_groups = {
        tuple(member.grade_id for member in store.group(each.grade_id))
        for each in store.queue("q1", Wanted.UNMARKED)
        if each.together > 2
    }
    free = {each.grade_id for each in store.queue("q1", Wanted.UNMARKED)}
    whole = sorted(group for group in open_groups if free >= set(group))[:CALLS]
    if whole:
        wishes = [mark(store, leader, first, also=tuple(others)) for leader, *others in whole]
        shown("save of a group", [seconds(lambda wish=wish: store.save(wish)) for wish in wishes], 100)
    scheme = store.rubric("q1").scheme
    dearer = replace(scheme, mistakes=(replace(scheme.mistakes[0], points=-2.0), *scheme.mistakes[1:]))
    markdown, rev = render(dearer), store.rubric("q1").rev
    # A change is no page: it writes the score, the comment and the log's entry of every answer that has a mark.
    for name, trial, aim in (("rubric, what would move", True, 200), ("rubric, change", False, 1_000)):
        shown(name, [seconds(lambda trial=trial: desk.change_rubric("q1", rev, markdown, "ann", trial=trial))], aim)
    store.close()


def main() -> None:
    by_question = {question: a_class(random.Random(question), CLASS) for question in WRITTEN}
    answers = {student: {q: texts[student] for q, texts in by_question.items()} for student in by_question["q1"]}
    with ExitStack() as stack:
        addresses = {"SQLite": ""}
        try:
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="pg", dir="/tmp"))
            addresses["PostgreSQL"] = released_on(stack.enter_context(postgresql(Path(place))))
        except Missing as missing:
            print(missing)
        for name, address in addresses.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            print(f"\nthe marking desk, {CLASS} submissions, {MARKED} answers to Q1 marked, {name}")
            measure(DeskCourse.make(folder, answers, address))


if __name__ == "__main__":
    main()
