"""Loads the notebooks of `cases/notebooks/`, which people really submit, and a fair teacher's result for each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.samples import RELEASE

FOLDER = Path(__file__).resolve().parents[1] / "specification/cases/notebooks"
EXPECTED = FOLDER / "expected.toml"


@dataclass(frozen=True)
class Case:
    """A notebook, its release, Q7's points, each remark's cell and kind, and words that stand in written answers.

    ``earlier`` says that only the texts of an earlier release, which this one keeps, show what the student wrote.
    ``waits`` has the questions without an answer of which a person decides whether another text answers them.
    ``refused`` has words of the reason why a file cannot be read; such a file has no points.
    """

    name: str
    path: Path
    release: Path
    score: float | None
    remarks: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    refused: str | None = None
    waits: frozenset[str] = frozenset()
    earlier: bool = False


def _case(name: str, expected: dict[str, object]) -> Case:
    release = expected.get("release")
    return Case(
        name,
        FOLDER / f"{expected.get('notebook', name)}.ipynb",
        FOLDER / f"{release}.ipynb" if release else RELEASE,
        expected.get("score"),
        [(cell, kind) for cell, kind in expected.get("remarks", [])],  # type: ignore[attr-defined]
        expected.get("answers", {}),
        expected.get("refused"),
        frozenset(expected.get("waits", [])),
        bool(expected.get("earlier")),
    )


CASES = [_case(name, expected) for name, expected in tomllib.loads(EXPECTED.read_text(encoding="utf-8")).items()]
READABLE = [case for case in CASES if case.refused is None]
REFUSED = [case for case in CASES if case.refused is not None]
