"""Looks at a running child for what the kernel has no limit for: memory of every kind, threads, and files on disk."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from autograder.limits import Limits
from autograder.sandbox import scratch
from autograder.sandbox.endings import LESS_MEMORY
from autograder.sandbox.protocol import Exceeded, Loss

_PAGE = os.sysconf("SC_PAGE_SIZE")
#: Look at mapped files at every tenth look only: reading /proc/PID/maps is slow.
_LOOKS_A_LONG_LOOK = 10
#: How often in one look a thread may end before it could be looked at. A process that has ended shows its main thread.
_MOST_MISSES = 20
#: The kernel limits CPU time by counting ticks, and reports the time that a process ran. On a busy or a virtual machine
#: the second can be much smaller: this share of the limit must have been used.
_MOSTLY = 0.5


def private_memory(process: Path) -> int:
    """Return the bytes of memory that a process, whose folder in /proc this is, holds and no file backs."""
    resident, shared = (process / "statm").read_text(encoding="ascii").split()[1:3]
    return (int(resident) - int(shared)) * _PAGE


class Watch:
    """Looks at one child, again and again.

    Parameters
    ----------
    pid : int
        The child's process id.
    limits : Limits
        What it may use.
    memory_before : int
        `private_memory` of the process that it was forked from: it begins with as much.
    folder : Path or None
        Its scratch folder, where that is no file system of its own, whose size the kernel bounds.
    """

    def __init__(self, pid: int, limits: Limits, memory_before: int, folder: Path | None) -> None:
        self._pid = pid
        self._limits = limits
        self._most_memory = memory_before + limits.memory_bytes
        self._folder = folder
        self._looks = 0

    def look(self) -> Exceeded | None:
        """Return the limit that the child is beyond now, if there is one."""
        self._looks += 1
        for _ in range(_MOST_MISSES):
            with contextlib.suppress(OSError, ValueError):  # a thread ended meanwhile
                return self._look(Path(f"/proc/{self._pid}/task"))
        return Exceeded(Loss.CRASHED, "It ended its threads faster than they can be counted, and was ended.")

    def _look(self, tasks: Path) -> Exceeded | None:
        threads = os.listdir(tasks)  # noqa: PTH208 (it is called ten times a second)
        # The main thread may end alone, and shows neither memory nor descriptors then. The others share them.
        found = ((private_memory(tasks / each), tasks / each) for each in threads)
        memory, process = next((each for each in found if each[0]), (0, tasks))
        if memory > self._most_memory:
            return self._too_much_memory()
        if len(threads) > self._limits.threads:
            most = f"It ran more than {self._limits.threads} threads"
            return Exceeded(Loss.CRASHED, f"{most}, and was ended. Start fewer threads.")
        return self._look_at_files(process, self._folder) if self._folder is not None else None

    def at_the_end(self, code: int, cpu_seconds: float, *, short_of_memory: bool = False) -> Exceeded | None:
        """Return the limit that the kernel ended the child for, if its exit code and its CPU time say so.

        ``short_of_memory`` is True if the kernel ended a process of the child's control group for want of memory.
        """
        if short_of_memory:
            return self._too_much_memory()
        most = self._limits.cpu_seconds
        if code in (-signal.SIGXCPU, -signal.SIGKILL) and cpu_seconds >= _MOSTLY * most:
            return Exceeded(Loss.TIMEOUT, f"It used more than {most} s of CPU time. Compute less.")
        return None

    def _too_much_memory(self) -> Exceeded:
        most = f"It used more than {self._limits.memory_bytes / 2**30:g} GiB of memory"
        return Exceeded(Loss.MEMORY, f"{most}. {LESS_MEMORY}")

    def _look_at_files(self, process: Path, folder: Path) -> Exceeded | None:
        most_bytes, most_entries = self._limits.scratch_bytes, self._limits.scratch_entries
        size, entries = scratch.fullness(folder, most_entries)
        size += scratch.held_open(process)
        if self._looks % _LOOKS_A_LONG_LOOK == 0:
            size += scratch.held_mapped(process, folder)
        if size > most_bytes:
            return Exceeded(
                Loss.CRASHED, f"It wrote more than {most_bytes // 2**20} MiB of files, and was ended. Write less."
            )
        if entries > most_entries:
            return Exceeded(
                Loss.CRASHED,
                f"It made more than {most_entries} files and folders, or a tree too deep, and was ended. Make fewer.",
            )
        return None
