"""Decides whose a file is, by the part of its path that the student did not name.

Where every student has a folder, the outermost folder decides: students name what is in it. A file's own name counts
only if the file is in no folder.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.assignment.questions import NAME

#: Moodle: "Ann O'Hara_4711_assignsubmission_file_/weight_initialization.ipynb".
_MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_file")
#: Canvas: "oharaann_LATE_4711_815_weight_initialization-2.ipynb".
_CANVAS = re.compile(r"(?P<name>[a-z0-9-]+?)(?:_LATE)?_(?P<number>\d+)_\d+_")
#: Folders that hold the students' folders, and are no student's.
_NOBODYS = frozenset({NAME, "submitted", "submissions", "students"})
#: A folder's name has 255 bytes at most, and nbgrader adds to it.
_LONGEST = 200


@dataclass(frozen=True)
class Owner:
    """The student of a file.

    Attributes
    ----------
    student : str
        Id of the student; empty if the path names nobody.
    source : str
        The part of the path that names the student. Two sources are two people, also if they give the same id.
    below : str
        The folder below the student's folder that the file is in; empty if there is none, or if the source is certain.
    """

    student: str
    source: str
    below: str = ""


def owner_of(path: PurePosixPath) -> Owner:
    """Return the owner of a file at ``path``, relative to the folder or zip that is collected.

    Examples
    --------
    >>> owner_of(PurePosixPath("submissions/ann/bob.ipynb"))
    Owner(student='ann', source='ann', below='')
    >>> owner_of(PurePosixPath("oharaann_LATE_4711_815_weight_initialization-2.ipynb")).student
    'oharaann'
    """
    folders = list(path.parent.parts)
    while folders and folders[0].lower() in _NOBODYS:
        del folders[0]
    if folders:
        outermost, *inner = folders
        if moodle := _MOODLE.match(outermost):
            return Owner(fit(moodle["name"]), outermost)
        return Owner(fit(outermost), outermost, inner[0] if inner else "")
    if platform := _CANVAS.match(path.name) or _MOODLE.match(path.name):
        return Owner(fit(platform["name"]), f"{platform['name']}_{platform['number']}")
    name = "" if path.stem == NAME else path.stem.removesuffix(f"_{NAME}").removeprefix(f"{NAME}_")
    return Owner(fit(name), path.name)


def fit(name: str) -> str:
    """Return what of ``name`` can name a student's folder, and starts no formula in a table.

    Examples
    --------
    >>> fit("Ann O'Hara"), fit("@SUM(1)"), fit("Jose\\u0301") == "José"
    ('Ann_O_Hara', 'SUM_1', True)
    """
    kept = "".join(c if _fits(c) else " " for c in unicodedata.normalize("NFC", name))
    cut = "_".join(kept.split()).encode()[:_LONGEST].decode(errors="ignore")
    return cut.strip("._-+@")


def _fits(character: str) -> bool:
    # Many scripts write vowels as marks, and names differ by them alone.
    return character.isalnum() or character in "_.@+-" or unicodedata.category(character) in ("Mn", "Mc")
