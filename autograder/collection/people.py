"""Finds out whose each file of a source is. Where that cannot be known, nothing is collected, and who.csv asks."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath

from autograder.assignment.submitted import same_student
from autograder.collection.identity import fit
from autograder.collection.layouts import BY_HAND, recognize
from autograder.collection.layouts.layout import Claim, Claims, Layout, Listing, Person, are_half
from autograder.collection.members import DEEPEST, CannotCollect, Member
from autograder.collection.roster import LEFT_OUT, Roster, plain_name
from autograder.files import write_text
from autograder.text import one_line, table_cell

#: Columns of who.csv. The first one is to be filled in.
_HEAD = ("student", "platform_id", "name", "source", "why")
_LOOKS_ALIKE = "another name looks the same in a table: rename one of them"
#: The message names so many questions; who.csv has all.
_MOST_NAMED = 3


@dataclass
class Theirs:
    """A person of the source, the course's id for them, and their files with what the platform says of each.

    ``mapped`` says that a person gave the id in the roster, and not the platform. ``remark`` is for the instructor.
    """

    person: Person
    student: str
    mapped: bool
    files: list[tuple[Member, Claim]] = field(default_factory=list)
    remark: str = ""

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
class Known:
    """From whom the course has a student's submission: the `key` of the person, empty if unknown, and their name."""

    key: str
    name: str


@dataclass(frozen=True)
class _Question:
    """A part of the source whose owner is unclear, and why."""

    source: str
    why: str
    person: Person | None = None


def key(person: Person) -> str:
    """Return what identifies a person over several collections; empty if an instructor, and no platform, named them."""
    return f"{person.platform} {person.id}" if person.platform else ""


def _keys(person: Person) -> list[str]:
    """Return every `key` that a person may have been collected under: a platform may show other ids another time."""
    return [key(replace(person, id=each)) for each in (person.id, *person.also)] if person.platform else []


def people_in(listing: Listing, roster: Roster | None, already: Mapping[str, Known], who: Path) -> People:
    """Find out who is in a source.

    Parameters
    ----------
    listing : Listing
        The files of the source.
    roster : Roster, optional
        Joins what the platform calls people to the course's ids. With it, everybody must be in it.
    already : mapping of str to Known
        Students who have a submission in the course, and from whom it was collected.
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
        _refuse_classes_in_folders(listing, claims, roster)
    bearers: dict[str, set[str]] = {}
    for claim in (claim for each in claims.values() for claim in each):
        bearers.setdefault(plain_name(claim.person.name), set()).add(claim.person.id)
    found: dict[tuple[str, str], Theirs] = {}
    left_out: list[Member] = []
    unclaimed: list[Member] = []
    named_in = _sources_in(listing, roster)
    for member in listing.members:
        owners = _owners(claims.get(member.path, ()), member.path, roster, bearers, named_in)
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
    _keep_ids(everybody, already)
    twins: dict[str, list[str]] = {}
    for each in everybody:
        twins.setdefault(same_student(each.student), []).append(each.source)
    known = {same_student(student): (student, collected) for student, collected in already.items()}
    unclear = {}
    for each in everybody:
        same = same_student(each.student)
        why = _why_unclear(each, twins[same], known.get(same, ("", Known("", "")))) if each.student else ""
        if not each.student:
            why = "the roster does not say whose it is" if roster else layout.unsure
        if why:
            unclear[each.which] = _questions(each, why)
    questions = [_Question(source, why) for source, why in dict(map(_nobodys, asked)).items()]
    questions += [question for each in unclear.values() for question in each]
    looks = Counter(table_cell(each.source) for each in questions if each.person and not each.person.platform)
    questions = [
        replace(each, why=f"{each.why}; {_LOOKS_ALIKE}") if looks[table_cell(each.source)] > 1 else each
        for each in questions
    ]
    if questions:
        clear = [each for each in everybody if each.which not in unclear]
        raise CannotCollect(_message(listing, layout, questions, _write(who, clear, questions)))
    nobodys = [member for member in unclaimed if not member.problem]
    return People(layout, tuple(everybody), tuple(nobodys), tuple(left_out), tuple(unplaced))


def _may_be_a_submission(member: Member) -> bool:
    return member.is_notebook or ".ipynb" in member.path.name.lower() or member.path.suffix.lower() == ".zip"


def _nobodys(member: Member) -> tuple[str, str]:
    """Return what to ask of a file that is nobody's: of a zip in the source, one question for all of it."""
    packed = next((each for each in reversed(member.path.parents) if each.suffix.lower() == ".zip"), member.path)
    return str(packed), "its name is in an unknown encoding" if member.garbled else "its name does not say whose it is"


def _questions(theirs: Theirs, why: str) -> list[_Question]:
    """Return a question for each name that a platform gives one person, who may be several."""
    person = theirs.person
    roots = {plain_name(claim.person.name): (str(claim.root), claim.person) for _, claim in reversed(theirs.files)}
    if len(roots) == 1:
        return [_Question(theirs.source, why, person)]
    return [_Question(source, why, Person("", source, each.name, "")) for source, each in roots.values()]


def _keep_ids(everybody: list[Theirs], already: Mapping[str, Known]) -> None:
    """Give everybody the id under which the course has them already, if the platform says that they are the same.

    A name in another encoding, and a roster that came later, give another id; and another name, which is asked for.
    """
    before = {known.key: student for student, known in already.items() if known.key}
    for each in everybody:
        known = filter(None, map(before.get, _keys(each.person)))
        student = next(known, each.student)
        if student == each.student or not each.student or each.student in already:
            continue
        if each.mapped:
            each.remark = f"the course also has {student}, collected from the same account: remove one of them"
        else:
            each.student = student


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


def _refuse_classes_in_folders(listing: Listing, claims: Claims, roster: Roster | None) -> None:
    """Refuse a source of which half of the folders hold a class. What one student does is then no reason."""
    doubts = {claim.root: claim.doubt for each in claims.values() for claim in each}
    doubted = {root: doubt for root, doubt in doubts.items() if doubt}
    if doubted and are_half(doubted, doubts) and roster is None:
        folder, doubt = next(iter(doubted.items()))
        raise CannotCollect(
            f"{listing.name}: {folder} may hold a class, and not one student's work, because {doubt}. Collect each "
            "such folder by itself (unpack a zip first). If each is one student's, write that into a CSV with the "
            "columns student,source, and name it with --students"
        )


def _owners(
    claimed: tuple[Claim, ...],
    path: PurePosixPath,
    roster: Roster | None,
    bearers: Mapping[str, set[str]],
    named_in: Callable[[PurePosixPath], str],
) -> list[tuple[Theirs, Claim]]:
    """Return whose a file is, as the roster says or as the layout does; nothing if nobody knows."""
    if roster is None:
        return [(Theirs(claim.person, fit(claim.person.student), mapped=False), claim) for claim in claimed]
    if student := named_in(path):
        claim = claimed[0] if claimed else Claim(Person("", str(path), "", student), path)
        claim = replace(claim, doubt="", problem="")
        return [(Theirs(claim.person, student, mapped=True), claim)]
    known = [(_in_roster(claim.person, roster, bearers), claim) for claim in claimed]
    return [(Theirs(claim.person, student, mapped=bool(student)), claim) for student, claim in known]


def _sources_in(listing: Listing, roster: Roster | None) -> Callable[[PurePosixPath], str]:
    """Return a function that returns the student whom the roster names for a file, or for a folder that it is in.

    Two paths that look the same in a table name nobody.
    """
    by_source = roster.by_source if roster else {}
    if not by_source:
        return lambda path: ""

    @cache
    def cell(path: PurePosixPath) -> str:
        return table_cell(str(path))

    every = {each for member in listing.members for each in _with_parents(member.path)}
    looks = Counter(cell(each) for each in every)

    def named_in(path: PurePosixPath) -> str:
        unlike = (cell(each) for each in _with_parents(path) if looks[cell(each)] == 1)
        return next(filter(None, (by_source.get(each, "") for each in unlike)), "")

    return named_in


def _with_parents(path: PurePosixPath) -> tuple[PurePosixPath, ...]:
    return (path, *path.parents[-DEEPEST:])


def _in_roster(person: Person, roster: Roster, bearers: Mapping[str, set[str]]) -> str:
    """Return the student that the roster gives for a person; empty if it has none, or more than one."""
    if person.is_login and roster.by_login:
        return roster.by_login.get(person.id.lower(), "")
    given = {
        known.get(each, "")
        for name in (person.id, *person.also)
        for known, each in (
            (roster.by_platform_id, name),
            (roster.by_user, name.lower()),
            (roster.by_email, name.lower()),
        )
    } - {""}
    if given:
        return given.pop() if len(given) == 1 else ""
    if not person.platform and (student := fit(person.student)) in roster.students:
        return student
    name = plain_name(person.name)
    named = roster.by_name.get(name, set())
    return next(iter(named)) if len(named) == 1 and len(bearers.get(name, ())) == 1 else ""


def _why_unclear(theirs: Theirs, twins: list[str], known: tuple[str, Known]) -> str:
    """Say why the id of a person may be another person's; return an empty string if it is not.

    ``twins`` are the sources of everybody in this collection whose id looks the same, and ``known`` is the student of
    the course whose id does, with the person from whom that was collected.
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
    if not before or theirs.mapped:
        return ""
    if collected.key and person.platform and collected.key not in _keys(person):
        return f"what the course has of {student} was collected from {collected.key}, who may be another person"
    both = collected.name and person.name and bool(collected.key) == bool(person.platform)
    if both and plain_name(collected.name) != plain_name(person.name):
        return f"what the course has of {student} was collected from {collected.name!r}, who may be another person"
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
