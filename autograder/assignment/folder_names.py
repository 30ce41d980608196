"""Detects names of a course folder that nbgrader 0.9.6 cannot work in. Each rule was tried with nbgrader."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

CONFIG = "nbgrader_config.py"
_GRADEBOOK = "gradebook.db"
#: SQLite's longest path, with the "-journal" that it adds.
_MOST_PATH_BYTES = 512 - len("-journal")


def course_folders(*folders: Path | None) -> list[Path]:
    """Return the course folders among ``folders``, resolved and without duplicates."""
    found = {folder.resolve(): None for folder in folders if folder is not None and (folder / CONFIG).is_file()}
    return list(found)


def folder_problems(folder: Path) -> list[str]:
    """Return what nbgrader cannot do in the course folder ``folder`` and what helps, one sentence each."""
    return [
        f"{what} Rename the folder {folder}, or one above it, and run `make setup` again." for what in _problems(folder)
    ]


def _problems(folder: Path) -> Iterator[str]:
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        yield "nbgrader writes no grades and no feedback in a folder whose name is not UTF-8."
        return
    if os.path.expandvars(folder) != str(folder):
        yield "nbgrader does not find its settings here: it takes what follows a $ in a path for a variable's name."
    # As nbgrader looks for every notebook.
    matched = glob.glob(str(folder / CONFIG))  # noqa: PTH207 (it is nbgrader's own call that is tried)
    if str(folder / CONFIG) not in matched:
        yield "nbgrader finds no notebook here: it takes what stands between [ and ] in a path for a choice of signs."
    elif len(matched) > 1:
        others = ", ".join(str(Path(each).parent) for each in matched if each != str(folder / CONFIG))
        yield f"nbgrader takes * and ? in its path for any other signs, and so takes this folder for {others}, too."
    if not os.environ.get("AUTOGRADER_GRADEBOOK"):
        yield from _gradebook_problems(str(folder / _GRADEBOOK))


def _gradebook_problems(path: str) -> Iterator[str]:
    if "?" in path:
        place = path.partition("?")[0]
        yield f"nbgrader keeps the gradebook elsewhere, as {place}: in a database's address, the path ends at the ?."
    elif unquote(path) != path:
        yield "nbgrader cannot open the gradebook: in a database's address, % and two digits stand for one sign."
    if len(os.fsencode(path)) > _MOST_PATH_BYTES:
        yield f"nbgrader cannot open the gradebook: its path is longer than SQLite's {_MOST_PATH_BYTES} bytes."
