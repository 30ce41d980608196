"""How much of the machine one submission may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one submission's run.

    Attributes
    ----------
    total_seconds : float
        Wall-clock seconds for Q7's cells and calls together; as many, and a step more, for a student's other cells.
    step_seconds : float
        Wall-clock seconds for one step: one cell, or one call of a student's function. A step that
        runs over ends its child; the other steps go on in a fresh one while total time lasts.
    cpu_seconds : int
        CPU seconds of one child, all threads together: the kernel's own guard behind the two above.
    memory_bytes : int
        Data segment that a child may add to what the warm process already had.
    file_bytes : int
        Largest file that a child may write.
    open_files : int
        File descriptors that a child may hold.
    output_bytes : int
        How much of a child's printed output is kept; the rest is read and dropped.
    scratch_bytes, scratch_entries : int
        What may stand in a child's scratch folder, all files together; a child that puts more there is ended.
    threads : int
        Threads that a child may run; one that starts more is ended. Frameworks start a few a core.
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
    threads: int = 1024
