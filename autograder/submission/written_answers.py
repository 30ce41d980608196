"""Detects written answers that are very short or copied from the prompt. It gives and takes no points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from autograder.assignment.editions import editions_of
from autograder.assignment.names import AnswerStatus
from autograder.notebook import PLACEHOLDER, Cell, Notebook, normalized
from autograder.submission.shown_text import LONGEST, shown, without_comments, without_pasted, word_count

#: An answer with fewer words is very short. Prompts expect at least 200.
SHORT = 40
_TOO_LONG = "too long to check"
#: A run of this many words from the prompt is copied. An answer with this share of copied words is copied.
_RUN = 5
_COPIED_SHARE = 0.5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class WrittenAnswer:
    """Status of one written answer. ``words`` is its number of words; formulas are none, as the prompts say.

    ``remark`` says that an answer is short, copied from the prompt, only a picture, only hidden text, or too long to
    check. Of an answer that is too long, the words at its beginning are counted.
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

    Examples
    --------
    >>> release = Notebook("the release", "", ())
    >>> written_answer("q1", "The gradient vanishes.", release).remarkable
    'short'
    >>> str(written_answer("q1", " ", release).remarkable)
    'empty'
    """
    if answer is None:
        return WrittenAnswer(grade_id, AnswerStatus.MISSING, 0)
    text = without_pasted(answer.strip())
    if len(text) > LONGEST:
        return WrittenAnswer(grade_id, AnswerStatus.ANSWERED, word_count(shown(text[:LONGEST]).text), _TOO_LONG)
    editions, uncommented = editions_of(release), without_comments(text)
    if not uncommented:
        return WrittenAnswer(grade_id, AnswerStatus.EMPTY, 0)
    given = {cell.normalized_source for cell in editions.get(grade_id, ())[in_release:]}
    if normalized(answer) in given or is_placeholder(uncommented):
        return WrittenAnswer(grade_id, AnswerStatus.UNCHANGED, 0)
    seen = shown(text)
    words = word_count(seen.text)
    if not words and (seen.pictures or seen.hides):
        found: str | None = "only a picture" if seen.pictures else "only hidden text"
    else:
        prompt = "\n".join(cell.source for cells in editions.values() for cell in cells if _asks(cell, grade_id))
        is_short = words + word_count(seen.formulas) < SHORT
        found = "copied" if is_copied(uncommented, prompt) else "short" if is_short else None
    return WrittenAnswer(grade_id, AnswerStatus.ANSWERED, words, found)


def is_placeholder(text: str) -> bool:
    """Return True if a text is the placeholder for an answer, once or several times, in any formatting."""
    lines = [line.strip(" \t*_`#>-.") for line in text.splitlines()]
    return {line for line in lines if line} == {PLACEHOLDER}


def _asks(cell: Cell, grade_id: str) -> bool:
    """Return True if this cell belongs to a question: its introduction, a figure's description, or the prompt."""
    return cell.kind == "markdown" and (cell.grade_id or "").startswith(f"{grade_id}_")


def is_copied(answer: str, prompt: str) -> bool:
    """Return True if half of an answer's words, or more, are the prompt's own."""
    words = _WORD.findall(answer.casefold())
    return bool(words) and copied_share(words, _WORD.findall(prompt.casefold())) >= _COPIED_SHARE


@lru_cache(maxsize=32)
def _runs(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Return all runs of words. A prompt is compared with each answer of a class."""
    return frozenset(words[i : i + _RUN] for i in range(len(words) - _RUN + 1))


def copied_share(words: list[str], prompt: list[str]) -> float:
    """Return the share of words in runs that the prompt has, too."""
    runs = _runs(tuple(prompt))
    starts = [i for i in range(len(words) - _RUN + 1) if tuple(words[i : i + _RUN]) in runs]
    return len({place for start in starts for place in range(start, start + _RUN)}) / max(1, len(words))
