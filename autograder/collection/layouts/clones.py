"""Cloned repositories: of GitHub Classroom, of Classroom 50, or cloned by hand into a folder for each student."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable

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
    platform = "Classroom 50" if logins else "GitHub"
    folders = {parts[0] for parts in map(listing.inside, listing.members) if len(parts) > 1}
    known = _endings(folders, logins or listing.logins)
    return _by_repository(listing, platform, lambda name: known.get(name, ""))


def _by_repository(listing: Listing, platform: str, login_in: Callable[[str], str]) -> Claims:
    def read(first: str, member: Member) -> Claim | None:
        login = login_in(first)
        if not login or len(listing.inside(member)) < 2:
            return None
        return Claim(Person(platform, login, "", login, is_login=True), listing.folder / first)

    return claims_by_first_part(listing, read)


def _after(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if name.startswith(prefix) else ""


def _endings(folders: set[str], logins: Iterable[str]) -> dict[str, str]:
    """Return the logins that the repositories' names end with.

    Logins contain hyphens, so that a name may end with two of them. All repositories of an assignment begin alike, and
    the rest is the login.
    """
    known = {login.lower(): login for login in logins}
    by_slug: dict[str, dict[str, str]] = {}
    for folder in folders:
        words = folder.split("-")
        for number in range(1, len(words)):
            if login := known.get("-".join(words[number:]).lower()):
                by_slug.setdefault("-".join(words[:number]).lower(), {})[folder] = login
    ranked = sorted(by_slug.values(), key=len, reverse=True)
    if not ranked or (len(ranked) > 1 and len(ranked[0]) == len(ranked[1])):
        return {}
    return ranked[0]


def _logins(listing: Listing) -> set[str]:
    try:
        rows = list(csv.DictReader(io.StringIO(listing.text(_SCORES))))
    except csv.Error:
        return set()
    return {row["username"].strip() for row in rows if row.get("username")}


LAYOUT = Layout(
    "GitHub Classroom and Classroom 50",
    "`X-submissions/X-annlee/`; `class-X-annlee/` and `scores.csv`, or a roster with the login",
    _claims,
    by_name=False,
)
