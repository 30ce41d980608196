"""`autograder page`: a notebook as one web page. `make page` runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def page(
    notebook: Annotated[Path, typer.Argument(show_default=False)],
    *,
    out: Annotated[
        Path | None, typer.Option(help="The page's file; build/NAME.html by default, - for the standard output.")
    ] = None,
) -> None:
    """Write a notebook as one web page, which loads and runs nothing.

    Exit status: 0 written; 2 a notebook that cannot be read, or a page that cannot be written.
    """
    from autograder.cli.report_files import check_reports
    from autograder.files import is_stdout, output_file
    from autograder.publishing.notebook_page import page_of

    html = page_of(notebook)
    path = out or Path("build", f"{notebook.stem}.html")
    if out is None:
        path.parent.mkdir(exist_ok=True)
    check_reports({"--out": path}, [notebook])
    with output_file(path) as place:
        place.write_text(html, encoding="utf-8")
    if not is_stdout(path):
        print(f"{path}: the page of {notebook}.")
