"""Autograding records, kept beside the gradebook: they tell changed answers, and which scores a regrade changed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from autograder.files import write_text

#: In the course folder.
FOLDER = "records"


@dataclass(frozen=True)
class Record:
    """One autograding.

    Attributes
    ----------
    sha256 : str
        Of the submitted file.
    result : dict
        `autograder/result/v1`, or empty when the file could not be read.
    scores : dict of str to float or None
        What each graded cell was given automatically.
    answers : dict of str to str
        Hash of what each graded cell rests on, by grade id: its own text, or all of the code.
    """

    sha256: str
    result: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def changed_since(self, before: Record | None) -> list[str]:
        """Return the cells with another answer than ``before``; none where there is no earlier record."""
        if before is None or before.sha256 == self.sha256:
            return []
        return [each for each in self.answers if before.answers.get(each) != self.answers[each]]

    def confirmed_since(self, before: Record | None) -> list[str]:
        """Return the cells with the answer and the automatic score of ``before``: nothing to look at again."""
        if before is None:
            return []
        old = {each: (before.answers.get(each), before.scores.get(each)) for each in self.answers}
        return [each for each in self.answers if old[each] == (self.answers[each], self.scores[each])]


def record_path(root: Path, assignment: str, student: str) -> Path:
    """Return where the record of a student's submission is kept."""
    return root / FOLDER / assignment / f"{student}.json"


def load_record(path: Path) -> Record | None:
    """Return the record at ``path``; None where there is none, or none that can be understood."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Record(*(document[each.name] for each in fields(Record)))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save_record(path: Path, record: Record) -> None:
    """Write the record whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n", durable=True)
