"""Autograding records, stored beside the gradebook, to detect changed answers and report changed scores."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from autograder.files import write_text

#: Name of the records' folder in the course folder.
FOLDER = "records"


@dataclass(frozen=True)
class Record:
    """Record of one autograding.

    Attributes
    ----------
    sha256 : str
        Hash of the submitted file.
    result : dict
        `autograder/result/v1`, or empty if the file could not be read.
    scores : dict of str to float or None
        Automatic score of each graded cell.
    answers : dict of str to str
        Hash for each graded cell, by grade id: of its own text, or of all code.
    """

    sha256: str
    result: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def changed_since(self, before: Record | None) -> list[str]:
        """Return the cells whose answer differs from ``before``; none if there is no earlier record."""
        if before is None or before.sha256 == self.sha256:
            return []
        return [each for each in self.answers if before.answers.get(each) != self.answers[each]]

    def confirmed_since(self, before: Record | None) -> list[str]:
        """Return the cells with the same answer and automatic score as ``before``. No person need review them again."""
        if before is None:
            return []
        old = {each: (before.answers.get(each), before.scores.get(each)) for each in self.answers}
        return [each for each in self.answers if old[each] == (self.answers[each], self.scores[each])]


def record_path(root: Path, assignment: str, student: str) -> Path:
    """Return the path of the record of a student's submission."""
    return root / FOLDER / assignment / f"{student}.json"


def load_record(path: Path) -> Record | None:
    """Return the record at ``path``; None if there is no readable record."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Record(*(document[each.name] for each in fields(Record)))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save_record(path: Path, record: Record) -> None:
    """Write the record atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n", durable=True)
