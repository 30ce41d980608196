"""Moodle's "Download all submissions", with folders or without, with blind marking, and of groups."""

from __future__ import annotations

import re

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

#: The number is the participant's in this assignment. What follows the mark is the student's.
_MARK = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z0-9]+_")
#: Without folders, Moodle joins the mark and the file's name. Some programs cut the last underscore off a folder.
_FOLDER = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z0-9]+$")


def _claims(listing: Listing) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        found = _MARK.match(first) or _FOLDER.match(first)
        if found is None:
            return None
        name = "" if member.garbled else found["name"]
        return Claim(Person.numbered("Moodle", found["id"], name), listing.folder / first)

    return claims_by_first_part(listing, read)


LAYOUT = Layout("Moodle", "`Ann Lee_4711_assignsubmission_file_`", _claims)
