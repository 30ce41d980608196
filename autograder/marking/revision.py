"""Gives a changed mark scheme the keys of the earlier one, because marks name items by their keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase

from autograder.marking.scheme import Item, Scheme

#: Texts with at least these shares of common words (Dice) are the same item: anywhere, and at the same place of a table
#: that has as many rows as before. Of two different statements of our schemes, half share less than 0.12, all but one
#: pair at most 0.5, and that one 0.6.
_SAME, _SAME_IN_PLACE = 0.65, 0.35


def with_keys_of(previous: Scheme, scheme: Scheme) -> Scheme:
    """Return ``scheme`` with the keys that ``previous`` gave to the same or similar rows, items and false statements.

    What is new gets a key that neither ``previous`` nor an earlier revision had. An item whose text is replaced by one
    of other words is a new item: nobody judged it yet.

    Examples
    --------
    >>> from autograder.marking.scheme import parse
    >>> table = "| points | for |\\n|---:|---|\\n"
    >>> old = parse(f"{table}| 1 | A fitting source. |\\n| 1 | The cause is a product. |", "q1", 2)
    >>> new = parse(f"{table}| 1 | A product is the cause. |\\n| 1 | A source is fitting. |\\n| 1 | Units |", "q1", 3)
    >>> [row.key for row in with_keys_of(old, new).rows]
    ['q1.2', 'q1.1', 'q1.3']
    """
    items, old_items = list(scheme.items.values()), list(previous.items.values())
    item_of = _matched([item.words for item in old_items], [item.words for item in items])
    row_of = _matched([row.text for row in previous.rows], [row.text for row in scheme.rows])
    mistake_of = _matched([each.text for each in previous.mistakes], [each.text for each in scheme.mistakes])
    used = {*previous.items, *previous.costs, *previous.retired, *(row.key for row in previous.rows)}

    def new_key(stem: str, endings: Sequence[str]) -> str:
        key = next(f"{stem}{ending}" for ending in endings if f"{stem}{ending}" not in used)
        used.add(key)
        return key

    numbers = [str(number) for number in range(1, len(used) + len(items) + len(scheme.mistakes) + 2)]
    rows, place = [], 0
    for number, row in enumerate(scheme.rows):
        if number in row_of:
            key = previous.rows[row_of[number]].key
        else:
            # A retired item keeps the number of its row, too.
            used |= {each.rstrip(ascii_lowercase) for each in used}
            key = new_key(f"{scheme.question}.", numbers)
        kept: list[Item] = []
        for item in row.items:
            known = item_of.get(place)
            kept.append(replace(item, key=new_key(key, ascii_lowercase) if known is None else old_items[known].key))
            place += 1
        rows.append(replace(row, key=key, items=tuple(kept)))
    mistakes = [
        replace(
            mistake,
            key=previous.mistakes[mistake_of[number]].key
            if number in mistake_of
            else new_key(f"{scheme.question}.e", numbers),
        )
        for number, mistake in enumerate(scheme.mistakes)
    ]
    changed = replace(scheme, rows=tuple(rows), mistakes=tuple(mistakes))
    earlier = {*previous.items, *previous.costs, *previous.retired}
    return replace(changed, retired=tuple(sorted(earlier - {*changed.items, *changed.costs})))


def _matched(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Return which text of ``old`` each of ``new`` continues, by their places: the most similar ones first."""
    before, after = ([Counter(re.findall(r"\w+", text.casefold())) for text in texts] for texts in (old, new))
    candidates = sorted(
        (-_share(one, other), abs(i - j), j, i) for i, one in enumerate(before) for j, other in enumerate(after)
    )
    found: dict[int, int] = {}
    for difference, distance, j, i in candidates:
        in_place = not distance and len(old) == len(new)
        if -difference >= (_SAME_IN_PLACE if in_place else _SAME) and j not in found and i not in found.values():
            found[j] = i
    return found


def _share(one: Counter[str], other: Counter[str]) -> float:
    return 2 * (one & other).total() / max(1, one.total() + other.total())
