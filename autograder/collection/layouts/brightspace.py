"""Brightspace (D2L): "Download" in an assignment's folder, of files or of folders for each attempt."""

from __future__ import annotations

import re
from datetime import datetime

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

#: The first number is the user's. The name and the date have no " - " in them; a file's name may.
_MARK = re.compile(r"(?P<id>\d+)-\d+ - (?P<name>.+?) - (?P<time>[^/]*?\d{4},? \d{1,2}:?\d{2}(?: ?[AP]M)?)(?: - .|$)")
#: 11:59 PM, without the colon, which Windows allows in no name; in American and in other English.
_FORMATS = ("%b %d %Y %I%M %p", "%B %d %Y %I%M %p", "%d %B %Y %I%M %p", "%d %b %Y %I%M %p", "%d %B %Y %H%M")


def _attempt(time: str) -> str:
    """Return what sorts attempts by time; empty if the date is in another language."""
    plain = " ".join(time.replace(",", " ").replace(":", "").replace("PM", " PM").replace("AM", " AM").split())
    for form in _FORMATS:
        try:
            return datetime.strptime(plain, form).isoformat()
        except ValueError:
            continue
    return ""


def _claims(listing: Listing) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        if (found := _MARK.match(first)) is None:
            return None
        name = "" if member.garbled else found["name"]
        person = Person.numbered("Brightspace", found["id"], name)
        return Claim(person, listing.folder / first, _attempt(found["time"]))

    return claims_by_first_part(listing, read)


LAYOUT = Layout("Brightspace", "`4711-815 - Ann Lee - Jan 31, 2027 1159 PM`", _claims)
