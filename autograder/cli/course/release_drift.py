"""`autograder course release-drift`: checks that the release is up to date. A commit hook and CI run it."""

from __future__ import annotations

from pathlib import Path

import typer

from autograder.cli.messages import complain
from autograder.errors import ExitCode


def release_drift() -> None:
    """Check that assignment/ is what `make release` makes of solutions/.

    Exit status: 0 if it is, or in a students' repository, which has no source to compare with; 1 if it is not.
    """
    from autograder.publishing.release_drift import SOURCE, drift

    root = Path.cwd()
    if not (root / SOURCE).exists():
        print("There is no solutions/ here, so this is a students' repository: nothing to compare.")
        return
    if differences := drift(root):
        complain("solutions/ and assignment/ have drifted apart: run `make release` and commit both")
        print("\n".join(differences))
        raise typer.Exit(ExitCode.BELOW)
