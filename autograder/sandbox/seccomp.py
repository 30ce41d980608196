"""The system-call filter of a child: an allowlist; the kernel refuses every other call.

An allowlist, because a list of dangerous calls becomes incomplete with every new kernel. The warm process builds the
filter once, and completes it after each fork with the child's process id.
"""

from __future__ import annotations

import errno
from typing import Any

#: CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_THREAD: a thread that shares all, as those of glibc do. One
#: with its own descriptors, which CLOSE_RANGE_UNSHARE makes, too, has as many again, and the watch does not see them.
_CLONE_THREAD = 0x00010F00
_CLOSE_RANGE_CLOEXEC = 4
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE_MASK = 1, 1, 0xF
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000
_MAP_TYPE, _MAP_SHARED, _MAP_DROPPABLE, _MAP_ANONYMOUS, _MAP_GROWSDOWN = 0x0F, 0x01, 0x08, 0x20, 0x100

#: Needed by Python, glibc, NumPy, torch and TensorFlow, and reaching nothing but the process itself, its
#: descriptors, and files that Landlock lets through. Not epoll, whose watches are the kernel's memory, and which the
#: kernel counts for all processes of a user together.
ALLOWED = """
    read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek sendfile copy_file_range
    splice tee close dup dup2 dup3 pipe pipe2 fsync fdatasync sync_file_range fadvise64 readahead
    ftruncate creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat
    symlink symlinkat readlink readlinkat chdir fchdir getcwd umask getdents getdents64
    stat lstat fstat newfstatat statx statfs fstatfs access faccessat faccessat2
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    select pselect6 poll ppoll eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4
    brk mprotect munmap mremap madvise mincore msync munlock munlockall membarrier
    pkey_alloc pkey_free pkey_mprotect mbind set_mempolicy get_mempolicy set_mempolicy_home_node
    futex futex_waitv get_robust_list set_robust_list set_tid_address rseq sched_yield arch_prctl
    sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min sched_getattr
    sched_rr_get_interval getcpu getpriority ioprio_get
    rt_sigaction rt_sigprocmask rt_sigpending rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack restart_syscall
    pause alarm getitimer setitimer
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times
    getpid getppid gettid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp getpgid getsid
    getrlimit getrusage capget uname sysinfo getrandom exit exit_group wait4 waitid
    recvfrom shutdown getsockname getpeername getsockopt
""".split()  # noqa: SIM905 (two hundred names, to be read by people)

#: Answered with ENOSYS, upon which glibc takes the older call, whose arguments a filter can look at.
ABSENT = ("clone3", "openat2")
#: SIGKILL and SIGSTOP: where a child cannot send them to itself, whoever ends or stops it by them is somebody else.
_NOT_TO_ITSELF = (9, 19)
#: Answered as by a file system that has no such thing, upon which glibc writes zeros, which the limits on files count.
UNSUPPORTED = ("fallocate",)
#: Answered as done, and not done: a child is alone with its files, and locks take memory of the kernel's that no limit
#: counts, or keep other processes from files that all may read.
PRETENDED = ("flock",)
#: Calls younger than the libseccomp that names them: callers know how to do without.
_FIRST_UNNAMED, _LAST_UNNAMED = 451, 520

#: Requests that a descriptor may be asked for: is it a terminal, how much is there to read, do not block.
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
#: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_OFD_GETLK. Not F_SETOWN or
#: F_SETSIG, by which a descriptor's news signals another process.
_FCNTLS = (0, 1, 2, 3, 4, 5, 1030, 1032, 36)
#: F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW: pretended.
_LOCKS = (6, 7, 37, 38)
#: Names of threads and of memory, timer slack, huge pages, and questions that change nothing. Not PR_SET_PDEATHSIG:
#: a child must not outlive the warm process.
_PRCTLS = (3, 15, 16, 21, 23, 27, 29, 30, 39, 40, 41, 42, 0x53564D41)


class Filter:
    """A system-call filter that lacks only the process id of the child that will load it."""

    def __init__(self) -> None:
        import pyseccomp as seccomp

        self._seccomp = seccomp
        self._refuse = seccomp.ERRNO(errno.EPERM)
        self._filter = seccomp.SyscallFilter(self._refuse)
        self._filter.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2)
        for name in ALLOWED:
            self._allow(name)
        for name in ABSENT:
            self._add(seccomp.ERRNO(errno.ENOSYS), name)
        for name in UNSUPPORTED:
            self._add(seccomp.ERRNO(errno.EOPNOTSUPP), name)
        for name in PRETENDED:
            self._add(seccomp.ERRNO(0), name)
        for command in _LOCKS:
            self._add(seccomp.ERRNO(0), "fcntl", self._argument(1, command))
        for number in range(_FIRST_UNNAMED, _LAST_UNNAMED):
            self._filter.add_rule(seccomp.ERRNO(errno.ENOSYS), number)
        self._allow_with_arguments()
        # A filter of its own: of two, the stricter one counts, and a rule that has two conditions takes long to load.
        self._signals = seccomp.SyscallFilter(seccomp.ALLOW)
        for name, place in (("kill", 1), ("tgkill", 2)):
            for number in _NOT_TO_ITSELF:
                self._signals.add_rule(self._refuse, name, self._bits(place, 0xFFFFFFFF, number))

    def load(self, pid: int) -> None:
        """Put the filter over this process, whose id is ``pid``, for good."""
        for name in ("kill", "tgkill"):  # abort and raise_signal: to itself, as any program may
            self._allow(name, self._argument(0, pid))
        self._signals.load()
        self._filter.load()

    def _allow_with_arguments(self) -> None:
        self._allow("clone", self._bits(0, _CLONE_THREAD, _CLONE_THREAD))
        for flags in (0, _CLOSE_RANGE_CLOEXEC):
            self._allow("close_range", self._argument(2, flags))
        # asyncio wakes itself through a pair of sockets. A pair of streams reaches nobody else.
        self._allow("socketpair", self._argument(0, _AF_UNIX), self._bits(1, _SOCK_TYPE_MASK, _SOCK_STREAM))
        self._allow("sendto", self._argument(4, 0))  # what send() is; with an address it goes elsewhere
        # Memory that all may share, or that grows as a stack does, is counted in no process's data segment.
        looked_at = _MAP_TYPE | _MAP_ANONYMOUS | _MAP_GROWSDOWN
        for kind in range(_MAP_TYPE + 1):
            if kind not in (_MAP_SHARED, _MAP_DROPPABLE):
                self._allow("mmap", self._bits(3, looked_at, kind | _MAP_ANONYMOUS))
            self._allow("mmap", self._bits(3, looked_at, kind))
        # Older kernels let O_TRUNC empty a file that is opened for reading.
        for position, name in ((1, "open"), (2, "openat")):
            self._allow(name, self._bits(position, _O_TRUNC, 0))
            for mode in (0o1, 0o2):
                self._allow(name, self._bits(position, _O_TRUNC | _O_ACCMODE, _O_TRUNC | mode))
        for request in _IOCTLS:
            self._allow("ioctl", self._argument(1, request))
        for command in _FCNTLS:
            self._allow("fcntl", self._argument(1, command))
        for option in _PRCTLS:
            self._allow("prctl", self._argument(0, option))
        # Reading limits and affinities is fine, and so is a thread's own.
        self._allow("prlimit64", self._argument(0, 0), self._argument(2, 0))
        self._allow("sched_setaffinity", self._argument(0, 0))

    def _argument(self, position: int, value: int) -> Any:
        return self._seccomp.Arg(position, self._seccomp.EQ, value)

    def _bits(self, position: int, mask: int, value: int) -> Any:
        return self._seccomp.Arg(position, self._seccomp.MASKED_EQ, mask, value)

    def _allow(self, name: str, *arguments: Any) -> None:
        self._add(self._seccomp.ALLOW, name, *arguments)

    def _add(self, action: int, name: str, *arguments: Any) -> None:
        number = self._seccomp.resolve_syscall(self._seccomp.Arch.NATIVE, name)
        if number >= 0:  # this architecture, or this libseccomp, may not have it
            self._filter.add_rule(action, number, *arguments)
