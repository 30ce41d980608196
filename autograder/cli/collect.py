"""`autograder collect`: copies submissions from files or pull requests to `submitted/`."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.messages import complain
from autograder.errors import UserError
from autograder.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.collection.files import Collected


def collect(
    source: Annotated[str, typer.Argument(metavar="FOLDER_ZIP_OR_REPOSITORY", show_default=False)],
    *,
    file_times: Annotated[
        bool,
        typer.Option(
            "--file-times", help="Use each file's time as its submission time, which decides whether it is late."
        ),
    ] = False,
    roster: Annotated[
        Path | None, typer.Option(help="For pull requests: a CSV with the columns github,student.")
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(help="For pull requests: the latest commit until this time counts, as in 2027-01-31T23:59+01:00."),
    ] = None,
) -> None:
    """Collect submissions from a folder of files named by student, a learning platform's zip, or pull requests.

    With --roster, the source is the address or the folder of the students' repository. Git reads the notebook from
    each pull request's own commits. Nothing is run.
    """
    if roster is None and deadline is not None:
        raise typer.BadParameter(
            "a deadline is for pull requests: name the roster with --roster", param_hint="--deadline"
        )
    if roster is not None and file_times:
        raise typer.BadParameter(
            "file times are for files: a pull request's commits have their own times", param_hint="--file-times"
        )
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
        raise UserError("this is the address of a repository: name the roster of its students with --roster")
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
    from autograder.collection.files import CollectedStatus

    for each in collected:
        if each.status is CollectedStatus.REFUSED:
            whose = f"{each.student}: " if each.student else ""
            complain(f"{whose}{each.origin}: not collected: {each.reason}")
        else:
            remark = f": look at it: {one_line(each.reason, 1000)}" if each.reason else ""
            print(f"{each.status:8} {each.student}{remark}")
    if missing:
        print(f"nothing from: {', '.join(missing)}")
    counts = Counter(each.status for each in collected)
    always = (CollectedStatus.NEW, CollectedStatus.CHANGED, CollectedStatus.SAME)
    print(", ".join(f"{counts[status]} {status}" for status in CollectedStatus if status in always or counts[status]))


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the time as 2027-01-31T23:59+01:00", param_hint="--deadline") from None
    if time.tzinfo is None:
        raise typer.BadParameter("add the time zone, as in 2027-01-31T23:59+01:00", param_hint="--deadline")
    return time
