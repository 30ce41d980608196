"""Collecting pull requests takes the right notebook from the right commit of the right student, or refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autograder.assignment.course_folder import CourseFolder
from autograder.collection.files import collect as collect_files
from autograder.collection.members import CannotCollect
from autograder.collection.placing import Collected
from autograder.collection.pull_requests import collect_pulls
from autograder.collection.roster import Roster, load_roster
from autograder.collection.take import others
from autograder.git import Change, GitFailed, Repository
from autograder.report.pull_request import load_pull_request
from tests.support.commands import in_this_process
from tests.support.course import Course
from tests.support.hub import AFTER, BEFORE, DEADLINE, IDENTITY, NOTEBOOK, File, Hub, link
from tests.support.samples import ENVIRONMENT, RELEASE

STUDENTS = ("ann", "bob", "cas", "dee")
ROSTER = Roster({name: f"{name}-id" for name in STUDENTS}, {}, {})
UNTOUCHED = RELEASE.read_bytes()


def answers(text: str) -> dict[str, File]:
    return {NOTEBOOK: File(f'{{"cells": [], "metadata": {{"by": "{text}"}}}}'.encode())}


@pytest.fixture
def hub(need_git: None, tmp_path: Path) -> Hub:
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
    return CourseFolder(root, "sqlite://", RELEASE, "submitted", "autograded")


@dataclass
class Clock:
    """When the course collects; the hub's commits are dated around `DEADLINE`."""

    time: datetime = AFTER + timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("autograder.collection.first_seen.now", lambda: clock.time)
    return clock


def collect(hub: Hub, course: CourseFolder, roster: Roster = ROSTER, deadline: datetime | None = DEADLINE) -> list:
    return collect_pulls(str(hub.folder), course, roster, deadline).collected


def only(collected: list[Collected]) -> Collected:
    assert len(collected) == 1, collected
    return collected[0]


def timestamp(course: CourseFolder) -> str:
    return course.submission("ann-id").with_name("timestamp.txt").read_text()


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
    written = sorted(str(p.relative_to(course.root)) for p in (course.root / "submitted/ann-id").rglob("*.*"))
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
        ({NOTEBOOK: File(b"", "160000")}, "or a submodule"),
        ({NOTEBOOK: File(None), "assignment": link("../../..")}, "edit the notebook in place"),
        ({NOTEBOOK: File(None), NOTEBOOK.upper(): File(b"{}")}, "edit the notebook in place"),
    ],
    ids=["link", "100 MB", "deleted", "folder", "submodule", "link above", "other case"],
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


IN_TIME, LATE = BEFORE + timedelta(hours=1), AFTER


def test_force_push_after_the_deadline_takes_nothing_away(hub: Hub, course: CourseFolder) -> None:
    before = hub.pull_request(1, answers("in time"), "ann", BEFORE)
    collect(hub, course)
    hub.pull_request(1, answers("rewritten"), "ann", AFTER)
    found = only(collect(hub, course))
    assert found.status == "same"
    assert "force-pushed" in found.reason
    assert provenance(course, "ann-id")["commit"] == before


def test_force_push_with_a_date_from_before_the_deadline_is_pointed_out(
    hub: Hub, course: CourseFolder, clock: Clock
) -> None:
    """Its date is the student's own word, and the course saw nothing in time: it counts."""
    hub.pull_request(1, answers("first"), "ann", BEFORE)
    collect(hub, course)
    clock.time += timedelta(hours=1)
    backdated = hub.pull_request(1, answers("backdated"), "ann", BEFORE)
    found = only(collect(hub, course))
    assert found.status == "changed"
    assert "force-pushed since it was first collected" in found.reason
    assert f"commit {backdated[:12]} says that it is of 2027-01-30 12:00 UTC" in found.reason
    assert "first seen on 2027-02-03 13:00 UTC" in found.reason


def test_never_collected_before_the_dates_are_all_there_is(hub: Hub, course: CourseFolder) -> None:
    first = hub.commit(answers("first"), "ann", BEFORE)
    last = hub.open(1, hub.commit(answers("last"), "ann", BEFORE + timedelta(hours=1), parent=first))
    assert "before the deadline" not in only(collect(hub, course)).reason
    assert provenance(course, "ann-id")["commit"] == last


@pytest.mark.parametrize("forced", [False, True], ids=["fast-forward", "force-push"])
def test_what_was_seen_in_time_is_not_replaced_by_what_came_late_with_an_earlier_date(
    forced: bool, hub: Hub, course: CourseFolder, clock: Clock
) -> None:
    clock.time = IN_TIME
    seen = hub.pull_request(1, answers("in time"), "ann", BEFORE)
    collect(hub, course)
    clock.time = LATE
    parent = None if forced else seen
    late = hub.open(1, hub.commit(answers("late"), "ann", BEFORE + timedelta(hours=2), parent=parent))
    found = only(collect(hub, course))
    assert (found.status, provenance(course, "ann-id")["commit"]) == ("same", seen)
    assert f"commit {late[:12]} says that it is of 2027-01-30 14:00 UTC, before the deadline" in found.reason
    assert "what was seen in time counts" in found.reason
    assert ("force-pushed" in found.reason) == forced


def test_what_was_seen_in_time_is_in_time_whatever_its_date(hub: Hub, course: CourseFolder, clock: Clock) -> None:
    clock.time = IN_TIME
    seen = hub.pull_request(1, answers("a clock that is fast"), "ann", AFTER)
    collect(hub, course)
    clock.time = LATE
    assert only(collect(hub, course)).status == "same"
    assert (provenance(course, "ann-id")["commit"], timestamp(course)) == (seen, "2027-01-30 13:00:00.000000 UTC\n")


def test_work_committed_in_time_and_merged_into_the_branch_later_counts(hub: Hub, course: CourseFolder) -> None:
    side = hub.commit(answers("side branch"), "ann", BEFORE)
    own = hub.commit({"notes.txt": File(b"")}, "ann", BEFORE - timedelta(hours=1))
    hub.open(1, hub.merge(own, side, time=AFTER, login="ann"))
    assert only(collect(hub, course)).status == "new"
    assert provenance(course, "ann-id")["commit"] == side


def test_of_commits_with_the_same_or_a_wrong_date_the_one_nearest_to_the_head_counts(
    hub: Hub, course: CourseFolder
) -> None:
    first = hub.commit(answers("first"), "ann", BEFORE)
    same = hub.commit(answers("same second"), "ann", BEFORE, parent=first)
    earlier = hub.commit(answers("a slow clock"), "ann", BEFORE - timedelta(days=1), parent=same)
    hub.open(1, hub.commit(answers("late"), "ann", AFTER, parent=earlier))
    hub.open(2, hub.commit(answers("late"), "bob", AFTER, parent=same))
    collect(hub, course)
    assert provenance(course, "ann-id")["commit"] == earlier
    assert provenance(course, "bob-id")["commit"] == same


@pytest.mark.parametrize("date", [b"253402300800 +0000", b"99999999999999999999999 +0000", b"yesterday", b""])
def test_date_that_nobody_can_read_keeps_back_its_own_pull_request_alone(
    date: bytes, hub: Hub, course: CourseFolder
) -> None:
    honest = hub.commit(answers("ann"), "ann")
    hub.open(1, hub.forged(honest, rb"^(committer .*>).*", rb"\g<1> " + date))
    hub.pull_request(2, answers("bob"), "bob")
    refused, taken = collect(hub, course)
    assert (refused.student, refused.status, taken.status) == ("ann-id", "refused", "new")
    assert "has a date that cannot be read" in refused.reason


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


def test_same_notebook_at_another_time_is_autograded_again(hub: Hub, course: CourseFolder) -> None:
    """What being late costs is worked out at autograding."""
    hub.pull_request(1, answers("ann"), "ann", BEFORE)
    collect(hub, course)
    course.autograded_folder("ann-id").mkdir(parents=True)
    moved = hub.pull_request(1, answers("ann"), "ann", BEFORE + timedelta(hours=1))
    found = only(collect(hub, course))
    assert (found.status, provenance(course, "ann-id")["commit"]) == ("changed", moved)
    assert "the notebook is the same, but its submission time is not" in found.reason
    assert timestamp(course) == "2027-01-30 13:00:00.000000 UTC\n"
    assert not course.autograded_folder("ann-id").exists()


def test_same_notebook_of_another_pull_request_at_the_same_time_keeps_its_grade(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("ann"), "ann")
    roster = Roster({}, {}, {1: "ann-id", 2: "ann-id"})
    collect(hub, course, roster)
    course.autograded_folder("ann-id").mkdir(parents=True)
    hub.pull_request(2, answers("ann"), "ann")
    assert [each.status for each in collect(hub, course, roster)] == ["refused", "same"]
    assert provenance(course, "ann-id")["pull_request"] == 2
    assert course.autograded_folder("ann-id").exists()


def test_same_file_from_a_folder_keeps_what_is_known_of_it(hub: Hub, course: CourseFolder, tmp_path: Path) -> None:
    hub.pull_request(1, answers("ann"), "ann")
    collect(hub, course)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/ann-id.ipynb").write_bytes(answers("ann")[NOTEBOOK].content or b"")
    assert only(collect_files(tmp_path / "in", course).collected).status == "same"
    assert provenance(course, "ann-id")["pull_request"] == 1


def test_merged_pull_request_still_counts(hub: Hub, course: CourseFolder) -> None:
    main = hub.main
    early = hub.commit(answers("early"), "ann", BEFORE - timedelta(days=1))
    commit = hub.open(1, hub.commit(answers("ann"), "ann", parent=early))
    merged = hub.merge(main, commit, time=AFTER)
    hub.git("update-ref", "refs/heads/main", hub.commit({"more.txt": File(b"")}, "teacher", AFTER, parent=merged))
    assert "also changes" not in only(collect(hub, course)).reason
    assert provenance(course, "ann-id")["commit"] == commit
    assert "early" not in only(collect(hub, course, deadline=BEFORE - timedelta(hours=1))).reason
    assert provenance(course, "ann-id")["commit"] == early


def test_late_merged_pull_request_does_not_bring_what_others_had_merged_before(hub: Hub, course: CourseFolder) -> None:
    main = hub.main
    bob = hub.pull_request(1, answers("bob"), "bob", BEFORE)
    with_bob = hub.merge(main, bob, time=BEFORE)
    late = hub.open(2, hub.commit(answers("ann"), "ann", AFTER, parent=with_bob))
    hub.git("update-ref", "refs/heads/main", hub.merge(with_bob, late, time=AFTER))
    refused, taken = collect(hub, course)
    assert (refused.student, taken.student) == ("ann-id", "bob-id")
    assert "no commit from before the deadline; its first is of 2027-02-02 12:00 UTC" in refused.reason


@pytest.mark.parametrize("fast_forward", [False, True], ids=["reset to main", "merged by a fast-forward"])
@pytest.mark.parametrize("deadline", [None, DEADLINE], ids=["no deadline", "deadline"])
def test_pull_request_without_a_commit_of_its_own_replaces_nothing(
    deadline: datetime | None, fast_forward: bool, hub: Hub, course: CourseFolder, clock: Clock
) -> None:
    roster = Roster({}, {}, {1: "ann-id"})
    good = hub.pull_request(1, answers("good"), "ann")
    collect(hub, course, roster, None)
    if fast_forward:
        hub.git("update-ref", "refs/heads/main", good)
    else:
        hub.open(1, hub.main)
    clock.time += timedelta(hours=1)
    found = only(collect(hub, course, roster, deadline))
    if deadline and not fast_forward:
        assert (found.status, "force-pushed" in found.reason) == ("same", True)
    else:
        assert (found.status, "it has no commit of its own" in found.reason) == ("refused", True)
    assert provenance(course, "ann-id")["commit"] == good


def test_damaged_record_of_what_was_seen_stops_the_collection_and_says_what_to_do(
    hub: Hub, course: CourseFolder, clock: Clock
) -> None:
    commit = hub.pull_request(1, answers("ann"), "ann")
    collect(hub, course)
    record = course.root / "pulls.git/first-seen.json"
    for damaged in (record.read_text()[:-9], "[]", '{"a": 1}'):
        record.write_text(damaged)
        with pytest.raises(CannotCollect, match="put back a copy of it, or remove it"):
            collect(hub, course)
    record.unlink()
    clock.time += timedelta(days=1)
    assert only(collect(hub, course)).status == "same"
    assert provenance(course, "ann-id")["first_seen"] == clock.time.isoformat()
    assert json.loads(record.read_text()) == {commit: clock.time.isoformat()}


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


def test_forged_author_does_not_take_the_place_of_a_known_pull_request_that_was_refused(
    hub: Hub, course: CourseFolder
) -> None:
    hub.pull_request(1, answers("ann, late"), "ann", AFTER)
    hub.pull_request(2, answers("mallory, as ann"), "ann", BEFORE)
    found = {each.origin: each for each in collect(hub, course, Roster(ROSTER.by_login, {}, {1: "ann-id"}))}
    assert {each.status for each in found.values()} == {"refused"}
    assert "claim to be ann-id's, whose is pull request #1" in found["pull request #2"].reason
    assert not course.submission("ann-id").exists()


def test_login_that_a_company_manages_is_known_by_its_address(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("ann"), "ann_acme")
    assert only(collect(hub, course, Roster({"ann_acme": "ann-id"}, {}, {}))).student == "ann-id"


def test_who_of_the_roster_handed_in_nothing_is_told(hub: Hub, course: CourseFolder) -> None:
    hub.pull_request(1, answers("ann"), "ann")
    hub.pull_request(2, {NOTEBOOK: link("x")}, "bob")
    course.submission("cas-id").parent.mkdir(parents=True)
    course.submission("cas-id").write_bytes(b"{}")
    assert collect_pulls(str(hub.folder), course, ROSTER, DEADLINE).missing == ["dee-id"]


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
    says = 'case "$*" in *"--hostname github.test"*repos/org/course/pulls*) echo "1 Bob";; *) exit 1;; esac'
    published(hub, "https://github.test/org/course", says, tmp_path, monkeypatch)
    found = only(collect_pulls("https://github.test/org/course", course, ROSTER, DEADLINE).collected)
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
        "changed": [],
    }


def published(hub: Hub, address: str, gh_says: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have git find the hub at an address, and `gh` do what a line of shell does."""
    gh = folder / "bin/gh"
    gh.parent.mkdir()
    gh.write_text(f"#!/bin/sh\n{gh_says}\n")
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gh.parent}{os.pathsep}{os.environ['PATH']}")
    for name, value in {"COUNT": "1", "KEY_0": f"url.{hub.folder}.insteadOf", "VALUE_0": address}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)


def test_gh_that_fails_is_told_once(
    hub: Hub, course: CourseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.pull_request(1, answers("ann"), "ann")
    published(hub, "https://github.test/org/course", "echo log in first >&2; exit 4", tmp_path, monkeypatch)
    collection = collect_pulls("https://github.test/org/course", course, ROSTER, DEADLINE)
    assert collection.note.startswith("gh could not say who opened which pull request (log in first)")
    assert only(collection.collected).status == "new"


@pytest.mark.parametrize(
    ("address", "known_as"),
    [
        ("https://me:sesame@github.test/org/course.git", "org/course"),
        ("https://me:se@same@git.test:8443/deep/org/course", "https://git.test:8443/deep/org/course"),
    ],
)
def test_token_in_the_address_is_written_nowhere(
    address: str, known_as: str, hub: Hub, course: CourseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.pull_request(1, answers("ann"), "ann")
    published(hub, address, "exit 1", tmp_path, monkeypatch)
    collect_pulls(address, course, ROSTER, DEADLINE)
    assert provenance(course, "ann-id")["repository"] == known_as
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "url./nowhere.insteadOf")
    with pytest.raises(CannotCollect) as told:
        collect_pulls(address, course, ROSTER, DEADLINE)
    assert "same" not in str(told.value)


# --- what else it changes -------------------------------------------------------------------------------


def test_other_files_that_a_pull_request_changes_are_written_down(hub: Hub, course: CourseFolder) -> None:
    files = {
        "Autograder/x.py": File(b""),
        ".gitmodules": File(b'[submodule "x"]\n\tpath = x\n\turl = y\n\tignore = all\n'),
        "students/ann/notes.txt": File(b""),
        "a\nb.txt": File(b""),
    }
    hub.pull_request(1, answers("ann") | files, "ann")
    found = only(collect(hub, course))
    assert "it also changes how git reads files and the grader" in found.reason
    assert provenance(course, "ann-id")["changed"] == [
        {"path": ".gitmodules", "status": "A", "concerns": "how git reads files"},
        {"path": "Autograder/x.py", "status": "A", "concerns": "the grader"},
        {"path": "a b.txt", "status": "A", "concerns": None},
        {"path": "students/ann/notes.txt", "status": "A", "concerns": None},
    ]


def test_of_very_many_other_files_fifty_are_written_down(hub: Hub, course: CourseFolder) -> None:
    files = {f"many/{number:03}": File(b"") for number in range(80)} | {"makefile": File(b"")}
    hub.pull_request(1, answers("ann") | files, "ann")
    collect(hub, course)
    changed = provenance(course, "ann-id")["changed"]
    assert (len(changed), changed[0]["path"]) == (50, "makefile")


@pytest.mark.parametrize(
    ("path", "concerns"),
    [
        ("GNUmakefile", "the grader"),
        ("MAKEFILE", "the grader"),
        ("tests/test_x.py", "the grader"),
        (".GitHub/workflows/grade.yml", "the workflow"),
        (".gitattributes", "how git reads files"),
        (".gitmodules", "how git reads files"),
        (".devcontainer/devcontainer.json", "the development container"),
        ("docs/calibration.md", "the documentation"),
        ("Students/bob/x.ipynb", "another student's folder"),
        ("students/ann/x.ipynb", None),
        ("assignment/notes.md", None),
    ],
)
def test_what_a_changed_file_concerns(path: str, concerns: str | None) -> None:
    assert [each.concerns for each in others([Change("M", path)], NOTEBOOK, "Ann")] == [concerns]


def test_submodule_that_asks_to_be_ignored_is_listed(hub: Hub, tmp_path: Path) -> None:
    ignore = File(b'[submodule "x"]\n\tpath = x\n\turl = ./x\n\tignore = all\n')
    base = hub.commit({".gitmodules": ignore}, "teacher")
    hub.git("update-index", "--add", "--cacheinfo", f"160000,{base},x", GIT_INDEX_FILE=str(hub.folder / "index.test"))
    tree = hub.git("write-tree", GIT_INDEX_FILE=str(hub.folder / "index.test")).decode().strip()
    hub.git("update-ref", "refs/heads/main", hub.git("commit-tree", tree, "-p", base, "-m", "x").decode().strip())
    subprocess.run(["git", "clone", "-q", str(hub.folder), str(tmp_path / "clone")], check=True)
    changes = Repository(tmp_path / "clone").changes(base, "HEAD")
    assert changes == [Change("A", "x")]


def test_pull_request_without_a_common_history_is_taken_and_told(hub: Hub, course: CourseFolder) -> None:
    hub.open(1, hub.forged(hub.commit(answers("ann"), "ann"), rb"^parent .*\n", b""))
    found = only(collect(hub, course))
    assert (found.status, "it shares no history with the main branch" in found.reason) == ("new", True)


# --- one commit, as a workflow takes it -----------------------------------------------------------------


def checked_out(hub: Hub, commit: str, folder: Path) -> tuple[str, ...]:
    subprocess.run(["git", "clone", "-q", "--no-checkout", str(hub.folder), str(folder)], check=True)
    for command in (["fetch", "-q", "origin", commit], ["update-ref", "--no-deref", "HEAD", commit]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return "autograder", "take", "--github", "--repository", str(folder), "--base", hub.main, "--out", f"{folder}/taken"


def run(*command: str, expect: int) -> str:
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == expect, done.stdout
    return done.stdout


def test_summary_of_a_refused_notebook_lists_the_other_files_all_the_same(hub: Hub, tmp_path: Path) -> None:
    files = {NOTEBOOK: link("x"), "autograder/x.py": File(b""), ".github/workflows/x.yml": File(b"")}
    said = run(*checked_out(hub, hub.commit(files, "ann"), tmp_path / "clone"), expect=2)
    assert "symbolic link" in said
    assert "This pull request changes the workflow and the grader" in said
    told = load_pull_request(tmp_path / "clone/taken/pull-request.json")
    assert [each.path for each in told.changed] == [".github/workflows/x.yml", "autograder/x.py"]


def test_notebook_is_never_written_over_the_one_that_is_checked_out(hub: Hub, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    command = checked_out(hub, hub.commit(answers("ann"), "ann"), clone)
    edited = clone / NOTEBOOK
    edited.parent.mkdir(parents=True)
    edited.write_text("not committed yet")
    said = run(*command[:-1], str(edited.parent), expect=2)
    assert "name another folder by --out" in said
    assert edited.read_text() == "not committed yet"


def test_unrelated_history_is_refused_in_words(hub: Hub, tmp_path: Path) -> None:
    orphan = hub.forged(hub.commit(answers("ann"), "ann"), rb"^parent .*\n", b"")
    said = run(*checked_out(hub, orphan, tmp_path / "clone"), expect=2)
    assert "the pull request shares no history with the branch that it will be merged into" in said
    assert "exit status" not in said


# --- whoever calls git ----------------------------------------------------------------------------------


def test_callers_environment_and_settings_do_not_lead_git_elsewhere(
    hub: Hub, course: CourseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As inside a git hook, with settings that check all that is fetched, and show signatures."""
    commit = hub.commit(answers("ann"), "ann", above=True)
    signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    hub.open(1, hub.forged(commit, rb"\n\n", b"\n" + signature))
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    settings = tmp_path / "gitconfig"
    settings.write_text("[fetch]\n\tfsckObjects = true\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    for name in ("DIR", "COMMON_DIR", "WORK_TREE", "OBJECT_DIRECTORY", "INDEX_FILE"):
        monkeypatch.setenv(f"GIT_{name}", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_NAMESPACE", "other")
    collected = collect(hub, course)
    assert only(collected).status == "new"
    assert sorted(path.name for path in (tmp_path / "other/.git").iterdir()).count("first-seen.json") == 0


def test_revision_is_never_an_option(hub: Hub, tmp_path: Path) -> None:
    written = tmp_path / "written"
    repository = Repository(hub.folder)
    for call in (
        lambda: repository.commit(f"--output={written}"),
        lambda: repository.changes(f"--output={written}", "HEAD"),
        lambda: repository.changes("HEAD", f"--output={written}"),
        lambda: repository.entry("--name-only", NOTEBOOK),
    ):
        with pytest.raises(GitFailed, match=r"(?i)not a valid|unknown revision|bad revision"):
            call()
    assert not written.exists()


# --- the roster -----------------------------------------------------------------------------------------


def test_roster_is_read_with_whatever_columns_it_has(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(
        "\ufeffStudent ID,GitHub,name,Email,Pull Request\nann-id,@Ann,Ann A,Ann@x.org,3 #5\n,,,,\n", "utf-8"
    )
    assert load_roster(file) == Roster(
        {"ann": "ann-id"}, {"ann@x.org": "ann-id"}, {3: "ann-id", 5: "ann-id"}, by_name={"ann a": {"ann-id"}}
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("name,student\nann,ann-id\n", "no column 'github'"),
        ("github,student\nann,../../etc\n", "line 2 .* '../../etc'"),
        ('github,student\nann,"a\x1eb"\n', "line 2 .* student id 'a.x1eb'"),
        ("github,student\nann,\n", "line 2 .* student id ''"),
        ("github,student\nann,a\nANN,b\n", "line 3 .* gives ann to b, and another line to a"),
        ("github,student,pull_request\nann,a,seven\n", "'seven' for a pull request's number"),
        ("github,student_id,id\nann,a,b\n", "columns that mean the same, student_id, id"),
        ("github,student,pull_request\nann,a,0\n", "'0' for a pull request's number"),
        ("github,student,pull_request\nann,a,3 #-1\n", "'3 #-1' for a pull request's number"),
        ("github,student,pull_request\nann,a,1_0\n", "'1_0' for a pull request's number"),
        ("github,student,pull_request\nann,a,\u0663\n", "for a pull request's number"),
        (f"github,student\nann,{'a' * 140_000}\n", "cannot be read: line 2: field larger than field limit"),
        ("github,student\nann,a\nbob,b\nann2,a\n", "line 4 .* gives a the login ann2, and another line ann"),
        ("github,student,email\nann,a,\n,b,\n", "line 3 .* has no GitHub login for b"),
    ],
)
def test_roster_that_cannot_be_meant_is_refused_with_its_line(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(CannotCollect, match=says):
        load_roster(file, for_pull_requests=True)


# --- the command ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_command_collects_and_says_what_to_look_at(hub: Hub, tmp_path: Path) -> None:
    course = Course.make(tmp_path / "c")

    def said_by(*arguments: str, expect: int = 0) -> str:
        run = in_this_process("collect", *arguments, cwd=course.folder, COLUMNS="160")
        assert run.returncode == expect, run.stderr
        return run.stdout + run.stderr

    hub.pull_request(1, answers("ann"), "ann")
    hub.pull_request(2, {NOTEBOOK: link("x")}, "bob")
    (course.folder / "roster.csv").write_text("github,student\nann,ann-id\nbob,bob-id\ncas,cas-id\n")
    command = (str(hub.folder), "--roster", "roster.csv")
    said = said_by(*command, "--deadline", "2027-01-31T23:59+00:00")
    assert re.search(r"^new      ann-id: look at it: whose it is", said, re.MULTILINE)
    assert "bob-id: pull request #2: not collected:" in said
    assert "nothing from: cas-id\n" in said
    assert "1 new, 0 changed, 0 same" in said
    assert (course.folder / "submitted/ann-id/weight_initialization/weight_initialization.ipynb").exists()
    assert "add the time zone" in said_by(*command, "--deadline", "2027-01-31", expect=2)
    assert "there is no such file or folder" in said_by("/nowhere", *command[1:], expect=2)
    assert "for pull requests" in said_by(".", "--deadline", "2027-01-31T23:59+00:00", expect=2)
    assert "name the roster" in said_by(*command[:1], expect=2)
    assert "are for files" in said_by(*command, "--file-times", expect=2)
    for address in ("https://github.test/org/course", "git@github.test:org/course"):
        assert "is a repository: name the roster" in said_by(address, expect=2)
    assert "0 new, 0 changed, 1 same" in said_by(*command), "course.toml's deadline trips nothing"
