"""Git, for us: what a commit holds, without checking any of it out; and the few commands that write, by `run`.

It starts the git program instead of using a library: a person's credentials, proxies and remote helpers work as they
are set up, and hostile objects are read by the implementation that is tested most. The settings below switch off
whatever a repository could make git run.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import UserError

#: Whatever this machine's settings say: nobody's hooks and monitors run, a malformed tree (never checked out here)
#: keeps nothing from being fetched, and a log has the lines that its format asks for.
_QUIET = tuple(
    part
    for setting in (
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "fetch.fsckObjects=false",
        "transfer.fsckObjects=false",
        "log.showSignature=false",
    )
    for part in ("-c", setting)
)
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
#: Set inside a git hook, say, they would have git work on another repository than the folder's, or on it otherwise.
_ELSEWHERE = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GLOB_PATHSPECS", "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}  # fmt: skip
_FORMAT = "--format=%H %P,%ct"


class GitFailed(UserError):
    """Git could not do what was asked. ``status`` is the exit status of git."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unrelated(GitFailed):
    """Two commits have no commit in common that both come from."""


@dataclass(frozen=True)
class Entry:
    """What stands at a path of a commit: ``mode`` as git writes it (100644, 120000, …), and the object's name."""

    mode: str
    kind: str
    name: str


@dataclass(frozen=True)
class Change:
    """A file that a commit has and its base has not, or otherwise: ``status`` is A, M, D or T, as in git diff."""

    status: str
    path: str


@dataclass(frozen=True)
class Commit:
    """A commit, and when its committer says that it was made: the committer's word, not the server's."""

    sha: str
    time: datetime
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repository:
    """A folder with a git repository in it, bare or not. Only `run` can write to it, with a command that does."""

    folder: Path

    def run(self, *arguments: str) -> bytes:
        """Run a git command here and return what it printed.

        The person's identity, credentials and settings hold, but for what would run something or lead elsewhere.

        Raises
        ------
        GitFailed
            When there is no git, or it ends with an error.
        """
        try:
            run = subprocess.run(  # noqa: S603 (no shell, and revisions come after --end-of-options)
                ["git", "-C", str(self.folder), *_QUIET, *arguments],  # noqa: S607 (the git on the PATH)
                capture_output=True,
                env={name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | _ENVIRONMENT,
                check=False,
            )
        except FileNotFoundError:
            raise GitFailed("git is not installed, or not on the PATH") from None
        if run.returncode:
            said = run.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {run.returncode}"]
            raise GitFailed(f"git {arguments[0]}: {said[-1]}", run.returncode)
        return run.stdout

    def commit(self, revision: str) -> Commit:
        """Return the commit that ``revision`` names; raise `GitFailed` when there is none, or none with a date."""
        (found,) = self._log("-1", "--end-of-options", revision)
        return found

    def history(self, *heads: str, without: str) -> list[Commit]:
        """Return the commits of ``heads`` that ``without`` has not, every commit before its parents.

        Raises
        ------
        GitFailed
            When one of them has a date that cannot be read.
        """
        return self._log("--topo-order", "--end-of-options", *heads, f"^{without}")

    def main_line(self, head: str) -> list[str]:
        """Return the commits from ``head`` back along first parents, newest first."""
        return self.run("rev-list", "--first-parent", "--end-of-options", head, "--").decode().split()

    def between(self, ancestor: str, head: str) -> set[str]:
        """Return the commits that come from ``ancestor`` and that ``head`` comes from, ``head`` among them."""
        listed = self.run("rev-list", "--ancestry-path", "--end-of-options", head, f"^{ancestor}", "--")
        return set(listed.decode().split())

    def _log(self, *arguments: str) -> list[Commit]:
        return [_commit(line) for line in self.run("log", _FORMAT, *arguments, "--").decode().splitlines()]

    def entry(self, commit: str, path: str) -> Entry | None:
        """Return what stands at ``path`` in ``commit``; None where there is nothing."""
        for line in self.run("ls-tree", "-z", "--full-tree", "--end-of-options", commit, "--", path).split(b"\0"):
            about, _, name = line.partition(b"\t")
            if name == path.encode():
                mode, kind, object_name = about.decode().split()
                return Entry(mode, kind, object_name)
        return None

    def size(self, name: str) -> int:
        """Return how many bytes an object has."""
        return int(self.run("cat-file", "-s", name))

    def read(self, name: str) -> bytes:
        """Return a blob's bytes, as they were committed: no filter and no line-end conversion."""
        return self.run("cat-file", "blob", name)

    def changes(self, base: str, head: str) -> list[Change]:
        """Return what ``head`` changed since it left ``base``, by path.

        Raises
        ------
        Unrelated
            When it never left it: they share no history.
        GitFailed
            When there is no such commit.
        """
        try:
            fork = self.run("merge-base", "--end-of-options", base, head).decode().strip()
        except GitFailed as problem:
            if problem.status != 1:
                raise
            raise Unrelated(f"commit {head[:12]} shares no history with {base[:12]}", 1) from None
        # List submodules, too, even if a .gitmodules says to ignore them.
        how = ("-r", "-z", "--no-renames", "--name-status", "--ignore-submodules=none")
        parts = self.run("diff-tree", *how, "--end-of-options", fork, head, "--").split(b"\0")
        pairs = zip(parts[0:-1:2], parts[1::2], strict=True)
        return sorted((Change(s.decode(), p.decode(errors="replace")) for s, p in pairs), key=lambda c: c.path)


def _commit(line: str) -> Commit:
    names, _, seconds = line.partition(",")
    sha, *parents = names.split()
    try:
        time = datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise GitFailed(
            f"commit {sha[:12]} has a date that cannot be read: set the clock right, and make the commit again"
        ) from None
    return Commit(sha, time, tuple(parents))
