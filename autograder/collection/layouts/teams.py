"""Microsoft Teams: an assignment's library of files in SharePoint, as OneDrive downloads it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, are_half

#: Teams makes a folder for each time that a student turns in an assignment.
_VERSION = re.compile(r"Versi[oó]n (?P<number>\d+)$")
_SUBMITTED, _WORKING = "Submitted files", "Working files"
_NOT_SUBMITTED = "there are only working files, which were not turned in"


def _claims(listing: Listing) -> Claims:
    found: dict[PurePosixPath, Claim] = {}
    if not any(map(_VERSION.match, {part for member in listing.members for part in listing.inside(member)[1:4]})):
        return {}
    for member in listing.members:
        parts = listing.inside(member)
        start = 1 if parts and parts[0] in (_SUBMITTED, _WORKING) else 0
        if len(parts) < start + 2 or member.garbled:
            continue
        whose = parts[start]
        versions = [version for part in parts[start + 1 : start + 3] if (version := _VERSION.match(part))]
        attempt = versions[0]["number"].zfill(6) if versions and parts[0] != _WORKING else ""
        root = listing.folder.joinpath(*parts[: start + 1])
        found[member.path] = Claim(Person("Microsoft Teams", whose, whose, whose), root, attempt)
    turned_in = {claim.person for claim in found.values() if claim.attempt}
    if not turned_in or not are_half(turned_in, {claim.person for claim in found.values()}):
        return {}
    return {
        path: (claim if claim.person in turned_in else replace(claim, problem=_NOT_SUBMITTED),)
        for path, claim in found.items()
    }


LAYOUT = Layout("Microsoft Teams", "`Ann Lee/Homework/Version 2/`", _claims, by_name=False)
