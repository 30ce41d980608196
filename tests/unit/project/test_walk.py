"""Grading a submission follows the steps of docs/architecture.md, and no step calls back up."""

from __future__ import annotations

import inspect
from itertools import pairwise
from pathlib import Path

import pytest

from autograder.cli.app import app
from autograder.judge import measure
from tests.support.samples import SOLUTION
from tests.unit.project.test_architecture import PACKAGE, ROOMS

#: From the top down.
FLOORS = (
    ("cli",),
    ("batch", "collection", "nbgrader_bridge", "publishing"),
    ("grading", "marking"),
    ("submission", "sandbox", "judge", "report"),
    ("assignment",),
)
MOST_FRAMES = 12


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_has_a_floor_above_what_it_imports() -> None:
    assert {room for rooms in FLOORS for room in rooms} == set(ROOMS)
    assert all(floor(room) < floor(below) for room, allowed in ROOMS.items() for below in allowed)


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_from_the_command_to_the_first_number_the_way_is_short_and_leads_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ways: list[list[str]] = []
    first_number = measure.draw_figures

    def measured(*arguments: object) -> object:
        paths = (Path(frame.filename) for frame in reversed(inspect.stack(context=0)))
        ways.append([path.relative_to(PACKAGE).as_posix() for path in paths if path.is_relative_to(PACKAGE)])
        return first_number(*arguments)

    monkeypatch.setattr("autograder.judge.initializer.draw_figures", measured)
    with pytest.raises(SystemExit) as ended:
        app(["grade", str(SOLUTION), "--json", str(tmp_path / "result.json")])
    assert ended.value.code == 0
    way = ways[0][ways[0].index("cli/grade.py") :]  # what is before parses the command line
    assert len(way) <= MOST_FRAMES, way
    floors = [floor(name.partition("/")[0]) for name in way]
    assert all(above <= below for above, below in pairwise(floors)), way
