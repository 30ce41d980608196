"""Installs the package's wheel into a copy of this environment that lacks the editable install."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from autograder.places import PROJECT_NAME
from tests.support.samples import ROOT

_SOURCES = ("LICENSE", "README.md", "autograder", "pyproject.toml")
#: What names the course of this repository; an installed package is to be told.
_NAMING = ("AUTOGRADER_COURSE", "AUTOGRADER_RELEASE", "PYTHONPATH")


@dataclass(frozen=True)
class Install:
    """A Python that has the package, the folder of its libraries, and the package's own."""

    python: Path
    library: Path
    package: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run this Python in ``cwd``, with nothing of the course named but what ``environment`` names."""
        kept = {name: value for name, value in os.environ.items() if name not in _NAMING}
        return subprocess.run(
            [self.python, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**kept, "COLUMNS": "120", **self.environment, **environment},
        )

    def autograder(self, *arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "autograder", *arguments, cwd=cwd, **environment)


def wheel(folder: Path) -> Path:
    """Build the wheel, of a copy of the sources: nothing that an earlier build has left gets into it."""
    sources = folder / "sources"
    sources.mkdir(parents=True)
    for name in _SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, sources / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, sources)
    (built,) = folder.glob("*.whl")
    return built


def copied(folder: Path) -> Path:
    """Make an environment like this one, of links to its files; return its Python.

    What `make setup` writes in place is left out: a link would write it in this environment, too.
    """
    # Half-written bytecode; a third of all files.
    ignored = shutil.ignore_patterns("*.pyc.*", "include", ".made-in", ".installed-*", "torch.log")
    shutil.copytree(sys.prefix, folder, symlinks=True, copy_function=_link, ignore=ignored)
    return folder / Path(sys.executable).relative_to(sys.prefix)


def environment(folder: Path, built: Path) -> Install:
    """Make an environment like this one, with the wheel for the editable install."""
    python = copied(folder)
    pip("uninstall", "--yes", PROJECT_NAME, python=python)
    pip("install", "--no-deps", "--no-index", built, python=python)
    library = folder / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    return Install(python, library, library / "autograder")


def users_own(install: Install) -> Install:
    """Have the Python under this environment find ``install``'s library as a user's own packages."""
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = install.python.parent.parent
    assert base / Path(site.getusersitepackages()).relative_to(site.getuserbase()) == install.library
    return Install(python, install.library, install.package, {"PYTHONUSERBASE": str(base)})


def pip(*arguments: object, python: Path | None = None) -> None:
    command = [python or sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:  # another process has just written this bytecode anew
        return
    except OSError:  # another disk
        shutil.copy2(source, target)
