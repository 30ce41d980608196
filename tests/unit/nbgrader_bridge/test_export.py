"""Exported tables show names, and never calculate them."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import pytest

from autograder.nbgrader_bridge import export
from autograder.nbgrader_bridge.export import CanvasExport, QuestionsExport, Row


@pytest.mark.parametrize("name", ["=1+1", "@SUM(1)", "\t=1", "\u202e=1", "x\n=1", "\uff0b1", "a;=1"], ids=ascii)
@pytest.mark.parametrize("exporter", [QuestionsExport, CanvasExport])
def test_exports_calculate_nothing_and_keep_rows_whole(
    exporter: type[QuestionsExport] | type[CanvasExport], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Row("weights", name, name, name, name, name, {"q1": -1.5}, 0.0, 10.0, True, "2027-01-01 00:00:00", ("q1",))
    monkeypatch.setattr(export, "rows", lambda *_: iter([row]))
    monkeypatch.setattr(export, "_name_ungraded", lambda _: None)
    exporter(to=str(tmp_path / "out.csv")).export(None)
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(codecs.BOM_UTF8) == (exporter is QuestionsExport), "Excel needs it, Canvas does not"
    *_, cells = csv.reader(raw.decode("utf-8-sig").splitlines())
    for cell in cells:
        for part in cell.split(";"):
            assert part == "-1.5" or part.strip()[:1] not in {*"=+-@", "\uff0b"}
        assert cell.isprintable()


@pytest.mark.parametrize("exporter", [QuestionsExport, CanvasExport])
@pytest.mark.parametrize("place", ["missing/out.csv", "file/out.csv", "."])
def test_place_that_cannot_be_written_ends_the_export_with_a_line(
    exporter: type[QuestionsExport] | type[CanvasExport],
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(export, "rows", lambda *_: iter([]))
    with pytest.raises(SystemExit, match="2"):
        exporter(to=str(tmp_path / place)).export(None)
    said = capsys.readouterr().err
    assert said.startswith(f"autograder: {tmp_path / place} cannot be written: ")
    assert said.count("\n") == 1
