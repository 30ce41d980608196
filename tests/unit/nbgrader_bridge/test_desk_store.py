"""The marking desk's store, on SQLite and on PostgreSQL.

``DESK_RACE=300 DESK_KILLS=50`` in the environment makes the race and the killing as long as they were designed for.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, text

from autograder.assignment.questions import NAME
from autograder.marking.scheme import Mistake, Scheme
from autograder.marking.score import points
from autograder.nbgrader_bridge.desk import tables
from autograder.nbgrader_bridge.desk.model import (
    Conflict,
    ConflictKind,
    DeskFault,
    DeskProblem,
    Left,
    Neighbours,
    RequestState,
    SaveMark,
    Slot,
    State,
    Typed,
    Wanted,
)
from autograder.nbgrader_bridge.desk.regrade_requests import Asked
from autograder.nbgrader_bridge.desk.store import Store
from autograder.nbgrader_bridge.gradebook import Grades, SubmissionId, write_grades
from tests.support.desk import DeskCourse, mark, released_on, second_mark
from tests.support.missing import need
from tests.support.postgresql import postgresql, programs

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

SAME = "The gradient of the early layers vanishes, because it is a product of many small factors."
ANSWERS = {
    "alice": {"q1": SAME},
    "bert": {"q1": f"  {SAME}\n"},
    "cleo": {"q1": SAME.replace("gradient", "gradeint")},
    "dora": {"q1": SAME.replace("early", "last")},
    "emil": {"q1": "<script>alert(1)</script>\n\n$x_1$ " + "word " * 40},
}
FIRST = ("q1.1a", "q1.1b", "q1.2a")


#: Processes begin as copies of one that has the store loaded already: nbgrader takes seconds for that.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([Store.__module__])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    tools = need(programs)
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder, postgresql(Path(folder), tools) as address:
        yield address


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def new_db_url(request: pytest.FixtureRequest) -> Callable[[], str]:
    """What makes the address of a gradebook without submissions; "" stands for a file."""
    if request.param == "SQLite":
        return str
    server = request.getfixturevalue("server")
    return lambda: released_on(server)


@pytest.fixture(scope="module")
def original(new_db_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> DeskCourse:
    made = DeskCourse.make(tmp_path_factory.mktemp("original"), ANSWERS, new_db_url())
    made.store().close()
    return made


@pytest.fixture
def course(original: DeskCourse, tmp_path: Path) -> DeskCourse:
    return original.copy(tmp_path)


@pytest.fixture
def store(course: DeskCourse) -> Iterator[Store]:
    opened = course.store()
    yield opened
    opened.close()


def first_costs(store: Store, points: float) -> Scheme:
    """Return the mark scheme of Q1 with another cost of its first false statement."""
    scheme = store.rubric("q1").scheme
    assert scheme is not None
    first, *others = scheme.mistakes
    return replace(scheme, mistakes=(replace(first, points=points), *others))


def refused(store: Store, wish: object, kind: ConflictKind) -> Conflict:
    with pytest.raises(Conflict) as caught:
        store.save(wish)
    assert caught.value.kind is kind
    return caught.value


def test_a_saved_mark_is_score_comment_and_log_at_once(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    saved = store.save(mark(store, answer, *FIRST, note="Well *said*."))
    score, comment, needs = course.in_formgrader("alice")
    assert (saved.score, score, needs, saved.progress.done) == (3.0, 3.0, False, 1)
    assert comment is not None
    assert comment.startswith("- 1 of 1: What vanishes")
    assert comment.endswith("Well *said*.")
    (event,) = store.log(answer)
    assert (event.by, event.action, event.before["score"], event.after["score"]) == ("ann", "save", None, 3.0)
    assert "alice" not in repr((store.answer(answer), store.queue("q1"), store.log()))


def test_what_changed_since_the_page_was_loaded_is_refused_and_named(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    anns, bobs = mark(store, answer, *FIRST), mark(store, answer, "q1.1a", by="bob")
    store.save(anns)
    conflict = refused(store, bobs, ConflictKind.MARK)
    assert (conflict.by, conflict.score, set(conflict.given), conflict.rev) == ("ann", 3.0, set(FIRST), 1)
    assert "ann gave 3" in str(conflict)

    late = mark(store, answer, "q1.1a", by="bob")
    course.type_in_formgrader("alice", manual_score=9.0)
    assert refused(store, late, ConflictKind.FORMGRADER).score == 9.0

    other = mark(store, course.grade_id("dora"))
    course.write("dora", {"q1": "Another answer."})
    store.index(course.notebook_of)
    refused(store, other, ConflictKind.ANSWER)

    old = mark(store, course.grade_id("emil"))
    store.change_rubric(first_costs(store, -2.0), 1, "cat")
    assert refused(store, old, ConflictKind.RUBRIC).by == "cat"
    assert course.in_formgrader("emil") == (None, None, True)
    assert len(store.log(course.grade_id("emil"))) == 0


def test_identical_answers_and_slips_are_marked_together_and_a_turned_word_never(
    course: DeskCourse, store: Store
) -> None:
    alice, bert, cleo, dora = (course.grade_id(each) for each in ("alice", "bert", "cleo", "dora"))
    assert {member.grade_id for member in store.group(alice)} == {alice, bert, cleo}
    with pytest.raises(DeskProblem, match="only identical answers"):
        store.save(mark(store, alice, *FIRST, also=(bert, dora)))
    assert course.in_formgrader("bert") == (None, None, True)  # whole or absent
    saved = store.save(mark(store, alice, *FIRST, also=(bert, cleo)))
    assert [course.in_formgrader(each)[0] for each in ANSWERS] == [3.0, 3.0, 3.0, None, None]
    store.save(mark(store, bert, "q1.1a"))
    with pytest.raises(Conflict):
        store.undo(saved.event, "ann")
    assert course.in_formgrader("cleo")[0] == 3.0


def test_a_mark_for_a_group_changes_marks_that_the_marker_saw_and_no_others(course: DeskCourse, store: Store) -> None:
    alice, bert, cleo = (course.grade_id(each) for each in ("alice", "bert", "cleo"))
    store.save(mark(store, alice, *FIRST))
    store.save(mark(store, bert, "q1.1a", by="bob"))
    members = {each.grade_id: each for each in store.group(alice)}
    assert [(each.marked, each.score, each.rev, each.by) for each in (members[bert], members[cleo])] == [
        (True, 1.0, 1, "bob"),
        (False, None, 0, ""),
    ]
    seen = {each: members[each].rev for each in (bert, cleo)}
    saved = store.save(replace(mark(store, alice, "q1.1a", "q1.1b"), also=seen))
    assert [course.in_formgrader(each)[0] for each in ("alice", "bert", "cleo")] == [2.0, 2.0, 2.0]
    entry = store.log(bert)[-1]
    assert (entry.by, entry.before["score"], entry.before["mark"]["by"], entry.batch) == (
        "ann",
        1.0,
        "bob",
        saved.event,
    )

    late = replace(mark(store, alice, *FIRST), also=seen)  # bob's is another mark by now
    assert refused(store, late, ConflictKind.MARK).grade_id == bert
    store.undo(saved.event, "ann")
    assert [course.in_formgrader(each)[0] for each in ("alice", "bert", "cleo")] == [3.0, 1.0, None]
    course.type_in_formgrader("bert", manual_score=9.0)
    typed = replace(mark(store, alice, *FIRST), also={bert: store.answer(bert).status.rev})
    assert refused(store, typed, ConflictKind.FORMGRADER).grade_id == bert


def test_groups_and_pairs_are_those_of_the_answers_that_are_there(course: DeskCourse, store: Store) -> None:
    alice, bert, dora, emil = (course.grade_id(each) for each in ("alice", "bert", "dora", "emil"))
    own_run = " ".join(str(random.Random(seed).random()) for seed in range(8))
    for student in ("dora", "emil"):
        course.write(student, {"q1": f"My own run: {own_run}."})
    store.index(course.notebook_of)
    pair = tuple(sorted((dora, emil)))
    (found,) = store.similar("q1").pairs
    assert ((found.one, found.other), found.question) == (pair, "q1")
    assert store.similar("q1", 1).pairs == store.similar("q2").pairs == ()
    assert store.similar("q1", 1).total == 1
    with create_engine(course.db_url).begin() as connection:  # as after an index that was interrupted
        connection.execute(
            text("UPDATE desk_answer SET sha256 = 'x', source = 'Other.' WHERE grade_id = :id"), {"id": bert}
        )
    with pytest.raises(DeskProblem, match="only identical answers"):
        store.save(mark(store, alice, *FIRST, also=(bert,)))
    course.write("emil", {"q1": "Nothing."})
    store.index(course.notebook_of)
    assert store.similar("q1").pairs == ()
    assert {member.grade_id for member in store.group(alice)} >= {alice, bert}


def test_undo_is_a_new_entry_that_brings_back_what_was_there(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    course.type_in_formgrader("alice", manual_score=7.0)
    assert store.answer(answer).status.without_items
    first = store.save(mark(store, answer, *FIRST))
    second = store.save(mark(store, answer, "q1.1a"))
    with pytest.raises(Conflict, match=r"it, or its mark scheme, changed later\. Nothing was undone"):
        store.undo(first.event, "ann")  # the later one is undone first
    undone = store.undo(second.event, "ann")
    assert (undone.score, undone.mark and undone.mark.given, undone.action) == (3.0, {"q1.1a": 1.0}, "save")
    assert store.answer(answer).mark is not None
    with pytest.raises(DeskProblem, match="undone already"):
        store.undo(second.event, "ann")
    assert store.undo(first.event, "ann").score == 7.0
    with pytest.raises(DeskProblem, match="no entry 99"):
        store.undo(99, "ann")
    assert [(event.action, event.undone) for event in store.log(answer)] == [
        ("save", True),
        ("save", True),
        ("undo", False),
        ("undo", False),
    ]
    other = store.save(mark(store, course.grade_id("bert"), "q1.1a"))
    store.undo(other.event, "ann")
    assert course.in_formgrader("bert") == (None, None, True)
    assert store.answer(course.grade_id("bert")).status.state is State.OPEN


def test_a_marker_goes_back_step_by_step_over_saves_and_changed_schemes(course: DeskCourse, store: Store) -> None:
    """Each step back ends where the step began, though the marks have later revisions by then."""

    def state() -> list[object]:
        return [*(course.in_formgrader(each) for each in ANSWERS), store.rubric("q1").source_sha256]

    alice, dora, found = course.grade_id("alice"), course.grade_id("dora"), [state()]
    for step in (
        lambda: store.save(mark(store, alice, *FIRST, "q1.e1")),
        lambda: store.save(mark(store, dora, *FIRST)),
        lambda: store.save(mark(store, alice, "q1.1a", "q1.1b", "q1.e1")),
        lambda: store.change_rubric(first_costs(store, -2.0), store.rubric("q1").rev, "ann"),
        lambda: store.change_rubric(first_costs(store, -1.5), store.rubric("q1").rev, "ann"),
        lambda: store.save(mark(store, dora, "q1.1a")),
    ):
        step()
        found.append(state())
    store.save(mark(store, course.grade_id("emil"), by="bob"))
    store.undo(store.log(course.grade_id("emil"))[-1].id, "bob")  # which is nobody else's step
    actions = []
    for expected in found[-2::-1]:
        undone = store.undo_newest("ann")
        assert undone is not None
        actions.append((undone.action, undone.grade_id))
        assert state() == expected
    assert actions == [("save", dora), ("rubric", ""), ("rubric", ""), ("save", alice), ("save", dora), ("save", alice)]
    assert store.undo_newest("ann") is None
    store.save(mark(store, dora, *FIRST))
    assert store.undo_newest("ann") is not None
    assert store.undo_newest("ann") is None


def test_a_step_back_stops_where_somebody_else_came(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    store.save(mark(store, answer, *FIRST))
    store.save(mark(store, answer, *FIRST, "q1.e1", by="bob"))
    with pytest.raises(Conflict, match=rf"Q1, answer {answer[:6]}: bob marked it later\. Nothing was undone"):
        store.undo_newest("ann")
    with pytest.raises(DeskProblem, match="cannot be undone"):
        store.undo(store.change_rubric(first_costs(store, -2.0), 1, "bob"), "ann", schemes=False)
    with pytest.raises(Conflict, match="its mark scheme, changed later"):
        store.undo(store.log(answer)[1].id, "bob")
    for _ in "scheme", "mark":
        assert store.undo_newest("bob") is not None
    assert store.undo_newest("ann") is not None  # hers stands again
    assert course.in_formgrader("alice") == (None, None, True)


def test_the_formgraders_score_and_words_count_until_somebody_settles_them(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    store.save(mark(store, answer, *FIRST))
    course.type_in_formgrader("alice", manual_score=8.0, comment="My words.")
    status = store.answer(answer).status
    assert (status.overruled, status.comment_edited, status.score) == (True, True, 8.0)
    assert [each.grade_id for each in store.queue("q1", Wanted.OVERRULED)] == [answer]

    store.change_rubric(first_costs(store, -2.0), 1, "cat")
    assert course.in_formgrader("alice") == (8.0, "My words.", False)

    store.settle(answer, "bob", take=True)
    taken = store.answer(answer).mark
    assert taken is not None
    assert (taken.adjustment, course.in_formgrader("alice")) == (5.0, (8.0, "My words.", False))
    store.save(mark(store, answer, "q1.1a"))
    assert course.in_formgrader("alice")[:2] == (1.0, "My words.")
    with pytest.raises(DeskProblem, match="comment of the formgrader stays"):
        store.save(mark(store, answer, "q1.1a", note="Mine."))
    store.save(mark(store, answer, "q1.1a", note="Mine.", compose=True))
    assert course.in_formgrader("alice")[1].endswith("Mine.")

    course.type_in_formgrader("alice", manual_score=None, extra_credit=1.0)  # what a stale page writes
    assert store.questions()[0].overruled == 1
    store.settle(answer, "bob", take=False)
    assert course.in_formgrader("alice")[0] == 1.0
    course.type_in_formgrader("alice", manual_score=12.0)
    with pytest.raises(DeskProblem, match="no adjustment"):
        store.settle(answer, "bob", take=True)


def test_all_that_was_typed_in_the_formgrader_is_listed(course: DeskCourse, store: Store) -> None:
    ids = {student: course.grade_id(student) for student in ANSWERS}
    for student in ("alice", "bert", "cleo"):
        store.save(mark(store, ids[student], *FIRST))
    assert store.typed() == ()
    course.type_in_formgrader("alice", comment="My words.")
    course.type_in_formgrader("bert", manual_score=None, extra_credit=1.0)
    course.type_in_formgrader("dora", manual_score=4.0)
    course.type_in_formgrader("emil", comment="My words.")
    course.type_in_formgrader("emil", "q2", extra_credit=0.0, comment="")
    nothing = {"scored": False, "marked": True, "comment": False, "extra": 0.0}
    expected = [
        Typed(ids["alice"], "q1", 3.0, **{**nothing, "comment": True}),
        Typed(ids["bert"], "q1", None, **{**nothing, "scored": True, "extra": 1.0}),
        Typed(ids["dora"], "q1", 4.0, **{**nothing, "scored": True, "marked": False}),
        Typed(ids["emil"], "q1", None, **{**nothing, "comment": True, "marked": False}),
    ]
    assert sorted(store.typed(), key=lambda each: each.grade_id) == sorted(expected, key=lambda each: each.grade_id)
    listed = {each.grade_id: each for each in store.queue("q1", Wanted.OVERRULED)}
    assert listed.keys() == {each.grade_id for each in expected}
    assert [listed[ids[each]].comment_edited for each in ("alice", "bert", "emil")] == [True, False, True]
    assert (listed[ids["bert"]].extra, store.answer(ids["bert"], Slot.SECOND).status.extra) == (1.0, 0.0)
    assert store.numbers("q1", "ann", *Wanted) == {
        Wanted.UNMARKED: 1,
        Wanted.MINE: 3,
        Wanted.LOOK: 0,
        Wanted.STALE: 0,
        Wanted.OVERRULED: 4,
        Wanted.SECOND: 0,
        Wanted.RESOLVE: 0,
        Wanted.ALL: 5,
    }
    progress = store.question("q1")
    assert (progress.done, progress.overruled, progress.without_items, progress.unmarked) == (3, 1, 1, 1)
    assert progress.lists.items() <= store.numbers("q1", "ann", *Wanted).items()


def test_a_comment_is_written_over_none_that_the_marker_did_not_see(course: DeskCourse, store: Store) -> None:
    alice, bert = course.grade_id("alice"), course.grade_id("bert")
    course.type_in_formgrader("bert", comment="My words.")
    with pytest.raises(DeskProblem, match=f"answer {bert[:6]} has a comment of the formgrader"):
        store.save(mark(store, alice, *FIRST, also=[bert], note="Mine.", compose=True))
    assert course.in_formgrader("alice") == (None, None, True)
    store.save(mark(store, alice, *FIRST, also=[bert], compose=True))
    assert course.in_formgrader("bert")[:2] == (3.0, "My words.")


def test_a_changed_scheme_moves_exactly_the_scores_that_rest_on_it_and_one_step_brings_them_back(
    course: DeskCourse, store: Store
) -> None:
    with_mistake, without = course.grade_id("alice"), course.grade_id("dora")
    store.save(mark(store, with_mistake, *FIRST, "q1.e1"))
    store.save(mark(store, without, *FIRST))
    before = [course.in_formgrader(each) for each in ANSWERS]
    changed = first_costs(store, -2.0)
    assert [(move.key, move.before, move.after) for move in store.propose_rubric(changed).moves] == [
        (with_mistake, 2.0, 1.0)
    ]
    event = store.change_rubric(changed, 1, "cat")
    assert (course.in_formgrader("alice")[0], course.in_formgrader("dora")) == (1.0, before[3])
    assert "−2" in str(course.in_formgrader("alice")[1])
    assert store.rubric("q1").drift
    store.undo(event, "cat")
    assert [course.in_formgrader(each) for each in ANSWERS] == before
    assert (store.rubric("q1").rev, store.rubric("q1").drift) == (3, False)


def test_answers_marked_before_an_item_was_new_can_be_put_on_the_list_to_look_at(
    course: DeskCourse, store: Store
) -> None:
    marked = [course.grade_id(each) for each in ("alice", "dora")]
    for each in marked:
        store.save(mark(store, each, *FIRST))
    scheme = store.rubric("q1").scheme
    assert scheme is not None
    more = replace(scheme, mistakes=(*scheme.mistakes, Mistake("", -1.0, "Gradients are weights")))
    found = store.propose_rubric(more)
    assert (found.added, found.moves, set(found.without)) == (("Gradients are weights",), (), set(marked))
    event = store.change_rubric(more, 1, "cat", look=True)
    assert {each.grade_id for each in store.queue("q1", Wanted.LOOK)} == set(marked)
    store.undo(event, "cat")
    assert store.queue("q1", Wanted.LOOK) == ()
    store.change_rubric(more, 3, "cat")
    assert store.queue("q1", Wanted.LOOK) == ()
    assert [each.action for each in store.log(moved=True, most=2)] == ["undo", "rubric"]


def test_points_that_a_release_changed_stop_saving_with_a_sentence(course: DeskCourse, store: Store) -> None:
    wish = mark(store, course.grade_id("alice"), *FIRST)
    with Gradebook(course.db_url) as gradebook:
        gradebook.find_grade_cell("q1", NAME, NAME).max_score = 12.0
        gradebook.db.commit()
    said = "q1: the mark scheme gives 10 points, and the gradebook 12; change the mark scheme first"
    with pytest.raises(DeskProblem, match=said):
        store.save(wish)
    assert store.question("q1").problem.startswith(said)
    assert course.in_formgrader("alice") == (None, None, True)
    assert store.log() == ()


def submit_again(course: DeskCourse, student: str, text: str) -> object:
    course.write(student, {"q1": text})
    which = SubmissionId(course.db_url, student, NAME, NAME)
    return write_grades(which, Grades({"q1": None}, {"q1": None}, changed=["q1"], confirmed=[], unsure=[]))


def test_another_answer_makes_the_mark_stale_and_withdraws_its_comment(course: DeskCourse, store: Store) -> None:
    answer, kept = course.grade_id("alice"), course.grade_id("bert")
    for each in (answer, kept):
        store.save(mark(store, each, *FIRST))
    submit_again(course, "alice", "Something else.")
    course.write("bert", ANSWERS["bert"])
    assert course.in_formgrader("alice") == (None, None, True)
    assert store.index(course.notebook_of).changed == 1
    assert store.answer(answer).status.state is State.STALE
    assert (store.answer(kept).status.state, course.in_formgrader("bert")[0]) == (State.DONE, 3.0)
    assert answer in [each.grade_id for each in store.queue("q1", Wanted.UNMARKED)]
    assert store.log(answer)[-1].before["mark"]["given"] == dict.fromkeys(FIRST, 1.0)

    course.type_in_formgrader("bert", comment="My words.")
    submit_again(course, "bert", "Something else, too.")
    assert course.in_formgrader("bert") == (None, "My words.", True)


def test_a_gradebook_without_the_desk_keeps_typed_comments_and_gets_no_tables(tmp_path: Path) -> None:
    course = DeskCourse.make(tmp_path, {"alice": {"q1": SAME}})
    course.type_in_formgrader("alice", manual_score=4.0, comment="My words.", needs_manual_grade=False)
    dropped = submit_again(course, "alice", "Something else.")
    assert repr(dropped) == "{'q1': Dropped(points=4.0, keeps_comment=True)}"
    assert course.in_formgrader("alice") == (None, "My words.", True)
    with create_engine(course.db_url).connect() as connection:
        assert not tables.exist(connection)


def test_marks_survive_a_copy_into_an_empty_gradebook(course: DeskCourse, store: Store, tmp_path: Path) -> None:
    store.save(mark(store, course.grade_id("alice"), *FIRST, "q1.e1", adjustment=0.5, reason="Fine.", note="Hm."))
    store.save(mark(store, course.grade_id("emil"), "q1.1b"))
    store.undo_newest("ann")
    store.save(mark(store, course.grade_id("dora"), "q1.1a", state=State.LOOK))
    course.type_in_formgrader("dora", manual_score=6.0)
    for words in ("Well said.", "Half a sent"):
        store.use_comment("q1", words, "ann")
    store.remove_comment("q1", "Half a sent")
    with pytest.raises(DeskProblem, match="no such comment"):
        store.remove_comment("q1", "Half a sent")
    (tmp_path / "copy").mkdir()
    other = DeskCourse.make(tmp_path / "copy", ANSWERS)  # random ids of its own
    copy = other.store()
    assert copy.load(store.export()) == 3
    assert [other.in_formgrader(each) for each in ANSWERS] == [course.in_formgrader(each) for each in ANSWERS]
    lines = list(store.export())
    assert copy.export()[: len(lines)] == lines
    assert Counter(line.get("kind") for line in lines)["event"] == len(store.log()) == 4
    assert [each.undone for each in copy.log()[:4]] == [False, True, False, False]
    assert copy.answer(other.grade_id("dora")).status.overruled
    with pytest.raises(DeskProblem, match="has marks already"):
        copy.load(store.export())
    copy.close()


def test_tables_of_a_newer_version_are_refused_with_a_sentence(course: DeskCourse, store: Store) -> None:
    store.save(mark(store, course.grade_id("alice"), *FIRST))
    with create_engine(course.db_url).begin() as connection:
        connection.execute(text("UPDATE desk_meta SET value = '3' WHERE key = 'schema'"))
    with pytest.raises(DeskFault, match=r"have version 3, and this copy of the grader knows up to 2; use the newer"):
        Store(course.db_url, seed="2026")


def test_tables_of_an_earlier_version_get_the_columns_that_came_later(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    store.save(mark(store, answer, *FIRST))
    store.add_requests([Asked("line 2", "alice", "q1", "", "Please look again.")], None)
    store.close()
    with create_engine(course.db_url).begin() as connection:
        connection.execute(text("DROP INDEX desk_event_undoes"))
        connection.execute(text("ALTER TABLE desk_event DROP COLUMN undoes"))
        connection.execute(text("ALTER TABLE desk_request DROP COLUMN first_marker"))
        connection.execute(text("UPDATE desk_meta SET value = '1' WHERE key = 'schema'"))
    again = Store(course.db_url, seed="2026")
    again.save(mark(again, answer, "q1.1a", by="bob"))
    assert again.requests()[0].first_marker == "ann"
    assert again.undo_newest("bob") is not None
    again.close()


def test_requests_are_checked_line_by_line_and_answered_by_somebody_else(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    store.save(mark(store, answer, "q1.1a"))
    asked = [
        Asked("line 2", "alice", "q1", "q1.1b", "I named the cause in the second sentence."),
        Asked("line 3", "nobody", "q1", "q1.1b", "Please."),
        Asked("line 4", "alice", "q1", "q1.9z", "Please."),
        Asked("line 5", "alice", "q9", "", "Please."),
        Asked("line 6", "alice", "q1", "", "=cmd|' /C calc'!A0"),
        Asked("line 7", "alice", "q1", "", "long " * 1000),
    ]
    refused_lines = store.add_requests(asked, None)
    assert [line.partition(":")[0] for line in refused_lines] == [f"line {number}" for number in range(3, 8)]
    assert store.add_requests(asked[:1], None) == []
    store.save(mark(store, answer, "q1.1a", by="bob"))  # before bob replies
    (request,) = store.requests()
    assert request.first_marker == "ann"
    with pytest.raises(DeskProblem, match="another marker"):
        store.answer_request(request.id, "ann", "You are right.")
    for _ in range(2):
        store.answer_request(request.id, "bob", "You are right.", mark(store, answer, "q1.1b", by="bob", note="Hm."))
        assert store.requests()[0].first_marker == "ann"
        undone = store.undo_newest("bob")
        assert undone is not None
        assert undone.mark is not None
        assert undone.mark.note == "Hm."
        (request,) = store.requests()
        assert (request.state, request.reply) == (RequestState.OPEN, "")
        assert (undone.request, undone.reply) == (request.id, "You are right.")
        assert "You are right." not in str(course.in_formgrader("alice")[1])
    course.type_in_formgrader("alice", comment="My words.")
    with pytest.raises(DeskProblem, match="comment of the formgrader stays"):
        store.answer_request(request.id, "bob", "You are right.")
    store.answer_request(request.id, "bob", "You are right.", compose=True)
    assert "My words." not in str(course.in_formgrader("alice")[1])
    store.undo_newest("bob")
    wish = mark(store, answer, "q1.1a", "q1.1b", by="bob", compose=True)
    store.answer_request(request.id, "bob", "You are right.", wish)
    score, comment, _ = course.in_formgrader("alice")
    assert score == 2.0
    assert str(comment).endswith("About q1.1b: You are right.")
    assert store.requests()[0].state is RequestState.ACCEPTED
    assert any(line.get("reply") == "You are right." for line in store.export())


def test_next_leaves_out_what_others_look_at_and_what_is_theirs(course: DeskCourse, store: Store) -> None:
    order = [each.grade_id for each in store.queue("q1")]
    assert order != [each.grade_id for each in store.queue("q2")]
    assert store.next_of("q1", Wanted.UNMARKED, "ann", "") == order[0]
    assert store.claim(order[0], "bob").by == store.claim(order[0], "ann").by == "bob"
    assert store.next_of("q1", Wanted.UNMARKED, "ann", "") == order[1]
    assert store.next_of("q1", Wanted.UNMARKED, "ann", order[1]) == order[2]
    assert store.next_of("q1", Wanted.UNMARKED, "ann", order[-1]) == order[1]
    assert store.around("q1", Wanted.UNMARKED, "ann", order[1]) == Neighbours(order[0], order[2], 2, len(order))
    assert store.around("q1", Wanted.ALL, "ann", order[-1]) == Neighbours(order[-2], order[0], len(order), len(order))
    assert store.around("q1", Wanted.LOOK, "ann", order[1]) == Neighbours("", "")
    assert store.left("q1", "ann") == Left(unread=0, assigned={}, claimed={"bob": 1})
    store.leave(order[0], "ann")  # which is not hers
    assert store.claim(order[0], "ann").by == "bob"
    store.leave(order[0], "bob")
    assert store.claim(order[0], "ann").by == "ann"
    store.leave(order[0], "ann")
    store.assign("q1", {"ann": 1, "bob": 1})
    theirs = Counter(each.assigned for each in store.queue("q1"))
    assert theirs.keys() <= {"ann", "bob"}
    assert theirs.total() == len(order)
    bobs = [each.grade_id for each in store.queue("q1") if each.assigned == "bob"]
    assert store.next_of("q1", Wanted.UNMARKED, "bob", "") == ([*bobs, ""][0])
    anns = len(order) - len(bobs)
    assert store.left("q1", "bob") == Left(unread=0, assigned={"ann": anns} if anns else {}, claimed={})
    assert [each.grade_id for each in store.queue("q1", Wanted.MINE, "bob")] == bobs


def test_second_marks_are_drawn_hidden_and_compared(course: DeskCourse, store: Store) -> None:
    for student in ANSWERS:
        store.save(mark(store, course.grade_id(student), *FIRST[: len(student) % 3]))
    assert store.sample(0.4)["q1"] == store.sample(0.4)["q1"] == 2
    assert store.queue("q1", Wanted.SECOND, "ann") == ()
    for each in store.queue("q1", Wanted.SECOND, "bob"):
        answer = store.answer(each.grade_id, Slot.SECOND)
        assert (answer.status.score, answer.comment, answer.status.by) == (None, "", "")
        before = store.answer(each.grade_id)
        store.save(second_mark(store, each.grade_id, *FIRST))
        after = store.answer(each.grade_id)
        assert replace(after, status=replace(after.status, second=True)) == before
    found = store.agreement("q1")
    assert (found.agreement.n, found.items["q1.1a"].n) == (2, 2)


def test_nobody_gives_the_second_mark_of_an_answer_that_they_saved_before(course: DeskCourse, store: Store) -> None:
    alice, bert = course.grade_id("alice"), course.grade_id("bert")
    for each in (alice, bert):
        store.save(mark(store, each, "q1.1a", by="bob"))
    store.save(mark(store, alice, "q1.1b"))
    store.sample(1.0)
    waiting = {marker: store.numbers("q1", marker, Wanted.SECOND)[Wanted.SECOND] for marker in ("ann", "bob", "cat")}
    assert waiting == {"ann": 1, "bob": 0, "cat": 2}
    assert store.second_marks("q1") == (0, 2)
    second = store.save(second_mark(store, bert, "q1.1a", by="ann"))
    assert store.second_marks("q1") == (1, 2)
    assert store.numbers("q1", "cat", Wanted.SECOND, Wanted.RESOLVE) == {Wanted.SECOND: 1, Wanted.RESOLVE: 0}
    store.undo(second.event, "ann")
    assert [each.grade_id for each in store.queue("q1", Wanted.SECOND, "ann")] == [bert]


def test_two_marks_are_resolved_by_a_third_and_agreement_stays(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    store.save(mark(store, answer, "q1.1a"))
    with pytest.raises(DeskProblem, match="does not have two marks"):
        store.save(mark(store, answer, *FIRST, by="cat", resolves=True))
    store.sample(1.0)
    store.save(second_mark(store, answer, *FIRST, "q1.e1"))
    before = store.agreement("q1")
    (both,) = before.answers
    assert (both.first.by, both.first.score, both.second.by, both.second.score) == ("ann", 1.0, "bob", 2.0)
    assert (both.differ, both.open, both.score) == (("q1.1b", "q1.2a", "q1.e1"), True, 1.0)

    resolved = store.save(mark(store, answer, "q1.1a", "q1.1b", by="cat", resolves=True))
    assert course.in_formgrader("alice")[0] == 2.0
    (after,) = store.agreement("q1").answers
    assert (after.resolved_by, after.open, after.score, after.first) == ("cat", False, 2.0, both.first)
    assert store.agreement("q1").agreement == before.agreement
    assert store.log(answer)[-1].action == "resolve"

    store.undo(resolved.event, "cat")
    assert course.in_formgrader("alice")[0] == 1.0
    assert store.agreement("q1").answers == (both,)
    store.change_rubric(first_costs(store, -2.0), 1, "cat")
    assert [each.second.score for each in store.agreement("q1").answers] == [1.0]


def test_a_later_mark_counts_and_the_two_stay_what_they_were(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    store.save(mark(store, answer, "q1.1a", adjustment=0.5, reason="Fine."))
    store.sample(1.0)
    store.save(second_mark(store, answer, *FIRST))
    (before,) = store.agreement("q1").answers
    store.save(mark(store, answer, *FIRST, "q1.e1", by="bob"))
    (after,) = store.agreement("q1").answers
    assert (after.first, after.second, after.open) == (before.first, before.second, True)
    assert (before.by, before.score, after.by, after.score) == ("ann", 1.5, "bob", 2.0)
    store.save(second_mark(store, answer, "q1.1b"))  # bob's is still the second one
    assert [each.first for each in store.agreement("q1").answers] == [before.first]
    with pytest.raises(DeskProblem, match="another marker than the first"):
        store.save(second_mark(store, answer, "q1.1b", by="ann"))
    store.resolve(answer, Slot.FIRST, "cat")
    assert course.in_formgrader("alice")[0] == 1.5
    assert [(each.resolved_by, each.first) for each in store.agreement("q1").answers] == [("cat", before.first)]


def test_hostile_answers_are_kept_as_text_and_shown_without_scripts(course: DeskCourse, store: Store) -> None:
    answer = store.answer(course.grade_id("emil"))
    assert "<script" in answer.source
    assert "<script" not in answer.html
    assert "<math" in answer.html
    assert store.index(course.notebook_of).changed == 0


def test_a_removed_submission_leaves_its_entries_in_the_log_alone(course: DeskCourse, store: Store) -> None:
    answer = course.grade_id("alice")
    store.save(mark(store, answer, *FIRST))
    with Gradebook(course.db_url) as gradebook:
        gradebook.remove_submission(NAME, "alice")
    store.index(course.notebook_of)
    assert len(store.queue("q1")) == len(ANSWERS) - 1
    assert [event.grade_id for event in store.log()] == [answer]
    with pytest.raises(DeskProblem, match="no such answer"):
        store.answer(answer)


def _first_marks(db_url: str, by: str, wishes: list[SaveMark], start: Barrier, results: Queue[Counter[str]]) -> None:
    store, found = Store(db_url, seed="2026"), Counter[str]()
    start.wait()
    for wish in wishes:
        try:
            store.save(replace(wish, by=by))
            found["saved"] += 1
        except Conflict as conflict:
            found[conflict.kind] += 1
        except Exception as problem:  # noqa: BLE001 (any other error is what the test looks for)
            found[f"error: {problem}"] += 1
    results.put(found)


def test_two_markers_at_once_get_marks_and_conflicts_and_never_an_error(
    tmp_path: Path, new_db_url: Callable[[], str]
) -> None:
    count = int(os.environ.get("DESK_RACE", "20"))
    course = DeskCourse.make(
        tmp_path, {f"s{number}": {"q1": f"Answer {number}."} for number in range(count)}, new_db_url()
    )
    store = course.store()
    wishes = [mark(store, each.grade_id, *FIRST) for each in store.queue("q1")]
    start, results = PROCESSES.Barrier(2), PROCESSES.Queue()
    racers = [
        PROCESSES.Process(target=_first_marks, args=(course.db_url, by, wishes, start, results))
        for by in ("ann", "bob")
    ]
    for racer in racers:
        racer.start()
    one, other = results.get(), results.get()
    for racer in racers:
        racer.join()
    print(f"\n{count} answers, two markers: {dict(one)} and {dict(other)}")
    assert one + other == {"saved": count, ConflictKind.MARK: count}
    assert store.question("q1").done == count == len(store.log())
    store.close()


#: Three of them are one group.
KILLED = {"a": SAME, "b": SAME, "c": SAME, "d": "The product is small.", "e": "The loss is on a plateau."}


def _mark_for_ever(db_url: str, leader: str, told: str) -> None:
    """Save marks, marks of a group, and mark schemes, and write the log's number of each into the file ``told``."""
    store = Store(db_url, seed="2026")
    with open(told, "a", encoding="ascii") as file:

        def tell(event: int) -> None:
            file.write(f"{event}\n")
            file.flush()

        while True:
            for each in store.queue("q1"):
                if each.together == 1:
                    tell(store.save(mark(store, each.grade_id, *FIRST, "q1.e1")).event)
            if store.answer(leader).status.state is State.OPEN:
                also = tuple(each.grade_id for each in store.group(leader) if each.grade_id != leader)
                tell(store.save(mark(store, leader, *FIRST, also=also)).event)
            else:
                tell(store.undo(store.log(leader, most=1)[0].id, "ann").event)
            rev = store.rubric("q1").rev
            tell(store.change_rubric(first_costs(store, -1.0 - rev % 2), rev, "cat"))


def _check_whole(course: DeskCourse, store: Store, ids: dict[str, str]) -> None:
    """Score, comment, mark and log agree; the group is marked as a whole, and the mark scheme moved all scores."""
    answers = {student: store.answer(grade_id) for student, grade_id in ids.items()}
    assert len({(answers[each].status.state, answers[each].status.score) for each in "abc"}) == 1
    rubric = store.rubric("q1")
    assert rubric.scheme is not None
    for student, answer in answers.items():
        log, held = store.log(ids[student], most=1), answer.mark
        if held is None:
            assert log == ()
            continue
        assert (held.rev, asdict(held)["given"]) == (log[0].after["mark"]["rev"], log[0].after["mark"]["given"])
        score, comment, needs = course.in_formgrader(student)
        assert (score, comment, needs) == tuple(log[0].after[key] for key in ("score", "comment", "needs_manual_grade"))
        assert score == held.written_score
        if held.state is State.DONE:
            assert (held.rubric_rev, score) == (rubric.rev, points(rubric.scheme, held.given))
        else:
            assert (held.state, score) == (State.OPEN, None)


def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path: Path, new_db_url: Callable[[], str]) -> None:
    course = DeskCourse.make(tmp_path, {student: {"q1": answer} for student, answer in KILLED.items()}, new_db_url())
    store = course.store()
    ids = {student: course.grade_id(student) for student in KILLED}
    kills, told = int(os.environ.get("DESK_KILLS", "4")), tmp_path / "told"
    told.touch()
    for number in range(kills):
        # The first one lives until each kind of change has happened.
        enough = told.read_text("ascii").count("\n") + (random.randrange(1, 10) if number else 12)
        server = PROCESSES.Process(target=_mark_for_ever, args=(course.db_url, ids["a"], str(told)))
        server.start()
        while told.read_text("ascii").count("\n") < enough and server.is_alive():
            time.sleep(0.005)
        time.sleep(random.random() / 20)
        assert server.is_alive()
        os.kill(server.pid or 0, signal.SIGKILL)
        server.join()
        _check_whole(course, store, ids)
    acknowledged = {int(line) for line in told.read_text("ascii").splitlines()}
    log = store.log()
    assert acknowledged <= {event.id for event in log}
    for grade_id in ids.values():
        revs = [event.after["mark"]["rev"] for event in log if event.grade_id == grade_id]
        assert revs == list(range(1, len(revs) + 1))
    actions = Counter(event.action for event in log if event.id == event.batch)
    print(f"\n{kills} kills: {len(acknowledged)} acknowledged; in the log {actions.total()}: {dict(actions)}")
    assert actions.keys() == {"save", "undo", "rubric"}
    store.close()
