"""Lists the tools that tests need besides Python: `python -m tests.support.tools [NAME…]` says what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from autograder.sandbox import support
from tests.browser import chromium
from tests.support.missing import Missing
from tests.support.postgresql import programs
from tests.support.samples import ROOT


def git() -> None:
    """Raise `Missing` where there is no git."""
    if shutil.which("git") is None:
        raise Missing("git", "install it, on Debian and Ubuntu with `apt install git`.")


def clone() -> None:
    """Raise `Missing` where this project is no clone: what is made from its files takes those that git tracks."""
    git()
    asked = ["git", "ls-files", "--error-unmatch", "pyproject.toml"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    if said.returncode:
        told = said.stderr.partition("\n")[0]
        raise Missing("a git clone of this project", f"use `git clone`, not a downloaded archive. Git says: {told}")


def confinement() -> None:
    """Raise `Missing` where students' code cannot be confined."""
    found = support.probe()
    if found.missing:
        raise Missing("a machine that can confine students' code", " ".join(found.missing))


TOOLS: dict[str, Callable[[], object]] = {
    "confinement": confinement,
    "git": git,
    "clone": clone,
    "postgresql": programs,
    "browser": chromium.program,
}


def main(names: Sequence[str]) -> int:
    """Look for these tools, or for all; print what is missing, and return 1 where something is."""
    missing: set[str] = set()
    for name in names or TOOLS:
        try:
            TOOLS[name]()
        except Missing as lack:
            missing.add(str(lack))
    for reason in sorted(missing):
        print(f"Will not be tested here: what {reason}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
