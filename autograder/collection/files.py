"""Copies notebooks from a folder or zip, as a learning platform exports them, to `submitted/`."""

from __future__ import annotations

import json
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.assignment.course_folder import CourseFolder
from autograder.assignment.questions import NAME
from autograder.errors import UserError
from autograder.files import write_bytes, write_text
from autograder.notebook import MAX_NOTEBOOK_BYTES

_MAX_FILES = 10_000
#: Moodle: "Ann O'Hara_4711_assignsubmission_file_/weight_initialization.ipynb".
_MOODLE = re.compile(r"^(?P<name>.+)_(?P<number>\d+)_assignsubmission_file")
#: Canvas: "oharaann_LATE_4711_815_weight_initialization-2.ipynb".
_CANVAS = re.compile(r"^(?P<name>[a-z0-9-]+?)(?P<late>_LATE)?_(?P<user>\d+)_(?P<file>\d+)_")
#: What a student's name may become: a folder's name, and no path.
_UNFIT = re.compile(r"[^\w.@+-]+")


class CannotCollect(UserError):
    """The source has no submission to collect."""


@dataclass(frozen=True)
class Found:
    """A notebook, its student, and its submission time if known."""

    student: str
    origin: str
    content: bytes
    time: datetime | None = None
    provenance: dict[str, Any] | None = None


class CollectedStatus(StrEnum):
    """Whether a file is now in `submitted/`, and whether another one was there before."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Collected:
    """Outcome for one file.

    ``reason`` says why a file was refused; for the other statuses, it is a warning for the instructor.
    """

    student: str
    origin: str
    status: CollectedStatus
    reason: str = ""


def collect(source: Path, course: CourseFolder, *, file_times: bool = False) -> list[Collected]:
    """Copy every notebook in ``source``, a folder or a zip, to its student's place in ``submitted/``.

    Of several by one student the newest counts. What is there already and the same stays untouched; what has
    changed is replaced, and what was autograded of it removed, so that nbgrader autogrades it again. With
    ``file_times``, a file's time is its submission time; many platforms give the time of the download instead.

    Raises
    ------
    CannotCollect
        When ``source`` is neither, or holds no notebook.
    """
    if not source.exists():
        raise CannotCollect(f"{source}: there is no such file or folder")
    files = _in_folder(source) if source.is_dir() else _in_zip(source)
    newest: dict[str, Found] = {}
    collected: list[Collected] = []
    for found in files:
        if isinstance(found, Collected):
            collected.append(found)
            continue
        other = newest.get(found.student)
        newest[found.student] = found if other is None or _newer(found, other) else other
        if other is not None:
            older = other if newest[found.student] is found else found
            reason = "this student submitted a newer one"
            collected.append(Collected(older.student, older.origin, CollectedStatus.REFUSED, reason))
    if not newest and not collected:
        raise CannotCollect(f"{source}: there is no notebook (.ipynb) in it")
    collected += [place(newest[student], course, timed=file_times) for student in sorted(newest)]
    return collected


def _newer(one: Found, other: Found) -> bool:
    beginning = datetime.min.replace(tzinfo=UTC)
    return (one.time or beginning, one.origin) > (other.time or beginning, other.origin)


def student_of(path: PurePosixPath) -> str:
    """Return the student of a file: by Moodle's folder, by Canvas's file name, by its folder, or by its own name."""
    for folder in path.parent.parts:
        if moodle := _MOODLE.match(folder):
            return fit(moodle["name"])
    if canvas := _CANVAS.match(path.name):
        return fit(canvas["name"])
    if moodle := _MOODLE.match(path.name):
        return fit(moodle["name"])
    # As nbgrader lays them out, or a folder a student: submissions/ann/weight_initialization.ipynb.
    if path.stem == NAME:
        owners = [folder for folder in path.parent.parts if folder not in (NAME, ".", "submitted")]
        return fit(owners[-1]) if owners else ""
    return fit(path.stem.removesuffix(f"_{NAME}").removeprefix(f"{NAME}_"))


def fit(name: str) -> str:
    """Return what of ``name`` can name a student's folder."""
    return _UNFIT.sub("_", name).strip("._-")[:100]


def _in_folder(folder: Path) -> Iterator[Found | Collected]:
    for path in sorted(folder.rglob("*.ipynb")):
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        if ".ipynb_checkpoints" in inside.parts:
            continue
        origin, student = str(path), student_of(inside)
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            yield Collected(student, origin, CollectedStatus.REFUSED, "it is not a regular file")
        elif problem := _unwanted(student, status.st_size):
            yield Collected(student, origin, CollectedStatus.REFUSED, problem)
        else:
            yield Found(student, origin, path.read_bytes(), datetime.fromtimestamp(status.st_mtime, tz=UTC))


def _in_zip(file: Path) -> Iterator[Found | Collected]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as problem:
        raise CannotCollect(f"{file} is neither a folder nor a zip file ({problem})") from None
    with archive:
        entries = [e for e in archive.infolist() if not e.is_dir()]
        if len(entries) > _MAX_FILES:
            raise CannotCollect(f"{file} has {len(entries)} files, more than the {_MAX_FILES} allowed")
        for entry in sorted(entries, key=lambda e: e.filename):
            inside = PurePosixPath(entry.filename.replace("\\", "/"))
            if inside.suffix != ".ipynb" or {".ipynb_checkpoints", "__MACOSX"} & set(inside.parts):
                continue
            origin, student = f"{file}:{entry.filename}", student_of(inside)
            if unwanted := _unwanted(student, entry.file_size):
                yield Collected(student, origin, CollectedStatus.REFUSED, unwanted)
                continue
            try:
                with archive.open(entry) as packed:
                    # No further than it says it goes: a bomb lies about its size.
                    content = packed.read(MAX_NOTEBOOK_BYTES + 1)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as problem:
                yield Collected(student, origin, CollectedStatus.REFUSED, f"it cannot be unpacked ({problem})")
                continue
            if len(content) > MAX_NOTEBOOK_BYTES:
                yield Collected(
                    student, origin, CollectedStatus.REFUSED, "it is larger than it says, and than is allowed"
                )
                continue
            # A zip's times are local and coarse: good for telling which of two is newer.
            yield Found(student, origin, content, _zip_time(entry))


def _zip_time(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _unwanted(student: str, size: int) -> str:
    if not student:
        return (
            "its name does not say whose it is; name it for the student: ann.ipynb, or ann/weight_initialization.ipynb"
        )
    if size > MAX_NOTEBOOK_BYTES:
        return f"it has {size / 2**20:.0f} MiB, more than the {MAX_NOTEBOOK_BYTES // 2**20} MiB allowed"
    return ""


def place(found: Found, course: CourseFolder, *, timed: bool, remark: str = "") -> Collected:
    """Put a notebook where nbgrader expects its student's, with when and where it comes from beside it.

    Of a notebook that is there already and the same, only when and where it comes from is brought up to date, where
    that is known; at another time it costs other points, and is autograded again. ``timed`` says that the time is
    when it was submitted.
    """
    path = course.submission(found.student)
    time = f"{found.time:%Y-%m-%d %H:%M:%S.%f} UTC\n" if timed and found.time is not None else None
    provenance = json.dumps(found.provenance, indent=1) + "\n" if found.provenance is not None else None
    known = path.is_file()
    same = known and path.read_bytes() == found.content
    if same and not timed and provenance is None:
        return Collected(found.student, found.origin, CollectedStatus.SAME, remark)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not same:
        write_bytes(path, found.content)
    moved = _beside(path.with_name("timestamp.txt"), time)
    _beside(path.with_name("provenance.json"), provenance)
    if same and not moved:
        return Collected(found.student, found.origin, CollectedStatus.SAME, remark)
    shutil.rmtree(course.autograded_folder(found.student), ignore_errors=True)
    if same:
        remark = "; ".join(filter(None, [remark, "the notebook is the same, but its submission time is not"]))
    return Collected(found.student, found.origin, CollectedStatus.CHANGED if known else CollectedStatus.NEW, remark)


def _beside(file: Path, text: str | None) -> bool:
    """Have a file hold ``text``, or not be there; return whether that was otherwise."""
    if (file.read_text(encoding="utf-8", errors="replace") if file.exists() else None) == text:
        return False
    if text is None:
        file.unlink()
    else:
        write_text(file, text)
    return True
