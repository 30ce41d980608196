"""A course knows the texts of its earlier releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.assignment.editions import FILE, BadEditions, add_editions, closest, editions_of
from autograder.assignment.release import load_release
from autograder.notebook import METADATA, Cell, Notebook, normalized
from tests.support.samples import ROOT


def editions(*texts: str, metadata: object = None) -> tuple[Cell, ...]:
    """Return the editions of a release's only cell, q1: of texts, the last is today's."""
    today = Cell("markdown", texts[-1], "q1", "q1", {"points": 10})
    known = {"earlier_texts": {"q1": list(texts[:-1])}} if metadata is None else metadata
    return editions_of(Notebook("r.ipynb", "0", (today,), (), known))["q1"]


def earlier(metadata: dict) -> dict[str, list[str]]:
    return metadata.get(METADATA, {}).get("earlier_texts", {})


def test_each_release_knows_all_earlier_texts_and_not_its_own(tmp_path: Path) -> None:
    file = tmp_path / FILE
    assert add_editions(file, {"q1": "one", "setup": "import math"}) == {}
    assert earlier(add_editions(file, {"q1": "two\r\n", "setup": "import math"})) == {"q1": ["one"]}
    written = file.read_bytes()
    assert earlier(add_editions(file, {"setup": "import math ", "q1": "two"})) == {"q1": ["one"]}
    assert file.read_bytes() == written
    assert earlier(add_editions(file, {"q1": "three"})) == {"q1": ["one", "two"]}
    reverted = earlier(add_editions(file, {"q1": "one", "setup": ""}))
    assert reverted == {"q1": ["two", "three"], "setup": ["import math"]}


def test_an_earlier_edition_has_the_points_and_the_kind_of_today() -> None:
    assert [(cell.source, cell.kind, cell.metadata) for cell in editions("one", "two", "three")] == [
        (text, "markdown", {"points": 10}) for text in ("three", "two", "one")
    ]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Why?\nSay it.", "Why?\nSay it."),
        ("  Why?  \r\n\r\nSay it.\r\nIt is zero.", "Why?\nSay it."),
        ("Why?\nIt is zero.\nSay it.\nCount the words.", "Why?\nSay it.\nCount the words."),
        ("Why so?\nSay it.\nIt is zero.", "Why so?\nSay it."),
        ("Say it.", "Why so?\nSay it."),
        ("It is zero.", "Why so?\nSay it."),
        ("", "Why so?\nSay it."),
        ("Say it.\nWhy?", "Say it.\nWhy?"),
    ],
    ids=[
        "unchanged",
        "Windows",
        "longer edition",
        "today's",
        "tie",
        "nothing left",
        "emptied",
        "lines in an earlier order",
    ],
)
def test_closest_is_the_edition_that_most_lines_come_from(text: str, given: str) -> None:
    known = editions("Say it.\nWhy?", "Why?\nSay it.\nCount the words.", "Why?\nSay it.", "Why so?\nSay it.")
    assert closest(known, text).source == given


@pytest.mark.parametrize("content", ["", "[]", '{"q1": "x"}', '{"q1": [1]}', "{", "\ufffd"])
def test_damaged_file_of_editions_stops_the_release(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(content, "utf-8")
    with pytest.raises(BadEditions, match=r"editions\.json, which lists the texts of earlier releases, "):
        add_editions(tmp_path / FILE, {"q1": "one"})
    assert (tmp_path / FILE).read_text("utf-8") == content


@pytest.mark.parametrize("forged", [[], {"q1": None}, {"q1": "one"}, {"q1": [1]}, {"q1": [["one"]]}])
def test_metadata_that_are_no_texts_are_no_editions(forged: object) -> None:
    assert [cell.source for cell in editions("two", metadata={"earlier_texts": forged})] == ["two"]


def test_committed_release_is_the_last_of_the_committed_editions() -> None:
    every = json.loads((ROOT / "solutions" / FILE).read_text("utf-8"))
    released = editions_of(load_release().notebook)
    assert any(len(cells) > 1 for cells in released.values())
    for grade_id, cells in released.items():
        assert every[grade_id] == [normalized(cell.source) for cell in reversed(cells)]


def test_no_released_text_of_another_cell_begins_like_a_locked_one() -> None:
    """Otherwise a cell without its grade id would be taken for another one."""
    released = editions_of(load_release().notebook)
    texts = [(name, normalized(cell.source)) for name, cells in released.items() for cell in cells]
    locked = [(name, text) for name, text in texts if released[name][0].metadata.get("locked")]
    assert [(a, b) for a, text in locked for b, other in texts if a != b and other.startswith(text)] == []
