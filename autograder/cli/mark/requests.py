"""`autograder mark requests`: students' requests for another look."""

from __future__ import annotations

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
    as_json: Json = False,
) -> None:
    """Read students' requests for another look from a file, or list those that were read."""
    from autograder.assignment.course_folder import course_folder
    from autograder.assignment.settings import FILE, load_settings
    from autograder.cli.mark.request_files import read_requests

    refused = []
    with opened_store() as store:
        if file is not None:
            settings = load_settings(course_folder().root / FILE)
            refused = store.add_requests(read_requests(file), settings.requests.until)
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
