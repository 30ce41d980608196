"""`autograder course gradescope-zip`: an autograder for Gradescope."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def gradescope_zip(path: Annotated[Path, typer.Argument(metavar="ZIP", show_default=False)]) -> None:
    """Make a zip to upload to Gradescope as the assignment's autograder."""
    from autograder.cli.report_files import check_reports
    from autograder.publishing.gradescope_zip import build

    if path.exists():
        check_reports({"ZIP": path})
    count = build(path)
    print(f"{path}: {count} files. In Gradescope: Configure Autograder, Ubuntu 24.04, upload.")
