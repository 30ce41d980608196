"""Chooses the commit of a pull request that is graded: the newest of its own commits that is in time.

The author's machine writes a commit's date, so the date can be false. A commit that the course itself saw before the
deadline is in time, whatever its date. A commit that the course first saw later does not replace it, whatever its date.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from autograder.collection.first_seen import Seen
from autograder.collection.take import Refused
from autograder.git import Commit, Repository


@dataclass(frozen=True)
class Chosen:
    """The commit to grade.

    Attributes
    ----------
    commit : Commit
        The chosen commit.
    time : datetime
        Submission time.
    first_seen : datetime
        When the course first collected it.
    base : str
        Commit to compare with, to list what else the pull request changes.
    remark : str
        Warning for the instructor; empty if there is none.
    """

    commit: Commit
    time: datetime
    first_seen: datetime
    base: str
    remark: str = ""


@dataclass(frozen=True)
class _Own:
    """A pull request's own commits, each before its parents, and the commit of the main branch that they start from."""

    commits: list[Commit]
    base: str


def choose(seen: Seen, number: int, head: str, base: str, deadline: datetime | None) -> Chosen:
    """Choose the commit of a pull request that counts.

    Raises
    ------
    Refused
        When it has no commit of its own, or none from before the deadline.
    GitFailed
        When one of its commits cannot be read.
    """
    mirror = seen.mirror
    rewritten = seen.rewritten(number, head)
    pushed = ["it was force-pushed since it was first collected"] if rewritten else []
    if deadline is None:
        own = _own(mirror, head, base)
        return _chosen(seen, own.commits[0], own, pushed)

    in_time = [each for each in seen.heads(number) if seen.times[each] <= deadline]
    try:
        own = _own(mirror, head, base)
    except Refused:
        if head in in_time or not rewritten:
            raise
        own = _Own([], base)
    says = _newest(own.commits, lambda commit: commit.time <= deadline)
    if not in_time:
        if says is not None:
            late = seen.commit(says.sha) > min(seen.times[each] for each in seen.heads(number))
            return _chosen(seen, says, own, pushed + [_claims(seen, says)] * late)
        for each in rewritten:
            before = _own(mirror, each, base)
            if (commit := _newest(before.commits, lambda commit: commit.time <= deadline)) is not None:
                return _chosen(seen, commit, before, _taken_back(pushed))
        first = min(commit.time for commit in own.commits) if own.commits else None
        raise Refused(
            "it has no commit from before the deadline" + (f"; its first is of {_shown(first)}" if first else "")
        )

    witnessed = {commit.sha for each in in_time for commit in mirror.history(each, without=own.base)}
    counts = _newest(own.commits, lambda commit: commit.sha in witnessed)
    remarks = pushed
    if counts is None:
        own = _own(mirror, in_time[0], base)
        counts = own.commits[0]
        remarks = _taken_back(pushed)
    if says is not None and says.sha not in witnessed and seen.commit(says.sha) > deadline:
        remarks = [*pushed, f"{_claims(seen, says)}; what was seen in time counts"]
    return _chosen(seen, counts, own, remarks)


def _own(mirror: Repository, head: str, base: str) -> _Own:
    """Return the commits of ``head`` that ``base`` has not, or had not before a merge brought them in."""
    if commits := mirror.history(head, without=base):
        return _Own(commits, base)
    main = mirror.main_line(base)
    if head in main:
        raise Refused(
            f"it has no commit of its own: its last one, {head[:12]}, is on the main branch (if it was merged there "
            "by a fast-forward, which git does not record, take its notebook by hand)"
        )
    merged = mirror.between(head, base)
    before = mirror.commit([each for each in main if each in merged][-1]).parents[0]
    return _Own(mirror.history(head, without=before), before)


def _newest(commits: Sequence[Commit], wanted: Callable[[Commit], bool]) -> Commit | None:
    """Return the newest wanted commit that no other wanted one comes from, or None; of two, the nearer to the head."""
    past: set[str] = set()
    tips = []
    for commit in commits:
        if wanted(commit) and commit.sha not in past:
            tips.append(commit)
        if wanted(commit) or commit.sha in past:
            past.update(commit.parents)
    return max(tips, key=lambda commit: commit.time, default=None)


def _chosen(seen: Seen, commit: Commit, own: _Own, remarks: list[str]) -> Chosen:
    first_seen = seen.commit(commit.sha)
    return Chosen(commit, min(commit.time, first_seen), first_seen, own.base, "; ".join(remarks))


def _claims(seen: Seen, commit: Commit) -> str:
    return (
        f"commit {commit.sha[:12]} says that it is of {_shown(commit.time)}, before the deadline, and was first seen "
        f"on {_shown(seen.commit(commit.sha))}, after it"
    )


def _taken_back(pushed: list[str]) -> list[str]:
    return [f"{each} (after the deadline): the commit from before counts" for each in pushed]


def _shown(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
