"""Collects a folder or a zip, as a learning platform exports it: one outcome for each person in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.assignment.course_folder import CourseFolder
from autograder.assignment.editions import closest, editions_of
from autograder.assignment.names import AnswerStatus
from autograder.assignment.release import BadRelease, load_release
from autograder.collection.attempts import keep
from autograder.collection.choice import Candidate, Choice, choose
from autograder.collection.layouts.layout import Listing
from autograder.collection.members import CannotCollect, members_of
from autograder.collection.people import Known, People, Theirs, key, people_in
from autograder.collection.placing import Collected, CollectedStatus, Found, place, provenance_of
from autograder.collection.roster import Roster
from autograder.notebook import UnreadableNotebook, parse_notebook
from autograder.submission.compare import is_untouched
from autograder.submission.reader import read_submission

#: Where to write what is unclear, in the course folder.
WHO = "who.csv"


@dataclass(frozen=True)
class FilesCollection:
    """Result of collecting a folder or a zip.

    Attributes
    ----------
    layout : str
        The platform that the source was recognized as.
    collected : list of Collected
        The outcome for each person, sorted by student.
    missing : list of str
        Students of the roster who are not in the source, and of whom the course has nothing.
    nobodys : list of str
        Files of the source that are no submission, such as the platform's own.
    left_out : list of str
        Files that the roster leaves out.
    """

    layout: str
    collected: list[Collected]
    missing: list[str]
    nobodys: list[str]
    left_out: list[str]


def collect(
    source: Path, course: CourseFolder, *, roster: Roster | None = None, file_times: bool = False
) -> FilesCollection:
    """Copy every person's notebook in ``source``, a folder or a zip, to the student's place in ``submitted/``.

    Of several notebooks of one person, the last attempt counts, and in it the one that was worked on. Every attempt is
    kept (`autograder.collection.attempts`). What is there already and the same stays untouched; what has changed is
    replaced, and what was autograded of it removed, so that nbgrader autogrades it again. With ``file_times``, a file's
    time is its submission time; many platforms give the time of the download instead.

    Raises
    ------
    CannotCollect
        When ``source`` is neither, holds no submission, holds all students in one folder, or somebody's identity is
        unclear (see `autograder.collection.people`). Then nothing was collected.
    """
    with members_of(source) as members:
        logins = frozenset(roster.by_login) if roster else frozenset()
        listing = Listing(source.name if source.is_dir() else source.stem, members, logins=logins)
        already = {student: _recorded(course, student) for student in course.submissions()}
        people = people_in(listing, roster, already, course.root / WHO)
        if not (people.theirs or people.left_out or people.unplaced):
            raise CannotCollect(f"{source}: there is no notebook (.ipynb) in it")
        is_worked_on = _worked_on(course)
        collected = [_collect(each, people, course, is_worked_on, file_times=file_times) for each in people.theirs]
        collected += [
            Collected("", member.origin, CollectedStatus.REFUSED, member.problem, unreadable=True)
            for member in people.unplaced
        ]
    heard = {each.student for each in collected}
    missing = sorted(s for s in (roster.students if roster else ()) if s not in heard and s not in already)
    return FilesCollection(
        people.layout.title,
        sorted(collected, key=lambda each: each.student),
        missing,
        [member.origin for member in people.nobodys],
        [member.origin for member in people.left_out],
    )


def _recorded(course: CourseFolder, student: str) -> Known:
    known = provenance_of(course, student)
    return Known(str(known.get("person", "")), str(known.get("name", "")))


def _collect(
    theirs: Theirs, people: People, course: CourseFolder, is_worked_on: Callable[[bytes], bool], *, file_times: bool
) -> Collected:
    choice = choose(theirs, is_worked_on)
    person = theirs.person
    platform_id = person.id if person.platform else ""
    about = partial(Collected, theirs.student, name=person.name, platform_id=platform_id)
    older = tuple(f"{each.member.origin}: {_why_not(each, choice)}" for each in choice.older)
    if choice.counts is None:
        origin = theirs.files[0][0].origin
        return about(origin, CollectedStatus.REFUSED, choice.reason, unreadable=choice.unreadable)
    counts = choice.counts
    origin, stated = counts.member.origin, counts.claim.time
    provenance = {"layout": people.layout.title, "person": key(person), "name": person.name, "source": origin}
    found = Found(theirs.student, origin, counts.content, stated or counts.member.time, provenance)
    try:
        for each in reversed(choice.older):
            keep(course, theirs.student, each.content, each.claim.time or each.member.time)
        placed = place(found, course, timed=stated is not None or file_times, remark=_remark(theirs, choice))
    except OSError as problem:
        reason = f"it cannot be written to {course.submitted}/: {problem.strerror}"
        return about(origin, CollectedStatus.REFUSED, reason, unreadable=True)
    return about(origin, placed.status, placed.reason, older=older)


def _why_not(other: Candidate, choice: Choice) -> str:
    counts = choice.counts
    assert counts is not None
    if other.content == counts.content:
        return "the same"
    if other.claim.attempt < counts.claim.attempt:
        return "an older attempt"
    if counts.worked_on and not other.worked_on:
        return "not worked on, or another assignment"
    return "older, or without the assignment's name"


def _remark(theirs: Theirs, choice: Choice) -> str:
    """Return what an instructor should look at before the choice counts."""
    counts = choice.counts
    assert counts is not None
    remarks = [theirs.remark] if theirs.remark else []
    if choice.older:
        remarks += dict.fromkeys(each.claim.doubt for each in (counts, *choice.older) if each.claim.doubt)
    if not counts.member.is_notebook:
        remarks.append(f"{counts.member.path.name} is a notebook under another name")
    if any(each.worked_on for each in choice.older) and not counts.worked_on:
        remarks.append("the last attempt was not worked on, but an older one was")
    remarks += [f"{member.path.name}: {reason}" for member, reason in choice.refused if member.is_notebook]
    return "; ".join(remarks)


def _worked_on(course: CourseFolder) -> Callable[[bytes], bool]:
    try:
        release = load_release(course.release).notebook
    except BadRelease:  # it is collected before it is released: then names and times decide
        return lambda content: True
    stubs = {
        grade_id: editions
        for grade_id, editions in editions_of(release).items()
        if editions[0].kind == "code" and not editions[0].metadata.get("locked")
    }
    released = {cell.source.strip() for cell in release.cells} | {""}

    def is_worked_on(content: bytes) -> bool:
        if hashlib.sha256(content).hexdigest() == release.sha256:
            return False
        try:
            notebook = parse_notebook("submission", content)
            # Reading a submission takes long, and most are clear without.
            for cell in notebook.cells:
                stub = stubs.get(cell.grade_id or "")
                if stub is not None and not is_untouched(cell, closest(stub, cell.source)):
                    return True
            if all(cell.source.strip() in released for cell in notebook.cells):
                return False
            submission = read_submission(notebook, release)
        except UnreadableNotebook:
            return False
        answered = any(answer.status is AnswerStatus.ANSWERED for answer in submission.written)
        return answered or len(submission.untouched) < len(stubs)

    return is_worked_on
