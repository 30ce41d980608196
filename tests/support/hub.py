"""A stand-in for GitHub: a bare repository with a main branch and `refs/pull/N/head`, built with git's plumbing."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

NOTEBOOK = "assignment/weight_initialization/weight_initialization.ipynb"
BEFORE = datetime(2027, 1, 30, 12, 0, tzinfo=UTC)
DEADLINE = datetime(2027, 1, 31, 23, 59, tzinfo=UTC)
AFTER = datetime(2027, 2, 2, 12, 0, tzinfo=UTC)
IDENTITY = {
    "GIT_AUTHOR_NAME": "Teacher",
    "GIT_AUTHOR_EMAIL": "teacher@example.org",
    "GIT_COMMITTER_NAME": "Teacher",
    "GIT_COMMITTER_EMAIL": "teacher@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


@dataclass(frozen=True)
class File:
    """What a commit puts at a path; None deletes what is there."""

    content: bytes | None
    mode: str = "100644"


def link(target: str) -> File:
    return File(target.encode(), "120000")


@dataclass
class Hub:
    folder: Path
    heads: dict[int, str] = field(default_factory=dict)

    @classmethod
    def holding(cls, repository: Path, folder: Path) -> Hub:
        """Publish what a repository's main branch holds."""
        hub = cls(folder)
        subprocess.run(["git", "clone", "--quiet", "--bare", str(repository), str(folder)], check=True)
        return hub

    @classmethod
    def released(cls, folder: Path, files: dict[str, File]) -> Hub:
        """Publish a main branch with one commit that holds ``files``."""
        subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(folder)], check=True)
        hub = cls(folder)
        first = hub.commit_tree(hub.tree(""), None, "teacher", BEFORE)
        hub.git("update-ref", "refs/heads/main", first)
        hub.git("update-ref", "refs/heads/main", hub.commit(files, "teacher", parent=first))
        return hub

    def git(self, *arguments: str, given: bytes = b"", **environment: str) -> bytes:
        run = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            input=given,
            capture_output=True,
            env=os.environ | IDENTITY | environment,
        )
        assert run.returncode == 0, run.stderr.decode()
        return run.stdout

    @property
    def main(self) -> str:
        return self.git("rev-parse", "HEAD").decode().strip()

    def commit(
        self,
        files: dict[str, File],
        login: str,
        time: datetime = BEFORE,
        parent: str | None = None,
        above: bool = False,
    ) -> str:
        """Make a commit by ``login``. ``above`` adds a file at ``../``, which no git would check out."""
        parent = parent or self.main
        index = {"GIT_INDEX_FILE": str(self.folder / "index.test")}
        self.git("read-tree", parent, **index)
        lines = []
        for path, file in files.items():
            blob = "0" * 40 if file.content is None else self.blob(file.content)
            lines.append(f"{'0' if file.content is None else file.mode} {blob}\t{path}".encode())
        self.git("update-index", "-z", "--index-info", given=b"\0".join(lines) + b"\0", **index)
        tree = self.git("write-tree", **index).decode().strip()
        if above:
            inner = (
                self.git("mktree", "-z", given=f"100644 blob {self.blob(b'up')}\tup.ipynb\0".encode()).decode().strip()
            )
            outer = self.git("ls-tree", "-z", tree) + f"040000 tree {inner}\t..\0".encode()
            tree = self.git("mktree", "-z", given=outer).decode().strip()
        return self.commit_tree(tree, parent, login, time)

    def tree(self, listing: str) -> str:
        """Make a tree of what `git ls-tree` would print of it."""
        return self.git("mktree", given=listing.encode()).decode().strip()

    def commit_tree(self, tree: str, parent: str | None, login: str, time: datetime) -> str:
        who = {"NAME": login, "EMAIL": f"1234+{login}@users.noreply.github.test", "DATE": time.isoformat()}
        about = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        parents = [] if parent is None else ["-p", parent]
        return self.git("commit-tree", tree, *parents, "-m", "My answers", **about).decode().strip()

    def merge(self, *parents: str, time: datetime = BEFORE, login: str = "teacher") -> str:
        """Make a merge commit with the last parent's files."""
        who = {"NAME": login, "EMAIL": f"1234+{login}@users.noreply.github.test", "DATE": time.isoformat()}
        about = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        before = [part for parent in parents for part in ("-p", parent)]
        return self.git("commit-tree", f"{parents[-1]}^{{tree}}", *before, "-m", "Merge", **about).decode().strip()

    def forged(self, commit: str, pattern: bytes, replacement: bytes) -> str:
        """Copy a commit with its raw text changed, to what git itself would not write."""
        text, count = re.subn(pattern, replacement, self.git("cat-file", "commit", commit), flags=re.MULTILINE)
        assert count
        return self.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=text).decode().strip()

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", given=content).decode().strip()

    def open(self, number: int, commit: str) -> str:
        """Open a pull request, or push to one: its head is ``commit`` from now on."""
        self.git("update-ref", f"refs/pull/{number}/head", commit)
        self.heads[number] = commit
        return commit

    def pull_request(self, number: int, files: dict[str, File], login: str, time: datetime = BEFORE) -> str:
        return self.open(number, self.commit(files, login, time))
