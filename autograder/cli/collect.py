"""`autograder collect`: submissions from files or pull requests, into `submitted/`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.messages import complain
from autograder.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.collection.files import Collected


def collect(
    source: Annotated[str, typer.Argument(metavar="FOLDER_ZIP_OR_REPOSITORY", show_default=False)],
    *,
    file_times: Annotated[
        bool, typer.Option("--file-times", help="A file's time is its submission time: it decides what is late.")
    ] = False,
    roster: Annotated[
        Path | None, typer.Option(help="Who is who, for pull requests: a CSV that begins with github,student.")
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(help="Pull requests: the latest commit at or before it counts: 2027-01-31T23:59+01:00."),
    ] = None,
) -> None:
    """Take submissions from a folder of files named by student, a learning platform's zip, or pull requests.

    With --roster, the source is the students' repository, an address or a folder: the notebook is taken from
    each pull request's own commits, by git alone, and nothing of them is run.
    """
    if roster is None and deadline is not None:
        raise typer.BadParameter("it is for pull requests: say who is who with --roster", param_hint="--deadline")
    if roster is not None and file_times:
        raise typer.BadParameter("it is for files: a pull request's commits say when", param_hint="--file-times")
    if roster is None:
        _collect_files(source, file_times=file_times)
    else:
        _collect_pull_requests(source, roster, _time(deadline) if deadline is not None else None)


def _collect_files(source: str, *, file_times: bool) -> None:
    from autograder.assignment.course_folder import course_folder
    from autograder.collection.files import collect
    from autograder.collection.pull_requests import is_address

    course = course_folder()
    if is_address(source):
        raise UserError("this is the address of a repository: say with --roster who is who in it")
    _print(collect(Path(source), course, file_times=file_times))


def _collect_pull_requests(source: str, roster: Path, deadline: datetime | None) -> None:
    from autograder.assignment.course_folder import course_folder
    from autograder.assignment.settings import load_settings
    from autograder.collection.pull_requests import collect_pulls
    from autograder.collection.roster import load_roster

    course = course_folder()
    due = deadline or load_settings(course.root / "course.toml").deadline
    collection = collect_pulls(source, course, load_roster(roster), due)
    if collection.note:
        complain(collection.note)
    _print(collection.collected, collection.missing)


def _print(collected: Sequence[Collected], missing: Sequence[str] = ()) -> None:
    for each in collected:
        if each.status == "refused":
            whose = f"{each.student}: " if each.student else ""
            complain(f"{whose}{each.origin}: not collected: {each.reason}")
        else:
            print(f"{each.status:8} {each.student}" + (f": look at it: {each.reason}" if each.reason else ""))
    if missing:
        print(f"nothing from: {', '.join(missing)}")
    counts = {status: sum(each.status == status for each in collected) for status in ("new", "changed", "same")}
    print(", ".join(f"{count} {status}" for status, count in counts.items()))


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("say it like 2027-01-31T23:59+01:00", param_hint="--deadline") from None
    if time.tzinfo is None:
        raise typer.BadParameter("say the time zone, too: 2027-01-31T23:59+01:00", param_hint="--deadline")
    return time
