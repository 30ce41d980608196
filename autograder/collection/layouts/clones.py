"""Cloned repositories: of GitHub Classroom, of Classroom 50, or cloned by hand into a folder for each student."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from autograder.collection.identity import fit
from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, claims_by_first_part
from autograder.collection.members import Member

#: `gh classroom clone student-repos` puts the clones of the assignment X into the folder X-submissions.
_SUBMISSIONS = "-submissions"
#: `gh teacher download` of Classroom 50 writes this file beside the clones.
_SCORES = "scores.csv"


def _claims(listing: Listing) -> Claims:
    if listing.name.endswith(_SUBMISSIONS):
        slug = listing.name.removesuffix(_SUBMISSIONS)
        return _by_repository(listing, "GitHub Classroom", lambda name: _after(name, f"{slug}-"))
    logins = _logins(listing)
    return _by_repository(listing, "Classroom 50", lambda name: _ending(name, logins)) if logins else {}


def _by_repository(listing: Listing, platform: str, login_in: Callable[[str], str]) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        login = login_in(first)
        if not login or len(listing.inside(member)) < 2:
            return None
        return Claim(Person(platform, login, "", fit(login)), listing.folder / first)

    return claims_by_first_part(listing, read)


def _after(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if name.startswith(prefix) else ""


def _ending(name: str, logins: set[str]) -> str:
    """Return the login that a repository's name ends with; the longest, because logins contain hyphens."""
    found = [login for login in logins if name.lower().endswith(f"-{login.lower()}")]
    return max(found, key=len, default="")


def _logins(listing: Listing) -> set[str]:
    try:
        rows = list(csv.DictReader(io.StringIO(listing.text(_SCORES))))
    except csv.Error:
        return set()
    return {row["username"].strip() for row in rows if row.get("username")}


LAYOUT = Layout(
    "GitHub Classroom and Classroom 50",
    "`X-submissions/X-annlee/`; `class-X-annlee/` and `scores.csv`",
    _claims,
    by_name=False,
)
