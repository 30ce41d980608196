"""Ways in which platforms name submissions, one file for each. A new platform is a new file, and a line in this one.

This folder imports the modules of `collection` that list files and fit ids. Begin with `layout.py`.
"""

from __future__ import annotations

from itertools import product
from pathlib import PurePosixPath

from autograder.collection.layouts import (
    blackboard,
    brightspace,
    by_hand,
    canvas,
    clones,
    exchange,
    google_drive,
    gradescope,
    ilias,
    moodle,
    sakai,
    teams,
)
from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, are_half
from autograder.collection.members import Member

#: Layouts of platforms. Where two claim as many files, the first counts.
PLATFORMS: tuple[Layout, ...] = tuple(
    each.LAYOUT
    for each in (
        moodle,
        canvas,
        blackboard,
        brightspace,
        gradescope,
        exchange,
        clones,
        sakai,
        ilias,
        teams,
        google_drive,
    )
)
BY_HAND: Layout = by_hand.LAYOUT
#: A platform's folder may be in the folder of the assignment, and that in one of the course.
_DEEPEST = 4


def recognize(listing: Listing) -> tuple[Layout, Claims]:
    """Return the layout of a source, and whose its files are.

    A platform is recognized by the part of the names that it writes itself. The one that claims most of the outermost
    names counts, because a student can name a file as another platform would; and it must claim half of them. A file
    that bears the mark of a platform is nobody's in any other layout.
    """
    seen: Listing | None = listing
    for _ in range(_DEEPEST):
        if seen is None:
            break
        claimed = [(layout, layout.claims(seen)) for layout in PLATFORMS]
        names = [seen.outermost(claims) for _, claims in claimed]
        most = max(range(len(names)), key=lambda number: len(names[number]))
        if names[most] and are_half(names[most], seen.outermost()):
            return claimed[most]
        seen = seen.below()
    marked = {path for layout in PLATFORMS if layout.by_name for path in layout.claims(listing)}
    found = {path: claims for path, claims in BY_HAND.claims(listing).items() if path not in marked}
    return BY_HAND, found | _exports(listing)


def _exports(listing: Listing) -> dict[PurePosixPath, tuple[Claim, ...]]:
    """Return claims on the files of folders that hold what a platform exported: they are nobody's.

    One person's folder with a platform's mark in it may be the student's own doing, unless half of the folders are so.
    """
    inside: dict[PurePosixPath, list[Member]] = {}
    for member in listing.members:
        if len(parts := listing.inside(member)) > 1:
            inside.setdefault(listing.folder / parts[0], []).append(member)
    exported = {folder: export for folder, members in inside.items() if (export := _exported_into(folder, members))}
    are_exports = are_half(exported, inside)
    found: dict[PurePosixPath, tuple[Claim, ...]] = {}
    for folder, (layout, number) in exported.items():
        if number > 1 or are_exports:
            people = f"{number} people" if number > 1 else "one person"
            why = f"{layout.title} exported submissions of {people} into it: collect it by itself"
            person = Person("", folder.name, folder.name, folder.name)
            found |= {member.path: (Claim(person, folder, problem=why),) for member in inside[folder]}
    return found


def _exported_into(folder: PurePosixPath, members: list[Member]) -> tuple[Layout, int] | None:
    """Return the platform whose marks are in a folder, and of how many people; None if there are none."""
    seen = Listing(folder.name, members, folder)
    found = []
    places = [seen, below] if (below := seen.below()) else [seen]
    for layout, at in product(PLATFORMS, places):
        claims = [claim for each in layout.claims(at).values() for claim in each]
        number = len({claim.person.id for claim in claims if claim.person.student or not layout.by_name})
        if number > 1 or (number and layout.by_name):
            found.append((layout, number))
    return max(found, key=lambda each: each[1], default=None)
