"""Takes the notebook from a pull request's commit, and lists the other changed files. Nothing is run or checked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.assignment.questions import NAME
from autograder.errors import UserError
from autograder.files import write_bytes
from autograder.git import Change, Repository, Unrelated
from autograder.notebook import MAX_NOTEBOOK_BYTES
from autograder.places import GRADER, RUNS_THE_GRADER
from autograder.report.pull_request import Changed, PullRequest

#: Where students' repositories keep the notebook that students edit.
NOTEBOOK = f"assignment/{NAME}/{NAME}.ipynb"

#: What a path concerns, by its first part in lower case: some file systems do not distinguish case.
_CONCERNS = {
    path.partition("/")[0].lower(): "the grader" for path in (*GRADER, *RUNS_THE_GRADER, "GNUmakefile", "tests")
} | {
    ".ci": "the workflow",
    ".github": "the workflow",
    ".devcontainer": "the development container",
    ".gitattributes": "how git reads files",
    ".gitmodules": "how git reads files",
    "docs": "the documentation",
}
del _CONCERNS["assignment"]  # every student changes the notebook in it
#: Folders with one folder for each student, in courses whose students share a repository.
_STUDENTS = ("submitted", "submissions", "students")


class Refused(UserError):
    """The notebook of this commit is not accepted; the message says why in one line.

    ``pull_request`` holds what is known about the pull request nevertheless.
    """

    def __init__(self, reason: str, pull_request: PullRequest | None = None) -> None:
        super().__init__(reason)
        self.pull_request = pull_request


@dataclass(frozen=True)
class Taken:
    """A committed notebook, and the commit time that its author states."""

    commit: str
    time: datetime
    path: str
    content: bytes


def take(repository: Repository, revision: str, path: str = NOTEBOOK) -> Taken:
    """Take the notebook at ``path`` from a commit.

    Raises
    ------
    Refused
        ``path`` leads out of the repository, or is not a regular file of at most
        `autograder.notebook.MAX_NOTEBOOK_BYTES`.
    GitFailed
        There is no such commit.
    """
    if not _inside(path):
        raise Refused(f"{path} does not name a notebook inside the repository")
    commit = repository.commit(revision)
    entry = repository.entry(commit.sha, path)
    if entry is None:
        raise Refused(f"there is no {path} in commit {commit.sha[:12]}: edit the notebook in place, and do not move it")
    if entry.mode == "120000":
        raise Refused(f"{path} is a symbolic link: commit the notebook itself")
    if entry.kind != "blob":
        raise Refused(f"{path} is a folder or a submodule: commit the notebook itself")
    if (size := repository.size(entry.name)) > MAX_NOTEBOOK_BYTES:
        raise Refused(
            f"{path} has {size / 2**20:.0f} MiB, more than the {MAX_NOTEBOOK_BYTES // 2**20} MiB allowed: "
            "clear the outputs that make it so large, and commit again"
        )
    return Taken(commit.sha, commit.time, path, repository.read(entry.name))


def _inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and parts.suffix == ".ipynb" and "\0" not in path


def others(changes: Sequence[Change], notebook: str, author: str | None = None) -> list[Changed]:
    """Return the changed files besides ``notebook``. Files that concern more than the student's work come first."""
    found = [Changed(c.path, c.status, _concerns(c.path, author)) for c in changes if c.path != notebook]
    return sorted(found, key=lambda each: (each.concerns is None, each.path))


def _concerns(path: str, author: str | None) -> str | None:
    first, *rest = PurePosixPath(path).parts or ("",)
    first = first.lower()
    if first in _STUDENTS and len(rest) > 1 and (author is None or rest[0].lower() != author.lower()):
        return "another student's folder"
    return _CONCERNS.get(first)


def take_pull_request(
    repository: Repository, revision: str, path: str, base: str | None, author: str | None, out: Path
) -> Taken:
    """Write the notebook of a pull request to ``out/<its name>``, and ``out/pull-request.json`` beside it.

    Raises
    ------
    Refused
        `take` refuses the notebook; ``revision`` is not checked out, or shares no history with ``base``; or ``out`` is
        the folder of the notebook itself, where uncommitted changes would be lost. If `take` refuses the notebook, the
        file about the pull request is written, and the exception holds its content.
    GitFailed
        There is no such commit.
    """
    place = out / PurePosixPath(path).name
    if place.resolve() == (repository.folder / path).resolve():
        raise Refused(
            f"{place} is the notebook itself, and uncommitted changes in it would be lost: name another folder by --out"
        )
    expected = repository.commit(revision).sha
    if (found := repository.commit("HEAD").sha) != expected:
        raise Refused(
            f"commit {revision[:12]} is to be graded, but {found[:12]} is checked out: check out the right one"
        )
    try:
        changed = others(repository.changes(base, expected), path, author) if base else []
    except Unrelated:
        raise Refused(
            "the pull request shares no history with the branch that it will be merged into: make a branch from that "
            "one, and commit the notebook there"
        ) from None
    pull_request = PullRequest(expected, path, tuple(changed))
    out.mkdir(parents=True, exist_ok=True)
    pull_request.save(out / "pull-request.json")
    try:
        taken = take(repository, expected, path)
    except Refused as refusal:
        raise Refused(str(refusal), pull_request if base else None) from None
    write_bytes(place, taken.content)
    return taken
