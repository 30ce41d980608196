"""`autograder mark`: what it prints, reads and refuses."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autograder.assignment.questions import WRITTEN
from autograder.cli.app import app
from autograder.cli.mark.opening import opened_store
from tests.support.desk import DeskCourse, mark, second_mark
from tests.support.samples import ROOT

ANSWERS = {"alice": {"q1": "The gradient vanishes."}, "bert": {"q1": "It explodes."}}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskCourse:
    folder = tmp_path / "course"
    folder.mkdir()
    for name in ("nbgrader_config.py", "course.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / "course-seed.txt").write_text("1\n", encoding="ascii")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("AUTOGRADER_GRADEBOOK", raising=False)
    return DeskCourse.make(folder, ANSWERS)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["mark", *arguments])


def test_progress_names_markers_and_fails_while_an_answer_is_open(course: DeskCourse) -> None:
    assert run("index").output == "12 answers, of which 12 are new or changed.\n"
    store = course.store()
    store.save(mark(store, course.grade_id("alice"), "q1.1a"))
    store.close()
    shown = run("progress")
    assert (shown.exit_code, shown.output.splitlines()[0]) == (0, "Q1  1 of 2 marked, ann: 1")
    assert run("progress", "--fail-if-open").exit_code == 1
    questions = json.loads(run("progress", "--json").output)
    assert [each["question"] for each in questions] == list(WRITTEN)
    entries = json.loads(run("log", "--student", "alice", "--json").output)
    assert [(each["student"], each["by"]) for each in entries] == [("alice", "ann")]


def test_requests_that_cannot_be_read_are_refused_with_a_line_each(course: DeskCourse) -> None:
    file = course.folder / "requests.csv"
    head = "student,question,item,reason\n"
    lines = ("alice,q1,q1.1a,I named it.", "alice,q1,,=cmd", "mallory,q1,,Please.", "alice,q1,1z,Please.")
    file.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    found = run("requests", str(file))
    assert found.exit_code == 2
    assert found.stdout == "1  q1.1a  open\n"
    assert [line.split("csv, ")[1][:6] for line in found.stderr.splitlines()] == ["line 3", "line 4", "line 5"]
    assert "the mark scheme of q1 has no item '1z'; it has 1a, 1b, 2a" in found.stderr
    file.write_text(f"{head}alice,Q1,1A,I named it.\nalice,Q1,1b,This.\nalice,q1,4,And this.\n", encoding="utf-8")
    assert run("requests", str(file)).output == "1  q1.1a  open\n2  q1.1b  open\n3  q1.4a  open\n"
    settings = course.folder / "course.toml"
    settings.write_text(f"{settings.read_text('utf-8')}until = 2020-01-01T00:00:00Z\n", encoding="utf-8")
    closed = run("requests", str(file))
    assert (closed.exit_code, "could ask until 2020-01-01 00:00 UTC" in closed.stderr) == (2, True)
    settings.write_text(settings.read_text("utf-8").replace("2020", "2999"), encoding="utf-8")
    file.write_text(head + "x" * 10_000_001, encoding="utf-8")
    assert "more than 10 MB" in run("requests", str(file)).stderr
    file.write_text("name,reason\n", encoding="utf-8")
    assert "must begin with the line student,question,item,reason" in run("requests", str(file)).stderr


def test_agreement_lists_the_answers_that_somebody_should_resolve(course: DeskCourse) -> None:
    store, alice = course.store(), course.grade_id("alice")
    for each in (alice, course.grade_id("bert")):
        store.save(mark(store, each, "q1.1a"))
    store.sample(1.0)
    store.save(second_mark(store, alice, "q1.1a", "q1.1b"))
    store.save(second_mark(store, course.grade_id("bert"), "q1.1a"))
    store.close()
    lines = run("agreement").output.splitlines()
    assert lines[0].startswith("Q1  2 answers: 0.50 points apart on average, 50% equal")
    assert lines[1] == f"    {alice}  ann 1, bob 2, differ in q1.1b"
    assert lines[2].startswith("Q2  ")
    assert len(json.loads(run("agreement", "--json").output)[0]["answers"]) == 2
    assert "no answer has an id that begins with 'x'" in run("resolve", "x", "first", "--by", "cat").stderr
    assert "several answers have ids that begin with ''" in run("resolve", "", "first", "--by", "cat").stderr
    resolved = run("resolve", alice[:6].upper(), "second", "--by", "cat")
    assert (resolved.exit_code, resolved.output) == (0, "2 points count. The log calls this entry 5.\n")
    assert course.in_formgrader("alice")[0] == 2.0
    assert run("agreement").output.splitlines()[:2] == [lines[0], lines[2]]
    refused = run("resolve", alice, "first", "--by", "cat")
    assert (refused.exit_code, "does not have two marks that differ" in refused.stderr) == (2, True)
    assert f"  resolve  q1  {alice[:6]}  alice: 1.0 → 2.0" in run("log").output
    (entry,) = [each for each in json.loads(run("log", "--json").output) if each["action"] == "resolve"]
    assert (entry["student"], entry["by"], entry["after"]["score"]) == ("alice", "cat", 2.0)


def test_what_students_see_of_the_scheme_is_the_courses_choice(course: DeskCourse) -> None:
    settings = course.folder / "course.toml"
    settings.write_text(settings.read_text("utf-8").replace('show_items = "all"', 'show_items = "none"'), "utf-8")
    run("index")
    with opened_store() as store:
        store.save(mark(store, course.grade_id("alice"), "q1.1a"))
    assert "- Core: 1 of 6" in str(course.in_formgrader("alice")[1])


def test_alike_answers_are_listed_with_their_students(course: DeskCourse) -> None:
    own_run = " ".join(str(random.Random(seed).random()) for seed in range(8))
    for student in ("alice", "bert"):
        course.write(student, {"q2": f"My own run: {own_run}."})
    run("index")
    assert run("similar").output == "q2  alice and bert are alike, look: 100% in common\n"
    (pair,) = json.loads(run("similar", "--json").output)
    assert (pair["question"], sorted(pair["students"]), pair["share"]) == ("q2", ["alice", "bert"], 1.0)


def test_marks_are_copied_in_an_order_that_stays(course: DeskCourse) -> None:
    store = course.store()
    store.save(mark(store, course.grade_id("alice"), "q1.1a"))
    store.close()
    for name in ("one.jsonl", "two.jsonl"):
        assert run("export", name).exit_code == 0
    assert Path("one.jsonl").read_bytes() == Path("two.jsonl").read_bytes()
    assert "has marks already" in run("import", "one.jsonl").stderr
    Path("bad.jsonl").write_text("{", encoding="utf-8")
    assert run("import", "bad.jsonl").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("assign", "q1"), "is no assignment"),
        (("assign", "q9=ann"), "no written question q9"),
        (("assign", "q1=ann:x"), "no marker's share"),
        (("sample", "--share", "many"), "is no share"),
        (("sample", "--share", "200%"), "up to 100 %"),
    ],
)
def test_wrong_arguments_are_refused_with_one_line(course: DeskCourse, arguments: tuple[str, ...], said: str) -> None:
    del course
    found = run(*arguments)
    assert (found.exit_code, said in found.stderr, found.stderr.count("\n")) == (2, True, 1)
