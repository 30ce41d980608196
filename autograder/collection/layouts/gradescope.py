"""Gradescope's "Export submissions", of persons and of groups."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person

_FOLDER = re.compile(r"submission_(?P<id>\d+)(?:\.zip)?$")
#: Lists who submitted each folder.
_METADATA = "submission_metadata.yml"


def _claims(listing: Listing) -> Claims:
    submitted = _metadata(listing)
    found = {}
    for member in listing.members:
        parts = listing.inside(member)
        if len(parts) < 2 or not (folder := _FOLDER.match(parts[0])):
            continue
        root, about = listing.folder / parts[0], submitted.get(f"submission_{folder['id']}", {})
        time = about.get(":created_at")
        time = time if isinstance(time, datetime) and time.tzinfo is not None else None
        # Without the metadata, a folder says that somebody submitted it, but not who.
        people = _people(about) or [Person("Gradescope", f"submission {folder['id']}", "", "")]
        found[member.path] = tuple(
            Claim(person, root, time.isoformat() if time else "", time=time) for person in people
        )
    return found


def _metadata(listing: Listing) -> dict[str, Any]:
    import yaml

    try:
        # libyaml, if it is there, reads what every autograder said of a whole class in seconds.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        content = yaml.load(listing.text(_METADATA), Loader=loader)  # noqa: S506 (both build plain values only)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return (
        {str(key): value for key, value in content.items() if isinstance(value, dict)}
        if isinstance(content, dict)
        else {}
    )


def _people(about: dict[str, Any]) -> list[Person]:
    people = []
    listed = about.get(":submitters")
    for submitter in listed if isinstance(listed, list) else []:
        if not isinstance(submitter, dict):
            continue
        name, number, email = (str(submitter.get(key) or "").strip() for key in (":name", ":sid", ":email"))
        if known := number or email:
            people.append(Person("Gradescope", known, name, known, tuple(filter(None, [number, email]))))
    return people


LAYOUT = Layout(
    "Gradescope",
    "`submission_4711/` and `submission_metadata.yml`",
    _claims,
    by_name=False,
    unsure=f"no {_METADATA} says whose it is",
)
