"""Git's plumbing, read-only: what a commit holds, without checking any of it out."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

#: Reading commits needs none of this machine's settings, and runs nobody's hooks, filters or monitors.
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}


class GitFailed(RuntimeError):
    """Git could not do what was asked; the message is one line for people."""


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


@dataclass(frozen=True)
class Repository:
    """A folder with a git repository in it, bare or not."""

    folder: Path

    def run(self, *arguments: str) -> bytes:
        """Run a git command here and return what it printed.

        Raises
        ------
        GitFailed
            When there is no git, or it ends with an error.
        """
        try:
            run = subprocess.run(  # noqa: S603 (no shell, and revisions come after --end-of-options)
                ["git", "-C", str(self.folder), *_QUIET, *arguments],  # noqa: S607 (the git on the PATH)
                capture_output=True,
                env=os.environ | _ENVIRONMENT,
                check=False,
            )
        except FileNotFoundError:
            raise GitFailed("git is not installed, or not on the PATH") from None
        if run.returncode:
            said = run.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {run.returncode}"]
            raise GitFailed(f"git {arguments[0]}: {said[-1]}")
        return run.stdout

    def commit(self, revision: str) -> Commit:
        """Return the commit that ``revision`` names; raise `GitFailed` when there is none."""
        line = self.run("log", "-1", "--format=%H %ct", "--end-of-options", revision, "--").decode().split()
        return Commit(line[0], datetime.fromtimestamp(int(line[1]), tz=UTC))

    def own_line(self, head: str, *without: str) -> list[Commit]:
        """Return the commits from ``head`` back along first parents, newest first, those of ``without`` left out."""
        lines = self.run("log", "--first-parent", "--format=%H %ct", head, *(f"^{each}" for each in without), "--")
        found = (line.split() for line in lines.decode().splitlines())
        return [Commit(sha, datetime.fromtimestamp(int(seconds), tz=UTC)) for sha, seconds in found]

    def entry(self, commit: str, path: str) -> Entry | None:
        """Return what stands at ``path`` in ``commit``; None where there is nothing."""
        for line in self.run("ls-tree", "-z", "--full-tree", commit, "--", path).split(b"\0"):
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
        """Return what ``head`` changed since it left ``base``, by path."""
        fork = self.run("merge-base", base, head).decode().strip()
        parts = self.run("diff-tree", "-r", "-z", "--no-renames", "--name-status", fork, head).split(b"\0")
        pairs = zip(parts[0:-1:2], parts[1::2], strict=True)
        return sorted((Change(s.decode(), p.decode(errors="replace")) for s, p in pairs), key=lambda c: c.path)
