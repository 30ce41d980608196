"""Resource limits of one submission."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

#: Minimum of CPU seconds for each second of a run: a child's threads run side by side.
_CPU_PER_SECOND = 4


@dataclass(frozen=True)
class Limits:
    """Resource limits of one submission's run.

    Attributes
    ----------
    total_seconds : float
        Wall-clock seconds for Q7's cells and calls together. A student's other cells get as many, and one step more.
    step_seconds : float
        Wall-clock seconds for one step: one cell, or one call of a student's function. A step that exceeds this ends
        its child; the other steps continue in a new child while total time lasts.
    cpu_seconds : int
        CPU seconds of one child, all threads together. The kernel enforces this limit if the two above fail.
    memory_bytes : int
        Bytes that a child may add to the data segment of the warm process.
    file_bytes : int
        Largest file that a child may write.
    open_files : int
        File descriptors that a child may hold.
    output_bytes : int
        Bytes of a child's printed output that are kept; the rest is read and dropped.
    scratch_bytes, scratch_entries : int
        Bytes and files that a child's scratch folder may hold; a child that exceeds this is ended.
    threads : int
        Threads that a child may run; a child that starts more is ended. Frameworks start a few on each core.
    """

    total_seconds: float = 60.0
    step_seconds: float = 20.0
    cpu_seconds: int = 240
    memory_bytes: int = 2 * 1024**3
    file_bytes: int = 16 * 1024**2
    open_files: int = 256
    output_bytes: int = 64 * 1024
    scratch_bytes: int = 256 * 1024**2
    scratch_entries: int = 4096
    threads: int = 128

    def with_times(self, total_seconds: float | None, step_seconds: float | None) -> Limits:
        """Return these limits with other times, where they are given.

        A step gets no more than the total, and the CPU time is enough for the total.

        Examples
        --------
        >>> Limits().with_times(10.0, None).step_seconds
        10.0
        """
        total = self.total_seconds if total_seconds is None else total_seconds
        step = self.step_seconds if step_seconds is None else step_seconds
        cpu = max(self.cpu_seconds, math.ceil(_CPU_PER_SECOND * total))
        return replace(self, total_seconds=total, step_seconds=min(step, total), cpu_seconds=cpu)
