"""Builds a folder that is laid out as Gradescope's image after `setup.sh`, with the tests' own environment in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import jsonschema

from autograder.publishing import gradescope_zip as gradescope
from tests.support.commands import Commands
from tests.support.formats import shape


def make(folder: Path, environment: Path | None = None) -> Path:
    """Return what stands for `/autograder`; without an ``environment``, `WarmCommand` brings one."""
    archive = folder / "gradescope.zip"
    gradescope.build(archive)
    root = folder / "autograder"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(root / "source")
        for entry in packed.infolist():
            (root / "source" / entry.filename).chmod(entry.external_attr >> 16)
    (root / "results").mkdir()
    (root / "submission").mkdir()
    if environment is not None:
        (root / "venv").symlink_to(environment)
    return root


def set_frameworks(root: Path, frameworks: str) -> None:
    """Change what the zip's own course.toml says."""
    settings = root / "source/course.toml"
    text = settings.read_text(encoding="utf-8")
    text, places = re.subn(r"^frameworks = .*$", f'frameworks = "{frameworks}"', text, flags=re.M)
    assert places == 1
    settings.write_text(text, encoding="utf-8")


class WarmCommand:
    """Stands in the image for the command that its script starts, and lends it this process, which has started already.

    The script stays the real one: what it finds, exports, asks for and makes of the exit status.
    """

    def __init__(self, root: Path, commands: Commands) -> None:
        self._root, self._commands = root, commands
        self._asked, self._answer = root / "asked", root / "answer"
        for pipe in (self._asked, self._answer):
            os.mkfifo(pipe)
        command = root / "venv/bin/autograder"
        command.parent.mkdir(parents=True)
        command.write_text(
            "#!/usr/bin/env bash\n"
            f'printf "%s\\0" "$AUTOGRADER_RELEASE" "$AUTOGRADER_COURSE" "$@" > "{self._asked}"\n'
            f'read -r status < "{self._answer}"\nexit "$status"\n'
        )
        command.chmod(0o755)

    def run(self) -> int:
        """Run the script once; return its exit status."""
        with subprocess.Popen(
            [self._root / "source/run_autograder"], cwd=self._root, env=_environment(self._root)
        ) as script:
            release, course, *arguments = self._asked.read_text(encoding="utf-8").split("\0")[:-1]
            told = {"AUTOGRADER_RELEASE": release, "AUTOGRADER_COURSE": course}
            self._answer.write_text(f"{self._commands(*arguments, **told).returncode}\n", encoding="utf-8")
            return script.wait(timeout=60)


def run(root: Path) -> int:
    return subprocess.run([root / "source/run_autograder"], cwd=root, env=_environment(root), timeout=120).returncode


def _environment(root: Path) -> dict[str, str]:
    return os.environ | {"AUTOGRADER_ROOT": str(root)}


def results(root: Path) -> dict:
    document = json.loads((root / "results/results.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, shape("gradescope"))
    return document
