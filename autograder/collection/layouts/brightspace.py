"""Brightspace (D2L): "Download" in an assignment's folder, of files or of folders for each attempt."""

from __future__ import annotations

import re
from datetime import datetime

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

#: The first number is the user's. The date, in any language, has a year; a file's name may have " - ".
_MARK = re.compile(
    r"(?P<id>\d+)-\d+ - (?P<name>.+?) - (?P<time>(?:(?! - ).)*?(?<!\d)20\d\d(?!\d)(?:(?! - ).)*)(?: - .|$)"
)
#: How the months begin in English, German, French, Spanish, Portuguese, Italian and Dutch.
_MONTHS = (
    *(("jan", "jän", "ene", "gen"), ("feb", "fév", "fev"), ("mar", "mär", "maa", "mrt"), ("apr", "avr", "abr")),
    *(("may", "mai", "mei", "mag"), ("jun", "juin", "giu"), ("jul", "juil", "lug"), ("aug", "aoû", "ago")),
    *(("sep", "set"), ("oct", "okt", "ott", "out"), ("nov",), ("dec", "déc", "dez", "dic")),
)  # fmt: skip
#: What else may be in a date: "9 de enero de 2026", "21 h 30".
_BESIDE_MONTHS = frozenset({"am", "pm", "a", "p", "m", "h", "de", "del", "uhr"})
_UNDATED = "the dates of this person's attempts cannot be read"


def _attempt(time: str) -> str:
    """Return what sorts attempts by time; empty if the date cannot be read without a guess.

    Examples
    --------
    >>> _attempt("Jan 9, 2026 1130 PM"), _attempt("9 janv. 2026 21 h 30"), _attempt("01-02-2026 0900")
    ('2026-01-09T23:30:00', '2026-01-09T21:30:00', '')
    """
    numbers = re.findall(r"\d+", time)
    words = re.findall(r"[^\W\d_]+", time.lower())
    months = [number for number, starts in enumerate(_MONTHS, 1) for word in words if word.startswith(starts)]
    others = [word for word in words if not word.startswith(tuple(start for starts in _MONTHS for start in starts))]
    year = next((number for number in numbers if len(number) == 4 and number.startswith("20")), "")
    if len(months) > 1 or not set(others) <= _BESIDE_MONTHS or (not months and numbers[:1] != [year]):
        return ""
    numbers.remove(year)
    month, day, clock = (*months, *map(int, numbers[: 2 - len(months)]), "".join(numbers[2 - len(months) :]).zfill(4))
    half = "".join(others)
    try:
        hour = int(clock[:2]) % 12 + 12 * ("pm" in half) if "am" in half or "pm" in half else int(clock[:2])
        return datetime(int(year), int(month), int(day), hour, int(clock[2:4])).isoformat()
    except ValueError:
        return ""


def _claims(listing: Listing) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        if (found := _MARK.match(first)) is None:
            return None
        name = "" if member.garbled else found["name"]
        person = Person.numbered("Brightspace", found["id"], name)
        attempt = _attempt(found["time"])
        return Claim(person, listing.folder / first, attempt, doubt="" if attempt else _UNDATED)

    return claims_by_first_part(listing, read)


LAYOUT = Layout("Brightspace", "`4711-815 - Ann Lee - Jan 31, 2027 1159 PM`", _claims)
