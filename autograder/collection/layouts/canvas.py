"""Canvas's "Download submissions": late, resubmitted, and anonymous ones too."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

#: Attachments are numbered as they arrive. Canvas removes numbers between two underscores from names.
_NAMED = re.compile(r"(?P<name>.+?)(?:_late)?_(?P<id>\d+)_(?P<order>\d+)_(?P<third>\d+_)?.", re.IGNORECASE)
_ANONYMOUS = re.compile(r"anon(?:_late)?_(?P<id>[a-z0-9]{5})_(?P<order>\d+)_.", re.IGNORECASE)
#: A text or an address that was submitted in place of a file has no attachment.
_NO_FILE = re.compile(r"(?P<name>.+?)(?:_late)?_(?P<id>\d+)_(?:text|link)\.html$", re.IGNORECASE)


def _claims(listing: Listing) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        if found := _ANONYMOUS.match(first):
            person = Person("Canvas", found["id"], "", f"anon_{found['id']}")
            return Claim(person, listing.folder / first, order=found["order"].zfill(20))
        if found := _NAMED.match(first) or _NO_FILE.match(first):
            name = "" if member.garbled else found["name"]
            parts = found.groupdict()
            person, order = Person.numbered("Canvas", found["id"], name), (parts.get("order") or "").zfill(20)
            if not parts.get("third"):
                return Claim(person, listing.folder / first, "1", order)
            other = f"{parts['order']}, named {name}_{found['id']}"
            return Claim(
                person, listing.folder / first, "0", order, doubt=f"{first} may be of another person: of {other}"
            )
        return None

    found = claims_by_first_part(listing, read)
    # A name may end in a number, and a student's name for a file may begin with one.
    sure = {claim.person.id for (claim,) in found.values() if claim.attempt != "0"}
    unsure = Counter(person for person, _ in {(c.person.id, c.root) for (c,) in found.values()} if person not in sure)
    return {
        path: (replace(claim, problem=f"{claim.doubt}: name it in --students by its source"),)
        if unsure[claim.person.id] > 1
        else (claim,)
        for path, (claim,) in found.items()
    }


LAYOUT = Layout("Canvas", "`leeann_4711_815_`, `leeann_LATE_4711_815_`, `anon_aB3dE_815_`", _claims)
