"""Lists the files of a source: a folder or a zip, and the zips in it. Nothing is written to the disk."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice, takewhile
from pathlib import Path, PurePosixPath

from autograder.errors import UserError
from autograder.notebook import MAX_NOTEBOOK_BYTES

#: Folders that programs make beside notebooks. They hold no submission, and may hold thousands of files.
_BY_PROGRAMS = frozenset(
    {
        *(".ipynb_checkpoints", "__MACOSX", ".git", "__pycache__", "node_modules", ".venv", "venv", "site-packages"),
        *(".local", ".cache", ".config", ".ipython", ".jupyter", ".vscode", ".idea", "$RECYCLE.BIN"),
        *(".Trash", *(f".Trash-{user}" for user in range(1000, 1010)), "lost+found"),
    }
)  # fmt: skip
#: Files that programs and platforms write beside submissions.
_BY_NOBODY = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".gitignore", ".gitattributes", ".gitkeep"})
#: A nested zip with more entries is not opened: a megabyte can list thousands.
_MOST_ENTRIES = 10_000
#: Neither is one with more files, without those that programs make: a student can submit many such zips.
_MOST_FILES = 2_000
#: No platform puts a person's folder deeper. A path may have thousands of parts.
DEEPEST = 8
#: Archives that are not opened, so that it is unknown what is in them.
ARCHIVES = (".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".tar")
_ENTRY = b"PK\x01\x02"


class CannotCollect(UserError):
    """The source has no submission to collect."""


@dataclass(frozen=True)
class Member:
    """A file of the source.

    Attributes
    ----------
    path : PurePosixPath
        Its path in the source. A zip in the source counts as a folder.
    origin : str
        Its name in messages.
    time : datetime or None
        When it was changed last, as the folder or the zip says; for ordering.
    size : int
        In bytes, as the folder or the zip says.
    read : callable
        Returns its bytes, and may raise anything.
    problem : str
        Why it cannot be collected; empty if it can.
    garbled : bool
        Whether its name is in an unknown encoding, so that letters beyond ASCII are wrong.
    """

    path: PurePosixPath
    origin: str
    time: datetime | None
    size: int
    read: Callable[[], bytes]
    problem: str = ""
    garbled: bool = False

    @property
    def is_notebook(self) -> bool:
        """Whether its name is that of a notebook."""
        return self.path.suffix.lower() == ".ipynb"

    @property
    def is_archive(self) -> bool:
        """Whether its name is that of an archive, which may hold a notebook."""
        return self.path.suffix.lower() in (".zip", *ARCHIVES)


@contextlib.contextmanager
def members_of(source: Path) -> Iterator[list[Member]]:
    """Yield the files of ``source``, sorted by path, while their bytes can be read.

    Raises
    ------
    CannotCollect
        ``source`` is neither a folder nor a zip file.
    """
    if not source.exists():
        raise CannotCollect(f"{source}: there is no such file or folder")
    with contextlib.ExitStack() as stack:
        if source.is_dir():
            listed = _in_folder(source)
        else:
            try:
                archive = stack.enter_context(zipfile.ZipFile(source))
            except Exception as problem:  # noqa: BLE001 (a damaged zip raises many kinds of exceptions)
                raise CannotCollect(
                    f"{source} is neither a folder nor a zip file that can be read ({problem})"
                ) from None
            listed = _in_zip(archive, archive.read, f"{source}:")
        found = (part for member in listed for part in _opened(member))
        yield sorted(found, key=lambda member: member.path.parts)


def _is_submitted(*folders: str, file: str = "") -> bool:
    """Return False for a file or folder that programs and platforms make beside submissions."""
    return not (_BY_PROGRAMS & {*folders, file} or file.lower() in _BY_NOBODY or file.startswith("._"))


# --- folders ---------------------------------------------------------------------------------------------


def _in_folder(folder: Path) -> Iterator[Member]:
    for path, closed in _below(folder):
        inside = PurePosixPath(*path.parts[len(folder.parts) :])
        # What cannot be reached may have a path of thousands of characters.
        outermost = f"{folder}/{inside.parts[0]}" if inside.parts else str(folder)
        if closed:
            yield Member(inside / closed[0], outermost, None, 0, path.read_bytes, closed[1])
            continue
        try:
            status = path.lstat()
        except OSError as unreadable:
            reason = f"a file in it cannot be read: {unreadable.strerror}"
            yield Member(inside, outermost, None, 0, path.read_bytes, reason)
            continue
        problem = _problem(inside, status.st_size) if stat.S_ISREG(status.st_mode) else "it is not a regular file"
        yield Member(inside, str(path), _file_time(status), status.st_size, path.read_bytes, problem)


def _below(folder: Path) -> Iterator[tuple[Path, tuple[str, str] | None]]:
    """Yield every file below ``folder``, and every folder that is empty or cannot be listed with what to say of it.

    A tree can be deeper than Python's own functions can walk, and than a path can name. Links are not followed.
    """
    waiting = [os.fspath(folder)]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as found:
                entries = [(entry, entry.is_dir(follow_symlinks=False)) for entry in found]
        except OSError as problem:
            yield Path(place), ("?.ipynb", f"a folder in it cannot be listed: {problem.strerror}")
            continue
        entries = [
            (entry, is_folder)
            for entry, is_folder in entries
            if (_is_submitted(entry.name) if is_folder else _is_submitted(file=entry.name))
        ]
        if not entries and place != os.fspath(folder):
            yield Path(place), ("", "the folder is empty")
        for entry, is_folder in entries:
            if is_folder:
                waiting.append(entry.path)
            if not is_folder or entry.name.lower().endswith(".ipynb"):
                yield Path(entry.path), None


def _file_time(status: os.stat_result) -> datetime | None:
    try:
        return datetime.fromtimestamp(status.st_mtime, tz=UTC)
    except (ValueError, OverflowError, OSError):  # some file systems have years that the calendar has not
        return None


# --- zips ------------------------------------------------------------------------------------------------


def _in_zip(archive: zipfile.ZipFile, read: Callable[[zipfile.ZipInfo], bytes], name: str) -> Iterator[Member]:
    folders: set[PurePosixPath] = set()
    filled: set[PurePosixPath] = set()
    for entry in archive.infolist():
        shown, garbled = _decoded(entry)
        path = PurePosixPath(shown.replace("\\", "/"))
        inside = PurePosixPath(path.as_posix().lstrip("/"))
        # zipfile asks for the last character of a member's name, and a name may be empty.
        if not path.name or entry.is_dir():
            if _is_submitted(*path.parts):
                folders.add(inside)
            continue
        if not _is_submitted(*path.parts[:-1], file=path.name):
            # Whoever has nothing but such files is a person, too.
            folders.add(PurePosixPath(*takewhile(_is_submitted, inside.parent.parts)))
            continue
        filled.update(inside.parents[-DEEPEST:])
        # A zip's times are local and coarse: good for telling which of two is newer.
        yield Member(
            inside, name + shown, _zip_time(entry), entry.file_size, partial(read, entry),
            _packed_problem(path, entry), garbled,
        )  # fmt: skip
    for folder in sorted(folders - filled - {PurePosixPath()}):
        yield Member(folder, f"{name}{folder}", None, 0, bytes, "the folder is empty")


def _decoded(entry: zipfile.ZipInfo) -> tuple[str, bool]:
    """Return a member's name, and whether its encoding is unknown.

    A zip says that a name is UTF-8, or does not say what it is; then `zipfile` reads it as code page 437.
    """
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename, False
    try:
        return entry.filename.encode("cp437").decode("utf-8"), False
    except (UnicodeEncodeError, UnicodeDecodeError):
        return entry.filename, True


def _packed_problem(path: PurePosixPath, entry: zipfile.ZipInfo) -> str:
    if path.is_absolute() or ".." in path.parts:
        return "its path leads out of the zip file"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):  # 0 where the zip was not packed on Unix
        return "it is not a regular file"
    # Python unpacks no more than the stated size, but by other methods a piece at once, which can hold gigabytes.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is compressed by an unusual method: unpack it, and pack it with another program"
    return _problem(path, entry.file_size)


def _zip_time(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _opened(member: Member) -> Iterable[Member]:
    """Return the files of a zip in the source, or the zip itself if it cannot be opened; any other file as it is."""
    if member.path.suffix.lower() != ".zip" or member.problem:
        return [member]

    def read(entry: zipfile.ZipInfo) -> bytes:  # opens the zip again: those of a whole class would fill the memory
        return zipfile.ZipFile(io.BytesIO(member.read())).read(entry)

    try:
        content = member.read()
        if content.count(_ENTRY) > _MOST_ENTRIES:
            raise ValueError(f"it has more than {_MOST_ENTRIES} entries")
        every = _in_zip(zipfile.ZipFile(io.BytesIO(content)), read, f"{member.origin}:")
        inner = list(islice(every, _MOST_FILES + 1))
        if len(inner) > _MOST_FILES:
            raise ValueError(f"it has more than {_MOST_FILES} files")
    except Exception as problem:  # noqa: BLE001 (a damaged zip raises many kinds of exceptions)
        return [replace(member, problem=f"it is a zip that cannot be opened ({type(problem).__name__}: {problem})")]
    nested = "it is a zip in a zip, which is not opened: unpack it, and pack it again"
    return [
        replace(each, path=member.path / each.path, problem=each.problem or (nested if each.is_archive else ""))
        for each in inner
    ] or [member]


def _problem(path: PurePosixPath, size: int) -> str:
    if path.name.startswith("."):
        return "its name begins with a dot: rename it if it is a submission"
    if path.suffix.lower() in ARCHIVES:
        return "it is an archive that is not opened: unpack it, and pack it as a zip"
    if size > MAX_NOTEBOOK_BYTES:
        return f"it has {size / 2**20:.0f} MiB, more than the {MAX_NOTEBOOK_BYTES // 2**20} MiB allowed"
    return ""
