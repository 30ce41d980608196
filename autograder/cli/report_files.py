"""Reports as files: each written whole or not at all, whatever becomes of the others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.files import CannotWrite, check_output, output_file, remove_output
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.report.formats import Outcomes, formats
from autograder.report.result import Result, Unreadable


def check_reports(reports: Mapping[str, Path], notebooks: Sequence[Path] = ()) -> None:
    """Check that the file of each option can be written, and that no notebook is lost by it.

    A shell may put a submission there: ``--json submitted/*.ipynb`` names the first student's notebook.

    Raises
    ------
    CannotWrite
        When one cannot be written, is a notebook, is one of ``notebooks``, or is named twice.
    """
    taken = [file for file in notebooks if file.exists()]
    for option, path in reports.items():
        if _is_notebook(path) or any(_same(path, other) for other in taken):
            raise CannotWrite(f"{option} {path} would replace a notebook or another report; name another file")
        check_output(path)
        taken.append(path)


def _is_notebook(path: Path) -> bool:
    place = Path(os.path.realpath(path))
    if place.suffix.lower() == ".ipynb":
        return True
    try:
        return place.is_file() and bool(read_notebook(place).cells)
    except (UnreadableNotebook, OSError):
        return False


def _same(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.is_file() and path.samefile(other)
    return os.path.realpath(path) == os.path.realpath(other)


@dataclass(frozen=True)
class Reports:
    """The files that were asked for, by the format's name."""

    paths: Mapping[str, Path]

    def prepare(self, notebooks: Sequence[Path]) -> None:
        """Check that every report can be written, and remove those of an earlier run.

        Raises
        ------
        CannotWrite
            When one cannot be written, or would take the place of a notebook or of another report. Nothing is removed.
        """
        check_reports({f"--{kind}": path for kind, path in self.paths.items()}, notebooks)
        for path in self.paths.values():
            remove_output(path)

    def write(self, results: Sequence[Result], unreadable: Sequence[Unreadable], *, single: bool) -> list[str]:
        """Write each report there is something to say in; return what went wrong, a line each."""
        problems = []
        for kind, path in self.paths.items():
            text = formats()[kind].render(Outcomes(results, unreadable, single))
            if text is None:
                continue
            try:
                with output_file(path) as place:
                    place.write_text(text, encoding="utf-8")
            except CannotWrite as problem:
                problems.append(str(problem))
        return problems
