"""The notebooks of `cases/notebooks/`, of kinds that people really hand in, and what a fair teacher makes of each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.samples import RELEASE

FOLDER = Path(__file__).resolve().parent / "cases/notebooks"
EXPECTED = FOLDER / "expected.toml"


@dataclass(frozen=True)
class Case:
    """A notebook, its release, Q7's points, each remark's cell and kind, and words that stand in written answers."""

    name: str
    path: Path
    release: Path
    score: float
    remarks: list[tuple[str, str]]
    answers: dict[str, list[str]]


def _case(name: str, told: dict[str, object]) -> Case:
    release = told.get("release")
    return Case(
        name,
        FOLDER / f"{told.get('notebook', name)}.ipynb",
        FOLDER / f"{release}.ipynb" if release else RELEASE,
        told["score"],
        [(cell, kind) for cell, kind in told["remarks"]],
        told.get("answers", {}),
    )


CASES = [_case(name, told) for name, told in tomllib.loads(EXPECTED.read_text(encoding="utf-8")).items()]
