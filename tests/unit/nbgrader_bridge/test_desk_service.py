"""The desk of one server: what only instructors may do, what a page costs, and answers that nobody has read yet."""

from __future__ import annotations

import html
import logging
import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from autograder.marking.scheme import SchemeProblem, render
from autograder.nbgrader_bridge.desk import service
from autograder.nbgrader_bridge.desk.model import DeskProblem, State, Wanted
from autograder.nbgrader_bridge.desk.pages import Visitor
from autograder.nbgrader_bridge.desk.regrade_requests import Asked
from autograder.nbgrader_bridge.desk.service import Desk
from autograder.nbgrader_bridge.desk.settings import MarkingDesk
from tests.support.desk import DeskCourse, mark, second_mark
from tests.support.samples import RELEASE

ANSWERS = {"alice": {"q1": "The gradient of the early layers vanishes."}, "bert": {"q1": "It is a long product."}}


def desk_of(course: DeskCourse) -> Desk:
    settings = MarkingDesk(instructors={"ann"})
    return Desk(course.db_url, course.folder, course.notebook_of, RELEASE, settings, logging.getLogger(__name__))


def visitor(desk: Desk, marker: str) -> Visitor:
    return Visitor("/", "nonce", "xsrf", marker, declared=True, instructs=desk.instructs(marker))


def test_markers_who_are_no_instructors_change_no_scheme_undo_no_change_of_one_and_resolve_nothing(
    tmp_path: Path,
) -> None:
    course = DeskCourse.make(tmp_path, ANSWERS)
    store, desk = course.store(), desk_of(course)
    wish = mark(store, course.grade_id("alice"), "q1.1a")
    desk.save(wish, Wanted.UNMARKED)
    other = render(store.rubric("q1").scheme).replace("A fitting source", "A source that fits")
    with pytest.raises(DeskProblem, match="by instructors"):
        desk.change_rubric("q1", 1, other, "bob", trial=False)
    event = desk.change_rubric("q1", 1, other, "ann", trial=False)["event"]
    with pytest.raises(DeskProblem, match="cannot be undone"):
        desk.undo(event, "bob")
    assert store.rubric("q1").rev == 2
    assert desk.undo(event, "ann")["markdown"] == other
    assert store.rubric("q1").rev == 3

    with pytest.raises(DeskProblem, match="by instructors"):
        desk.question(visitor(desk, "bob"), "q1", Wanted.RESOLVE, "")
    with pytest.raises(DeskProblem, match="by instructors"):
        desk.save(mark(store, course.grade_id("alice"), "q1.1b", by="bob", resolves=True), Wanted.RESOLVE)
    assert "/rubric" in desk.home(visitor(desk, "ann"))
    assert "/rubric" not in desk.home(visitor(desk, "bob"))
    store.close()


def test_a_step_back_says_what_it_was_and_brings_the_choices_along(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, ANSWERS)
    store, desk = course.store(), desk_of(course)
    alice, bert = (course.grade_id(each) for each in ANSWERS)
    wish = mark(store, alice, "q1.1a", "q1.1b", note="Well said.", adjustment=0.5, reason="Fine.")
    assert desk.save(wish, Wanted.UNMARKED)["answers"] == 1
    undone = desk.undo(0, "ann")
    assert undone.pop("event") == store.log()[-1].id
    assert undone == {
        "question": "q1",
        "grade_id": alice,
        "filter": "unmarked",
        "message": f"Undone: Q1, answer {alice[:6]}, mark saved.",
        "given": {"q1.1a": 1.0, "q1.1b": 1.0},
        "adjustment": 0.5,
        "reason": "Fine.",
        "note": "Well said.",
        "request": 0,
        "reply": "",
        "markdown": "",
    }
    assert desk.undo(0, "ann") == {"event": 0, "message": "There is nothing to undo."}

    assert desk.claim(alice, "ann", "") == {"by": ""}
    assert desk.claim(alice, "bob", "") == {"by": "ann"}
    assert desk.claim(bert, "ann", alice) == {"by": ""}
    assert desk.claim(alice, "bob", "") == {"by": ""}
    assert desk.claim("", "ann", bert) == {"by": ""}
    assert desk.claim(bert, "bob", "") == {"by": ""}
    store.close()


def test_a_changed_mark_scheme_says_which_points_change_and_an_undo_what_moved_back(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, ANSWERS)
    store, desk = course.store(), desk_of(course)
    scheme = store.rubric("q1").scheme
    assert scheme is not None
    first, second = list(scheme.items.values())[:2]
    assert first.condition == second.condition == ""
    before = render(scheme)
    for student in ANSWERS:
        store.save(
            mark(store, course.grade_id(student), first.key, adjustment=0.5 * (student == "bert"), reason="Fine.")
        )
    with pytest.raises(SchemeProblem, match=r"0\.7 is no multiple of half a point"):
        desk.change_rubric("q1", 1, before.replace("(1)", "(0.7)", 1).replace("(1)", "(1.3)", 1), "ann", trial=True)
    other = before.replace("(1)", "(½)", 1).replace("(1)", "(1½)", 1).replace("| −1 |", "| −5 |", 1)
    found = desk.change_rubric("q1", 1, other, "ann", trial=False)
    assert found["items"] == [
        f"Item “{first.words}”: 1 → ½ point",
        f"Item “{second.words}”: 1 → 1½ points",
        f"False statement “{scheme.mistakes[0].text}”: −1 → −5",
    ]
    said = desk.undo(0, "ann")["message"]
    assert said == "Undone: Q1, mark scheme changed. 2 scores moved, 0 answers are on look again."
    store.close()


def test_a_request_about_an_overruled_answer_waits_until_somebody_decides(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, ANSWERS)
    store, desk, alice = course.store(), desk_of(course), course.grade_id("alice")

    def page() -> str:
        return desk.question(visitor(desk, "bob"), "q1", Wanted.ALL, alice)

    assert store.add_requests([Asked("line 2", "alice", "Q1", "1A", "I named it.")], None) == []
    assert "This answer has no mark that counts. Save one first." in page()
    store.save(mark(store, alice, "q1.1a"))
    assert "Keep the mark" in page()
    course.type_in_formgrader("alice", manual_score=4.0)
    assert "The formgrader’s 4 points count. Decide about them first." in page()
    store.close()


def test_a_second_mark_says_how_many_there_are(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, ANSWERS)
    store, desk = course.store(), desk_of(course)
    for student in ANSWERS:
        assert desk.save(mark(store, course.grade_id(student), "q1.1a"), Wanted.UNMARKED)["second"] is None
    store.sample(1.0)
    found = desk.save(second_mark(store, course.grade_id("bert"), "q1.1a"), Wanted.SECOND)
    assert found["second"] == {"given": 1, "of": 2}
    store.close()


def statements(work: Callable[[], object]) -> int:
    """Return how often ``work`` asks the database."""
    asked = []

    def count(*arguments: object) -> None:
        asked.append(arguments)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(asked)


def of_a_class(folder: Path, count: int) -> dict[str, int]:
    """Return by page how often it asks the database, in a class in which everything is in many answers."""
    folder.mkdir()
    texts = {f"s{number}": {"q1": f"The gradient of the layers vanishes. {number % 2}"} for number in range(count)}
    course = DeskCourse.make(folder, texts)
    store, desk = course.store(), desk_of(course)
    *marked, last = [each.grade_id for each in store.queue("q1")]
    for each in marked:
        store.save(mark(store, each, "q1.1a"))
    store.sample(1.0)
    for each in marked:
        store.save(second_mark(store, each, "q1.1b"))
    course.type_in_formgrader(store.students()[marked[0]], manual_score=9.0)
    ann, wish = visitor(desk, "ann"), mark(store, last, "q1.1a")
    desk.home(ann)
    pages = {
        "home": lambda: desk.home(ann),
        "compare": lambda: desk.compare(ann, marked[0], last),
        "group": lambda: desk.group(ann, marked[0]),
        "agreement": lambda: desk.agreement(ann),
        "similar": lambda: desk.similar(ann),
        "requests": lambda: desk.requests(ann),
        "log": lambda: desk.log(ann, ""),
        "save": lambda: desk.save(wish, Wanted.UNMARKED),
    }
    pages |= {each: partial(desk.question, ann, "q1", each, marked[0]) for each in Wanted}
    asked = {name: statements(page) for name, page in pages.items()}
    store.close()
    return asked


def test_a_page_asks_the_database_as_often_in_a_large_class_as_in_a_small_one(tmp_path: Path) -> None:
    small = of_a_class(tmp_path / "small", 6)
    assert max(small.values()) < 70
    assert of_a_class(tmp_path / "large", 18) == small


def test_pairs_that_are_alike_are_listed_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [" ".join(str(random.Random(f"{pair} {n}").random()) for n in range(8)) for pair in range(2)]
    course = DeskCourse.make(tmp_path, {f"s{n}": {"q1": f"My own run: {runs[n % 2]}."} for n in range(4)})
    course.store().close()
    monkeypatch.setattr(service, "_PAIRS", 1)
    desk = desk_of(course)
    first, last = (desk.similar(visitor(desk, "ann"), *which) for which in ((), ("q1", 1)))
    links = [re.findall(r"compare\?a=(\w+)&amp;b=(\w+)", page) for page in (first, last)]
    assert [len(each) for each in links] == [1, 1]
    assert set(links[0][0]) | set(links[1][0]) == {course.grade_id(f"s{n}") for n in range(4)}
    assert "Pairs 1 to 1 of 2" in first
    assert 'href="/desk/similar?question=q1&amp;start=1"' in first
    assert "Pairs 2 to 2 of 2" in last
    assert "More of" not in last


def test_an_answer_that_is_not_read_yet_is_not_offered_for_marking(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, ANSWERS)
    for student in ANSWERS:
        course.notebook_of(student).rename(tmp_path / student)
    desk = desk_of(course)
    assert 'id="mark"' not in desk.question(visitor(desk, "bob"), "q1", Wanted.UNMARKED, "")
    assert "Not read yet" in desk.question(visitor(desk, "bob"), "q1", Wanted.UNMARKED, course.grade_id("bert"))
    (tmp_path / "bert").rename(course.notebook_of("bert"))
    store = course.store()
    assert store.answer(course.grade_id("bert")).status.state is State.OPEN
    store.close()
    assert "a long product" in desk.question(visitor(desk, "bob"), "q1", Wanted.UNMARKED, "")


def test_a_page_shows_what_a_half_point_asks_for_and_why_nothing_is_left(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, ANSWERS)
    store, desk = course.store(), desk_of(course)
    page = desk.question(visitor(desk, "bob"), "q1", Wanted.UNMARKED, "")
    conditions = [item.condition for item in store.rubric("q1").scheme.items.values() if item.condition]
    assert "½ for one of the two" in conditions
    assert page.count('class="condition"') == len(conditions)
    assert all(f">{html.escape(each, quote=False)}" in page for each in conditions)

    alice, bert = map(course.grade_id, ANSWERS)
    store.claim(alice, "ann")
    store.save(mark(store, bert, "q1.1a"))
    empty = desk.question(visitor(desk, "bob"), "q1", Wanted.UNMARKED, "")
    assert "1 answer is open at ann’s desk." in empty
    assert "Every answer of this question is marked" not in empty
    store.close()


def test_a_group_says_which_answers_are_marked_already_and_that_their_marks_differ(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, dict.fromkeys(("alice", "bert", "carl"), ANSWERS["alice"]))
    store, desk = course.store(), desk_of(course)
    alice, bert, carl = map(course.grade_id, ("alice", "bert", "carl"))
    store.save(mark(store, alice, "q1.1a", "q1.1b"))
    store.save(mark(store, bert, "q1.1a", by="bob"))
    page = desk.question(visitor(desk, "bob"), "q1", Wanted.UNMARKED, carl)
    assert "The marks of these answers differ: 1, 2 points." in page
    assert f"{alice[:6]} (marked, 2 points by ann)" in page
    assert f"{bert[:6]} (marked, 1 point by bob)" in page
    assert " checked>" not in page[page.index('id="also"') : page.index("</fieldset>")]
    store.close()
