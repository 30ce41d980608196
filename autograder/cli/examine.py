"""Examines this machine for `autograder doctor`: whether its grades can be official."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.folder_names import course_folders, folder_problems
from autograder.places import repository
from autograder.sandbox import support
from autograder.text import one_line
from autograder.version import PACKAGES, __version__, package_version


@dataclass(frozen=True)
class Report:
    """The findings as text, and whether grades that are made here can be official."""

    text: str
    official: bool


def examine() -> Report:
    """Examine this machine without importing a framework or running other programs."""
    found = support.probe()
    versions = {name: package_version(name) for name in (*PACKAGES, "pyseccomp")}
    absent = sorted(name for name in PACKAGES if versions[name] is None)
    folders = [problem for folder in course_folders(Path.cwd(), repository()) for problem in folder_problems(folder)]
    reasons = [*found.missing, *_package_problems(absent), *folders]
    official = not reasons
    landlock = f"ABI {found.landlock}" if found.landlock else "none"
    lines = [
        ("autograder", __version__),
        ("Python", platform.python_version()),
        ("kernel", f"{found.kernel} ({platform.machine()})"),
        ("Landlock", landlock),
        ("seccomp", "yes" if found.seccomp else "no"),
        ("cores", str(_cores())),
        *((name, version or "not installed") for name, version in versions.items()),
    ]
    text = [f"{name:12} {value}" for name, value in lines]
    if official:
        text += ["", "Grades made here can be official: student code runs confined."]
    else:
        text += ["", "Grades made here cannot be official:", *(f"- {one_line(reason, 1000)}" for reason in reasons)]
    if not found.official:
        text += ["`autograder check` works all the same; `autograder grade` refuses without --unconfined."]
    return Report("\n".join(text), official)


def _package_problems(absent: list[str]) -> Iterator[str]:
    if absent:
        yield f"These packages are missing: {', '.join(absent)}. Run make setup."
    if sys.platform == "linux" and package_version("triton") is not None:
        yield (
            "The package triton is installed: beside TensorFlow, PyTorch's optimizers end with a segmentation fault "
            "where they find it. Run make setup, or pip uninstall triton."
        )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
