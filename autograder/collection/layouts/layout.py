"""What a layout is: it recognizes how a platform names files, and says whose each file is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath

from autograder.collection.members import Member
from autograder.notebook import MAX_NOTEBOOK_BYTES

#: So much of a name goes into a student's id; the platform's own id follows it.
_LONGEST_NAME = 120
#: How Colab and Drive begin the name of a copy, in several languages.
COPY_OF = "(?:copy of|copie de|copia de|copia di|kopie von|kopie van|cópia de|kopia av) "  # codespell:ignore


@dataclass(frozen=True)
class Person:
    """A person as a platform knows them.

    Attributes
    ----------
    platform : str
        What gave them the id.
    id : str
        The platform's own id. Two ids are two people, also if their names are the same.
    name : str
        The name that the platform shows, if it shows one.
    student : str
        The id in the course, where no map gives another, before `fit`; empty if the platform's files do not say who
        it is.
    also : tuple of str
        Other ids of the same person, such as an email address.
    is_login : bool
        Whether the id is a GitHub login. Its owner chose it, and it may be somebody else's id anywhere else.
    """

    platform: str
    id: str
    name: str
    student: str
    also: tuple[str, ...] = ()
    is_login: bool = False

    @staticmethod
    def numbered(platform: str, number: str, name: str) -> Person:
        """Return a person whom the platform gives a name, which others may have, and a number, which nobody else has.

        Examples
        --------
        >>> Person.numbered("Moodle", "4711", "Ann O'Hara").student
        "Ann O'Hara_4711"
        """
        return Person(platform, number, name, f"{name[:_LONGEST_NAME]}_{number}")


@dataclass(frozen=True)
class Claim:
    """Whose a file is.

    Attributes
    ----------
    person : Person
        The person.
    root : PurePosixPath
        The part of the path that says so. The person chose what follows it.
    attempt : str
        Later attempts of a person sort after earlier ones; empty if the platform does not tell them apart.
    order : str
        Later files of an attempt sort after earlier ones; empty if the platform does not number them.
    time : datetime or None
        When it was submitted, with a time zone, if the platform says so.
    doubt : str
        What to look at before the file counts, or is passed over for another one of the same person.
    problem : str
        Why nothing of the person is collected; empty if it can be.
    """

    person: Person
    root: PurePosixPath
    attempt: str = ""
    order: str = ""
    time: datetime | None = None
    doubt: str = ""
    problem: str = ""


#: The claims on each file by its path. A file has several if a group submitted it.
Claims = Mapping[PurePosixPath, tuple[Claim, ...]]


_ALL = PurePosixPath()


@dataclass(frozen=True)
class Listing:
    """The files of a source, seen from ``folder`` in it; ``name`` is the name of that folder, or of the source.

    ``logins`` are the GitHub logins that the roster knows, in lower case.
    """

    name: str
    members: Sequence[Member]
    folder: PurePosixPath = _ALL
    logins: frozenset[str] = frozenset()

    @cached_property
    def by_path(self) -> dict[PurePosixPath, Member]:
        """The files by their paths."""
        return {member.path: member for member in self.members}

    @cached_property
    def firsts(self) -> list[str]:
        """The first part of each member's path below the folder; empty for the folder itself."""
        depth = len(self.folder.parts)
        return [member.path.parts[depth] if len(member.path.parts) > depth else "" for member in self.members]

    def inside(self, member: Member) -> tuple[str, ...]:
        """Return the parts of a member's path below the folder."""
        return member.path.parts[len(self.folder.parts) :]

    def outermost(self, paths: Iterable[PurePosixPath] | None = None) -> set[str]:
        """Return the outermost names in the folder; with ``paths``, those of these files."""
        if paths is None:
            return set(self.firsts) - {""}
        depth = len(self.folder.parts)
        return {path.parts[depth] for path in paths if path != self.folder}

    def below(self) -> Listing | None:
        """Return the listing of the only folder in this one; None if the files are in several, or in none."""
        outermost = {self.inside(member)[:1] for member in self.members if len(self.inside(member)) > 1}
        if len(outermost) != 1:
            return None
        folder = self.folder.joinpath(*outermost.pop())
        return self.at(folder)

    def at(self, folder: PurePosixPath) -> Listing:
        """Return the listing of a folder in this one."""
        inside = [m for m in self.members if m.path != folder and m.path.is_relative_to(folder)]
        return Listing(folder.name, inside, folder, self.logins)

    def text(self, *parts: str) -> str:
        """Return the text of a file of the platform's; empty if there is none that can be read."""
        member = self.by_path.get(self.folder.joinpath(*parts))
        if member is None or member.problem or member.size > MAX_NOTEBOOK_BYTES:
            return ""
        try:
            return member.read().decode("utf-8-sig", "replace")
        except Exception:  # noqa: BLE001 (a damaged zip raises many kinds of exceptions)
            return ""


@dataclass(frozen=True)
class Layout:
    """A way in which a platform names files.

    Attributes
    ----------
    title : str
        The platform.
    mark : str
        What its files are recognized by, for the guide.
    claims : callable
        Returns the claims on the files of a listing that bear the mark.
    by_name : bool
        Whether the outermost name alone is the mark. Then nobody but the platform gives such a name.
    unsure : str
        Why a person whom the layout gives no id in the course is unknown.
    """

    title: str
    mark: str
    claims: Callable[[Listing], Claims]
    by_name: bool = True
    unsure: str = "its name does not say whose it is"


def are_half(some: Sized, every: Sized) -> bool:
    """Return whether ``some`` are at least half of ``every``: what one student does is then no mark."""
    return len(some) * 2 >= len(every)


def claims_by_first_part(listing: Listing, read: Callable[[str, Member], Claim | None]) -> Claims:
    """Return the claims that ``read`` makes of the first part of each path, the only one that the platform names."""
    found = {}
    unmarked: set[str] = set()
    for member, first in zip(listing.members, listing.firsts, strict=True):
        if first and first not in unmarked:
            claim = read(first, member)
            if claim is None:
                unmarked.add(first)
            else:
                found[member.path] = (claim,)
    return found
