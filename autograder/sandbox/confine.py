"""What a child gives up before it runs a student's first line. Runs in the child, right after the fork."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import tempfile
from pathlib import Path

from autograder.sandbox.limits import Limits

#: What `apply` puts in place, as reports name it.
LAYERS = ("rlimits",)

_PR_SET_PDEATHSIG = 1
_KEPT_ENVIRONMENT = (
    "CUDA_VISIBLE_DEVICES",
    "KERAS_BACKEND",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "MPLBACKEND",
    "OMP_NUM_THREADS",
    "PATH",
    "TF_CPP_MIN_LOG_LEVEL",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


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
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(HOME=str(scratch), TMPDIR=str(scratch), AUTOGRADER_CHILD="1")
    tempfile.tempdir = str(scratch)  # it had looked at the warm process's environment
    os.chdir(scratch)


def _data_segment_bytes() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status names no VmData, so the memory limit cannot be set")


def apply(limits: Limits) -> None:
    """Apply resource limits to this process for good, and tie its life to the warm process's."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # Soft before hard: SIGXCPU says what happened, where SIGKILL would not.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    for what, limit in (
        (resource.RLIMIT_DATA, _data_segment_bytes() + limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    # A file over its limit shall be an error in the student's cell (EFBIG), not the end of the child.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
