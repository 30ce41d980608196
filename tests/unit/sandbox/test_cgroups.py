"""A child's control group has its limits, and is made only where the system has delegated a group to the grader."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.limits import Limits
from autograder.sandbox import cgroups
from autograder.sandbox.cgroups import ControlGroups, join

LIMITS = Limits(memory_bytes=32 * 1024**2, scratch_bytes=1024**2, threads=20)
MOST = LIMITS.memory_bytes + LIMITS.scratch_bytes + 256 * 1024**2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out what the kernel shows of a delegated group in which two processes are."""
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / "cgroup.procs").write_text("")
    monkeypatch.setattr(cgroups, "_own_group", lambda: tmp_path)
    monkeypatch.setattr(os, "getxattr", lambda path, name: b"1" if name == "user.delegate" else b"")
    return tmp_path


def test_a_child_s_group_has_its_limits(folder: Path) -> None:
    groups = ControlGroups.delegated()
    assert groups is not None
    assert (folder / "cgroup.subtree_control").read_text() == "+memory +pids"
    group = groups.make(LIMITS)
    found = {file.name: file.read_text() for file in group.iterdir()}
    assert found == {
        "memory.max": str(MOST), "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": str(LIMITS.threads + 1),
    }  # fmt: skip
    join(group)
    assert (group / "cgroup.procs").read_text() == "0"


@pytest.mark.parametrize(
    ("events", "short"),
    [
        ("oom 0\noom_kill 0\n", False),
        ("oom 12\noom_kill 1\n", True),
        ("oom 0\noom_kill 1\n", False),  # the machine was short of memory
        ("oom 1\noom_kill 0\n", False),
    ],
)
def test_a_child_that_the_kernel_ended_at_its_own_limit_is_known(folder: Path, events: str, short: bool) -> None:
    group = folder / "child"
    group.mkdir()
    (group / "memory.events").write_text(events)
    assert ControlGroups(folder).remove(group) is short


def test_group_that_somebody_else_removed_ends_nothing(folder: Path) -> None:
    assert ControlGroups(folder).remove(folder / "child") is False


def test_only_groups_of_warm_processes_that_have_ended_are_cleared_away(folder: Path) -> None:
    left, used = (folder / f"autograder-child-{pid}-x" for pid in (2**22 + 1, os.getpid()))
    for group in (left, used):
        group.mkdir()
    assert ControlGroups.delegated() is not None
    assert used.exists()
    assert not left.exists()


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("no group of this kind", lambda folder, patch: patch.setattr(cgroups, "_own_group", lambda: None)),
        ("not delegated", lambda folder, patch: patch.setattr(os, "getxattr", lambda path, name: b"0")),
        ("no memory controller", lambda folder, patch: (folder / "cgroup.controllers").write_text("cpu pids\n")),
        ("no rights", lambda folder, patch: (folder / "cgroup.subtree_control").mkdir()),
    ],
)
def test_where_no_group_was_delegated_none_is_made(
    what: str, change: Callable[[Path, pytest.MonkeyPatch], object], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(folder, monkeypatch)
    assert ControlGroups.delegated() is None, what


@pytest.mark.parametrize(
    ("named", "mounts", "found"),
    [
        ("0::/user.slice/x.scope\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cg rw\n", "user.slice/x.scope"),
        ("1:name=systemd:/\n0::/a\n", "30 24 0:26 / /sys/fs/cgroup rw shared:1 - cgroup2 cg rw\n", "a"),
        ("0::/a/autograder-grader\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cg rw\n", "a"),
        ("0::/pod/a\n", "30 24 0:26 /pod /sys/fs/cgroup rw - cgroup2 cg rw\n", "a"),
        ("0::/\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cg rw\n", ""),
        ("0::/a\n", "30 24 0:26 /b /sys/fs/cgroup rw - cgroup2 cg rw\n", None),
        ("0::/a\n", "30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cg rw,memory\n", None),
        ("5:memory:/a\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cg rw\n", None),
    ],
)
def test_the_own_group_is_found_wherever_it_is_mounted(
    named: str, mounts: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"/proc/self/cgroup": named, "/proc/self/mountinfo": mounts}
    monkeypatch.setattr(Path, "read_text", lambda path, **_: texts[str(path)])
    assert cgroups._own_group() == (None if found is None else Path("/sys/fs/cgroup", found))
