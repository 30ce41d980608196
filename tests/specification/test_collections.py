"""However a platform, a student or an instructor names submissions, nobody is lost or taken for another."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment.course_folder import CourseFolder
from autograder.collection.files import FilesCollection, collect
from autograder.collection.members import CannotCollect
from autograder.collection.placing import CollectedStatus
from autograder.collection.roster import Roster, load_roster
from tests.support.samples import RELEASE, ROOT, SOLUTION

CASES = sorted((ROOT / "tests/specification/collections").glob("*.toml"))


def _content(path: str, said: str | None) -> bytes:
    if said is None:
        return path.encode()
    if said == "notebook":
        return SOLUTION.read_bytes()
    if said == "release":
        return RELEASE.read_bytes()
    if said == "release with a scratch cell":
        notebook = json.loads(RELEASE.read_bytes())
        notebook["cells"].append(dict(notebook["cells"][-1], cell_type="code", source="1 + 1", metadata={}, id="own"))
        return json.dumps(notebook).encode()
    if said.startswith("zip of "):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name in said.removeprefix("zip of ").split(", "):
                archive.writestr(zipfile.ZipInfo(name, (2027, 1, 1, 12, 0, 0)), f"{path}/{name}")
        return packed.getvalue()
    return said.encode()


def in_folder(case: dict[str, Any], place: Path) -> Path:
    source = place / case.get("name", "source")
    source.mkdir()
    for minute, path in enumerate(case["files"]):
        file = source / path
        if path.endswith("/"):
            file.mkdir(parents=True)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_content(path, case.get("content", {}).get(path)))
        os.utime(file, (minute * 60, minute * 60))
    return source


def in_zip(case: dict[str, Any], place: Path) -> Path:
    source = place / f"{case.get('name', 'source')}.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for minute, path in enumerate(case["files"]):
            entry = zipfile.ZipInfo(path, (2027, 1, 1, minute // 60, minute % 60, 0))
            archive.writestr(entry, b"" if path.endswith("/") else _content(path, case.get("content", {}).get(path)))
    return source


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    (tmp_path / "course").mkdir()
    return CourseFolder(tmp_path / "course", "", RELEASE, "submitted", "autograded")


def _roster(case: dict[str, Any], place: Path) -> Roster | None:
    if "students" not in case:
        return None
    (place / "students.csv").write_text(case["students"], "utf-8")
    return load_roster(place / "students.csv")


@pytest.mark.parametrize("make", [in_folder, in_zip], ids=["folder", "zip"])
@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_everybody_in_a_source_is_collected_or_named(
    file: Path, make: Callable[[dict[str, Any], Path], Path], course: CourseFolder, tmp_path: Path
) -> None:
    case = tomllib.loads(file.read_text("utf-8"))
    if case.get("only", make.__name__) not in make.__name__:
        return
    source, roster = make(case, tmp_path), _roster(case, tmp_path)
    if "refuses" in case:
        with pytest.raises(CannotCollect, match=re.escape(case["refuses"])):
            collect(source, course, roster=roster)
        assert not any(course.root.iterdir()), "nothing is half collected"
        return
    if "asks" in case:
        with pytest.raises(CannotCollect, match=r"who\.csv"):
            collect(source, course, roster=roster)
        rows = list(csv.DictReader((course.root / "who.csv").open(encoding="utf-8")))
        asked = {row["source"]: row["why"] for row in rows if not row["student"]}
        assert set(asked) == set(case["asks"])
        assert all(part in asked[source] for source, part in case["asks"].items())
        assert not (course.root / "submitted").exists(), "nothing is half collected"
        if "answer" not in case:
            _fill_in_and_collect(case, source, course, rows)
        return
    _check(case, collect(source, course, roster=roster), course)


def _fill_in_and_collect(case: dict[str, Any], source: Path, course: CourseFolder, rows: list[dict[str, str]]) -> None:
    """Whoever fills in who.csv gets every student from the source beside the id."""
    for number, row in enumerate(rows):
        row["student"] = row["student"] or f"new-{number}"
    with (course.root / "filled.csv").open("w", encoding="utf-8", newline="") as written:
        writer = csv.DictWriter(written, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    collection = collect(source, course, roster=load_roster(course.root / "filled.csv"))
    origins = {each.student: each.origin.replace(".zip:", ".zip/") for each in collection.collected}
    assert set(origins) == {row["student"] for row in rows}
    assert all(row["source"].lstrip("'") in origins[row["student"]] for row in rows)


def _check(case: dict[str, Any], collection: FilesCollection, course: CourseFolder) -> None:
    assert collection.layout == case["layout"]
    here = {each.student: each for each in collection.collected if each.status is not CollectedStatus.REFUSED}
    gone = {each.student: each for each in collection.collected if each.status is CollectedStatus.REFUSED}
    found = {student: course.submission(student).read_bytes() for student in here}
    expected = {
        student: _content(path, case.get("content", {}).get(path)) for student, path in case["collected"].items()
    }
    assert found == expected
    assert set(course.submissions()) == set(expected)
    remarks = {student: each.reason for student, each in here.items() if each.reason}
    expected_remarks = case.get("remarks", {})
    assert set(expected_remarks) <= set(remarks)
    assert all(part in remarks[student] for student, part in expected_remarks.items())
    reasons = case.get("not_collected", {})
    assert set(gone) == set(reasons)
    assert all(part in gone[student].reason for student, part in reasons.items())
    assert [each for each in collection.collected if each.unreadable] == (
        list(gone.values()) if case.get("unreadable") else []
    )
    assert len(collection.nobodys) == len(case.get("nobodys", []))
    assert all(any(origin.endswith(path) for origin in collection.nobodys) for path in case.get("nobodys", []))
