"""Finds processes and their descendants, for tests that kill some."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def not_running(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    end, pause = time.monotonic() + seconds, 0.002
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    return True


def descendants(pid: int) -> list[int]:
    """Return all processes that descend from one, whichever of its threads began them."""
    return list(family(pid))


def family(pid: int) -> dict[int, str]:
    """Return the command lines of all that descend from a process, whichever of its threads began them."""
    parents, commands = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            commands[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {each: commands.get(each, "") for each in found - {pid}}
