"""Runs git safely on untrusted repositories: reads commits without checking them out.

The module starts the git program instead of using a library. So a person's credentials, proxies and remote helpers
work, and the best-tested implementation reads hostile objects. The settings below switch off everything that a
repository could make git run. A small pull request can hold a tree of a million million files, so every call has a
limit of time, memory and output.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import UserError
from autograder.text import one_line

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
        "core.bigFileThreshold=32m",  # a larger file is never held in memory
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
#: Limits of one call. Reading 10,000 commits takes less than a second; a notebook has 20 MiB at most.
_SECONDS = 120.0
_MEMORY_BYTES = 2 * 2**30
_MOST_BYTES = 64 * 2**20
#: Seconds in which git can remove its unfinished files after SIGTERM.
_GRACE = 5.0
#: Most files and folders by which a commit may differ from its base.
_MOST_CHANGES = 10_000


class GitFailed(UserError):
    """Git could not do what was asked. ``status`` is the exit status of git."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class GitStopped(GitFailed):
    """Git reached a limit and was stopped."""


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

    def run(self, *arguments: str, seconds: float = _SECONDS) -> bytes:
        """Run a git command in the repository and return its output.

        The person's identity, credentials and settings apply, except those that run programs or name another
        repository.

        Raises
        ------
        GitStopped
            Git takes longer than ``seconds``, or writes too much.
        GitFailed
            Git is not installed, or ends with an error, for example because it needs too much memory.
        """
        return b"".join(self._output(arguments, seconds))

    def _output(self, arguments: tuple[str, ...], seconds: float = _SECONDS) -> Generator[bytes]:
        """Yield what git writes, as it comes. Git ends when the caller closes the iterator."""
        what, deadline = f"git {arguments[0]}", time.monotonic() + seconds
        written, said = 0, b""
        with _started(self.folder, arguments) as process, selectors.DefaultSelector() as open_pipes:
            for pipe in filter(None, (process.stdout, process.stderr)):
                open_pipes.register(pipe, selectors.EVENT_READ)
            while open_pipes.get_map():
                for key, _ in open_pipes.select(max(0.0, deadline - time.monotonic())):
                    chunk = os.read(key.fd, 2**16)
                    if not chunk:
                        open_pipes.unregister(key.fileobj)
                    elif key.fileobj is process.stderr:
                        said = (said + chunk)[-4096:]
                    else:
                        written += len(chunk)
                        if written > _MOST_BYTES:
                            raise GitStopped(f"{what} wrote more than {_MOST_BYTES // 2**20} MiB and was stopped")
                        yield chunk
                if time.monotonic() > deadline:
                    raise GitStopped(f"{what} took longer than {seconds:g} seconds and was stopped")
            try:
                status = process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise GitStopped(f"{what} took longer than {seconds:g} seconds and was stopped") from None
        if status:
            lines = said.decode(errors="replace").strip().splitlines() or [f"exit status {status}"]
            raise GitFailed(f"{what}: {one_line(lines[-1])}", status)

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
        GitStopped
            They differ in more than 10,000 files and folders.
        GitFailed
            There is no such commit.
        """
        try:
            fork = self.run("merge-base", "--end-of-options", base, head).decode().strip()
        except GitFailed as problem:
            if problem.status != 1:
                raise
            raise Unrelated(f"commit {head[:12]} shares no history with {base[:12]}", 1) from None
        return sorted(self._differences(fork, head), key=lambda change: change.path)

    def _differences(self, base: str, head: str) -> Iterator[Change]:
        before = dict(self._tree(base))
        differing = 0
        try:
            with contextlib.closing(self._tree(head)) as tree:
                for path, entry in tree:
                    old = before.pop(path, None)  # a path that comes twice counts as another change
                    if old == entry:
                        continue
                    if (differing := differing + 1) > _MOST_CHANGES:
                        raise GitStopped(f"it changes more than {_MOST_CHANGES:,} files and folders")
                    if entry.kind != "tree":
                        yield Change(_status(old, entry), path[0].decode(errors="replace"))
        except GitStopped as problem:
            raise GitStopped(
                f"commit {head[:12]} cannot be compared, because {problem}: commit the notebook alone"
            ) from None
        yield from (Change("D", path.decode(errors="replace")) for path, is_tree in before if not is_tree)

    def _tree(self, commit: str) -> Generator[tuple[tuple[bytes, bool], Entry]]:
        """Yield every entry of a commit, submodules and folders included, by its path and whether it is a folder.

        `git diff-tree` keeps all changes in memory before it writes the first; `git ls-tree` keeps none.
        """
        rest = b""
        with contextlib.closing(
            self._output(("ls-tree", "-r", "-t", "-z", "--full-tree", "--end-of-options", commit))
        ) as output:
            for chunk in output:
                *lines, rest = (rest + chunk).split(b"\0")
                for line in lines:
                    about, _, path = line.partition(b"\t")
                    mode, kind, name = about.decode().split()
                    yield (path, kind == "tree"), Entry(mode, kind, name)


@contextlib.contextmanager
def _started(folder: Path, arguments: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """Start git, and end it with the context."""
    try:
        process = subprocess.Popen(  # noqa: S603 (no shell, and revisions come after --end-of-options)
            ["git", "-C", str(folder), *_QUIET, *arguments],  # noqa: S607 (the git on the PATH)
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | _ENVIRONMENT,
        )
    except FileNotFoundError:
        raise GitFailed("git is not installed, or not on the PATH") from None
    with process:
        try:
            _bound_memory(process.pid)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE)
                process.kill()


def _bound_memory(pid: int) -> None:
    """Bound the data segment of a process and its future children; only Linux can."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError):  # it has ended
            _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
            most = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, hard))


def _status(old: Entry | None, new: Entry) -> str:
    """Return git diff's letter. The first three digits of a mode say file, link or submodule."""
    if old is None:
        return "A"
    return "M" if old.mode[:3] == new.mode[:3] else "T"


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
