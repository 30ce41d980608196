"""Writes the comment with which a student learns what earned points, and why the others were lost."""

from __future__ import annotations

from autograder.assignment.settings import Show
from autograder.marking.scheme import Scheme, amount
from autograder.marking.score import Given, by_row, made


def comment(
    scheme: Scheme, given: Given, adjustment: float = 0.0, reason: str = "", note: str = "", show: Show = Show.ALL
) -> str:
    """Return a comment in Markdown. Each line ends with the key by which a student can ask about it.

    Parameters
    ----------
    scheme, given, adjustment
        As for `autograder.marking.score.points`.
    reason : str
        Why there is an adjustment.
    note : str
        The marker's own words, in Markdown. Nothing here makes them safe: whoever shows a comment does.
    show : Show
        ``ALL`` shows every item, earned and missed; ``APPLIED`` only what was earned, and the false statements that
        were made; ``NONE`` only sums.

    Raises
    ------
    BadMark
        ``given`` does not fit the scheme.

    Examples
    --------
    >>> from autograder.marking.scheme import parse
    >>> scheme = parse("| points | for |\\n|---:|---|\\n| 2 | A cause (1). An effect (1; ½ if vague). |", "q1", 2)
    >>> print(comment(scheme, {"q1.1b": 0.5}, note="Which layers?"))
    - 0 of 1: A cause. (q1.1a)
    - ½ of 1: An effect. (q1.1b)
    <BLANKLINE>
    Which layers?
    """
    scores, mistakes = by_row(scheme, given), made(scheme, given)
    lines = []
    if show is Show.NONE:
        for name, part in (
            ("Core", [s for s in scores if not s.row.depth]),
            ("Depth", [s for s in scores if s.row.depth]),
        ):
            if part:
                lines.append(
                    f"- {name}: {amount(sum(s.earned for s in part))} of {amount(sum(s.possible for s in part))}"
                )
        if mistakes:
            lines.append(f"- False statements: {amount(sum(mistake.points for mistake in mistakes))}")
    else:
        for row in scheme.rows:
            for item in row.items:
                share = given.get(item.key, 0.0)
                if share or show is Show.ALL:
                    earned = f"{amount(item.points * share)} of {amount(item.points)}"
                    lines.append(f"- {earned}: {item.words} ({item.key})")
        lines += [f"- {amount(mistake.points)}: {mistake.text} ({mistake.key})" for mistake in mistakes]
    if adjustment:
        lines.append(f"- {'+' if adjustment > 0 else ''}{amount(adjustment)}: {' '.join(reason.split())}")
    return "\n\n".join(part for part in ("\n".join(lines), note.strip()) if part)
