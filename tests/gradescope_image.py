"""A folder laid out as Gradescope's image is, after `setup.sh`: with an environment of ours for the one it makes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import jsonschema

from autograder.publishing import gradescope_zip as gradescope
from tests.test_formats import shape


def make(folder: Path, environment: Path) -> Path:
    """Return what stands for `/autograder`."""
    archive = folder / "gradescope.zip"
    gradescope.build(archive)
    root = folder / "autograder"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(root / "source")
        for entry in packed.infolist():
            (root / "source" / entry.filename).chmod(entry.external_attr >> 16)
    (root / "results").mkdir()
    (root / "submission").mkdir()
    (root / "venv").symlink_to(environment)
    return root


def set_frameworks(root: Path, frameworks: str) -> None:
    """Change what the zip's own course.toml says."""
    settings = root / "source/course.toml"
    text = settings.read_text(encoding="utf-8")
    text, places = re.subn(r"^frameworks = .*$", f'frameworks = "{frameworks}"', text, flags=re.M)
    assert places == 1
    settings.write_text(text, encoding="utf-8")


def run(root: Path) -> int:
    environment = os.environ | {"AUTOGRADER_ROOT": str(root)}
    return subprocess.run([root / "source/run_autograder"], cwd=root, env=environment, timeout=120).returncode


def results(root: Path) -> dict:
    document = json.loads((root / "results/results.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, shape("gradescope"))
    return document
