"""The desk of one server: what only instructors may do there, and answers that nobody has read yet."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from autograder.marking.scheme import render
from autograder.nbgrader_bridge.desk.model import DeskProblem, State, Wanted
from autograder.nbgrader_bridge.desk.pages import Visitor
from autograder.nbgrader_bridge.desk.service import Desk
from autograder.nbgrader_bridge.desk.settings import MarkingDesk
from tests.support.desk import DeskCourse, mark
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
    desk.undo(event, "ann")
    assert store.rubric("q1").rev == 3

    with pytest.raises(DeskProblem, match="by instructors"):
        desk.question(visitor(desk, "bob"), "q1", Wanted.RESOLVE, "")
    with pytest.raises(DeskProblem, match="by instructors"):
        desk.save(mark(store, course.grade_id("alice"), "q1.1b", by="bob", resolves=True), Wanted.RESOLVE)
    assert "/rubric" in desk.home(visitor(desk, "ann"))
    assert "/rubric" not in desk.home(visitor(desk, "bob"))
    store.close()


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
