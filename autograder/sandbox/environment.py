"""Environment variables and interpreter options of processes that run student code."""

from __future__ import annotations

import os
import site
from pathlib import Path

from autograder.places import PACKAGE

#: Names of the variables that a process for student code takes over from the grader.
PASSED = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
#: Variables that are the same in every such process.
FIXED = {
    "CUDA_VISIBLE_DEVICES": "",  # grades must not depend on a GPU being there
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",  # thread pools cost more than they give at these sizes
    "PYTHONHASHSEED": "0",  # the order of a student's sets is part of "same seed, same result"
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # compiles for shapes that are seen once, and rounds by the processor
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}


def warm_environment() -> dict[str, str]:
    """Return the environment of a process that runs student code: nothing of the grader's own but these."""
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    return passed | FIXED | ({"PYTHONUSERBASE": site.getuserbase()} if _is_users_own() else {})


def isolation() -> str:
    """Return the interpreter's option for such a process: what must not shadow a module is not on its path.

    That is the folder we stand in, and the user's own packages; but where these have the grader, they are needed.
    """
    return "-P" if _is_users_own() else "-sP"


def _is_users_own() -> bool:
    return bool(site.ENABLE_USER_SITE) and PACKAGE.is_relative_to(Path(site.getusersitepackages()).resolve())
