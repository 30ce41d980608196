"""The `autograder` command.

The module lists the commands, and turns every error into one line and an exit code.
"""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from autograder.cli.check import check
from autograder.cli.class_command import class_command
from autograder.cli.collect import collect
from autograder.cli.course import commands as course
from autograder.cli.dev import commands as dev
from autograder.cli.doctor import doctor
from autograder.cli.grade import grade
from autograder.cli.mark import commands as mark
from autograder.cli.messages import complain
from autograder.cli.options import with_reports
from autograder.cli.page import page
from autograder.cli.take import take
from autograder.errors import ExitCode, UserError
from autograder.linux import NeedsLinux, is_for_want_of_linux
from autograder.places import MARKING, PROJECT_NAME
from autograder.version import __version__


class _Commands(TyperGroup):
    """Runs a command. An error that people can act on becomes one line on stderr and an exit code."""

    def invoke(self, context: Any) -> Any:
        try:
            with _sigterm_as_ctrl_c():
                return super().invoke(context)
        except KeyboardInterrupt:
            complain("stopped")
            status = ExitCode.STOPPED
        except UserError as problem:
            complain(str(problem))
            status = problem.exit_code
        except ImportError as problem:
            missing = _missing(problem)
            complain(str(missing))
            status = missing.exit_code
        raise typer.Exit(status)


@contextlib.contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Handle SIGTERM as Ctrl-C, so that no process is left: batch systems and `timeout` send it before they kill."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _missing(problem: ImportError) -> UserError:
    """Return the error that says how to install a missing module; raise ``problem`` if the module is the grader's."""
    if is_for_want_of_linux(problem):
        return NeedsLinux("this command")
    package = (problem.name or "autograder").partition(".")[0]
    if (problem.name or "").replace(".", "/") in MARKING:
        return UserError("the written answers are marked in the instructors' repository, and this is another copy")
    if package in ("autograder", "calibration"):
        raise problem
    extra = "cluster" if package in ("dask", "distributed") else "instructor"
    return UserError(f"{package} is not installed: pip install '{PROJECT_NAME}[{extra}]'")


app = typer.Typer(
    cls=_Commands,
    help="Check and grade *Weight Initialization Techniques*. Student code runs in a confined process.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
_INSTRUCTORS = "For instructors"
app.command()(with_reports(check, lambda made: not made.for_one))
app.command()(doctor)
app.command(rich_help_panel=_INSTRUCTORS)(with_reports(grade))
app.command("class", rich_help_panel=_INSTRUCTORS)(class_command)
app.command(rich_help_panel=_INSTRUCTORS)(collect)
app.add_typer(course.app, name="course", rich_help_panel=_INSTRUCTORS)
app.add_typer(mark.app, name="mark", rich_help_panel=_INSTRUCTORS)
app.add_typer(dev.app, name="dev", hidden=True)
app.command(hidden=True)(take)  # the workflow that grades pull requests runs it
app.command(hidden=True)(page)  # make page runs it
for command in (*course.FORMERLY_AT_THE_TOP, *dev.FORMERLY_AT_THE_TOP):
    app.command(hidden=True)(command)  # scripts may use these older names


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line. A fault of the grader exits with 3, which no grade does."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × shows a question mark
    status: int | str | None = ExitCode.FAULT
    try:
        app()
    except SystemExit as end:
        status = end.code
    except Exception as problem:  # noqa: BLE001 (the last resort)
        complain(f"internal error, please report it: {type(problem).__name__}: {problem}")
    sys.exit(status)


if __name__ == "__main__":
    main()
