"""A lock of everything that grading installs, each with its hash: what a cache or an index changed is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = "requirements.lock"
#: It builds the project itself, from the lock like all else.
_BUILD = "setuptools>=77"


class CannotLock(RuntimeError):
    """pip could not say what would be installed; the message is for people."""


def make_lock(project: Path, torch_index: str = "") -> str:
    """Return the lock's text, for machines like this one: same system, processor and Python.

    Raises
    ------
    CannotLock
        With what pip said.
    """
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--report", "-"]
    command += ["-c", str(project / "constraints.txt"), str(project), _BUILD]
    environment = os.environ | ({"PIP_EXTRA_INDEX_URL": torch_index} if torch_index else {})
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603 (pip)
    if run.returncode:
        raise CannotLock(f"pip cannot tell what would be installed: {run.stderr.strip().splitlines()[-1]}")
    return lock_text(json.loads(run.stdout))


def lock_text(report: dict[str, Any]) -> str:
    """Return the lock that an installation report of pip amounts to (pip's documentation, "Installation Report").

    Raises
    ------
    CannotLock
        When a package comes without a hash.
    """
    lines = [
        "# Made with the export, for Linux on x86-64 and the Python of the grading action, from pip's own report.",
        "# With hashes, so that nothing else can be installed in a package's name.",
    ]
    for each in report["install"]:
        name, version = each["metadata"]["name"], each["metadata"]["version"]
        if "dir_info" in each["download_info"]:
            continue  # the project itself
        hashes = each["download_info"].get("archive_info", {}).get("hashes", {})
        if "sha256" not in hashes:
            raise CannotLock(f"pip knows no hash of {name} {version}")
        lines.append(f"{name}=={version} --hash=sha256:{hashes['sha256']}")
    return "\n".join([*lines[:2], *sorted(lines[2:], key=str.lower)]) + "\n"
