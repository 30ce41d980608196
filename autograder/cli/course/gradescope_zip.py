"""`autograder course gradescope-zip`: makes an autograder for Gradescope."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def gradescope_zip(path: Annotated[Path, typer.Argument(metavar="ZIP", show_default=False)]) -> None:
    """Make a zip to upload to Gradescope as the assignment's autograder."""
    from autograder.cli.report_files import check_reports
    from autograder.files import is_stdout
    from autograder.publishing.gradescope_zip import build

    if path.exists():
        check_reports({"ZIP": path})
    count = build(path)
    to = sys.stderr if is_stdout(path) else sys.stdout
    print(f"{path}: {count} files. In Gradescope: Configure Autograder, Ubuntu 24.04, upload.", file=to)
