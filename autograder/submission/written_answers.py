"""What is remarkable about a written answer: very short, or copied from the prompt. It gives nobody points."""

from __future__ import annotations

import re

#: An answer of fewer words is very short: the shortest that a prompt expects has 200.
SHORT = 40
#: Words in a row that nobody writes by chance as the prompt has them, and the share of an answer made of such runs.
_RUN = 5
_COPIED_SHARE = 0.5
_WORD = re.compile(r"\w+")


def remark(answer: str, prompt: str) -> str | None:
    """Return ``copied`` or ``short`` for an answer that somebody should look at first, and None for any other."""
    words = _WORD.findall(answer.casefold())
    if words and len(_copied(words, _WORD.findall(prompt.casefold()))) >= _COPIED_SHARE * len(words):
        return "copied"
    return "short" if len(words) < SHORT else None


def _copied(words: list[str], prompt: list[str]) -> set[int]:
    """Return the places of the words that stand in a run which the prompt has, too."""
    runs = {tuple(prompt[i : i + _RUN]) for i in range(len(prompt) - _RUN + 1)}
    starts = [i for i in range(len(words) - _RUN + 1) if tuple(words[i : i + _RUN]) in runs]
    return {place for start in starts for place in range(start, start + _RUN)}
