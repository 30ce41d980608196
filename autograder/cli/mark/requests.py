"""`autograder mark requests`: students' requests for another look."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.mark.opening import Json, opened_store, print_json
from autograder.cli.messages import complain
from autograder.errors import ExitCode


def requests(
    file: Annotated[
        Path | None,
        typer.Argument(help="A table (.csv) or JSON with student, question, item, reason; or an issue (.md)."),
    ] = None,
    *,
    until: Annotated[
        datetime | None, typer.Option(help="When the window for requests closed or closes, in this machine's time.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read students' requests for another look from a file, or list those that were read."""
    from autograder.cli.mark.request_files import read_requests

    refused = []
    with opened_store() as store:
        if file is not None:
            refused = store.add_requests(read_requests(file), until.astimezone() if until else None)
        found = store.requests()
    for line in refused:
        complain(f"{file}, {line}")
    if as_json:
        print_json(found)
    else:
        for each in found:
            print(f"{each.id}  {each.item or each.question}  {each.state}")
    if refused:
        raise typer.Exit(ExitCode.BAD_INPUT)
