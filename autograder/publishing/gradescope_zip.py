"""Makes an autograder for Gradescope: a zip with the grader, the release and the two scripts that Gradescope calls.

Gradescope runs `setup.sh` as root, once, when it builds the image. It runs `run_autograder` for each submission. The
script reads `/autograder/submission` and writes `/autograder/results/results.json`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from autograder.assignment.settings import FILE, load_settings
from autograder.files import output_file
from autograder.places import GRADER, MARKING, TEMPLATES
from autograder.publishing.tracked_files import own_repository, tracked

_WANTED = ("LICENSE", "README.md", *GRADER)
_SCRIPTS = "autograder/publishing/templates/gradescope"


def build(path: Path) -> int:
    """Write the zip and return the number of files in it. The same files give the same bytes.

    Raises
    ------
    GitFailed, NotTracked
        The repository is not a clone, or a file is missing. The zip holds only files under version control.
    BadSettings
        course.toml cannot be used. On Gradescope, every grading would then fail.
    """
    project = own_repository()
    load_settings(project / FILE)
    files = {each: project / each for each in tracked(project, _WANTED, without=(*TEMPLATES, *MARKING))}
    scripts = project / _SCRIPTS
    files |= {script.name: script for script in sorted(scripts.iterdir())}
    path.parent.mkdir(parents=True, exist_ok=True)
    with output_file(path) as place, zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if file.parent == scripts else 0o644) << 16
            archive.writestr(entry, file.read_bytes())
    return len(files)
