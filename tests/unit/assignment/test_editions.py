"""A course knows the texts of its earlier releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.assignment.editions import FILE, BadEditions, add_editions, earlier_editions, fingerprint
from autograder.assignment.release import load_release
from autograder.notebook import METADATA, Notebook
from tests.support.samples import ROOT


def earlier(metadata: dict) -> dict[str, frozenset[str]]:
    return dict(earlier_editions(Notebook("r.ipynb", "0", (), (), metadata.get(METADATA, {}))))


def test_each_release_knows_all_earlier_texts_and_not_its_own(tmp_path: Path) -> None:
    file = tmp_path / FILE
    assert add_editions(file, {"q1": "one", "setup": "import math"}) == {}
    assert earlier(add_editions(file, {"q1": "two", "setup": "import math"})) == {"q1": {fingerprint("one")}}
    assert earlier(add_editions(file, {"q1": "two", "setup": "import math"})) == {"q1": {fingerprint("one")}}
    assert earlier(add_editions(file, {"q1": "three"})) == {"q1": {fingerprint("one"), fingerprint("two")}}
    reverted = earlier(add_editions(file, {"q1": "one", "setup": ""}))
    assert reverted == {"q1": {fingerprint("two"), fingerprint("three")}, "setup": {fingerprint("import math")}}


@pytest.mark.parametrize("content", ["", "[]", '{"q1": "x"}', '{"q1": ["x"]}', "{", "\ufffd"])
def test_damaged_file_of_editions_stops_the_release(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(content, "utf-8")
    with pytest.raises(BadEditions, match=r"editions\.json, which lists the texts of earlier releases, "):
        add_editions(tmp_path / FILE, {"q1": "one"})
    assert (tmp_path / FILE).read_text("utf-8") == content


@pytest.mark.parametrize("forged", [None, [], {"q1": None}, {"q1": "one"}, {"q1": [1]}, {"q1": ["short"]}])
def test_metadata_that_are_no_hashes_are_no_editions(forged: object) -> None:
    assert earlier({METADATA: {"earlier_editions": forged}}) == {}


def test_committed_release_is_the_last_of_the_committed_editions() -> None:
    release = load_release().notebook
    every = json.loads((ROOT / "solutions" / FILE).read_text("utf-8"))
    before = earlier_editions(release)
    for cell in release.cells:
        assert set(every[cell.grade_id]) == {fingerprint(cell.source), *before.get(cell.grade_id, ())}
