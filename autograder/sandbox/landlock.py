"""Landlock, the Linux kernel's file-system sandbox for unprivileged processes, called through its three system calls.

Each version of the interface (ABI) can restrict more than the one before. This module restricts all that the running
kernel supports; the system-call filter covers the rest.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

# The same numbers on every architecture that Linux has taken in since 2011, and on x86.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << n for n in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

READ = EXECUTE | READ_FILE | READ_DIR
#: A scratch folder's: files and folders of its own, and nothing that other processes could meet at.
WRITE = READ_FILE | READ_DIR | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

_NET_BIND_AND_CONNECT_TCP = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem))
    return result


def abi() -> int:
    """Return the version of Landlock's interface; 0 if the kernel has none, or it is switched off."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_CREATE_RULESET_VERSION))
    except OSError as problem:
        if problem.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def handled_rights(version: int) -> int:
    """Return every file-system right that Landlock ``version`` can restrict."""
    rights = (1 << 13) - 1
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        if version >= since:
            rights |= right
    return rights


def restrict(readable: Iterable[Path], devices: Iterable[Path], scratch: Path) -> None:
    """Restrict this thread, and whatever it starts, for good. The process must have set no_new_privs.

    Parameters
    ----------
    readable : iterable of Path
        Files and folders to read, and to load libraries from; those that do not exist are left out.
    devices : iterable of Path
        Files to read and write.
    scratch : Path
        A folder to do in what one likes.

    Raises
    ------
    OSError
        The kernel has no Landlock, or refused.
    """
    version = abi()
    ruleset = _create(
        handled_rights(version),
        _NET_BIND_AND_CONNECT_TCP if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    try:
        for path in readable:
            _allow(ruleset, path, READ)
        for path in devices:
            _allow(ruleset, path, READ_FILE | WRITE_FILE)
        _allow(ruleset, scratch, WRITE & handled_rights(version))
        restrict_by(ruleset)
    finally:
        os.close(ruleset)


def make_reading_rules(readable: Iterable[Path], scratches: Path) -> int:
    """Return rules about contents of files, a descriptor: those of ``readable`` may be read, and of ``scratches``.

    A process takes them on besides others, by `restrict_by`: what it may read is what all of them allow. They are
    many, and made once.

    Raises
    ------
    OSError
        The kernel has no Landlock, or refused.
    """
    # Whatever says nothing of moving files between folders forbids it.
    moving = REFER & handled_rights(abi())
    ruleset = _create(READ_FILE | moving)
    try:
        for path in readable:
            _allow(ruleset, path, READ_FILE)
        _allow(ruleset, scratches, READ_FILE | moving)
    except BaseException:
        os.close(ruleset)
        raise
    return ruleset


def restrict_by(ruleset: int) -> None:
    """Restrict this thread, and whatever it starts, by these rules for good; they stay as they are for others."""
    _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))


def _create(files: int, network: int = 0, scopes: int = 0) -> int:
    if abi() < 1:
        raise OSError(errno.EOPNOTSUPP, "this kernel offers no Landlock")
    attributes = _Ruleset(files, network, scopes)
    # Older kernels know a shorter structure, and take a longer one where the rest of it is zero.
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    ruleset = _call(_CREATE_RULESET, ctypes.byref(attributes), size, ctypes.c_uint32(0))
    os.set_inheritable(ruleset, False)
    return ruleset


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # what is not there, or not ours to open, need not be allowed
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= _OF_FILES
        beneath = _PathBeneath(rights, parent)
        kind, flags = ctypes.c_int(_RULE_PATH_BENEATH), ctypes.c_uint32(0)
        _call(_ADD_RULE, ctypes.c_int(ruleset), kind, ctypes.byref(beneath), flags)
    finally:
        os.close(parent)
