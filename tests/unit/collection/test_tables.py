"""A roster is read as spreadsheets save it, or refused in words that say what to save."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.collection.members import CannotCollect
from autograder.collection.roster import load_roster

TEXT = "github,student\nann-codes,müller\nbob,bobsmith\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode("utf-16"),
        f"sep=;\r\n{TEXT.replace(',', ';')}".encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode("utf-8-sig"),
        TEXT.replace("\n", ",,\n").encode(),
        TEXT.replace("github,student", " GitHub ,Student ID").encode(),
        TEXT.replace("müller", '"müller"').replace("github,student", '"github","student"').encode(),
    ],
)
def test_roster_is_read_as_a_spreadsheet_saves_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_bytes(content)
    assert load_roster(tmp_path / "roster.csv").by_login == {"ann-codes": "müller", "bob": "bobsmith"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TEXT.encode("cp1252"), r"is not UTF-8 \(line 2\): save it in the spreadsheet as .CSV UTF-8"),
        (TEXT.replace("ü", "u").encode("utf-16-le"), "is not text in UTF-8: save it"),
        (TEXT.encode("mac-roman"), "is not UTF-8"),
        (b"PK\x03\x04" + bytes(50), r"is a workbook \(\.xlsx or \.ods\): save it"),
        (b"\xd0\xcf\x11\xe0" + bytes(50), r"is a workbook \(\.xls\): save it"),
        (b"student|github\nann|a\n", "no column 'student'"),
        (b"student,shoe size\nann,42\n", "no column to know students by: add github, email, platform_id"),
        (b"student,platform_id\nann,1.23457E+11\n", "a spreadsheet shortened a long number"),
        (b"student,platform_id\nann,1\nbob,1\n", "line 3 .* gives 1 to bob, and another line to ann"),
        (b"student,source\nann,x\nbob,x\n", "line 3 .* gives x to bob, and another line to ann"),
        (b"student,source,platform_id\nann,x,\nbob,x,2\n", "line 3 .* gives x to bob, and another line to ann"),
        (
            "student,github\nann,a\n\ufeffstudent,github\nbob,b\n".encode(),
            "line 3 .* has the student id '.ufeffstudent'",
        ),
        (b'student,name\nann,"Lee,\nAnn"\nann/..,Bob\n', r"student id 'ann/\.\.': it names a folder"),
        (b"Matrikelnummer;Name\n1;Ann\n", "no column 'student': begin it with the line student,platform_id"),
        (b"", "is empty"),
    ],
)
def test_roster_that_cannot_be_read_says_what_to_save(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(CannotCollect, match=says):
        load_roster(tmp_path / "roster.csv")


def test_roster_that_is_no_file_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(CannotCollect, match=r"cannot be read: No such file"):
        load_roster(tmp_path / "none.csv")
    with pytest.raises(CannotCollect, match=r"cannot be read: Is a directory"):
        load_roster(tmp_path)
