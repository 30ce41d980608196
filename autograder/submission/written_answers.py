"""Detects written answers that are very short or copied from the prompt. It gives and takes no points."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.assignment.names import AnswerStatus
from autograder.notebook import PLACEHOLDER, Cell, Notebook

#: An answer with fewer words is very short. Prompts expect at least 200.
SHORT = 40
#: Longer texts are compared no further, and wait for a person. 200 words have about 1,500 characters.
LONGEST = 100_000
_TOO_LONG = "too long to check"
#: A run of this many words from the prompt is copied. An answer with this share of copied words is copied.
_RUN = 5
_COPIED_SHARE = 0.5
#: Scripts without spaces between words: each character counts as a word, as word processors count it.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
#: Parts that a reader of the rendered text does not see: comments, and definitions of links.
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|^ {0,3}\[(?!\^)[^\[\]\n]*\]:[^\n]*", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)|<img\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class WrittenAnswer:
    """Status of one written answer. ``words`` is its number of words.

    ``remark`` says that an answer is short, copied from the prompt, only a picture, or too long to check. Of an answer
    that is too long, the words at its beginning are counted.
    """

    grade_id: str
    status: AnswerStatus
    words: int
    remark: str | None = None

    @property
    def remarkable(self) -> str:
        """The remark if there is one, otherwise the status."""
        return self.remark or self.status


def written_answer(grade_id: str, answer: str | None, release: Notebook, *, in_release: bool = False) -> WrittenAnswer:
    """Compare a written answer with the release. ``answer`` is None if the notebook does not have the cell.

    ``in_release`` is True if the student's file is the release itself; then only the placeholder shows that the answer
    is unchanged.
    """
    if answer is None:
        return WrittenAnswer(grade_id, AnswerStatus.MISSING, 0)
    if len(answer.strip()) > LONGEST:
        return WrittenAnswer(grade_id, AnswerStatus.ANSWERED, _word_count(answer.strip()[:LONGEST]), _TOO_LONG)
    text = visible(answer)
    given = release.cell(grade_id)
    if not text:
        return WrittenAnswer(grade_id, AnswerStatus.EMPTY, 0)
    if is_placeholder(text) or (given and not in_release and answer.strip() == given.source.strip()):
        return WrittenAnswer(grade_id, AnswerStatus.UNCHANGED, 0)
    prompt = "\n".join(given.source for given in release.cells if _asks(given, grade_id))
    words = _PICTURE.sub(" ", text)
    if not words.strip():
        return WrittenAnswer(grade_id, AnswerStatus.ANSWERED, 0, "only a picture")
    return WrittenAnswer(grade_id, AnswerStatus.ANSWERED, _word_count(words), remark(words, prompt))


def _word_count(text: str) -> int:
    return sum(max(1, len(re.findall(f"[{_UNSPACED}]", word))) for word in text.split())


def visible(text: str) -> str:
    """Return Markdown without the parts that its reader does not see."""
    return _HIDDEN.sub("", text).strip()


def is_placeholder(text: str) -> bool:
    """Return True if a text is the placeholder for an answer, in any formatting."""
    return text.strip(" \t\n*_`#>-.") == PLACEHOLDER


def _asks(cell: Cell, grade_id: str) -> bool:
    """Return True if this cell belongs to a question: its introduction, a figure's description, or the prompt."""
    return cell.kind == "markdown" and (cell.grade_id or "").startswith(f"{grade_id}_")


def remark(answer: str, prompt: str) -> str | None:
    """Return ``copied`` or ``short`` for an answer that a grader should read first, and None for others."""
    words = _WORD.findall(answer.casefold())
    if words and copied_share(words, _WORD.findall(prompt.casefold())) >= _COPIED_SHARE:
        return "copied"
    return "short" if len(words) < SHORT else None


def copied_share(words: list[str], prompt: list[str]) -> float:
    """Return the share of words in runs that the prompt has, too."""
    runs = {tuple(prompt[i : i + _RUN]) for i in range(len(prompt) - _RUN + 1)}
    starts = [i for i in range(len(words) - _RUN + 1) if tuple(words[i : i + _RUN]) in runs]
    return len({place for start in starts for place in range(start, start + _RUN)}) / max(1, len(words))
