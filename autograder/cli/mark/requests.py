"""`autograder mark requests`: students' requests for another look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.mark.opening import BadWish, Json, opened_store, print_json
from autograder.cli.messages import complain
from autograder.errors import ExitCode

if TYPE_CHECKING:
    from autograder.nbgrader_bridge.desk.regrade_requests import Asked

#: A file with requests may have this many bytes.
_MOST_BYTES = 10_000_000


def requests(
    file: Annotated[Path | None, typer.Argument(help="A CSV file with student, question, item, reason.")] = None,
    *,
    until: Annotated[
        datetime | None, typer.Option(help="When the window for requests closed or closes, in this machine's time.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read students' requests for another look from a file, or list those that were read."""
    refused = []
    with opened_store() as store:
        if file is not None:
            refused = store.add_requests(list(_asked(file)), until.astimezone() if until else None)
        found = store.requests()
    for line in refused:
        complain(f"{file}, {line}" if line.startswith("line ") else line)
    if as_json:
        print_json(found)
    else:
        for each in found:
            print(f"{each.id}  {each.item or each.question}  {each.state}")
    if refused:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _asked(file: Path) -> Iterator[Asked]:
    from autograder.collection.tables import read_table
    from autograder.nbgrader_bridge.desk.regrade_requests import Asked

    if file.exists() and file.stat().st_size > _MOST_BYTES:
        raise BadWish(f"{file} has more than {_MOST_BYTES // 1_000_000} MB; that is no list of requests")
    rows = read_table(file, "the list of requests")
    if not rows or [name.strip().lower() for name in rows[0][1]] != ["student", "question", "item", "reason"]:
        raise BadWish(f"{file} must begin with the line student,question,item,reason")
    for number, row in rows[1:]:
        if any(map(str.strip, row)):
            yield Asked(number, *(text.strip() for text in [*row, "", "", "", ""][:4]))
