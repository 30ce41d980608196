"""Reports as files: each written whole or not at all, whatever becomes of the others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.files import CannotWrite, check_output, output_file, remove_output
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.report.result import Result

if TYPE_CHECKING:
    from autograder.grading.grade import Unreadable


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
    """The files that were asked for, by kind: json, html, markdown, junit, gradescope, classroom50."""

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
            text = _MAKERS[kind](results, unreadable, single)
            if text is None:
                continue
            try:
                with output_file(path) as place:
                    place.write_text(text, encoding="utf-8")
            except CannotWrite as problem:
                problems.append(str(problem))
        return problems


def _json(results: Sequence[Result], _: Sequence[Unreadable], single: bool) -> str | None:
    documents = [result.to_json() for result in results]
    document: Any = documents[0] if single and documents else documents
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n" if results else None


def _html(results: Sequence[Result], _: Sequence[Unreadable], __: bool) -> str | None:
    from autograder.report import html

    return html.render(results) if results else None


def _markdown(results: Sequence[Result], _: Sequence[Unreadable], __: bool) -> str | None:
    from autograder.report import markdown

    return markdown.render(results) if results else None


def _junit(results: Sequence[Result], unreadable: Sequence[Unreadable], _: bool) -> str | None:
    from autograder.report import junit

    return junit.render(results, [(str(each.path), each.reason) for each in unreadable])


def _gradescope(results: Sequence[Result], unreadable: Sequence[Unreadable], _: bool) -> str | None:
    from autograder.report import gradescope

    if unreadable:
        return gradescope.refusal(unreadable[0].reason)
    # Without a file, Gradescope says that grading failed, and gives nobody a zero.
    return None if results[0].fault is not None else gradescope.render(results[0])


def _classroom50(results: Sequence[Result], _: Sequence[Unreadable], __: bool) -> str | None:
    from autograder.report import classroom50

    if not results or results[0].fault is not None:
        return None
    return classroom50.render(results[0], classroom50.context(os.environ, _committed(Path(results[0].path).parent)))


_MAKERS: dict[str, Callable[[Sequence[Result], Sequence[Unreadable], bool], str | None]] = {
    "json": _json,
    "html": _html,
    "markdown": _markdown,
    "junit": _junit,
    "gradescope": _gradescope,
    "classroom50": _classroom50,
}


def _committed(folder: Path) -> datetime:
    """Return when the commit was made that is checked out around ``folder``; now, where none is."""
    from autograder.git import GitFailed, Repository

    try:
        return Repository(folder).commit("HEAD").time
    except GitFailed:
        return datetime.now(tz=UTC)
