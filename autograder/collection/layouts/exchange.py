"""nbgrader's own folders: the exchange's inbound folder, and `submitted/` of another course folder."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from autograder.assignment.questions import NAME
from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person

#: The user, the assignment, the time, and, in newer versions, a random end.
_INBOUND = re.compile(
    rf"(?P<user>[^+]+)\+{NAME}\+(?P<time>\d{{4}}-\d\d-\d\d \d\d[:_]\d\d[:_]\d\d(?:\.\d+)?) (?P<zone>\w+)(?:\+.*)?$"
)
_TIMESTAMP = "timestamp.txt"


def _claims(listing: Listing) -> Claims:
    found: dict[PurePosixPath, tuple[Claim, ...]] = {}
    for member in listing.members:
        parts = listing.inside(member)
        if parts and (inbound := _INBOUND.match(parts[0])):
            time = _time(f"{inbound['time'].replace('_', ':')} {inbound['zone']}")
            root, user = listing.folder / parts[0], inbound["user"]
            found[member.path] = (Claim(_person(user), root, inbound["time"], time=time),)
        elif len(parts) > 2 and parts[1] == NAME and _is_dated(listing, parts[0]):
            root = listing.folder / parts[0]
            time = _time(listing.text(parts[0], NAME, _TIMESTAMP))
            found[member.path] = (Claim(_person(parts[0]), root, time=time),)
    return found


def _person(user: str) -> Person:
    return Person("nbgrader", user, "", user)


def _is_dated(listing: Listing, student: str) -> bool:
    return listing.folder / student / NAME / _TIMESTAMP in listing.by_path


def _time(text: str) -> datetime | None:
    """Read nbgrader's timestamp; None if it is in a zone other than UTC, or no timestamp."""
    for form in ("%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%m-%d %H:%M:%S %Z"):
        try:
            time = datetime.strptime(text.strip(), form)
        except ValueError:
            continue
        return time.replace(tzinfo=UTC) if text.strip().endswith(("UTC", "GMT")) else None
    return None


LAYOUT = Layout(
    "nbgrader", f"`annlee+{NAME}+2027-01-31 12:00:00 UTC`; `annlee/{NAME}/timestamp.txt`", _claims, by_name=False
)
