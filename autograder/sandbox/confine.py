"""Confines a child after its fork, before the student's first line: descriptors, environment, limits, file access."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import selectors
import signal
import site
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Set
from pathlib import Path

from autograder.limits import Limits
from autograder.linux import NeedsLinux
from autograder.places import PACKAGE, PROJECT_NAME, repository
from autograder.sandbox import landlock, mounts
from autograder.sandbox.cgroups import ControlGroups, join
from autograder.sandbox.environment import FIXED, PASSED
from autograder.sandbox.seccomp import Filter

try:
    import resource
except ModuleNotFoundError:
    raise NeedsLinux("confining students' code") from None

#: What is always put in place, as reports name it; and what is where this process may mount it, or got a group.
LAYERS = ("landlock", "seccomp", "rlimits")
TMPFS, CGROUP = "tmpfs", "cgroup"

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
#: Address space that allocators and threads' stacks reserve without using it. Its page tables take 1/512 of it.
_RESERVED_BYTES = 32 * 1024**3
#: The kernel counts them for all processes of a user together: no child may take what others need.
_PENDING_SIGNALS = 64


def descriptors(conversation: int, output: int) -> int:
    """Move the two pipes to fixed places, close every other descriptor, and return the conversation's.

    Standard input becomes empty; standard output and error become ``output``.
    """
    empty = os.open(os.devnull, os.O_RDONLY)
    # Copies above every number in use: the targets below may be numbers that the sources hold now.
    high = 1 + max(conversation, output, empty, 3)
    os.dup2(conversation, high)
    os.dup2(output, high + 1)
    os.dup2(empty, 0)
    os.dup2(high + 1, 1)
    os.dup2(high + 1, 2)
    os.dup2(high, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    return 3


def environment(scratch: Path) -> None:
    """Clear the environment to an allowlist, with the home and temporary folders in ``scratch``."""
    kept = {name: os.environ[name] for name in (*PASSED, *FIXED) if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(HOME=str(scratch), TMPDIR=str(scratch), AUTOGRADER_CHILD="1")
    tempfile.tempdir = str(scratch)  # it had looked at the warm process's environment
    os.chdir(scratch)


class Confinement:
    """The restrictions of every child of one warm process. They are prepared before a fork and applied after it.

    Parameters
    ----------
    home : Path
        Folder that contains the children's scratch folders.
    tmpfs : bool
        Whether a scratch folder becomes a file system of its own, where this machine allows it.

    Raises
    ------
    OSError
        If the kernel cannot apply the restrictions.
    """

    def __init__(self, home: Path, *, tmpfs: bool = True) -> None:
        self.bounds_files = tmpfs and mounts.available(home)
        self.groups = ControlGroups.delegated()
        self._filter = Filter()
        self._readable = readable_paths()
        self._without_grader = landlock.make_reading_rules(
            [*around(self._readable, hidden_paths()), *_OF_EVERY_PROCESS], home
        )

    @property
    def layers(self) -> tuple[str, ...]:
        """What confines every child, as reports name it."""
        mounted = (TMPFS,) if self.bounds_files else ()
        return (*LAYERS, *mounted, CGROUP) if self.groups else (*LAYERS, *mounted)

    def begin(self, scratch: Path, limits: Limits, group: Path | None) -> None:
        """Join the control group, mount the scratch folder, and deny this process the grader's files.

        Call it before descriptors are closed.
        """
        if group is not None:
            join(group)
        if self.bounds_files:  # Landlock forbids mounting
            mounts.mount_scratch(scratch, limits.scratch_bytes, limits.scratch_entries)
        _prctl(ctypes.CDLL(None, use_errno=True), _PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict_by(self._without_grader)

    def apply(self, scratch: Path) -> None:
        """Confine this process for good: it may write in ``scratch``, read libraries, and reach nobody."""
        selectors.DefaultSelector = selectors.PollSelector  # type: ignore[assignment,misc]  # asyncio's: the filter refuses epoll
        libc = ctypes.CDLL(None, use_errno=True)
        drop_capabilities(libc)
        _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict([*self._readable, *_ITSELF], _DEVICES, scratch)
        self._filter.load(os.getpid())


_DEVICES = (Path(os.devnull),)
#: Where every process looks at something, and another thing than its siblings: `apply` says what.
_OF_EVERY_PROCESS = (Path("/dev"), Path("/proc"))
#: What a process may read of itself. TensorFlow aborts, rather than raise, where it cannot read its command line.
_ITSELF = tuple(Path("/proc/self", name) for name in ("cmdline", "maps", "stat", "statm", "status"))
#: What Python, glibc, torch and TensorFlow look at on Linux besides their own folders: libraries, processors,
#: time zones, fonts, MIME types. Nothing of the grader's, nobody's home, and of /proc no process but its own.
_SYSTEM = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/libexec",
    "/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/locale", "/usr/share/zoneinfo", "/usr/share/mime",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/mime.types", "/etc/fonts", "/var/cache/fontconfig",
    "/dev/urandom", "/dev/random", "/proc/cpuinfo", "/proc/meminfo", "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/bus/cpu", "/sys/bus/node",
    "/sys/kernel/mm/transparent_hugepage",
)  # fmt: skip


def readable_paths() -> list[Path]:
    """Return where a child may read: in the Python installation's libraries and the system's.

    The project's own modules that a child needs are loaded before it is forked; where they lie in one of these
    folders, they are among `hidden_paths`.
    """
    paths = {Path(path) for path in _SYSTEM}
    paths |= {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")} | _library_folders()
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        paths |= {Path(prefix, "lib"), Path(prefix, "lib64"), Path(prefix, "pyvenv.cfg")}
        # Of its settings, fonts' alone: others' hold passwords.
        paths |= {Path(prefix, "share", "fonts"), Path(prefix, "etc", "fonts")}
    paths |= {Path(folder) for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder}
    return sorted(path for path in paths if path.is_absolute() and path.exists() and path.resolve() != Path("/"))


def _library_folders() -> set[Path]:
    """Return the folders that packages are installed in; a user's own, where this process uses it."""
    folders = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    return folders | ({Path(site.getusersitepackages())} if site.ENABLE_USER_SITE else set())


def hidden_paths(package: Path = PACKAGE) -> set[Path]:
    """Return what a child must not read, wherever it lies: ``package``, what lists its files, and its repository.

    So are other installs of it in the usual places among the libraries: another environment's, or the system's.
    """
    hidden = {package, *(folder for folder in package.parents if folder.is_file())}  # a file: it lies in an archive
    if own := repository(package.parent):
        hidden.add(own)
    written = PROJECT_NAME.replace("-", "_")
    traces = (f"{written}-*", f"__editable__*{written}*", f"__pycache__/__editable__*{written}*")
    for folder in {package.parent, *readable_paths()}:
        for place in ("", "*-packages/", "*/*-packages/"):
            hidden |= {path.resolve() for path in folder.glob(f"{place}{package.name}/judge/..")}
            hidden |= {path.resolve() for pattern in traces for path in folder.glob(place + pattern)}
    return hidden


def around(paths: Iterable[Path], hidden: Set[Path]) -> set[Path]:
    """Return files and folders that together hold what ``paths`` hold but for what is ``hidden``, all resolved.

    A folder under which something is hidden is replaced by what lies beside that, on every level on the way to it:
    Landlock's rules cannot take back what a rule for a folder above has allowed.
    """
    found: set[Path] = set()
    waiting = [path.resolve() for path in paths]
    while waiting:
        path = waiting.pop()
        if path in hidden or path in found:
            continue
        if any(each.is_relative_to(path) for each in hidden):
            # No links: what they lead to is allowed or not where it lies.
            with contextlib.suppress(OSError), os.scandir(path) as inside:
                waiting += [Path(entry.path) for entry in inside if not entry.is_symlink()]
        else:
            found.add(path)
    return found


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up every privilege that root has over other users: a grader run by root confines like any other."""
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused to whoever has none to drop
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _prctl(libc: ctypes.CDLL, option: int, argument: int) -> None:
    if libc.prctl(option, argument, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def _memory() -> tuple[int, int]:
    """Return the bytes of this process's data segment, and of its whole address space."""
    text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = {name: int(size) * 1024 for name, size in re.findall(r"^(VmData|VmSize):\s+(\d+) kB$", text, re.MULTILINE)}
    if len(found) < 2:
        raise OSError("/proc/self/status names no VmData or no VmSize, so the memory limit cannot be set")
    return found["VmData"], found["VmSize"]


def limit(limits: Limits, server: int) -> None:
    """Limit what this process may use, for good, and tie its life to the warm process's, whose id is ``server``."""
    libc = ctypes.CDLL(None, use_errno=True)
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:  # it ended before its end could have become ours
        os._exit(1)
    # Soft before hard: SIGXCPU says what happened, where SIGKILL would not.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    data, space = _memory()
    for what, most in (
        (resource.RLIMIT_DATA, data + limits.memory_bytes),
        (resource.RLIMIT_AS, space + limits.memory_bytes + _RESERVED_BYTES),
        (resource.RLIMIT_SIGPENDING, _PENDING_SIGNALS),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # A file over its limit must be an error in the student's cell (EFBIG), not the end of the child.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
