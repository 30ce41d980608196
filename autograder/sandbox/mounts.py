"""Gives a child a scratch folder that is a file system of its own, whose size and number of files the kernel bounds.

The file system is a tmpfs in a mount namespace of the child's own: nobody else sees the files, no trick with links,
open descriptors or renamed folders hides one from the kernel's count, and everything is gone when the child ends.
The memory that the files take is bounded by the file system's size.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_SLAVE, _MS_NOATIME = 0x2, 0x4, 0x4000, 0x80000, 0x400


def available(folder: Path) -> bool:
    """Tell whether a process of this one's rights may mount a file system on ``folder``; tried in a child."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            mount_scratch(folder, 2**20, 16)
            code = 0
        except OSError:
            pass
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def mount_scratch(folder: Path, size: int, entries: int) -> None:
    """Put an empty file system over ``folder``, for this process and what it starts.

    Parameters
    ----------
    folder : Path
        An empty folder.
    size : int
        Bytes that the files may hold together.
    entries : int
        Files and folders that there may be.

    Raises
    ------
    OSError
        This process may neither mount nor make a user namespace in which it may.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNS) != 0:
        _require(libc.unshare(_CLONE_NEWNS | _CLONE_NEWUSER), "unshare")
        # Only now, with the same names for its user and group, do its files have an owner.
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    # Otherwise the mount would show in the grader's namespace, too.
    _require(libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_SLAVE), None), "mount")
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOATIME)
    options = f"size={size},nr_inodes={entries},mode=0700".encode()
    _require(libc.mount(b"autograder", os.fsencode(folder), b"tmpfs", flags, options), "mount")


def _require(result: int, call: str) -> None:
    if result != 0:
        problem = ctypes.get_errno()
        raise OSError(problem, f"{call}: {os.strerror(problem)}")
