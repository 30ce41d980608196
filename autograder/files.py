"""Writes files whole or not at all, and writes reports to the places that people name."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import UserError

#: Names of unfinished files end in this. A killed process leaves such a file behind, and anybody may delete it.
UNFINISHED = ".unfinished"
#: Stands for the standard output where a person names an output file.
STDOUT = Path("-")


class CannotWrite(UserError):
    """An output file that a person named cannot be written."""


@contextmanager
def replace_atomically(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield the path of a new file beside ``path``; afterwards, rename that file to ``path``.

    Readers see the old content or the new, never a part. An error leaves ``path`` as it was, and removes the new file.

    Parameters
    ----------
    path : Path
        Its folder must exist. A symbolic link is replaced, and its target stays.
    durable : bool
        Wait until the content is on the disk. Use it for content that nobody can make again.

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
    # A random name of fixed length: the name of ``path`` may already be as long as the file system allows.
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
    """Write ``text`` to ``path`` in UTF-8 as `replace_atomically` does. Line ends stay as they are."""
    write_bytes(path, text.encode(), durable=durable)


def is_stdout(path: Path) -> bool:
    """Return whether ``path`` is ``-`` or another name of the standard output, such as /dev/stdout.

    /dev/null is never the standard output: what is written to it disturbs nothing.
    """
    return path == STDOUT or (_leads_to(path, 1) and (os.isatty(1) or not path.is_char_device()))


@contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """Yield the file to write for the output that a person wants at ``path``.

    A regular file is replaced as `replace_atomically` does, also where ``path`` is a symbolic link to it. A pipe, a
    terminal and /dev/null are written to. The standard output gets the content once the content is complete.

    Raises
    ------
    CannotWrite
        The output cannot be written.
    """
    with _errors_about(path):
        if is_stdout(path):
            with tempfile.TemporaryDirectory() as folder:
                whole = Path(folder) / "output"
                yield whole
                sys.stdout.flush()
                with open(1, "wb", closefd=False) as stdout:
                    stdout.write(whole.read_bytes())
        elif _is_stream(path):
            yield path
        else:
            with replace_atomically(Path(os.path.realpath(path))) as unfinished:
                yield unfinished


def check_output(path: Path) -> None:
    """Check, before any work is done, that `output_file` can write ``path``. Nothing at ``path`` changes.

    Raises
    ------
    CannotWrite
        The output cannot be written.
    """
    with _errors_about(path):
        if is_stdout(path):
            os.fstat(1)
        elif _is_stream(path):
            if not os.access(path, os.W_OK):
                raise CannotWrite(f"{path} cannot be written: permission denied")
        else:
            _check_file(path, Path(os.path.realpath(path)))


def _check_file(path: Path, place: Path) -> None:
    if place.is_dir():
        raise CannotWrite(f"{path} is a folder; name a file in it")
    if place.exists() and not place.is_file():
        raise CannotWrite(f"{path} is not a file, a pipe or a terminal; name another file")
    if _leads_to(place, 2):
        raise CannotWrite(f"{path} is the file that error messages go to; name another file")
    trial = place.with_name(f".{secrets.token_hex(8)}{UNFINISHED}")
    trial.touch(exist_ok=False)
    trial.unlink()


def remove_output(path: Path) -> None:
    """Remove the file that an earlier run wrote to ``path``, so that nobody mistakes it for the output of this run.

    Raises
    ------
    CannotWrite
        The file cannot be removed.
    """
    with _errors_about(path):
        if not is_stdout(path) and not _is_stream(path):
            Path(os.path.realpath(path)).unlink(missing_ok=True)


def _is_stream(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


@contextmanager
def _errors_about(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise CannotWrite(f"{path} cannot be written: {problem.strerror}") from None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
