"""Sakai's "Download all": a folder for the assignment, and in it one for each student."""

from __future__ import annotations

import re

from autograder.collection.layouts.layout import (
    Claim,
    Claims,
    Layout,
    Listing,
    Person,
    are_half,
    claims_by_first_part,
)
from autograder.collection.members import Member

_STUDENT = re.compile(r"(?P<name>.*\S)\s*\((?P<id>[^()]+)\)$")
_FLAT = re.compile(r"(?P<name>.*?\S)\s*\((?P<id>[^()]+)\)_Submission attachment\(s\)_")
#: Sakai makes these, and no student: a folder named "Ann (2)" alone is no mark.
_MARKS = ("Submission attachment(s)", "Feedback Attachment(s)", "timestamp.txt", "feedbackText.html", "comments.txt")


def _claims(listing: Listing) -> Claims:
    marked = {
        parts[0] for parts in map(listing.inside, listing.members) if len(parts) > 1 and parts[1] in _MARKS
    }  # fmt: skip

    is_marked = bool(marked) and are_half(marked, listing.outermost())

    def read(first: str, member: Member) -> Claim | None:
        found = _FLAT.match(first) or (_STUDENT.match(first) if is_marked else None)
        if found is not None:
            person = Person("Sakai", found["id"], "" if member.garbled else found["name"], found["id"])
        elif is_marked and first in marked and not member.garbled:  # without names, a folder has a number of its own
            person = Person("Sakai", first, "", first)
        else:
            return None
        return Claim(person, listing.folder / first)

    return claims_by_first_part(listing, read)


LAYOUT = Layout("Sakai", "`Lee, Ann(annlee)/Submission attachment(s)`", _claims, by_name=False)
