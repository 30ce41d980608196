"""Records when the course first saw each commit of a pull request: the only time that its author cannot forge."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from autograder.collection.members import CannotCollect
from autograder.files import write_text
from autograder.git import Repository

#: File in the mirror. The refs/seen/NUMBER/HEAD beside it keep every head, also those that a force-push removed.
_FILE = "first-seen.json"


def now() -> datetime:
    """Return the time, to the second."""
    return datetime.now(tz=UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Seen:
    """When each head of a pull request was first collected."""

    mirror: Repository
    times: dict[str, datetime]

    def heads(self, number: int) -> list[str]:
        """Return all heads that a pull request has had, the last one first."""
        listed = self._heads(f"refs/seen/{number}")
        return sorted(listed, key=lambda head: self.times[head], reverse=True)

    def rewritten(self, number: int, head: str) -> list[str]:
        """Return the heads that a pull request has had and that are no ancestors of ``head``, the last one first."""
        gone = set(self._heads(f"--no-merged={head}", f"refs/seen/{number}"))
        return [each for each in self.heads(number) if each in gone]

    def commit(self, sha: str) -> datetime:
        """Return when the first head that contains this commit was seen."""
        return min(self.times[head] for head in self._heads(f"--contains={sha}", "refs/seen"))

    def _heads(self, *which: str) -> list[str]:
        return self.mirror.run("for-each-ref", "--format=%(objectname)", *which).decode().split()


def record_heads(mirror: Repository, heads: list[tuple[int, str]]) -> Seen:
    """Record every head under its pull request's number. A head that was never seen before gets the current time.

    Raises
    ------
    CannotCollect
        The earlier record cannot be read.
    """
    file = mirror.folder / _FILE
    try:
        stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        times = {str(head): datetime.fromisoformat(time) for head, time in stored.items()}
        if any(time.tzinfo is None for time in times.values()):
            raise ValueError("a time without a zone")
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise CannotCollect(
            f"{file}, which says when each commit was first seen, cannot be read ({problem}): put back a copy of it, "
            "or remove it, and all counts as first seen now"
        ) from None
    kept = set(mirror.run("for-each-ref", "--format=%(refname)", "refs/seen").decode().split())
    seen_now = now()
    for head in [*(ref.rpartition("/")[2] for ref in sorted(kept)), *(head for _, head in heads)]:
        times.setdefault(head, seen_now)
    text = json.dumps({head: time.isoformat(timespec="seconds") for head, time in times.items()}, indent=1)
    write_text(file, text + "\n", durable=True)
    for number, head in heads:
        if (ref := f"refs/seen/{number}/{head}") not in kept:
            mirror.run("update-ref", ref, head)
    return Seen(mirror, times)
