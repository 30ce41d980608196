"""Which written answers to look at first: untouched, empty, very short, or copied from the prompt. Gives no points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import WRITTEN
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.release import Release

#: An answer of fewer words is very short: the shortest that a prompt expects has 150.
SHORT = 40
#: Words in a row that nobody writes by chance as the prompt has them, and the share of an answer made of such runs.
_RUN = 5
_COPIED_SHARE = 0.5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Triage:
    """One student's written answers: what is remarkable about each, or ``answered``; or why the file is unreadable."""

    student: str
    answers: dict[str, str]
    problem: str | None = None

    @property
    def remarks(self) -> dict[str, str]:
        """The answers to look at first."""
        return {question: found for question, found in self.answers.items() if found != "answered"}


def triage(student: str, path: Path, release: Release) -> Triage:
    """Look at the written answers in the notebook at ``path``."""
    try:
        submission = release.submission(path, complete=False)
        notebook = read_notebook(path)
    except UnreadableNotebook as problem:
        return Triage(student, {}, str(problem))
    found = {}
    for answer in submission.written:
        cell = notebook.cell(answer.grade_id)
        found[answer.grade_id] = {"unchanged": "untouched"}.get(answer.status, answer.status)
        if cell is not None and answer.status == "answered":
            found[answer.grade_id] = _remark(cell.source, _prompt(answer.grade_id, release))
    return Triage(student, {question: found.get(question, "missing") for question in WRITTEN})


def _prompt(grade_id: str, release: Release) -> str:
    cell = release.notebook.cell(f"{grade_id}_prompt")
    return cell.source if cell else ""


def _remark(answer: str, prompt: str) -> str:
    words = _words(answer)
    if words and len(_copied(words, _words(prompt))) >= _COPIED_SHARE * len(words):
        return "copied"
    return "short" if len(words) < SHORT else "answered"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _copied(words: list[str], prompt: list[str]) -> set[int]:
    """Return the places of the words that stand in a run which the prompt has, too."""
    runs = {tuple(prompt[i : i + _RUN]) for i in range(len(prompt) - _RUN + 1)}
    starts = [i for i in range(len(words) - _RUN + 1) if tuple(words[i : i + _RUN]) in runs]
    return {place for start in starts for place in range(start, start + _RUN)}
