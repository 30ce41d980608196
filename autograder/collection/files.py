"""Copies notebooks from a folder or zip, as a learning platform exports them, to `submitted/`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.assignment.course_folder import CourseFolder
from autograder.assignment.questions import NAME
from autograder.assignment.submitted import same_student
from autograder.collection.identity import Owner, owner_of
from autograder.errors import UserError
from autograder.files import write_bytes, write_text
from autograder.notebook import MAX_NOTEBOOK_BYTES

#: Most notebooks in one student's folder: each may take a tenth of a second to unpack.
_MOST_FILES = 100
#: Folders that Jupyter, macOS and git make beside notebooks.
_RUBBISH = frozenset({".ipynb_checkpoints", "__MACOSX", ".git"})
_NAMELESS = "its name does not say whose it is; name it for the student: ann.ipynb, or ann/weight_initialization.ipynb"


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


@dataclass(frozen=True)
class _File:
    """A notebook that was found. ``read`` returns its bytes, and may raise anything; ``problem`` says why not to."""

    owner: Owner
    origin: str
    time: datetime | None
    read: Callable[[], bytes]
    problem: str

    @property
    def rank(self) -> tuple[bool, datetime, str]:
        """Of a student's notebooks, the one with the highest rank counts."""
        return NAME in PurePosixPath(self.origin).name, self.time or datetime.min.replace(tzinfo=UTC), self.origin

    def refused(self, reason: str) -> Collected:
        return Collected(self.owner.student, self.origin, CollectedStatus.REFUSED, reason)


def collect(source: Path, course: CourseFolder, *, file_times: bool = False) -> list[Collected]:
    """Copy every notebook in ``source``, a folder or a zip, to its student's place in ``submitted/``.

    Of several by one student, those with the assignment's name count before others, and then the newest. An id that
    two sources claim (see `autograder.collection.identity`) is collected from neither. What is there already and the
    same stays untouched; what has changed is replaced, and what was autograded of it removed, so that nbgrader
    autogrades it again. With ``file_times``, a file's time is its submission time; many platforms give the time of the
    download instead.

    Raises
    ------
    CannotCollect
        When ``source`` is neither, holds no notebook, or holds all students in one folder.
    """
    if not source.exists():
        raise CannotCollect(f"{source}: there is no such file or folder")
    refused: list[Collected] = []
    placed: list[Collected] = []
    with contextlib.ExitStack() as stack:
        students: dict[str, dict[str, list[_File]]] = {}
        for file in _in_folder(source) if source.is_dir() else _in_zip(source, stack):
            if file.owner.student:
                sources = students.setdefault(same_student(file.owner.student), {})
                sources.setdefault(file.owner.source, []).append(file)
            else:
                refused.append(file.refused(file.problem or _NAMELESS))
        if not students and not refused:
            raise CannotCollect(f"{source}: there is no notebook (.ipynb) in it")
        _refuse_class_in_one_folder(source, students)
        for student in sorted(students):
            reason = _unclear(students[student])
            if reason:
                refused += [files[0].refused(reason) for files in students[student].values()]
                continue
            (files,) = students[student].values()
            found = _newest(files, refused)
            if found is not None:
                placed.append(_placed(found, course, timed=file_times))
    return refused + placed


def _refuse_class_in_one_folder(source: Path, students: dict[str, dict[str, list[_File]]]) -> None:
    owners = [file.owner for sources in students.values() for files in sources.values() for file in files]
    below = {owner.below for owner in owners}
    if len({owner.source for owner in owners}) == 1 and len(below) > 1 and "" not in below:
        folder = owners[0].source
        way_out = f"collect {source / folder}" if source.is_dir() else "unpack it, and collect that folder"
        raise CannotCollect(
            f"{source}: everything in it is in one folder, {folder}, as if all were one student's: if each folder in "
            f"{folder} is a student's, {way_out}"
        )


def _unclear(sources: dict[str, list[_File]]) -> str:
    """Say why it is unclear which notebook counts for an id; return an empty string if it is clear."""
    if len(sources) > 1:
        return (
            f"{' and '.join(sorted(sources))} give the same student id, and may be two people: rename one of them; "
            "neither is collected"
        )
    (files,) = sources.values()
    if len(files) > _MOST_FILES:
        return f"this student has {len(files)} notebooks, more than the {_MOST_FILES} allowed: keep the one that counts"
    return ""


def _newest(files: list[_File], refused: list[Collected]) -> Found | None:
    """Return the notebook that counts; add to ``refused`` the others, and those that cannot be read."""
    found: Found | None = None
    for file in sorted(files, key=lambda each: each.rank, reverse=True):
        if file.problem:
            refused.append(file.refused(file.problem))
        elif found is not None:
            refused.append(file.refused("this student submitted a newer one, or one with the assignment's name"))
        else:
            try:
                found = Found(file.owner.student, file.origin, file.read(), file.time)
            except Exception as problem:  # noqa: BLE001 (a damaged zip raises many kinds of exceptions)
                refused.append(file.refused(f"it cannot be read ({type(problem).__name__}: {problem})"))
    return found


def _placed(found: Found, course: CourseFolder, *, timed: bool) -> Collected:
    try:
        return place(found, course, timed=timed)
    except OSError as problem:
        reason = f"it cannot be written to {course.submitted}/: {problem.strerror}"
        return Collected(found.student, found.origin, CollectedStatus.REFUSED, reason)


def _in_folder(folder: Path) -> Iterator[_File]:
    for path, closed in sorted(_below(folder)):
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        # What cannot be reached may have a path of thousands of characters.
        outermost = str(folder.joinpath(*inside.parts[:1]))
        if closed:
            yield _File(owner_of(inside / f"{NAME}.ipynb"), outermost, None, path.read_bytes, closed)
        elif _is_notebook(inside):
            try:
                status = path.lstat()
            except OSError as unreadable:
                reason = f"a notebook in it cannot be read: {unreadable.strerror}"
                yield _File(owner_of(inside), outermost, None, path.read_bytes, reason)
                continue
            problem = _problem(inside, status.st_size) if stat.S_ISREG(status.st_mode) else "it is not a regular file"
            yield _File(owner_of(inside), str(path), _file_time(status), path.read_bytes, problem)


def _below(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield what is named as a notebook below ``folder``, and every folder that cannot be listed with why.

    A tree can be deeper than Python's own functions can walk, and than a path can name. Links are not followed.
    """
    waiting = [os.fspath(folder)]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as found:
                for entry in found:
                    if entry.name.lower().endswith(".ipynb"):
                        yield Path(entry.path), ""
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError as problem:
            yield Path(place), f"a folder in it cannot be listed: {problem.strerror}"


def _file_time(status: os.stat_result) -> datetime | None:
    try:
        return datetime.fromtimestamp(status.st_mtime, tz=UTC)
    except (ValueError, OverflowError, OSError):  # some file systems have years that the calendar has not
        return None


def _in_zip(path: Path, stack: contextlib.ExitStack) -> Iterator[_File]:
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except Exception as problem:  # noqa: BLE001 (a damaged zip raises many kinds of exceptions)
        raise CannotCollect(f"{path} is neither a folder nor a zip file that can be read ({problem})") from None
    for entry in sorted(archive.infolist(), key=lambda e: e.filename):
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        # zipfile asks for the last character of a member's name, and a name may be empty.
        if _is_notebook(inside) and not entry.is_dir():
            # A zip's times are local and coarse: good for telling which of two is newer.
            origin, time = f"{path}:{entry.filename}", _zip_time(entry)
            yield _File(owner_of(inside), origin, time, partial(archive.read, entry), _packed_problem(inside, entry))


def _packed_problem(path: PurePosixPath, entry: zipfile.ZipInfo) -> str:
    if path.is_absolute() or ".." in path.parts:
        return "its path leads out of the zip file"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):  # 0 where the zip was not packed on Unix
        return "it is not a regular file"
    # Python unpacks no more than the stated size, but by other methods a piece at once, which can hold gigabytes.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is compressed by an unusual method: unpack it, and pack it with another program"
    return _problem(path, entry.file_size)


def _is_notebook(path: PurePosixPath) -> bool:
    """Return True for a notebook's path, but for copies and by-products that other programs make."""
    return path.suffix.lower() == ".ipynb" and not path.name.startswith("._") and not _RUBBISH & set(path.parts)


def _zip_time(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _problem(path: PurePosixPath, size: int) -> str:
    if path.name.startswith("."):
        return "its name begins with a dot: rename it if it is a submission"
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
