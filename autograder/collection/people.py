"""Finds out whose each file of a source is. Where that cannot be known, nothing is collected, and who.csv asks."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.assignment.submitted import same_student
from autograder.collection.layouts import BY_HAND, recognize
from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person
from autograder.collection.members import DEEPEST, CannotCollect, Member
from autograder.collection.roster import LEFT_OUT, Roster, plain_name
from autograder.files import write_text
from autograder.text import one_line, table_cell

#: Columns of who.csv. The first one is to be filled in.
_HEAD = ("student", "platform_id", "name", "source", "why")
#: The message names so many questions; who.csv has all.
_MOST_NAMED = 3


@dataclass
class Theirs:
    """A person of the source, the course's id for them, and their files with what the platform says of each.

    ``mapped`` says that a person gave the id in the roster, and not the platform.
    """

    person: Person
    student: str
    mapped: bool
    files: list[tuple[Member, Claim]] = field(default_factory=list)

    @property
    def which(self) -> tuple[str, str]:
        """What their files have in common: the id in the roster, or the platform's."""
        return ("in the roster", self.student) if self.mapped else (self.person.platform, self.person.id)

    @property
    def source(self) -> str:
        """The file or folder of the source that names the person."""
        return str(self.files[0][1].root)


@dataclass(frozen=True)
class People:
    """Everybody in a source, and the files that are nobody's: those of the platform, and of the instructor.

    ``left_out`` lists the files that the roster leaves out, and ``unplaced`` those of nobody that cannot be collected.
    """

    layout: Layout
    theirs: tuple[Theirs, ...]
    nobodys: tuple[Member, ...]
    left_out: tuple[Member, ...]
    unplaced: tuple[Member, ...]


@dataclass(frozen=True)
class _Question:
    """A part of the source whose owner is unclear, and why."""

    source: str
    why: str
    person: Person | None = None


def key(person: Person) -> str:
    """Return what identifies a person over several collections; empty if an instructor, and no platform, named them."""
    return f"{person.platform} {person.id}" if person.platform else ""


def people_in(listing: Listing, roster: Roster | None, already: Mapping[str, str], who: Path) -> People:
    """Find out who is in a source.

    Parameters
    ----------
    listing : Listing
        The files of the source.
    roster : Roster, optional
        Joins what the platform calls people to the course's ids. With it, everybody must be in it.
    already : mapping of str to str
        Students who have a submission in the course, and the `key` of the person from whom it was collected; empty if
        that is not known.
    who : Path
        Where to write what is unclear.

    Raises
    ------
    CannotCollect
        Somebody's identity is unclear. Then ``who`` lists everybody, with a column to fill in.
    """
    layout, claims = recognize(listing)
    if layout is BY_HAND:
        _refuse_class_in_one_folder(listing)
    bearers: dict[str, set[str]] = {}
    for claim in (claim for each in claims.values() for claim in each):
        bearers.setdefault(plain_name(claim.person.name), set()).add(claim.person.id)
    found: dict[tuple[str, str], Theirs] = {}
    left_out: list[Member] = []
    unclaimed: list[Member] = []
    for member in listing.members:
        owners = _owners(member.path, claims, roster, bearers)
        if not owners:
            unclaimed.append(member)
        for theirs, claim in owners:
            if theirs.student == LEFT_OUT:
                left_out.append(member)
            else:
                found.setdefault(theirs.which, theirs).files.append((member, claim))
    unplaced = [member for member in unclaimed if member.problem]
    asked = [member for member in unclaimed if not member.problem and _may_be_a_submission(member)]
    everybody = list(found.values())
    twins: dict[str, list[str]] = {}
    for each in everybody:
        twins.setdefault(same_student(each.student), []).append(each.source)
    known = {same_student(student): (student, collected) for student, collected in already.items()}
    unclear = {}
    for each in everybody:
        same = same_student(each.student)
        why = _why_unclear(each, twins[same], known.get(same, ("", ""))) if each.student else ""
        if not each.student:
            why = "the roster does not say whose it is" if roster else layout.unsure
        if why:
            unclear[each.which] = _Question(each.source, why, each.person)
    questions = [_Question(str(member.path), _why_nobodys(member)) for member in asked] + list(unclear.values())
    if questions:
        clear = [each for each in everybody if each.which not in unclear]
        raise CannotCollect(_message(listing, layout, questions, _write(who, clear, questions)))
    nobodys = [member for member in unclaimed if member not in unplaced]
    return People(layout, tuple(everybody), tuple(nobodys), tuple(left_out), tuple(unplaced))


def _may_be_a_submission(member: Member) -> bool:
    return member.is_notebook or ".ipynb" in member.path.name.lower() or member.path.suffix.lower() == ".zip"


def _why_nobodys(member: Member) -> str:
    return "its name is in an unknown encoding" if member.garbled else "its name does not say whose it is"


def _refuse_class_in_one_folder(listing: Listing) -> None:
    only = listing.below()
    if only is None or any(len(listing.inside(member)) == 1 and member.is_notebook for member in listing.members):
        return
    if (
        len({only.inside(member)[0] for member in only.members}) > 1
        and all(len(only.inside(member)) > 1 for member in only.members if member.is_notebook)
        and any(member.is_notebook for member in only.members)
    ):
        raise CannotCollect(
            f"{listing.name}: everything in it is in one folder, {only.name}, as if all were one student's: if each "
            f"folder in {only.name} is a student's, collect {listing.name}/{only.name} (unpack a zip first)"
        )


def _owners(
    path: PurePosixPath, claims: Claims, roster: Roster | None, bearers: Mapping[str, set[str]]
) -> list[tuple[Theirs, Claim]]:
    """Return whose a file is, as the roster says or as the layout does; nothing if nobody knows."""
    claimed = claims.get(path, ())
    if roster is None:
        return [(Theirs(claim.person, claim.person.student, mapped=False), claim) for claim in claimed]
    if student := _of_source(path, roster):
        claim = claimed[0] if claimed else Claim(Person("", str(path), "", student), path)
        return [(Theirs(claim.person, student, mapped=True), claim)]
    known = [(_in_roster(claim.person, roster, bearers), claim) for claim in claimed]
    return [(Theirs(claim.person, student, mapped=bool(student)), claim) for student, claim in known]


def _of_source(path: PurePosixPath, roster: Roster) -> str:
    """Return the student whom the roster names for a file, or for a folder that it is in."""
    named = (roster.by_source.get(table_cell(str(each))) for each in (path, *path.parents[-DEEPEST:]))
    return next(filter(None, named), "") if roster.by_source else ""


def _in_roster(person: Person, roster: Roster, bearers: Mapping[str, set[str]]) -> str:
    """Return the student that the roster gives for a person; empty if it has none, or more than one."""
    for each in (person.id, *person.also):
        for known in (roster.by_platform_id, roster.by_email, roster.by_login):
            if student := known.get(each) or known.get(each.lower()):
                return student
    if not person.platform and person.student in roster.students:
        return person.student
    name = plain_name(person.name)
    named = roster.by_name.get(name, set())
    return next(iter(named)) if len(named) == 1 and len(bearers.get(name, ())) == 1 else ""


def _why_unclear(theirs: Theirs, twins: list[str], known: tuple[str, str]) -> str:
    """Say why the id of a person may be another person's; return an empty string if it is not.

    ``twins`` are the sources of everybody in this collection whose id looks the same, and ``known`` is the student of
    the course whose id does, with the `key` of the person from whom that was collected.
    """
    student, person = theirs.student, theirs.person
    names = {plain_name(claim.person.name) for _, claim in theirs.files} - {""}
    if len(names) > 1 and not theirs.mapped:
        return f"{person.platform} gives one id, {person.id}, to several names"
    if len(twins) > 1:
        return f"{' and '.join(sorted(twins)[:_MOST_NAMED])} give the same student id, and may be two people"
    before, collected = known
    if before and before != student:
        return f"the course has a student {before}, who may be another person"
    if before and collected and key(person) and collected != key(person) and not theirs.mapped:
        return f"what the course has of {student} was collected from {collected}, who may be another person"
    return ""


def _write(who: Path, clear: list[Theirs], questions: list[_Question]) -> Path:
    """Write who.csv: first what is to be filled in, then everybody else. Another file of this name stays."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_HEAD)
    rows = [("", each.person, each.source, each.why) for each in questions]
    rows += [(each.student, each.person, each.source, "") for each in clear]
    for student, person, source, why in rows:
        platform_id, name = (person.id if person.platform else "", person.name) if person else ("", "")
        writer.writerow([student, *map(table_cell, (platform_id, name, source, why))])
    text = file.getvalue()
    free, number = who, 1
    while free.exists() and free.read_text(encoding="utf-8", errors="replace") != text:
        number += 1
        free = who.with_name(f"{who.stem}-{number}{who.suffix}")
    write_text(free, text)
    return free


def _message(listing: Listing, layout: Layout, questions: list[_Question], who: Path) -> str:
    shown = "; ".join(f"{one_line(each.source, 100)}: {one_line(each.why, 200)}" for each in questions[:_MOST_NAMED])
    more = f"; and {len(questions) - _MOST_NAMED} more" if len(questions) > _MOST_NAMED else ""
    return (
        f"{listing.name} ({layout.title}): nothing is collected, because it is unclear whose submissions these are: "
        f"{shown}{more}. Fill in the column student of {who.name}, and collect again with --students {who.name}"
    )
