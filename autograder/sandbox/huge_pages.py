"""Moves the warm process's memory into huge pages, because forking and ending a child costs time for every page.

Measured on two busy cores with Linux 6.18, both frameworks imported: to fork and end a child takes 8 ms of CPU time
instead of 22 ms. The move takes 0.55 s of CPU time once, which 40 children save.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

_MADV_COLLAPSE = 25
_LARGE = 2 * 1024 * 1024


def gather() -> None:
    """Have the kernel put this process's memory into large pages, where it can (Linux 6.1 and newer)."""
    libc = ctypes.CDLL(None, use_errno=True)
    advise = libc.madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in Path("/proc/self/maps").read_text(encoding="ascii", errors="replace").splitlines():
        fields = line.split(None, 5)
        if len(fields) > 5 and fields[5] != "[heap]":
            continue  # a library's, or the stack
        start, _, end = fields[0].partition("-")
        first = -(-int(start, 16) // _LARGE) * _LARGE
        for address in range(first, int(end, 16) - _LARGE + 1, _LARGE):
            advise(address, _LARGE, _MADV_COLLAPSE)  # each by itself: one that cannot keeps no other from it
