"""Gives a child a control group (cgroups v2) of its own, where the system has delegated one to the grader.

The kernel then counts a child's memory of every kind together, its files' and the kernel's own for it included, and
ends the child at the limit. systemd delegates a group by ``Delegate=yes``, and a container manager by letting a
container write to its own. In any other group, another program decides what is in it, and this module leaves it alone.

Processes and limited groups may not stand side by side in one group. So the first warm process moves the processes
that it finds in the delegated group, the grader's own, into a group below it.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import Self

from autograder.limits import Limits

_CONTROLLERS = {"memory", "pids"}
#: The group of the grader's own processes, and the beginning of a child's.
_GRADER, _CHILD = "autograder-grader", "autograder-child-"
#: Processes may be started while others are moved.
_MOST_MOVES = 10
#: What a child may add beside its data and its files: page tables, buffers, pages of libraries that it is the first
#: to read.
_BESIDE = 256 * 1024**2


class ControlGroups:
    """Makes and removes the control groups of one warm process's children.

    Parameters
    ----------
    folder : Path
        The folder, in the kernel's file system of groups, of the group that was delegated.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def delegated(cls) -> Self | None:
        """Return the groups in which a child's limits can be set, or None if none was delegated to this process."""
        try:
            folder = _own_group()
            if folder is None or not _is_delegated(folder):
                return None
            _prepare(folder)
        except OSError:
            return None
        return cls(folder)

    def make(self, limits: Limits) -> Path:
        """Make a group with ``limits``, and return its folder.

        Raises
        ------
        OSError
            The kernel refuses, for example because the delegated group may have no more groups.
        """
        group = Path(tempfile.mkdtemp(prefix=f"{_CHILD}{os.getpid()}-", dir=self._folder))
        _write(group / "memory.max", str(limits.memory_bytes + limits.scratch_bytes + _BESIDE))
        with contextlib.suppress(FileNotFoundError):  # a kernel without swap
            _write(group / "memory.swap.max", "0")
        _write(group / "memory.oom.group", "1")
        # One more than the warm process allows: it sees that there are too many, and says so.
        _write(group / "pids.max", str(limits.threads + 1))
        return group

    def remove(self, group: Path) -> bool:
        """Remove the group of a child that has ended; return whether the kernel ended it at the group's own limit.

        The kernel also counts a kill in the group if the whole machine was short of memory, but no ``oom`` then.
        """
        events = ""
        with contextlib.suppress(OSError):  # a later warm process removes it
            events = (group / "memory.events").read_text(encoding="ascii")
            group.rmdir()
        return len(re.findall(r"^oom(?:_kill)? [1-9]", events, re.MULTILINE)) == 2


def join(group: Path) -> None:
    """Move this process into ``group``."""
    _write(group / "cgroup.procs", "0")


def _own_group() -> Path | None:
    """Return the folder of the group that this process is in, or the one above where this is the grader's own."""
    text = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    named = re.search(r"^0::(/.*)$", text, re.MULTILINE)
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        root, place = before.split(" ")[3:5]
        if named is None or after.split(" ")[0] != "cgroup2" or not Path(named[1]).is_relative_to(root):
            continue
        folder = Path(place, Path(named[1]).relative_to(root))
        return folder.parent if folder.name == _GRADER else folder
    return None


def _is_delegated(folder: Path) -> bool:
    """Return whether the system says that this process may arrange what is in the group."""
    for attribute in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(folder, attribute) == b"1":
                return True
    # The topmost group of a container: only the machine's own topmost group has no events.
    is_top = os.path.ismount(folder) and (folder / "cgroup.events").exists()
    return is_top and os.access(folder / "cgroup.procs", os.W_OK)


def _prepare(folder: Path) -> None:
    """Have the kernel limit memory and processes in the groups below ``folder``; raise `OSError` if it cannot."""
    if missing := _CONTROLLERS - set((folder / "cgroup.controllers").read_text(encoding="ascii").split()):
        raise OSError(f"the group has no controller for {', '.join(sorted(missing))}")
    (folder / _GRADER).mkdir(exist_ok=True)
    for _ in range(_MOST_MOVES):
        processes = (folder / "cgroup.procs").read_text(encoding="ascii").split()
        if not processes:
            break
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                _write(folder / _GRADER / "cgroup.procs", process)
    _write(folder / "cgroup.subtree_control", " ".join(f"+{each}" for each in sorted(_CONTROLLERS)))
    for left in folder.glob(f"{_CHILD}*"):
        owner = left.name.removeprefix(_CHILD).partition("-")[0]
        if not Path("/proc", owner).exists():  # a warm process that was killed
            with contextlib.suppress(OSError):
                left.rmdir()


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="ascii")
