"""A folder of Google Drive: what Classroom collects, and copies that Colab made. Anybody may rename such a file."""

from __future__ import annotations

import re

from autograder.collection.layouts.layout import COPY_OF, Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

#: Classroom puts a name before each student's copy. Drive adds a number to a name that is there twice.
_MARK = re.compile(r"(?P<name>.+?) - .+\.(?:ipynb|zip|pdf|json|txt|py|html)$", re.IGNORECASE)
_COPIES = re.compile(COPY_OF, re.IGNORECASE)


def _claims(listing: Listing) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        found = _MARK.match(first)
        if found is None or _COPIES.match(first) or member.garbled or len(listing.inside(member)) > 1:
            return None
        # The name may be anybody's, so that two files with one name may be two people's: a map says whose they are.
        return Claim(Person("Google Drive", first, found["name"], ""), listing.folder / first)

    return claims_by_first_part(listing, read)


LAYOUT = Layout(
    "Google Drive", "`Ann Lee - weight_initialization.ipynb`", _claims, unsure="anybody can give a file this name"
)
