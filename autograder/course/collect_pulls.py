"""Pull requests → `submitted/`: from `refs/pull/*/head`, by git alone. Nothing of a pull request is run or checked out.

Who opened a pull request, git does not know: GitHub's own word is asked for with `gh` where that is installed and
logged in, or the roster says it (column ``pull_request``). A commit's author is what its author wrote there: good
enough where nobody else claims the same student, and told.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.course.collect import CannotCollect, Collected, Found, place
from autograder.course.folders import CourseFolder
from autograder.course.git import Commit, GitFailed, Repository
from autograder.course.pulls import NOTEBOOK, Refused, Taken, take
from autograder.course.roster import Roster

#: A bare clone in the course folder; it keeps every head that was ever collected, force-pushed away or not.
MIRROR = "pulls.git"
_BASE = "refs/heads/base"
_FIRST_SEEN = "first-seen.json"
#: GitHub's addresses for people who show none of their own: 12345+login@users.noreply.host.
_NO_REPLY = re.compile(r"^(?:\d+\+)?(?P<login>[a-z0-9-]+)@users\.noreply\.", re.IGNORECASE)
_REMOTE = re.compile(
    r"^(?:https?://(?:[^@/]+@)?|ssh://git@|git@)(?P<host>[^/:]+)[:/](?P<name>[^/]+/[^/]+?)(?:\.git)?/?$"
)


@dataclass(frozen=True)
class Claim:
    """Whose a pull request is, and whether that is GitHub's or the roster's word, or only its commits'."""

    student: str
    login: str | None
    sure: bool


@dataclass(frozen=True)
class _Pull:
    number: int
    head: str

    @property
    def origin(self) -> str:
        return f"pull request #{self.number}"


@dataclass(frozen=True)
class _Candidate:
    pull: _Pull
    claim: Claim
    taken: Taken
    remark: str


def collect_pulls(
    remote: str, course: CourseFolder, roster: Roster, deadline: datetime | None = None, path: str = NOTEBOOK
) -> list[Collected]:
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
        With a time zone. Of each pull request, the latest commit at or before it counts, by the commit's own date;
        later ones are as if they were not there.
    path : str
        The notebook's path in the students' repository.

    Raises
    ------
    CannotCollect
        When there is nothing to fetch from.
    """
    mirror = _fetch(remote, course.root / MIRROR)
    logins = _logins(remote)
    collected: list[Collected] = []
    candidates: dict[str, list[_Candidate]] = {}
    for pull in _pulls(mirror):
        try:
            claim = _claim(mirror, pull, roster, logins)
            commit, remark = _choose(mirror, pull, deadline)
            taken = take(mirror, commit.sha, path)
        except (Refused, GitFailed) as problem:
            collected.append(Collected("", pull.origin, "refused", str(problem)))
            continue
        if not claim.sure:
            remark = f"{remark}; " * bool(remark) + "whose it is, only its commits say, which anybody can write"
        candidates.setdefault(claim.student, []).append(_Candidate(pull, claim, taken, remark))
    for student in sorted(candidates):
        collected += _decide(student, candidates[student], course, remote, mirror)
    return collected


def _fetch(remote: str, folder: Path) -> Repository:
    mirror = Repository(folder)
    if not folder.exists():
        folder.mkdir(parents=True)
        mirror.run("init", "--quiet", "--bare")
    # No fsck of what comes: one student's malformed tree must not keep a class from being collected, and no tree is
    # ever checked out.
    refs = ["+HEAD:" + _BASE, "+refs/pull/*/head:refs/pull/*/head"]
    try:
        mirror.run("fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules", "--", remote, *refs)
    except GitFailed as problem:
        raise CannotCollect(f"{remote} cannot be fetched: {problem}") from None
    _remember(mirror)
    return mirror


def _pulls(mirror: Repository) -> list[_Pull]:
    lines = mirror.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/pull").decode().splitlines()
    found = (re.fullmatch(r"refs/pull/(\d+)/head ([0-9a-f]+)", line) for line in lines)
    return sorted((_Pull(int(each[1]), each[2]) for each in found if each), key=lambda pull: pull.number)


def _seen(mirror: Repository) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        known: dict[str, str] = json.loads((mirror.folder / _FIRST_SEEN).read_text(encoding="utf-8"))
        return known
    return {}


def _remember(mirror: Repository) -> None:
    """Keep every head, and when it was first seen here: a force-push takes it off the pull request."""
    seen = _seen(mirror)
    now = datetime.now(tz=UTC).isoformat(timespec="seconds")
    for pull in _pulls(mirror):
        mirror.run("update-ref", f"refs/seen/{pull.number}/{pull.head}", pull.head)
        seen.setdefault(pull.head, now)
    (mirror.folder / _FIRST_SEEN).write_text(json.dumps(seen, indent=1) + "\n", encoding="utf-8")


def _logins(remote: str) -> dict[int, str]:
    """Return who opened each pull request, as GitHub says by `gh`; nothing where that cannot be asked."""
    named = _REMOTE.match(remote)
    gh = shutil.which("gh")
    if named is None or gh is None:
        return {}
    asked = ["api", "--hostname", named["host"], "--paginate", f"repos/{named['name']}/pulls?state=all&per_page=100"]
    asked += ["--jq", '.[] | "\\(.number) \\(.user.login)"']
    run = subprocess.run([gh, *asked], capture_output=True, text=True, check=False)  # noqa: S603 (the person's own gh)
    if run.returncode:
        return {}
    return {int(number): login for number, login in (line.split() for line in run.stdout.splitlines())}


def _claim(mirror: Repository, pull: _Pull, roster: Roster, logins: dict[int, str]) -> Claim:
    login = logins.get(pull.number)
    if (student := roster.by_pull_request.get(pull.number)) is not None:
        return Claim(student, login, sure=True)
    if login is not None:
        if (student := roster.by_login.get(login.lower())) is None:
            raise Refused(f"it was opened by {login}, who is not in the roster")
        return Claim(student, login, sure=True)
    address = mirror.run("log", "-1", "--format=%ae", pull.head, "--").decode(errors="replace").strip().lower()
    written = _NO_REPLY.match(address)
    student = roster.by_email.get(address) or (roster.by_login.get(written["login"]) if written else None)
    if student is None:
        raise Refused(
            f"nobody in the roster goes with the author of its last commit, {address}; give the roster a column "
            "pull_request (or email), or log in with gh"
        )
    return Claim(student, written["login"] if written else None, sure=False)


def _choose(mirror: Repository, pull: _Pull, deadline: datetime | None) -> tuple[Commit, str]:
    """Return the commit that counts, and what to look at about it."""
    line = _line(mirror, pull.head)
    rewritten = [head for head in _earlier_heads(mirror, pull) if not _has(mirror, pull.head, head)]
    remark = "it was force-pushed since it was first collected" if rewritten else ""
    if deadline is None:
        return line[0], remark
    for commit in line:
        if commit.time <= deadline:
            seen = _seen(mirror).get(commit.sha)
            if seen is not None and datetime.fromisoformat(seen) > deadline and rewritten:
                remark += ", and its commit was first seen after the deadline"
            return commit, remark
    for head in rewritten:
        for commit in _line(mirror, head):
            if commit.time <= deadline:
                return commit, remark + " (after the deadline): the commit from before counts"
    raise Refused(f"it has no commit from before the deadline; its first is of {line[-1].time:%Y-%m-%d %H:%M} UTC")


def _line(mirror: Repository, head: str) -> list[Commit]:
    """Return a pull request's own commits, newest first; of a merged one, the whole line that it stands on."""
    return mirror.own_line(head, _BASE) or mirror.own_line(head)


def _earlier_heads(mirror: Repository, pull: _Pull) -> list[str]:
    """Return the heads that this pull request had when it was collected before, newest first."""
    seen = _seen(mirror)
    heads = mirror.run("for-each-ref", "--format=%(objectname)", f"refs/seen/{pull.number}").decode().split()
    return sorted((head for head in heads if head != pull.head), key=lambda head: seen.get(head, ""), reverse=True)


def _has(mirror: Repository, head: str, ancestor: str) -> bool:
    try:
        return mirror.run("merge-base", head, ancestor).decode().strip() == ancestor
    except GitFailed:
        return False  # they have nothing in common


def _decide(
    student: str, candidates: list[_Candidate], course: CourseFolder, remote: str, mirror: Repository
) -> list[Collected]:
    """Put the one that counts in its place; say of the others why they do not."""
    sure = [each for each in candidates if each.claim.sure]
    if not sure and len(candidates) > 1:
        numbers = ", ".join(f"#{each.pull.number}" for each in candidates)
        reason = (
            f"{numbers} all claim to be {student}'s, by their commits alone: say which in the roster (pull_request)"
        )
        return [Collected(student, each.pull.origin, "refused", reason) for each in candidates]
    counts = max(sure or candidates, key=lambda each: (each.taken.time, each.pull.number))
    found = []
    for each in candidates:
        if each is counts:
            found.append(_place(student, each, course, remote, mirror))
        elif each.claim.sure:
            reason = f"{counts.pull.origin} of this student is newer"
            found.append(Collected(student, each.pull.origin, "refused", reason))
        else:
            reason = f"its commits claim to be {student}'s, whose is {counts.pull.origin}"
            found.append(Collected(student, each.pull.origin, "refused", reason))
    return found


def _place(student: str, each: _Candidate, course: CourseFolder, remote: str, mirror: Repository) -> Collected:
    provenance = {
        "repository": _REMOTE.sub(r"\g<name>", remote),
        "pull_request": each.pull.number,
        "commit": each.taken.commit,
        "committed": each.taken.time.isoformat(),
        "first_seen": _seen(mirror).get(each.taken.commit),
        "login": each.claim.login,
        "identity": "sure" if each.claim.sure else "claimed by the commit",
        "path": each.taken.path,
    }
    origin = f"{each.pull.origin}, commit {each.taken.commit[:12]}"
    found = Found(student, origin, each.taken.content, each.taken.time, provenance)
    return place(found, course, timed=True, remark=each.remark)
