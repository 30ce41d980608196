"""Measures and removes children's scratch folders, whatever a hostile child built in them.

A warm process keeps these folders in one folder of its own and holds a file in it locked while it lives. A folder with
an open lock belonged to a process that was killed; the next warm process removes it. A `Cleaner` removes what may take
long, in a process of its own. The functions use neither recursion nor long paths: a hostile tree can be deeper than
either allows.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
import stat
import tempfile
from pathlib import Path

from autograder.linux import NeedsLinux

try:
    import fcntl
except ModuleNotFoundError:
    raise NeedsLinux("confining students' code") from None

_PREFIX = "autograder-server-"
_LOCK = "in-use"
#: How often in one look a folder may be gone before it could be looked into.
_MOST_MISSES = 3


def make_home() -> Path:
    """Make the folder that this process keeps its children's scratch folders in, and mark it as used."""
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    # Locked before it gets its name: nobody ever sees it open while we live. The descriptor is never closed.
    descriptor = os.open(home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    (home / ".lock").rename(home / _LOCK)
    return home


def make(home: Path) -> Path:
    """Make a child's scratch folder."""
    return Path(tempfile.mkdtemp(prefix="autograder-", dir=home))


def sweep() -> None:
    """Remove the folders of this user's warm processes that were killed before they could."""
    with os.scandir(tempfile.gettempdir()) as found:
        homes = [Path(entry.path) for entry in found if entry.name.startswith(_PREFIX)]
    for home in homes:
        with contextlib.suppress(OSError):
            if _is_abandoned(home):
                remove(home)


def _is_abandoned(home: Path) -> bool:
    status = home.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return False
    descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def fullness(folder: Path, most_entries: int) -> tuple[int, int]:
    """Return bytes on disk and number of entries in ``folder``; stop counting beyond ``most_entries``.

    What cannot be looked into counts as beyond: a path too long to open, a folder that was locked, or folders that are
    renamed again and again while this looks.
    """
    for _ in range(_MOST_MISSES):
        with contextlib.suppress(FileNotFoundError):  # it is being worked in
            return _fullness(folder, most_entries)
    return 0, most_entries + 1


def _fullness(folder: Path, most_entries: int) -> tuple[int, int]:
    size = entries = 0
    waiting = [os.fspath(folder)]
    try:
        while waiting and entries <= most_entries:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    if entries > most_entries:
                        break
                    status = entry.stat(follow_symlinks=False)
                    size += status.st_blocks * 512
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(entry.path)
    except FileNotFoundError:
        raise
    except OSError:
        return size, most_entries + 1
    return size, entries


def held_open(process: Path) -> int:
    """Return bytes on disk of files that a process, whose folder in /proc this is, holds open and no folder shows."""
    sizes: dict[tuple[int, int], int] = {}
    with contextlib.suppress(OSError), os.scandir(process / "fd") as found:
        for entry in found:
            status = entry.stat()
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def held_mapped(process: Path, folder: Path) -> int:
    """Return the size of what a process, whose folder in /proc this is, has mapped of files removed from ``folder``."""
    size = 0
    with contextlib.suppress(OSError), (process / "maps").open(errors="replace") as lines:
        for line in lines:
            if line.endswith(" (deleted)\n") and f" {folder}/" in line:
                start, _, end = line.split(" ", 1)[0].partition("-")
                size += int(end, 16) - int(start, 16)
    return size


def remove(folder: Path) -> None:
    """Remove ``folder`` and all in it; what cannot be removed is left."""
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        waiting = [""]
        while waiting:
            name = waiting.pop()
            for inside in _clear(root, name):
                # Up to the top: so that no path ever has more than two parts. Nobody can have taken the name before.
                new = f".{secrets.token_hex(8)}"
                with contextlib.suppress(OSError):
                    os.rename(f"{name or '.'}/{inside}", new, src_dir_fd=root, dst_dir_fd=root)
                    waiting.append(new)
            if name:
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=root)
    finally:
        os.close(root)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _clear(root: int, name: str) -> list[str]:
    """Remove what is no folder from folder ``name`` of ``root``; return the folders in it."""
    inside: list[str] = []
    with contextlib.suppress(OSError):
        folder = os.open(name or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
        try:
            for each in os.listdir(folder):  # noqa: PTH208 (a descriptor has no Path)
                try:
                    os.unlink(each, dir_fd=folder)
                except OSError:
                    if stat.S_ISDIR(os.stat(each, dir_fd=folder, follow_symlinks=False).st_mode):
                        os.chmod(each, 0o700, dir_fd=folder)  # to move a folder one must be let to write in it
                        inside.append(each)
        finally:
            os.close(folder)
    return inside


class Cleaner:
    """A process that removes folders one after another, so that the warm process, which serves everybody, never waits.

    It ends when its pipe closes, by `close` or because the warm process was killed, and removes ``home`` then.

    Parameters
    ----------
    home : Path
        The folder of `make_home`.
    """

    def __init__(self, home: Path) -> None:
        self._folders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._folders.close()
                _clean(theirs, home)
            finally:
                os._exit(0)
        theirs.close()
        self._pidfd = os.pidfd_open(self._pid)

    def fileno(self) -> int:
        """Return the descriptor that must stay open."""
        return self._folders.fileno()

    def remove(self, folder: Path) -> None:
        """Remove ``folder``: at once where it is empty, and in the other process where it is not."""
        try:
            folder.rmdir()
        except OSError:
            with contextlib.suppress(OSError):
                self._folders.send(os.fsencode(folder))

    def close(self, seconds: float) -> None:
        """Let the process remove what waits and the home, and wait up to ``seconds`` for it; it goes on by itself."""
        self._folders.close()
        if select.select([self._pidfd], [], [], seconds)[0]:
            os.waitpid(self._pid, 0)
        os.close(self._pidfd)


def _clean(folders: socket.socket, home: Path) -> None:
    sweep()
    while path := folders.recv(4096):
        with contextlib.suppress(OSError):
            remove(Path(os.fsdecode(path)))
    with contextlib.suppress(OSError):
        remove(home)
