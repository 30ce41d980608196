"""What is remarkable about a written answer: very short, or copied from the prompt. It gives nobody points."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.notebook import PLACEHOLDER, Cell, Notebook

#: An answer of fewer words is very short: the shortest that a prompt expects has 200.
SHORT = 40
#: Words in a row that nobody writes by chance as the prompt has them, and the share of an answer made of such runs.
_RUN = 5
_COPIED_SHARE = 0.5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class WrittenAnswer:
    """One of Q1–Q6: ``status`` is answered, unchanged, empty or missing; ``words`` counts its words.

    ``remark`` says of an answered one that it is short, or copied from the prompt.
    """

    grade_id: str
    status: str
    words: int
    remark: str | None = None

    @property
    def remarkable(self) -> str:
        """The most telling word about it: its remark where there is one, and its status otherwise."""
        return self.remark or self.status


def written_answer(grade_id: str, answer: str | None, release: Notebook, *, in_release: bool = False) -> WrittenAnswer:
    """Tell how a written answer stands, compared with the release's; None is one that the notebook does not have.

    ``in_release`` says that the student worked in the release itself, so that only the placeholder tells.
    """
    if answer is None:
        return WrittenAnswer(grade_id, "missing", 0)
    text = answer.strip()
    given = release.cell(grade_id)
    if not text:
        return WrittenAnswer(grade_id, "empty", 0)
    if text == PLACEHOLDER or (given and not in_release and text == given.source.strip()):
        return WrittenAnswer(grade_id, "unchanged", 0)
    prompt = "\n".join(given.source for given in release.cells if _asks(given, grade_id))
    return WrittenAnswer(grade_id, "answered", len(text.split()), remark(text, prompt))


def _asks(cell: Cell, grade_id: str) -> bool:
    """Tell whether this is one of the texts around a question: what leads to it, what a figure shows, the prompt."""
    return cell.kind == "markdown" and (cell.grade_id or "").startswith(f"{grade_id}_")


def remark(answer: str, prompt: str) -> str | None:
    """Return ``copied`` or ``short`` for an answer that somebody should look at first, and None for any other."""
    words = _WORD.findall(answer.casefold())
    if words and copied_share(words, _WORD.findall(prompt.casefold())) >= _COPIED_SHARE:
        return "copied"
    return "short" if len(words) < SHORT else None


def copied_share(words: list[str], prompt: list[str]) -> float:
    """Return the share of the words that stand in a run which the prompt has, too."""
    runs = {tuple(prompt[i : i + _RUN]) for i in range(len(prompt) - _RUN + 1)}
    starts = [i for i in range(len(words) - _RUN + 1) if tuple(words[i : i + _RUN]) in runs]
    return len({place for start in starts for place in range(start, start + _RUN)}) / max(1, len(words))
