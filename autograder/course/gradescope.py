"""An autograder for Gradescope: a zip with the grader, the release and the two scripts that Gradescope calls.

Gradescope's specification: `setup.sh` runs once, as root, when its image is built; `run_autograder` runs for each
submission, which lies in `/autograder/submission`, and writes `/autograder/results/results.json`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.course.git import GitFailed
from autograder.course.tracked import PROJECT, NothingThere, tracked

_GRADER = (
    "LICENSE",
    "README.md",
    "assignment",
    "autograder",
    "course.toml",
    "install.py",
    "pyproject.toml",
    "requirements/grade.lock",
    "requirements/torch-cpu.lock",
    "requirements/torch-cuda.lock",
)
_SCRIPTS = PROJECT / "gradescope"


def build(path: Path) -> int:
    """Write the zip; return how many files are in it. The same files give the same bytes.

    Raises
    ------
    GitFailed, NothingThere
        When this is no clone, or not a whole one: only files under version control go along.
    """
    files = {each: PROJECT / each for each in tracked(PROJECT, _GRADER)}
    files |= {script.name: script for script in sorted(_SCRIPTS.iterdir())}
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if file.parent == _SCRIPTS else 0o644) << 16
            archive.writestr(entry, file.read_bytes())
    return len(files)


def main(path: Annotated[Path, typer.Argument(metavar="ZIP")]) -> None:
    """Make a zip to upload to Gradescope as the assignment's autograder."""
    try:
        count = build(path)
    except (GitFailed, NothingThere, OSError) as problem:
        typer.echo(f"gradescope: {problem}.", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{path}: {count} files. In Gradescope: Configure Autograder, Ubuntu 24.04, upload.")


if __name__ == "__main__":
    typer.run(main)
