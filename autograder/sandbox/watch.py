"""Looks at a running child for what the kernel has no limit for: memory of every kind, threads, and files on disk."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.limits import Limits
from autograder.sandbox import scratch
from autograder.sandbox.protocol import Exceeded, Loss

_PAGE = os.sysconf("SC_PAGE_SIZE")
#: Look at mapped files at every tenth look only: reading /proc/PID/maps is slow.
_LOOKS_A_LONG_LOOK = 10


def private_memory(pid: int) -> int:
    """Return the bytes of memory that process ``pid`` holds and no file backs, whatever kind of mapping holds them."""
    resident, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1:3]
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
        try:
            if private_memory(self._pid) > self._most_memory:
                most = f"{self._limits.memory_bytes / 2**30:g} GiB"
                return Exceeded(Loss.MEMORY, f"It used more than {most} of memory.")
            threads = Path(f"/proc/{self._pid}/task").stat().st_nlink - 2
        except (OSError, ValueError):
            return None  # it has just ended
        if threads > self._limits.threads:
            return Exceeded(Loss.CRASHED, f"It ran more than {self._limits.threads} threads, and was ended.")
        return self._look_at_files(self._folder) if self._folder is not None else None

    def _look_at_files(self, folder: Path) -> Exceeded | None:
        most_bytes, most_entries = self._limits.scratch_bytes, self._limits.scratch_entries
        size, entries = scratch.fullness(folder, most_entries)
        size += scratch.held_open(self._pid)
        if self._looks % _LOOKS_A_LONG_LOOK == 0:
            size += scratch.held_mapped(self._pid, folder)
        if size > most_bytes:
            return Exceeded(Loss.CRASHED, f"It wrote more than {most_bytes // 2**20} MiB of files, and was ended.")
        if entries > most_entries:
            return Exceeded(
                Loss.CRASHED, f"It made more than {most_entries} files and folders, or a tree too deep, and was ended."
            )
        return None
