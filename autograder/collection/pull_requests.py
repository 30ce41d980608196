"""Collects pull requests to `submitted/`: git fetches `refs/pull/*/head`, and nothing is run or checked out.

Git does not record who opened a pull request. GitHub's answer counts if `gh` is installed and logged in; else the
roster's (column ``pull_request``). Without either, the author of the commits counts if nobody else claims the same
student, and the report says so, because anybody can write any name into a commit.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from autograder.assignment.course_folder import CourseFolder
from autograder.collection.choose_commit import Chosen, choose
from autograder.collection.first_seen import record_heads
from autograder.collection.members import CannotCollect
from autograder.collection.placing import Collected, CollectedStatus, Found, place
from autograder.collection.roster import Roster
from autograder.collection.take import Refused, Taken, others, take
from autograder.git import GitFailed, Repository, Unrelated
from autograder.report.pull_request import Changed
from autograder.text import one_line

#: A bare clone in the course folder; it keeps every head that was ever collected, force-pushed away or not.
MIRROR = "pulls.git"
_BASE = "refs/heads/base"
#: GitHub's addresses for people who show none of their own: 12345+login@users.noreply.host. Logins that a company
#: manages have an underscore.
_NO_REPLY = re.compile(r"^(?:\d+\+)?(?P<login>[a-z0-9_-]+)@users\.noreply\.", re.IGNORECASE)
_REMOTE = re.compile(
    r"^(?:https?://(?:[^/]*@)?|ssh://git@|git@)(?P<host>[^/:@]+)[:/](?P<name>[^/]+/[^/]+?)(?:\.git)?/?$"
)
_SECRET = re.compile(r"(?<=://)[^/\s]*@")
#: Limits of a fetch, for a course's pull requests together and for one of them, and of what GitHub is asked.
_SECONDS_FOR_ALL, _SECONDS_FOR_ONE, _SECONDS_FOR_GH = 1800.0, 300.0, 120.0
#: Of the files that a pull request changes besides the notebook, so many are written down.
_MOST_CHANGED = 50


@dataclass(frozen=True)
class _Pull:
    number: int
    head: str

    @property
    def origin(self) -> str:
        return f"pull request #{self.number}"


@dataclass(frozen=True)
class _Claim:
    """The student of a pull request; ``sure`` is True if GitHub or the roster says so, False if only the commits do."""

    pull: _Pull
    student: str
    login: str | None
    sure: bool


@dataclass(frozen=True)
class _Candidate:
    claim: _Claim
    taken: Taken
    chosen: Chosen
    changed: list[Changed]
    remark: str


@dataclass(frozen=True)
class Collection:
    """Result of collecting: the outcome of each pull request, students without one, and problems."""

    collected: list[Collected]
    missing: list[str] = field(default_factory=list)
    note: str = ""


def collect_pulls(remote: str, course: CourseFolder, roster: Roster, deadline: datetime | None = None) -> Collection:
    """Copy the notebook of every pull request to its student's place in ``submitted/``.

    Parameters
    ----------
    remote : str
        What git fetches from: an address, or a folder.
    course : CourseFolder
        Where to put the notebooks.
    roster : Roster
        Whose is what.
    deadline : datetime, optional
        With a time zone. Of each pull request, the newest commit that was there by then counts (see
        `autograder.collection.choose_commit`); later ones are as if they were not there.

    Raises
    ------
    CannotCollect
        When there is nothing to fetch from, or what is known from earlier collections cannot be read.
    """
    mirror, pulls, collected = _fetch(remote, course.root / MIRROR)
    seen = record_heads(mirror, [(pull.number, pull.head) for pull in pulls])
    base = mirror.run("rev-parse", "--verify", _BASE).decode().strip()
    logins, note = _logins(remote)
    claims: dict[str, list[_Claim]] = {}
    for pull in pulls:
        try:
            claim = _claim(mirror, pull, roster, logins)
        except (Refused, GitFailed) as problem:
            collected.append(Collected("", pull.origin, CollectedStatus.REFUSED, str(problem)))
        else:
            claims.setdefault(claim.student, []).append(claim)
    for student in sorted(claims):
        theirs, refused = _settle(student, claims[student])
        candidates: list[_Candidate] = []
        for claim in theirs:
            try:
                chosen = choose(seen, claim.pull.number, claim.pull.head, base, deadline)
                candidates.append(_candidate(mirror, claim, chosen, roster))
            except (Refused, GitFailed) as problem:
                refused.append(Collected(student, claim.pull.origin, CollectedStatus.REFUSED, str(problem)))
        collected += _decide(student, candidates, course, remote) + refused
    heard = {each.student for each in collected}
    missing = sorted(s for s in roster.students - heard if not course.submission(s).exists())
    return Collection(collected, missing, note)


def _fetch(remote: str, folder: Path) -> tuple[Repository, list[_Pull], list[Collected]]:
    """Fetch all pull requests; return the mirror, what was fetched, and a refusal for each that cannot be fetched."""
    mirror = Repository(folder)
    if not folder.exists():
        folder.mkdir(parents=True)
        mirror.run("init", "--quiet", "--bare")

    def fetch(*refs: str, seconds: float) -> None:
        quiet = ("--quiet", "--prune", "--no-tags", "--no-recurse-submodules")
        mirror.run("fetch", *quiet, "--", remote, *refs, seconds=seconds)

    base = "+HEAD:" + _BASE
    try:
        fetch(base, "+refs/pull/*/head:refs/pull/*/head", seconds=_SECONDS_FOR_ALL)
    except GitFailed as problem:
        why = problem
    else:
        return mirror, _pulls(mirror.run("for-each-ref", "--format=%(objectname) %(refname)", "refs/pull")), []
    # One pull request can make the fetch of all fail.
    try:
        fetch(base, seconds=_SECONDS_FOR_ALL)
        listed = _pulls(mirror.run("ls-remote", "--", remote, "refs/pull/*/head"))
    except GitFailed:
        raise CannotCollect(f"{_public(remote)} cannot be fetched: {_public(str(why))}") from None
    fetched, refused = [], []
    for pull in listed:
        ref = f"refs/pull/{pull.number}/head"
        try:
            fetch(f"+{ref}:{ref}", seconds=_SECONDS_FOR_ONE)
        except GitFailed as problem:
            reason = f"it cannot be fetched: {_public(str(problem))}"
            refused.append(Collected("", pull.origin, CollectedStatus.REFUSED, reason))
        else:
            fetched.append(pull)
    return mirror, fetched, refused


def is_address(source: str) -> bool:
    """Return True if ``source`` is an address that git can fetch from, and not a local file or folder."""
    return re.match(r"[a-z][a-z0-9+.-]*://|[^@:/\s]+@[^:/\s]+:", source, re.IGNORECASE) is not None


def is_repository(folder: Path) -> bool:
    """Return True if ``folder`` is a git repository, bare or with a working tree."""
    return (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())


def _public(text: str) -> str:
    """Return ``text`` without the part before an address's @, which may be a token."""
    return _SECRET.sub("", text)


def _pulls(listed: bytes) -> list[_Pull]:
    found = (re.fullmatch(r"([0-9a-f]+)\s+refs/pull/(\d+)/head", line) for line in listed.decode().splitlines())
    return sorted((_Pull(int(each[2]), each[1]) for each in found if each), key=lambda pull: pull.number)


def _logins(remote: str) -> tuple[dict[int, str], str]:
    """Return who opened each pull request, as GitHub says by `gh`; and, where that failed, a line about it."""
    named = _REMOTE.match(remote)
    gh = shutil.which("gh")
    if named is None or gh is None:
        return {}, ""
    asked = ["api", "--hostname", named["host"], "--paginate", f"repos/{named['name']}/pulls?state=all&per_page=100"]
    asked += ["--jq", '.[] | select(.user) | "\\(.number) \\(.user.login)"']
    failed = ": only the roster and the commits do"
    try:
        run = subprocess.run(  # noqa: S603 (the person's own gh)
            [gh, *asked], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False,
            timeout=_SECONDS_FOR_GH,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {}, f"gh took longer than {_SECONDS_FOR_GH:g} seconds to say who opened which pull request{failed}"
    if run.returncode:
        said = one_line((run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1])
        return {}, f"gh could not say who opened which pull request ({said}){failed}"
    return {int(number): login for number, login in (line.split() for line in run.stdout.splitlines())}, ""


def _claim(mirror: Repository, pull: _Pull, roster: Roster, logins: dict[int, str]) -> _Claim:
    login = logins.get(pull.number)
    if (student := roster.by_pull_request.get(pull.number)) is not None:
        return _Claim(pull, student, login, sure=True)
    if login is not None:
        if (student := roster.by_login.get(login.lower())) is None:
            raise Refused(f"it was opened by {login}, who is not in the roster")
        return _Claim(pull, student, login, sure=True)
    address = (
        mirror.run("log", "-1", "--format=%ae", "--end-of-options", pull.head, "--")
        .decode(errors="replace")
        .strip()
        .lower()
    )
    written = _NO_REPLY.match(address)
    student = roster.by_email.get(address) or (roster.by_login.get(written["login"]) if written else None)
    if student is None:
        raise Refused(
            f"nobody in the roster goes with the author of its last commit, {address}; give the roster a column "
            "pull_request (or email), or log in with gh"
        )
    return _Claim(pull, student, written["login"] if written else None, sure=False)


def _settle(student: str, claims: list[_Claim]) -> tuple[list[_Claim], list[Collected]]:
    """Tell a student's pull requests from those that only claim to be: a sure one wins, even if it is refused."""
    sure = [claim for claim in claims if claim.sure]
    if not sure and len(claims) == 1:
        return claims, []
    if sure:
        known = ", ".join(f"#{claim.pull.number}" for claim in sure)
        reason = f"its commits claim to be {student}'s, whose is pull request {known}"
    else:
        numbers = ", ".join(f"#{claim.pull.number}" for claim in claims)
        reason = (
            f"{numbers} all claim to be {student}'s, by their commits alone: say which in the roster (pull_request)"
        )
    return sure, [
        Collected(student, claim.pull.origin, CollectedStatus.REFUSED, reason) for claim in claims if not claim.sure
    ]


def _candidate(mirror: Repository, claim: _Claim, chosen: Chosen, roster: Roster) -> _Candidate:
    taken = take(mirror, chosen.commit.sha)
    remarks = [chosen.remark]
    changed: list[Changed] = []
    try:
        author = claim.login or roster.login(claim.student)
        changed = others(mirror.changes(chosen.base, taken.commit), taken.path, author)
    except Unrelated:
        remarks.append("it shares no history with the main branch")
    if concerned := list(dict.fromkeys(each.concerns for each in changed if each.concerns)):
        remarks.append(f"it also changes {' and '.join(concerned)}")
    if not claim.sure:
        remarks.append("whose it is, only its commits say, which anybody can write")
    return _Candidate(claim, taken, chosen, changed, "; ".join(filter(None, remarks)))


def _decide(student: str, candidates: list[_Candidate], course: CourseFolder, remote: str) -> list[Collected]:
    """Put the one that counts in its place; say of the others that there is a newer one."""
    counts = max(candidates, key=lambda each: (each.chosen.time, each.claim.pull.number), default=None)
    decided = []
    for each in candidates:
        if each is counts:
            decided.append(_place(student, each, course, remote))
        elif counts is not None:
            reason = f"{counts.claim.pull.origin} of this student is newer"
            decided.append(Collected(student, each.claim.pull.origin, CollectedStatus.REFUSED, reason))
    return decided


def _place(student: str, each: _Candidate, course: CourseFolder, remote: str) -> Collected:
    named = _REMOTE.match(remote)
    provenance = {
        "repository": named["name"] if named else _public(remote),
        "pull_request": each.claim.pull.number,
        "commit": each.taken.commit,
        "committed": each.taken.time.isoformat(),
        "first_seen": each.chosen.first_seen.isoformat(),
        "login": each.claim.login,
        "identity": "sure" if each.claim.sure else "claimed by the commit",
        "path": each.taken.path,
        "changed": [asdict(c) | {"path": one_line(c.path)} for c in each.changed[:_MOST_CHANGED]],
    }
    origin = f"{each.claim.pull.origin}, commit {each.taken.commit[:12]}"
    found = Found(student, origin, each.taken.content, each.chosen.time, provenance)
    return place(found, course, timed=True, remark=each.remark)
