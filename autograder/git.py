"""Runs git safely on untrusted repositories: reads commits without checking them out.

The module starts the git program instead of using a library. So a person's credentials, proxies and remote helpers
work, and the best-tested implementation reads hostile objects. The settings below switch off everything that a
repository could make git run.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import UserError

#: Settings that override this machine's: no hooks and monitors run, a malformed tree does not stop a fetch (it is never
#: checked out), and a log has exactly the lines of its format.
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
#: Environment variables, set for example inside a git hook, that would make git work on another repository.
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
    """Two commits have no common ancestor."""


@dataclass(frozen=True)
class Entry:
    """The object at a path of a commit: ``mode`` as git writes it (100644, 120000, …), its kind and its name."""

    mode: str
    kind: str
    name: str


@dataclass(frozen=True)
class Change:
    """A file that differs between a commit and its base. ``status`` is A, M, D or T, as in git diff."""

    status: str
    path: str


@dataclass(frozen=True)
class Commit:
    """A commit. ``time`` comes from the committer's machine and can be forged."""

    sha: str
    time: datetime
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repository:
    """A git repository, bare or not. Only `run` can change it."""

    folder: Path

    def run(self, *arguments: str) -> bytes:
        """Run a git command in the repository and return its output.

        The person's identity, credentials and settings apply, except those that run programs or name another
        repository.

        Raises
        ------
        GitFailed
            Git is not installed, or ends with an error.
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
            stderr = run.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {run.returncode}"]
            raise GitFailed(f"git {arguments[0]}: {stderr[-1]}", run.returncode)
        return run.stdout

    def commit(self, revision: str) -> Commit:
        """Return the commit that ``revision`` names; raise `GitFailed` if there is none, or its date cannot be read."""
        (found,) = self._log("-1", "--end-of-options", revision)
        return found

    def history(self, *heads: str, without: str) -> list[Commit]:
        """Return the commits of ``heads`` that ``without`` does not contain, every commit before its parents.

        Raises
        ------
        GitFailed
            A commit has a date that cannot be read.
        """
        return self._log("--topo-order", "--end-of-options", *heads, f"^{without}")

    def main_line(self, head: str) -> list[str]:
        """Return the commits from ``head`` back along first parents, newest first."""
        return self.run("rev-list", "--first-parent", "--end-of-options", head, "--").decode().split()

    def between(self, ancestor: str, head: str) -> set[str]:
        """Return the descendants of ``ancestor`` that are ancestors of ``head``, with ``head`` itself."""
        listed = self.run("rev-list", "--ancestry-path", "--end-of-options", head, f"^{ancestor}", "--")
        return set(listed.decode().split())

    def _log(self, *arguments: str) -> list[Commit]:
        return [_commit(line) for line in self.run("log", _FORMAT, *arguments, "--").decode().splitlines()]

    def entry(self, commit: str, path: str) -> Entry | None:
        """Return the object at ``path`` in ``commit``; None if there is none."""
        for line in self.run("ls-tree", "-z", "--full-tree", "--end-of-options", commit, "--", path).split(b"\0"):
            about, _, name = line.partition(b"\t")
            if name == path.encode():
                mode, kind, object_name = about.decode().split()
                return Entry(mode, kind, object_name)
        return None

    def size(self, name: str) -> int:
        """Return the size of an object in bytes."""
        return int(self.run("cat-file", "-s", name))

    def read(self, name: str) -> bytes:
        """Return a blob's bytes as committed, without filters and line-end conversion."""
        return self.run("cat-file", "blob", name)

    def changes(self, base: str, head: str) -> list[Change]:
        """Return the files that ``head`` changed since its common ancestor with ``base``, sorted by path.

        Raises
        ------
        Unrelated
            The two commits have no common ancestor.
        GitFailed
            There is no such commit.
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
            f"commit {sha[:12]} has a date that cannot be read: set the clock of the machine, and make the commit again"
        ) from None
    return Commit(sha, time, tuple(parents))
