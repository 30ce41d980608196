"""ILIAS's "Download all returned files" of an exercise, of persons and of teams."""

from __future__ import annotations

import re

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, are_half
from autograder.collection.members import Member

#: Last name, first name, login, and the user's number.
_PERSON = re.compile(r"(?P<name>[^_]+_.+)_(?P<login>[^_]+)_(?P<id>\d+)$")
#: ILIAS puts the time of the submission before the student's own name for the file.
_FILE = re.compile(r"(?P<time>\d{14})_.")
#: "Download for multiple feedback" puts the folders into one that begins so.
_FEEDBACK = "multi_feedback_"
_TEAM = re.compile(r"Team[ _]\d+$", re.IGNORECASE)


def _claims(listing: Listing) -> Claims:
    found = {}
    for member in listing.members:
        parts = listing.inside(member)
        depth = 1 if parts and _TEAM.match(parts[0]) and len(parts) > 1 else 0
        if len(parts) <= depth or not (person := _PERSON.match(parts[depth])):
            continue
        time = _FILE.match(parts[depth + 1]) if len(parts) > depth + 1 else None
        found[member.path] = (_claim(listing, member, person, depth + 1, time["time"] if time else ""),)
    if listing.name.startswith(_FEEDBACK):
        return found
    # A name with three underscores alone is no mark. Whoever submitted nothing has an empty folder.
    claims = [claim for path, each in found.items() if path != each[0].root for claim in each]
    return found if are_half({c.person.id for c in claims if c.order}, {c.person.id for c in claims}) else {}


def _claim(listing: Listing, member: Member, found: re.Match[str], parts: int, time: str) -> Claim:
    name = "" if member.garbled else " ".join(found["name"].split("_"))
    person = Person("ILIAS", found["id"], name, f"{found['login']}_{found['id']}", (found["login"],))
    return Claim(person, listing.folder.joinpath(*listing.inside(member)[:parts]), order=time)


LAYOUT = Layout("ILIAS", "`Lee_Ann_annlee_4711/20270131120000_`", _claims, by_name=False)
