"""Blackboard's "Assignment file download"."""

from __future__ import annotations

import re

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

_MARK = re.compile(r"(?P<before>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?=[_.]|$)")
#: Blackboard's own text beside each attempt begins with it.
_NAME = re.compile(r"Name:\s*(?P<name>.*?)\s*\((?P<user>[^()\n]+)\)\s*$", re.MULTILINE)


def _claims(listing: Listing) -> Claims:
    names: dict[str, str] = {}
    titles: set[str] = set()
    for member in listing.members:
        parts = listing.inside(member)
        # What follows the mark is the student's own name for a file; Blackboard's text has none.
        if len(parts) != 1 or not (found := _MARK.match(parts[0])) or parts[0][found.end() :] != ".txt":
            continue
        if (said := _NAME.search(listing.text(*parts))) and found["before"].endswith(f"_{said['user']}"):
            names[said["user"]] = said["name"]
            titles.add(found["before"].removesuffix(f"_{said['user']}"))

    def user(before: str) -> str:
        """Return the user's name: it, and the assignment's title before it, may contain underscores."""
        title = next((each for each in titles if before.startswith(f"{each}_")), None)
        return before.rpartition("_")[2] if title is None else before.removeprefix(f"{title}_")

    def read(first: str, member: Member) -> Claim | None:
        if (found := _MARK.match(first)) is None:
            return None
        name = user(found["before"])
        # Without Blackboard's texts, two users of whom only the part before an underscore differs stay two.
        person = Person("Blackboard", name if titles else found["before"], names.get(name, ""), name)
        return Claim(person, listing.folder / first, found["time"])

    return claims_by_first_part(listing, read)


LAYOUT = Layout("Blackboard", "`Title_annlee_attempt_2027-01-31-12-00-00_`", _claims)
