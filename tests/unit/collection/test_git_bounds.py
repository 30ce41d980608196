"""Whatever a repository holds, git uses bounded time, memory and output, and one pull request stops no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.assignment.course_folder import CourseFolder
from autograder.collection.pull_requests import collect_pulls
from autograder.collection.roster import Roster
from autograder.collection.take import take_pull_request
from autograder.git import Change, GitFailed, Repository
from tests.support.hub import BEFORE, NOTEBOOK, File, Hub
from tests.support.samples import RELEASE

ROSTER = Roster({name: name for name in ("ann", "bob", "cyd")}, {}, {})


@pytest.fixture(scope="module")
def hub(need_git: None, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    hub = Hub.released(tmp_path_factory.mktemp("hub") / "hub.git", {NOTEBOOK: File(RELEASE.read_bytes())})
    for number, name in enumerate(("ann", "bob"), 1):
        hub.pull_request(number, {NOTEBOOK: File(f'{{"by": "{name}"}}'.encode())}, name)
    return hub


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    root = tmp_path / "course"
    root.mkdir()
    return CourseFolder(root, "sqlite://", RELEASE, "submitted", "autograded")


def wide(hub: Hub, leaf: str, levels: int) -> str:
    """Return a tree of ten to the power of ``levels`` times ``leaf``, in as many objects as levels."""
    for _ in range(levels):
        leaf = hub.tree("".join(f"{leaf}\td{number}\n" for number in range(10)))
        leaf = f"040000 tree {leaf}"
    return leaf.split()[-1]


def file(hub: Hub) -> str:
    return f"100644 blob {hub.blob(b'x')}"


def chain(hub: Hub) -> str:
    """Return a tree of 200 folders, each in the one before, with long names."""
    commit = hub.commit({f"{'n' * 250}/" * 200 + "x": File(b"x")}, "cyd")
    return hub.git("rev-parse", f"{commit}^{{tree}}").decode().strip()


def doubled(hub: Hub) -> str:
    """Return a tree that names one file 12,000 times, which git itself would not write."""
    entry = b"100644 x\0" + bytes.fromhex(hub.blob(b"x"))
    return hub.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=entry * 12_000).decode().strip()


BOMBS: dict[str, Callable[[Hub], str]] = {
    "a million files in 7 objects": lambda hub: wide(hub, file(hub), 6),
    "a million million files": lambda hub: wide(hub, file(hub), 12),
    "a million million empty folders": lambda hub: wide(hub, f"040000 tree {hub.tree('')}", 12),
    "names of megabytes together": chain,
    "one name very often": doubled,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_pull_request_that_blows_up_is_refused_alone(
    bomb: str, hub: Hub, course: CourseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.git._MOST_BYTES", 4 * 2**20)
    tree = BOMBS[bomb](hub)
    files = hub.git("ls-tree", hub.heads[1]).decode() + f"040000 tree {tree}\tzzz\n"
    hub.open(3, hub.commit_tree(hub.tree(files), hub.main, "cyd", BEFORE))
    outcome = {each.student: each for each in collect_pulls(str(hub.folder), course, ROSTER).collected}
    assert {student: str(each.status) for student, each in outcome.items()} == {
        "ann": "new",
        "bob": "new",
        "cyd": "refused",
    }
    assert "commit the notebook alone" in outcome["cyd"].reason


def entries(hub: Hub, *names: bytes) -> str:
    """Return a tree with names that git itself would not write."""
    listed = b"".join(b"100644 %s\0" % name + bytes.fromhex(hub.blob(b"x")) for name in names)
    return hub.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=listed).decode().strip()


#: Commits that a hostile program writes: each changes the raw text of one by cyd.
ODD_COMMITS: dict[str, tuple[bytes, bytes]] = {
    "an author of escape sequences and formulas": (
        rb"^author .* <",
        b"author =1+1\x1b[2J\x1b]0;x\x07\xe2\x80\xae::error::x <",
    ),
    "an author without an address": (rb"^author .* <.*>", b"author <>"),
    "an author who is a classmate": (rb"^author .* <.*>", b"author ann <ann@example.org>"),
    "a message of megabytes": (rb"^My answers", b"\x1b[31m" * 500_000),
    "a header that there is not": (rb"^committer", b"encoding \xff\x00x\nodd " + b"x" * 100_000 + b"\ncommitter"),
    "two trees": (rb"^(tree .*)", rb"\1\n\1"),
}


@pytest.mark.parametrize("odd", [*ODD_COMMITS, "names that lead out", "names for a terminal"])
def test_pull_request_that_no_git_would_write_changes_no_other(odd: str, hub: Hub, course: CourseFolder) -> None:
    if odd in ODD_COMMITS:
        head = hub.forged(hub.commit({NOTEBOOK: File(b'{"by": "cyd"}')}, "cyd"), *ODD_COMMITS[odd])
    else:
        names = (
            (b".", b"..", b".git", b"a/b", b"C:\\x") if odd.endswith("out") else (b"\x1b[2J", b"a\nb", b"\xff", b"=1+1")
        )
        files = hub.git("ls-tree", hub.heads[1]).decode() + f"040000 tree {entries(hub, *names)}\tzzz\n"
        head = hub.commit_tree(hub.tree(files), hub.main, "cyd", BEFORE)
    hub.open(3, head)
    collected = collect_pulls(str(hub.folder), course, ROSTER).collected
    outcome = {each.student: str(each.status) for each in collected}
    assert (outcome["ann"], outcome["bob"]) == ("new", "new")
    assert [course.submission(name).read_text() for name in ("ann", "bob")] == ['{"by": "ann"}', '{"by": "bob"}']
    assert all(f"{each.student}{each.origin}{each.reason}".isprintable() for each in collected)
    assert all(path.is_relative_to(course.root / "submitted") for path in course.root.rglob("*.ipynb"))


def test_workflow_says_of_a_pull_request_with_a_million_files_what_is_wrong(hub: Hub, tmp_path: Path) -> None:
    files = hub.git("ls-tree", hub.heads[1]).decode() + f"040000 tree {wide(hub, file(hub), 6)}\tzzz\n"
    head = hub.commit_tree(hub.tree(files), hub.main, "cyd", BEFORE)
    clone = Hub.holding(hub.folder, tmp_path / "clone")
    clone.git("fetch", "-q", str(hub.folder), head)
    clone.git("update-ref", "HEAD", head)
    with pytest.raises(GitFailed, match="changes more than 10,000 files and folders: commit the notebook alone"):
        take_pull_request(Repository(clone.folder), "HEAD", NOTEBOOK, hub.main, "cyd", tmp_path / "taken")


def test_changes_are_those_of_git_diff(hub: Hub) -> None:
    base = hub.commit(
        {"kept": File(b"1"), "gone": File(b"1"), "was/a": File(b"1"), "was_file": File(b"1"), "kind": File(b"1")}, "ann"
    )
    head = hub.commit(
        {
            "gone": File(None),
            "was/a": File(None),
            "was": File(b"2"),
            "was_file": File(None),
            "was_file/a\nb": File(b"2"),
            "kind": File(b"target", "120000"),
            NOTEBOOK: File(RELEASE.read_bytes(), "100755"),
        },
        "ann",
        parent=base,
    )
    listed = hub.git("diff-tree", "-r", "-z", "--no-renames", "--name-status", base, head).decode().split("\0")
    expected = sorted(zip(listed[0:-1:2], listed[1::2], strict=True), key=lambda each: each[1])
    assert [(each.status, each.path) for each in Repository(hub.folder).changes(base, head)] == expected
    assert Change("T", "kind") in Repository(hub.folder).changes(base, head)


def test_head_that_lacks_objects_is_refused_alone(hub: Hub, course: CourseFolder) -> None:
    """A server refuses to send such a head, and with it all others of that fetch."""
    hub.open(3, hub.forged(hub.heads[1], rb"^tree .*", b"tree " + b"1" * 40))
    outcome = {each.student or each.origin: each for each in collect_pulls(str(hub.folder), course, ROSTER).collected}
    assert {student: str(each.status) for student, each in outcome.items()} == {
        "ann": "new",
        "bob": "new",
        "pull request #3": "refused",
    }
    assert "cannot be fetched" in outcome["pull request #3"].reason


def git_that(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Put a program named git on the PATH."""
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Repository(folder)


@pytest.mark.parametrize(
    "does",
    ["exec sleep 600", "trap '' TERM; exec >&- 2>&-; while :; do sleep 1; done", "while :; do echo x >&2; done"],
    ids=["waits", "ignores SIGTERM", "complains without end"],
)
def test_git_that_does_not_end_is_stopped(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.git._GRACE", 0.05)
    with pytest.raises(GitFailed, match=r"git log took longer than 0\.1 seconds and was stopped"):
        git_that(does, tmp_path, monkeypatch).run("log", seconds=0.1)


def test_output_of_git_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.git._MOST_BYTES", 2**20)
    with pytest.raises(GitFailed, match="git log wrote more than 1 MiB and was stopped"):
        git_that("exec yes", tmp_path, monkeypatch).run("log")


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux limits another process")
def test_memory_of_git_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = "while [ $(ulimit -Sd) = unlimited ]; do :; done; ulimit -Sd"
    assert int(git_that(waits, tmp_path, monkeypatch).run("log", seconds=10)) == 2 * 2**20, "in KiB"


def test_words_of_a_repository_move_no_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complains = r"printf 'remote: \033[2J\033]0;x\007::error::no\342\200\256\n' >&2; exit 1"
    with pytest.raises(GitFailed, match=r"^git log: remote: ∷error∷no$"):
        git_that(complains, tmp_path, monkeypatch).run("log")
