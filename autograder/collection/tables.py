"""Reads CSV files as spreadsheets save them, or says what to save instead. No encoding is guessed."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from autograder.collection.members import CannotCollect

_SAVE = 'save it in the spreadsheet as "CSV UTF-8 (comma-separated)"'
#: How files of spreadsheets begin.
_WORKBOOKS = ((b"PK\x03\x04", "a workbook (.xlsx or .ods)"), (b"\xd0\xcf\x11\xe0", "a workbook (.xls)"))
_SEPARATORS = ",;\t"
#: Excel writes such a line before the others, and takes it for no row.
_NAMES_SEPARATOR = "sep="


def read_table(path: Path, what: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a CSV file with their line numbers. Its separator is a comma, a semicolon or a tab.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What it is, for messages, such as "the roster".

    Raises
    ------
    CannotCollect
        It cannot be read, is a workbook, or is in an encoding that it does not state.
    """
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise CannotCollect(f"{what} {path} cannot be read: {problem.strerror}") from None
    for start, kind in _WORKBOOKS:
        if raw.startswith(start):
            raise CannotCollect(f"{what} {path} is {kind}: {_SAVE}")
    text = _decoded(raw, f"{what} {path}")
    number = 1
    if text.lower().startswith(_NAMES_SEPARATOR):
        text, number = text.partition("\n")[2], 2
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = []
    try:
        for row in reader:
            rows.append((number, row))
            number += 1
    except csv.Error as problem:
        raise CannotCollect(f"{what} {path} cannot be read: line {number}: {problem}") from None
    return rows


def _decoded(raw: bytes, file: str) -> str:
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise CannotCollect(f"{file} is not UTF-8 (line {line}): {_SAVE}") from None
    if "\0" in text:
        raise CannotCollect(f"{file} is not text in UTF-8: {_SAVE}")
    return text
