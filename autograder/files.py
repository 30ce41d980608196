"""Files that are written whole or not at all, wherever a person wants them."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import UserError

#: The names of unfinished files end in it. A killed process leaves one behind; it may be deleted.
UNFINISHED = ".unfinished"


class CannotWrite(UserError):
    """A file that a person named cannot be written."""


@contextmanager
def replace_atomically(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield the path of a new file beside ``path``; afterwards, rename that file to ``path``.

    Readers see the old content or the new, never a part. An error leaves ``path`` as it was, and removes the new file.

    Parameters
    ----------
    path : Path
        Its folder must exist. A symbolic link there is replaced; its target is not.
    durable : bool
        Wait until the content is on the disk, for what nobody can make again.

    Raises
    ------
    OSError
        When the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replace_atomically(folder / "scores.csv") as unfinished:
    ...     _ = unfinished.write_text("student,score")
    >>> [file.name for file in folder.iterdir()]
    ['scores.csv']
    """
    # Its length does not depend on the name, which may be as long as the file system allows.
    unfinished = path.with_name(f".{secrets.token_hex(8)}{UNFINISHED}")
    try:
        yield unfinished
        if durable:
            _flush(unfinished)
        unfinished.replace(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write ``content`` to ``path`` as `replace_atomically` does."""
    with replace_atomically(path, durable=durable) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Write ``text`` to ``path`` in UTF-8, with the line ends that it has, as `replace_atomically` does."""
    write_bytes(path, text.encode(), durable=durable)


@contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """Yield where to write what a person wants at ``path``: a new file as `replace_atomically` makes it, or a stream.

    A pipe, a terminal and /dev/null stay what they are, and are written to. So does a symbolic link: the file that it
    leads to is replaced.

    Raises
    ------
    CannotWrite
        When that fails.
    """
    try:
        if _is_stream(path):
            yield path
        else:
            with replace_atomically(_followed(path)) as unfinished:
                yield unfinished
    except OSError as problem:
        raise _cannot_write(path, problem) from None


def check_output(path: Path) -> None:
    """Find out, before any work is done, whether `output_file` can write ``path``. Nothing there is changed.

    Raises
    ------
    CannotWrite
        When it cannot.
    """
    try:
        if _is_stream(path):
            if not os.access(path, os.W_OK):
                raise CannotWrite(f"{path} cannot be written: permission denied")
            return
        place = _followed(path)
        if place.is_dir():
            raise CannotWrite(f"{path} is a folder; name a file in it")
        if place.exists() and not place.is_file():
            raise CannotWrite(f"{path} is neither a file nor a pipe nor a terminal; name another file")
        if any(_is_where(stream, place) for stream in (1, 2)):
            raise CannotWrite(f"{path} is the file that the terminal's output goes to; name another file")
        trial = place.with_name(f".{secrets.token_hex(8)}{UNFINISHED}")
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as problem:
        raise _cannot_write(path, problem) from None


def remove_output(path: Path) -> None:
    """Remove the file that an earlier run wrote to ``path``, so that nobody takes it for this run's.

    Raises
    ------
    CannotWrite
        When it cannot be removed.
    """
    try:
        if not _is_stream(path):
            _followed(path).unlink(missing_ok=True)
    except OSError as problem:
        raise _cannot_write(path, problem) from None


def _is_stream(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _followed(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _is_where(stream: int, place: Path) -> bool:
    try:
        return os.path.samestat(place.stat(), os.fstat(stream))
    except OSError:
        return False


def _cannot_write(path: Path, problem: OSError) -> CannotWrite:
    return CannotWrite(f"{path} cannot be written: {problem.strerror}")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
