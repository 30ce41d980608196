"""Collecting pull requests: the right notebook, from the right commit, of the right student, and the right refusals."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autograder.course.collect import CannotCollect, Collected
from autograder.course.collect_pulls import collect_pulls
from autograder.course.folders import CourseFolder
from autograder.course.roster import Roster, load_roster
from tests.course import Course
from tests.hub import AFTER, BEFORE, DEADLINE, IDENTITY, NOTEBOOK, File, Hub, link
from tests.samples import RELEASE

STUDENTS = ("ann", "bob", "cas", "dee")
ROSTER = Roster({name: f"{name}-id" for name in STUDENTS}, {}, {})
UNTOUCHED = RELEASE.read_bytes()


def answers(text: str) -> dict[str, File]:
    return {NOTEBOOK: File(f'{{"cells": [], "metadata": {{"by": "{text}"}}}}'.encode())}


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    origin = tmp_path / "origin"
    (origin / NOTEBOOK).parent.mkdir(parents=True)
    (origin / NOTEBOOK).write_bytes(UNTOUCHED)
    for command in ("git init -q -b main", "git add .", "git commit -qm Release"):
        dates = {"GIT_AUTHOR_DATE": "2027-01-01T00:00Z", "GIT_COMMITTER_DATE": "2027-01-01T00:00Z"}
        subprocess.run(command.split(), cwd=origin, env=os.environ | IDENTITY | dates, check=True)
    return Hub.holding(origin, tmp_path / "hub.git")


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    root = tmp_path / "course"
    root.mkdir()
    return CourseFolder(root, "sqlite://", "course", RELEASE, "submitted", "autograded")


def collect(hub: Hub, course: CourseFolder, roster: Roster = ROSTER, deadline: datetime | None = DEADLINE) -> list:
    return collect_pulls(str(hub.folder), course, roster, deadline)


def only(collected: list[Collected]) -> Collected:
    assert len(collected) == 1, collected
    return collected[0]


def provenance(course: CourseFolder, student: str) -> dict:
    return json.loads(course.submission(student).with_name("provenance.json").read_text())


def test_notebook_comes_with_its_commit_and_its_time(hub: Hub, course: CourseFolder) -> None:
    commit = hub.pull_request(7, answers("ann"), "Ann")
    found = only(collect(hub, course))
    assert (found.status, found.student) == ("new", "ann-id")
    assert course.submission("ann-id").read_bytes() == answers("ann")[NOTEBOOK].content
    told = provenance(course, "ann-id")
    assert (told["pull_request"], told["commit"]) == (7, commit)
    timestamp = course.submission("ann-id").with_name("timestamp.txt").read_text()
    assert timestamp == "2027-01-30 12:00:00.000000 UTC\n"


def test_notebook_is_all_that_is_taken(hub: Hub, course: CourseFolder) -> None:
    files = answers("ann") | {
        ".github/workflows/grade.yml": File(b"on: push"),
        "autograder/__init__.py": File(b"raise SystemExit"),
        "a b\nc.ipynb": File(b"{}"),
        "numpy.py": File(b""),
        "submitted/bob-id/weight_initialization/weight_initialization.ipynb": File(b"{}"),
        ".gitattributes": File(b"*.ipynb filter=evil eol=crlf"),
    }
    hub.open(1, hub.commit(files, "ann", above=True))
    assert only(collect(hub, course)).status == "new"
    written = sorted(str(p.relative_to(course.root)) for p in (course.root / "submitted").rglob("*") if p.is_file())
    folder = "submitted/ann-id/weight_initialization"
    assert written == [
        f"{folder}/{name}" for name in ("provenance.json", "timestamp.txt", "weight_initialization.ipynb")
    ]
    assert course.submission("ann-id").read_bytes() == answers("ann")[NOTEBOOK].content


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({NOTEBOOK: link("/etc/passwd")}, "symbolic link"),
        ({NOTEBOOK: File(b" " * 100_000_000)}, "95 MiB"),
        ({NOTEBOOK: File(None)}, "edit the notebook in place"),
        ({NOTEBOOK: File(None), f"{NOTEBOOK}/x": File(b"")}, "is a folder"),
    ],
    ids=["link", "100 MB", "deleted", "folder"],
)
def test_what_is_no_notebook_is_refused_and_keeps_nobody_else_from_being_collected(
    files: dict[str, File], says: str, hub: Hub, course: CourseFolder
) -> None:
    hub.pull_request(1, files, "ann")
    hub.pull_request(2, answers("bob"), "bob")
    refused, taken = collect(hub, course)
    assert (refused.status, taken.status) == ("refused", "new")
    assert says in refused.reason
    assert not course.submission("ann-id").exists()


# --- the deadline ---------------------------------------------------------------------------------------


def test_latest_commit_before_the_deadline_counts(hub: Hub, course: CourseFolder) -> None:
    first = hub.commit(answers("first"), "ann", BEFORE - timedelta(days=1))
    second = hub.commit(answers("second"), "ann", BEFORE, parent=first)
    hub.open(1, hub.commit(answers("late"), "ann", AFTER, parent=second))
    assert only(collect(hub, course)).status == "new"
    assert provenance(course, "ann-id")["commit"] == second


def test_without_a_deadline_the_head_counts(hub: Hub, course: CourseFolder) -> None:
    late = hub.open(1, hub.commit(answers("late"), "ann", AFTER, parent=hub.commit(answers("1"), "ann")))
    collect(hub, course, deadline=None)
    assert provenance(course, "ann-id")["commit"] == late


def test_nothing_before_the_deadline_is_refused_and_says_when_it_came(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("late"), "ann", AFTER)
    found = only(collect(hub, course))
    assert found.status == "refused"
    assert "no commit from before the deadline; its first is of 2027-02-02 12:00 UTC" in found.reason


def test_force_push_after_the_deadline_takes_nothing_away(hub: Hub, course: CourseFolder) -> None:
    before = hub.pull_request(1, answers("in time"), "ann", BEFORE)
    collect(hub, course)
    hub.pull_request(1, answers("rewritten"), "ann", AFTER)
    found = only(collect(hub, course))
    assert found.status == "same"
    assert "force-pushed" in found.reason
    assert provenance(course, "ann-id")["commit"] == before


def test_force_push_with_a_date_from_before_the_deadline_is_pointed_out(hub: Hub, course: CourseFolder) -> None:
    """Its date is the student's own word: collected in time, another commit was there."""
    past = datetime.now(tz=BEFORE.tzinfo) - timedelta(days=2)
    hub.pull_request(1, answers("in time"), "ann", past)
    collect(hub, course, deadline=None)
    hub.pull_request(1, answers("backdated"), "ann", past)
    found = only(collect(hub, course, deadline=datetime.now(tz=BEFORE.tzinfo) - timedelta(days=1)))
    assert found.status == "changed"
    assert "force-pushed since it was first collected, and its commit was first seen after the deadline" in found.reason


# --- again ----------------------------------------------------------------------------------------------


def test_collecting_again_takes_what_is_new_and_leaves_what_is_the_same(hub: Hub, course: CourseFolder) -> None:
    first = hub.pull_request(1, answers("ann"), "ann")
    hub.pull_request(2, answers("bob"), "bob")
    collect(hub, course)
    for student in ("ann-id", "bob-id"):
        course.autograded_folder(student).mkdir(parents=True)
    second = hub.open(1, hub.commit(answers("better"), "ann", BEFORE, parent=first))
    assert [(each.student, each.status) for each in collect(hub, course)] == [("ann-id", "changed"), ("bob-id", "same")]
    assert provenance(course, "ann-id")["commit"] == second
    assert not course.autograded_folder("ann-id").exists(), "nbgrader has to autograde it again"
    assert course.autograded_folder("bob-id").exists()


def test_merged_pull_request_still_counts(hub: Hub, course: CourseFolder) -> None:
    commit = hub.pull_request(1, answers("ann"), "ann")
    hub.git("update-ref", "refs/heads/main", commit)
    collect(hub, course)
    assert provenance(course, "ann-id")["commit"] == commit


# --- whose it is ----------------------------------------------------------------------------------------


def test_of_two_pull_requests_by_one_student_the_newer_counts(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("old"), "ann", BEFORE - timedelta(hours=1))
    newer = hub.pull_request(2, answers("new"), "ann", BEFORE)
    roster = Roster({}, {}, {1: "ann-id", 2: "ann-id"})
    older, counts = collect(hub, course, roster)
    assert (older.status, counts.status) == ("refused", "new")
    assert "pull request #2 of this student is newer" in older.reason
    assert provenance(course, "ann-id")["commit"] == newer


def test_broken_one_of_two_pull_requests_does_not_lose_the_other(hub: Hub, course: CourseFolder) -> None:
    good = hub.pull_request(1, answers("good"), "ann", BEFORE - timedelta(hours=1))
    hub.pull_request(2, {NOTEBOOK: link("x")}, "ann", BEFORE)
    collect(hub, course, Roster({}, {}, {1: "ann-id", 2: "ann-id"}))
    assert provenance(course, "ann-id")["commit"] == good


def test_two_that_only_claim_to_be_the_same_student_wait_for_a_person(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("ann"), "ann", BEFORE - timedelta(hours=1))
    hub.pull_request(2, answers("mallory, as ann"), "ann", BEFORE)
    found = collect(hub, course)
    assert {each.status for each in found} == {"refused"}
    assert "#1, #2 all claim to be ann-id's, by their commits alone" in found[0].reason


def test_forged_author_does_not_take_the_place_of_a_known_pull_request(hub: Hub, course: CourseFolder) -> None:
    commit = hub.pull_request(1, answers("ann"), "ann", BEFORE - timedelta(hours=1))
    hub.pull_request(2, answers("mallory, as ann"), "ann", BEFORE)
    found = collect(hub, course, Roster(ROSTER.by_login, {}, {1: "ann-id"}))
    assert [each.status for each in found] == ["new", "refused"]
    assert provenance(course, "ann-id")["commit"] == commit


def test_what_only_the_commit_says_is_told(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("ann"), "ann")
    assert "whose it is, only its commits say, which anybody can write" in only(collect(hub, course)).reason
    assert provenance(course, "ann-id")["identity"] == "claimed by the commit"


def test_stranger_is_refused_by_name(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("eve"), "eve")
    assert "nobody in the roster goes with the author of its last commit" in only(collect(hub, course)).reason


def test_github_itself_says_who_opened_it_where_gh_can_be_asked(
    hub: Hub, course: CourseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit says ann; GitHub says that bob opened it, and GitHub is believed."""
    commit = hub.pull_request(1, answers("bob"), "ann")
    gh = tmp_path / "bin/gh"
    gh.parent.mkdir()
    gh.write_text(
        '#!/bin/sh\ncase "$*" in *"--hostname github.test"*repos/org/course/pulls*) echo "1 Bob";; *) exit 1;; esac\n'
    )
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gh.parent}{os.pathsep}{os.environ['PATH']}")
    for name, value in {
        "COUNT": "1",
        "KEY_0": f"url.{hub.folder}.insteadOf",
        "VALUE_0": "https://github.test/org/course",
    }.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    found = only(collect_pulls("https://github.test/org/course", course, ROSTER, DEADLINE))
    assert (found.student, found.status, found.reason) == ("bob-id", "new", "")
    assert provenance(course, "bob-id") | {"first_seen": None} == {
        "repository": "org/course",
        "pull_request": 1,
        "commit": commit,
        "committed": "2027-01-30T12:00:00+00:00",
        "first_seen": None,
        "login": "Bob",
        "identity": "sure",
        "path": NOTEBOOK,
    }


# --- the roster -----------------------------------------------------------------------------------------


def test_roster_is_read_with_whatever_columns_it_has(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(
        "\ufeffStudent ID,GitHub,name,Email,Pull Request\nann-id,@Ann,Ann A,Ann@x.org,3 #5\n,,,,\n", "utf-8"
    )
    assert load_roster(file) == Roster({"ann": "ann-id"}, {"ann@x.org": "ann-id"}, {3: "ann-id", 5: "ann-id"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("name,student\nann,ann-id\n", "no column 'github'"),
        ("github,student\nann,../../etc\n", "line 2 .* '../../etc'"),
        ("github,student\nann,\n", "line 2 .* student id ''"),
        ("github,student\nann,a\nANN,b\n", "line 3 .* gives ann to b, and another line to a"),
        ("github,student,pull_request\nann,a,seven\n", "'seven' for a pull request's number"),
    ],
)
def test_roster_that_cannot_be_meant_is_refused_with_its_line(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(CannotCollect, match=says):
        load_roster(file)


# --- the command ----------------------------------------------------------------------------------------


def test_command_collects_and_says_what_to_look_at(hub: Hub, tmp_path: Path) -> None:
    course = Course.make(tmp_path / "c")
    hub.pull_request(1, answers("ann"), "ann")
    hub.pull_request(2, {NOTEBOOK: link("x")}, "bob")
    (course.folder / "roster.csv").write_text("github,student\nann,ann-id\nbob,bob-id\n")
    command = ("autograder", "collect", str(hub.folder), "--roster", "roster.csv")
    said = course.run(*command, "--deadline", "2027-01-31T23:59+00:00")
    assert re.search(r"^new      ann-id: look at it: whose it is", said, re.MULTILINE)
    assert "pull request #2: not collected:" in said
    assert "1 new, 0 changed, 0 same" in said
    assert (course.folder / "submitted/ann-id/weight_initialization/weight_initialization.ipynb").exists()
    assert "say the time zone" in course.run(*command, "--deadline", "2027-01-31", expect=2)
    assert "cannot be fetched" in course.run(*command[:2], "/nowhere", *command[3:], expect=2)
