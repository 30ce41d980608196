"""Writes the reports that a command was asked for. An error in one report stops no other."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.folder_names import CONFIG
from autograder.files import CannotWrite, check_output, is_stdout, output_file, remove_output
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.report.formats import Outcomes, formats
from autograder.report.result import Result, Unreadable

_ADVICE = "name another file"


def check_reports(reports: Mapping[str, Path], inputs: Sequence[Path] = ()) -> None:
    """Check that each report can be written, and that no report replaces a file that somebody needs.

    A mistake on the command line may name such a file: ``--json submitted/*.ipynb`` makes the first student's notebook
    the report.

    Parameters
    ----------
    reports : mapping of str to Path
        The file of each report, by the option that names it.
    inputs : sequence of Path
        The files that the command reads.

    Raises
    ------
    CannotWrite
        A report cannot be written. Or its file is a notebook, one of ``inputs``, another report's file, or stands among
        the submissions of a course.
    """
    taken = list(inputs)
    for option, path in reports.items():
        if _is_notebook(path) or any(_same(path, other) for other in taken):
            raise CannotWrite(f"{option} {path} would replace a notebook, another input or another report; {_ADVICE}")
        if _is_among_submissions(path):
            raise CannotWrite(f"{option} {path} is in the folder of the submissions; {_ADVICE}")
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


def _is_among_submissions(path: Path) -> bool:
    folders = Path(os.path.realpath(path)).parents
    return any(folder.name == "submitted" and (folder.parent / CONFIG).exists() for folder in folders)


def _same(path: Path, other: Path) -> bool:
    if is_stdout(path) or is_stdout(other):
        return is_stdout(path) and is_stdout(other)
    try:
        return path.samefile(other) and not path.is_char_device()
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)


@dataclass(frozen=True)
class Reports:
    """The file of each report, by the name of its format."""

    paths: Mapping[str, Path]

    def prepare(self, inputs: Sequence[Path]) -> None:
        """Check every report against ``inputs`` as `check_reports` does; then remove the reports of an earlier run.

        Raises
        ------
        CannotWrite
            A report is refused. Nothing was removed.
        """
        check_reports({f"--{kind}": path for kind, path in self.paths.items()}, inputs)
        for path in self.paths.values():
            remove_output(path)

    @property
    def to_stdout(self) -> bool:
        """Whether a report goes to the standard output."""
        return any(is_stdout(path) for path in self.paths.values())

    @contextmanager
    def terminal(self) -> Iterator[None]:
        """Print to stderr if a report goes to the standard output, so that a pipe gets the report alone."""
        with redirect_stdout(sys.stderr) if self.to_stdout else nullcontext():
            yield

    def write(self, results: Sequence[Result], unreadable: Sequence[Unreadable], *, single: bool) -> list[str]:
        """Write each report, unless its format leaves it out; return a line for each report that cannot be written."""
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
