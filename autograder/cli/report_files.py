"""Reports as files: each written whole or not at all, whatever becomes of the others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.report.result import Result

if TYPE_CHECKING:
    from autograder.grading.grader import Unreadable

#: These hold one submission; the others hold any number.
FOR_ONE = ("gradescope", "classroom50")


class CannotWrite(OSError):
    """A report cannot be written; the message is one line for people."""


@dataclass(frozen=True)
class Reports:
    """The files that were asked for, by kind: json, html, markdown, junit, gradescope, classroom50."""

    paths: Mapping[str, Path]

    def spare(self, files: Sequence[Path]) -> None:
        """Raise `CannotWrite` where a report would replace one of ``files``, or another report."""
        taken = {file.resolve() for file in files}
        for kind, path in self.paths.items():
            if path.resolve() in taken:
                raise CannotWrite(f"--{kind} {path} would replace a notebook or another report; name another file")
            taken.add(path.resolve())

    def make_way(self) -> None:
        """Remove what an earlier run left, so that nobody takes it for this one's.

        Raises
        ------
        CannotWrite
            For a file that could not be written.
        """
        for path in self.paths.values():
            try:
                path.unlink(missing_ok=True)
                path.touch()
                path.unlink()
            except OSError as problem:
                raise CannotWrite(f"{path} cannot be written: {problem.strerror}") from None

    def write(self, results: Sequence[Result], unreadable: Sequence[Unreadable], *, single: bool) -> list[str]:
        """Write each report there is something to say in; return what went wrong, a line each."""
        problems = []
        for kind, path in self.paths.items():
            text = _MAKERS[kind](results, unreadable, single)
            if text is None:
                continue
            unfinished = path.with_name(f".{path.name}.unfinished")
            try:
                unfinished.write_text(text, encoding="utf-8")
                unfinished.replace(path)
            except OSError as problem:
                problems.append(f"{path} cannot be written: {problem.strerror}")
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
