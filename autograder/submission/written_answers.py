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
#: Scripts without spaces between words: each character counts as a word, as word processors count it.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
#: What a reader of the rendered text does not see: comments, and definitions of links.
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|^ {0,3}\[(?!\^)[^\[\]\n]*\]:[^\n]*", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)|<img\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class WrittenAnswer:
    """One of Q1–Q6: ``status`` is answered, unchanged, empty or missing; ``words`` counts its words.

    ``remark`` says of an answered one that it is short, copied from the prompt, or only a picture.
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
    text = visible(answer)
    given = release.cell(grade_id)
    if not text:
        return WrittenAnswer(grade_id, "empty", 0)
    if is_placeholder(text) or (given and not in_release and answer.strip() == given.source.strip()):
        return WrittenAnswer(grade_id, "unchanged", 0)
    prompt = "\n".join(given.source for given in release.cells if _asks(given, grade_id))
    words = _PICTURE.sub(" ", text)
    if not words.strip():
        return WrittenAnswer(grade_id, "answered", 0, "only a picture")
    number = sum(max(1, len(re.findall(f"[{_UNSPACED}]", word))) for word in words.split())
    return WrittenAnswer(grade_id, "answered", number, remark(words, prompt))


def visible(text: str) -> str:
    """Return Markdown without what its reader does not see."""
    return _HIDDEN.sub("", text).strip()


def is_placeholder(text: str) -> bool:
    """Tell whether a text is the placeholder that an answer goes in place of, however it is formatted."""
    return text.strip(" \t\n*_`#>-.") == PLACEHOLDER


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
