"""Canvas's "Download submissions": late, resubmitted, and anonymous ones too."""

from __future__ import annotations

import re

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

#: The name may contain underscores, but no number between two of them. Attachments are numbered as they arrive.
_NAMED = re.compile(r"(?P<name>.+?)(?:_late)?_(?P<id>\d+)_(?P<order>\d+)_.", re.IGNORECASE)
_ANONYMOUS = re.compile(r"anon(?:_late)?_(?P<id>[a-z0-9]{5})_(?P<order>\d+)_.", re.IGNORECASE)
#: A text or an address that was submitted in place of a file has no attachment.
_NO_FILE = re.compile(r"(?P<name>.+?)(?:_late)?_(?P<id>\d+)_(?:text|link)\.html$", re.IGNORECASE)


def _claims(listing: Listing) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        root = listing.folder / first
        if found := _ANONYMOUS.match(first):
            person = Person("Canvas", found["id"], "", f"anon_{found['id']}")
            return Claim(person, root, order=found["order"].zfill(20))
        if found := _NAMED.match(first) or _NO_FILE.match(first):
            name = "" if member.garbled else found["name"]
            order = found.groupdict().get("order") or ""
            return Claim(Person.numbered("Canvas", found["id"], name), root, order=order.zfill(20))
        return None

    return claims_by_first_part(listing, read)


LAYOUT = Layout("Canvas", "`leeann_4711_815_`, `leeann_LATE_4711_815_`, `anon_aB3dE_815_`", _claims)
