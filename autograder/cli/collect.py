"""`autograder collect`: copies submissions from files or pull requests to `submitted/`."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.messages import complain
from autograder.errors import ExitCode, UserError
from autograder.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.collection.placing import Collected
    from autograder.collection.roster import Roster

_SCHEMA = "autograder/collection/v1"
#: So many of the files that are nobody's are named.
_MOST_NAMED = 5


def collect(
    source: Annotated[str, typer.Argument(metavar="FOLDER_ZIP_OR_REPOSITORY", show_default=False)],
    *,
    file_times: Annotated[
        bool,
        typer.Option(
            "--file-times", help="Use each file's time as its submission time, which decides whether it is late."
        ),
    ] = False,
    students: Annotated[
        Path | None,
        typer.Option(
            "--students",
            "--roster",
            help="CSV that joins what a platform, or GitHub, calls students to their ids: student,platform_id,name; or "
            "student,github.",
        ),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(help="For pull requests: the latest commit until this time counts, as in 2027-01-31T23:59+01:00."),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write every outcome as JSON; - for the output.")
    ] = None,
) -> None:
    """Collect submissions from a folder or a platform's zip, or from pull requests.

    The files' names say which platform wrote them, and whose they are. If somebody's identity is unclear, nothing is
    collected, and who.csv lists everybody: fill it in, and give it as --students. For pull requests, the source is the
    address or the folder of the students' repository, and --students is needed. Nothing is run.
    """
    from autograder.cli.report_files import check_reports
    from autograder.collection.pull_requests import is_address, is_repository

    pulls = is_address(source) or is_repository(Path(source))
    if not pulls and deadline is not None:
        raise typer.BadParameter(
            "a deadline is for pull requests: name their repository and its --students", param_hint="--deadline"
        )
    if pulls and file_times:
        raise typer.BadParameter(
            "file times are for files: a pull request's commits have their own times", param_hint="--file-times"
        )
    if json_file is not None:
        check_reports({"--json": json_file}, [students] if students else [])
    if pulls:
        if students is None:
            raise UserError(
                f"{source} is a repository: name the roster of its students with --students; if it is a student's own "
                "clone, collect the folder that holds the clones"
            )
        report = _collect_pull_requests(source, students, _time(deadline) if deadline is not None else None)
    else:
        report = _collect_files(source, students, file_times=file_times)
    if json_file is not None:
        from autograder.files import output_file

        with output_file(json_file) as file:
            file.write_text(json.dumps({"schema": _SCHEMA, **report}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if any(each["unreadable"] for each in report["people"]):
        raise typer.Exit(ExitCode.BAD_INPUT)


def _collect_files(source: str, students: Path | None, *, file_times: bool) -> dict[str, Any]:
    from autograder.assignment.course_folder import course_folder
    from autograder.collection.files import collect
    from autograder.collection.roster import load_roster

    roster: Roster | None = load_roster(students) if students else None
    collection = collect(Path(source), course_folder(), roster=roster, file_times=file_times)
    print(f"{source}: {collection.layout}")
    _print(collection.collected, collection.missing, "people")
    for what, files in (("nobody's", collection.nobodys), ("left out", collection.left_out)):
        if files:
            more = f" and {len(files) - _MOST_NAMED} more" if len(files) > _MOST_NAMED else ""
            print(f"{what}: {', '.join(one_line(each, 100) for each in files[:_MOST_NAMED])}{more}")
    nobodys, left_out = collection.nobodys, collection.left_out
    return _report(collection.layout, collection.collected, collection.missing, nobodys, left_out)


def _collect_pull_requests(source: str, students: Path, deadline: datetime | None) -> dict[str, Any]:
    from autograder.assignment.course_folder import course_folder
    from autograder.assignment.settings import load_settings
    from autograder.collection.pull_requests import collect_pulls
    from autograder.collection.roster import load_roster

    course = course_folder()
    due = deadline or load_settings(course.root / "course.toml").deadline
    collection = collect_pulls(source, course, load_roster(students, for_pull_requests=True), due)
    if collection.note:
        complain(collection.note)
    _print(collection.collected, collection.missing, "pull requests")
    return _report("pull requests", collection.collected, collection.missing)


def _report(
    layout: str,
    collected: Sequence[Collected],
    missing: Sequence[str],
    nobodys: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the report of ``--json``, whatever was collected from."""
    people = [_outcome(each) for each in collected]
    return {"layout": layout, "people": people, "missing": missing, "nobodys": nobodys, "left_out": left_out}


def _outcome(each: Collected) -> dict[str, Any]:
    return {
        "student": each.student,
        "name": each.name,
        "platform_id": each.platform_id,
        "status": each.status,
        "source": each.origin,
        "reason": each.reason,
        "older": list(each.older),
        "unreadable": each.unreadable,
    }


def _print(collected: Sequence[Collected], missing: Sequence[str], what: str) -> None:
    from autograder.collection.placing import CollectedStatus

    for each in collected:
        if each.status is CollectedStatus.REFUSED:
            whose = f"{each.student}: " if each.student else ""
            complain(f"{whose}{one_line(each.origin)}: not collected: {one_line(each.reason, 1000)}")
            continue
        older = f" (1 of {len(each.older) + 1} notebooks)" if each.older else ""
        remark = f": look at it: {one_line(each.reason, 1000)}" if each.reason else ""
        print(f"{each.status:8} {each.student}{older}{remark}")
    if missing:
        print(f"nothing from: {', '.join(missing)}")
    counts = Counter(each.status for each in collected)
    always = (CollectedStatus.NEW, CollectedStatus.CHANGED, CollectedStatus.SAME)
    words = {CollectedStatus.REFUSED: "not collected"}
    shown = (status for status in CollectedStatus if status in always or counts[status])
    shown_counts = ", ".join(f"{counts[status]} {words.get(status, status)}" for status in shown)
    print(f"{len(collected)} {what}: {shown_counts}")


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the time as 2027-01-31T23:59+01:00", param_hint="--deadline") from None
    if time.tzinfo is None:
        raise typer.BadParameter("add the time zone, as in 2027-01-31T23:59+01:00", param_hint="--deadline")
    return time
