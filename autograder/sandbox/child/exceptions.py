"""Describes an exception of student code: name, message, the student's own line, and what the sandbox refused."""

from __future__ import annotations

import errno
import socket
import traceback
from types import TracebackType

from autograder.sandbox.child.presence import in_child
from autograder.sandbox.protocol import MAX_TEXT, Raised, Refusal

CELL_PREFIX = "<cell "
#: Modules through which code reaches for what a sandbox refuses; the names of what it reached for.
_REACHING = {
    Refusal.NETWORK: {"socket", "ssl", "http", "urllib", "urllib3", "requests", "ftplib", "smtplib"},
    Refusal.PROCESSES: {"subprocess", "multiprocessing", "pty", "pexpect", "ptyprocess"},
}


def describe_exception(exception: BaseException) -> Raised:
    """Return the exception's name and message, and the deepest place in the student's own cells."""
    message = text_of(exception)
    filename, line, source = _deepest_cell(exception.__traceback__)
    if isinstance(exception, SyntaxError) and isinstance(exception.filename, str):
        message = text_of(exception.msg)
        line = exception.lineno if type(exception.lineno) is int else None
        filename, source = exception.filename, text_of(exception.text or "")
    if type(exception) is ImportError and type(exception.path) is str:
        message = message.removesuffix(f" ({exception.path})")  # a path of the grader's machine helps nobody
    known = _is_students(filename)
    return Raised(
        name=text_of(type(exception).__name__)[:200],
        message=message,
        cell=filename[len(CELL_PREFIX) : -1] if filename.startswith(CELL_PREFIX) else None,
        line=line if known else None,
        source=(source or "").strip()[:200] if known else None,
        refused=refusal(exception) if in_child() else None,
    )


def refusal(exception: BaseException) -> Refusal | None:
    """Say what the sandbox refused when ``exception`` came from that.

    A refusal arrives as a PermissionError, and name resolution without a network as a gaierror, often
    wrapped in a library's own exception.
    """
    seen: list[BaseException] = []
    waiting: list[object] = [exception]
    while waiting and len(seen) < 20:
        each = waiting.pop()
        if not isinstance(each, BaseException) or each in seen:
            continue
        seen.append(each)
        waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args[:1]]
    if any(isinstance(each, socket.gaierror) for each in seen):
        return Refusal.NETWORK
    came_by = {name for each in seen for name in _modules(each)}
    through = next((what for what, names in _REACHING.items() if names & came_by), None)
    refused = [each for each in seen if isinstance(each, PermissionError)]
    if not refused:
        # Without devices there is no terminal for a program that a cell starts with `!`.
        return through if through is Refusal.PROCESSES and any(isinstance(each, OSError) for each in seen) else None
    reached = any(each.filename and each.errno == errno.EACCES for each in refused)
    return through or (Refusal.FILES if reached else Refusal.OTHER)


def text_of(value: object) -> str:
    """Return ``str(value)``, cut to `MAX_TEXT`; a student's ``__str__`` may raise anything."""
    try:
        return str(value)[:MAX_TEXT]
    except BaseException:  # noqa: BLE001
        return f"(a {type(value).__name__} that cannot be printed)"


def _modules(exception: BaseException) -> set[str]:
    names = set()
    trace = exception.__traceback__
    while trace is not None:
        names.add(str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0])
        trace = trace.tb_next
    return names


def _is_students(filename: str) -> bool:
    return filename.startswith((CELL_PREFIX, "<ipython-input")) or "ipykernel_" in filename


def _deepest_cell(trace: TracebackType | None) -> tuple[str, int | None, str | None]:
    for frame in reversed(traceback.extract_tb(trace)):
        if _is_students(frame.filename):
            return frame.filename, frame.lineno, frame.line
    return "", None, None
