"""Folders, zips and rosters: everybody gets their own file or a reason, and nothing else is written."""

from __future__ import annotations

import csv
import io
import stat
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from autograder.assignment.course_folder import CourseFolder
from autograder.assignment.questions import NAME
from autograder.collection.files import collect
from autograder.collection.identity import fit
from autograder.collection.members import CannotCollect, _decoded
from autograder.collection.placing import Collected, CollectedStatus
from autograder.collection.roster import load_roster
from tests.fuzz.properties import Property
from tests.fuzz.values import CHOICE, PIECES, mostly

# --- sources of submissions ----------------------------------------------------------------------------------------

#: Students whose files the platform names, and whom others may try to submit for.
HONEST = {f"ann/{NAME}.ipynb": "ann", f"Bob Roe/{NAME}.ipynb": "Bob_Roe", f"zoë/{NAME}.ipynb": "zoë"}
ON_MOODLE = {
    f"Ann Lee_4710_assignsubmission_file_/{NAME}.ipynb": "Ann_Lee_4710",
    f"Bob Roe_4711_assignsubmission_file_/{NAME}.ipynb": "Bob_Roe_4711",
}
_PARTS = PIECES | st.sampled_from(
    [
        *(
            "ann",
            "Ann",
            "ANN",
            "\uff41nn",
            "bob",
            "Bob Roe",
            "zoe\u0308",
            "zo\u00eb",
            "ann ",
            " ann",
            ".ann",
            "ann.",
            "_ann",
            "..",
            ".",
            "~",
            "C:",
            "CON",
        ),
        *(
            "Bob Roe_4711_assignsubmission_file_",
            "Bob Roe_4712_assignsubmission_file_",
            "x_1_assignsubmission_file_ann",
            "submitted",
            NAME,
        ),
        *(
            "ann_LATE_1_2_x",
            "ann_1_2_",
            "__MACOSX",
            ".git",
            ".ipynb_checkpoints",
            "students",
            "Submissions",
            "a" * 210,
            "\u4e00" * 90,
            "\udcff",
        ),
    ]
)
_FILES = st.sampled_from(
    [
        *(
            f"{NAME}.ipynb",
            f"{NAME} (1).ipynb",
            "ann.ipynb",
            "Untitled.IPYNB",
            f"ann_{NAME}.ipynb",
            f"ann_1_2_{NAME}.ipynb",
            "._x.ipynb",
        ),
        *(
            ".ipynb",
            "x.ipynb.zip",
            "x.txt",
            "\u202ex.ipynb",
            "x\0.ipynb",
            "x.ipynb\0.txt",
            "x.ipynb ",
            "\n.ipynb",
            ".x.ipynb",
            "x.ipynb/",
        ),
    ]
) | _PARTS.map(lambda part: f"{part}.ipynb")
_SEPARATORS = mostly(st.just("/"), st.sampled_from(["\\", "//", "/./", "/../"]))


@st.composite
def _paths(draw: st.DrawFn) -> str:
    path = draw(mostly(st.just(""), st.sampled_from(["/", "../", "\\", "//h/", "C:\\"])))
    for part in draw(st.lists(_PARTS, max_size=3)):
        path += part + draw(_SEPARATORS)
    return path + draw(_FILES)


@dataclass(frozen=True)
class Entry:
    """A member of a zip: its path, its kind on Unix, how it is packed, and what is wrong with it."""

    path: str
    kind: int = stat.S_IFREG
    method: int = zipfile.ZIP_DEFLATED
    date: tuple[int, int, int, int, int, int] = (2026, 11, 1, 12, 0, 0)
    damage: tuple[tuple[int, bytes], ...] = ()


#: Places of a member's record in a zip's directory: version, flags, method, time, sum, sizes, name's length, offset.
_FIELDS = st.sampled_from([4, 6, 8, 10, 12, 16, 20, 21, 24, 26, 28, 30, 32, 34, 36, 38, 42])
_ENTRIES = st.builds(
    Entry,
    _paths(),
    mostly(st.just(stat.S_IFREG), st.sampled_from([0, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR, stat.S_IFCHR])),
    mostly(st.just(zipfile.ZIP_DEFLATED), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])),
    mostly(
        st.just((2026, 11, 1, 12, 0, 0)),
        st.sampled_from([(1980, 0, 0, 0, 0, 0), (2107, 15, 31, 31, 63, 62), (2026, 2, 30, 25, 61, 60)]),
    ),
    mostly(
        st.just(()), st.lists(st.tuples(_FIELDS, st.binary(min_size=1, max_size=4)), min_size=1, max_size=2).map(tuple)
    ),
)


@dataclass(frozen=True)
class Source:
    """Members of a zip or files of a folder, damage anywhere in the zip, and what precedes and follows it."""

    entries: list[Entry]
    damage: tuple[tuple[int, bytes], ...] = ()
    around: tuple[bytes, bytes] = (b"", b"")

    def zipped(self, file: Path) -> Path:
        """Write the zip."""
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w") as archive:
            for number, entry in enumerate(self.entries):
                info = zipfile.ZipInfo("x", entry.date)
                # ZipInfo would end the name at a NUL.
                info.filename = entry.path.encode("utf-8", "replace").decode()
                info.external_attr = (entry.kind | 0o644) << 16
                info.compress_type = entry.method
                archive.writestr(info, _content(number, entry))
        raw = bytearray(file.read_bytes())
        place = 0
        for entry in self.entries:
            place = raw.find(b"PK\x01\x02", place)
            for offset, new in entry.damage:
                if place >= 0:
                    raw[place + offset : place + offset + len(new)] = new
            place += 4
        for choice, new in self.damage:
            at = choice * len(raw) // 5_000
            raw[at : at + len(new)] = new
        before, after = self.around
        file.write_bytes(before + raw + after)
        return file

    def unpacked(self, folder: Path) -> Path:
        """Write the files; leave out those that this file system does not take."""
        folder.mkdir()
        for number, entry in enumerate(self.entries):
            file = folder / entry.path.replace("\\", "/").lstrip("/").replace("../", "")
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(_content(number, entry))
            except (OSError, ValueError):
                continue
        return folder


def _content(number: int, entry: Entry) -> bytes:
    return f"file {number} of {entry.path!r}".encode("utf-8", "backslashreplace")


_ANYWHERE = st.lists(st.tuples(CHOICE, st.binary(min_size=1, max_size=6)), min_size=1, max_size=3).map(tuple)
SOURCES = st.builds(
    Source,
    st.lists(_ENTRIES, max_size=6),
    mostly(st.just(()), _ANYWHERE),
    mostly(
        st.just((b"", b"")),
        st.tuples(st.binary(max_size=40), st.binary(max_size=40) | st.just(b"PK\x05\x06" + b"\0" * 18)),
    ),
)
_MAL_ON_MOODLE = "Mal X_9_assignsubmission_file_/"
#: What a student can name: whatever is below the folder, or in the name, that the platform gives to that student.
THEIRS = st.builds(
    lambda folder, entries: Source(
        [
            Entry(
                folder + each.path.replace("\\", "/").replace("../", "").lstrip("/"), each.kind, each.method, each.date
            )
            for each in entries
        ]
    ),
    st.sampled_from(["mal/", "mal/submitted/", "submissions/mal/", _MAL_ON_MOODLE]),
    st.lists(_ENTRIES, min_size=1, max_size=4),
)

# --- the properties of folders and zips ----------------------------------------------------------------------------


def _collected(source: Path, root: Path) -> tuple[CourseFolder, list[Collected] | None]:
    course = CourseFolder(root / "course", "", root / "release.ipynb", "submitted", "autograded")
    (root / "course").mkdir(exist_ok=True)
    try:
        return course, collect(source, course).collected
    except CannotCollect as problem:
        assert str(problem)
        return course, None


def _tree(root: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in root.rglob("*") if file.is_file() and not file.is_symlink()}


def _submitted(course: CourseFolder) -> dict[str, bytes]:
    return {
        file.parent.parent.name: file.read_bytes()
        for file in course.root.glob(f"submitted/*/{NAME}/*.ipynb")
        if file.is_file()
    }


def _check_source(make: Callable[[Path], Path], entries: list[Entry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = make(root / "in")
        before = _tree(root)
        course, collected = _collected(source, root)
        after = _tree(root)
        if collected is None:
            assert {file for file in after if after[file] != before.get(file)} <= {str(course.root / "who.csv")}
            return
        placed = [each for each in collected if each.status is not CollectedStatus.REFUSED]
        new = {file: content for file, content in after.items() if before.get(file) != content}
        kept = f"{course.root}/submitted/.history/"
        written = {file for file in new if not file.startswith(kept) and not file.endswith("/provenance.json")}
        assert written == {str(course.submission(each.student)) for each in placed}
        assert {file.removeprefix(kept).partition("/")[0] for file in new if file.startswith(kept)} == {
            each.student for each in placed
        }
        assert set(before) <= set(after)
        for each in collected:
            assert each.reason or each.status is not CollectedStatus.REFUSED
            assert fit(each.student) == each.student
        assert len({each.origin for each in placed}) == len(placed)
        known = {_content(number, entry): entry for number, entry in enumerate(entries)}
        for each in placed:
            content = course.submission(each.student).read_bytes()
            if content in known:  # a damaged zip may hold other bytes
                assert fit_in(each.student, known[content].path), (each, known[content])
                if source.is_file() and not known[content].damage:
                    assert known[content].kind in (0, stat.S_IFREG), known[content]
                    assert ".." not in known[content].path.replace("\\", "/").split("/"), known[content]
        _check_nobody_is_passed_over(source, collected)
        again = collect(source, course).collected
        assert {each.status for each in again} <= {CollectedStatus.SAME, CollectedStatus.REFUSED}
        assert [each.student for each in again] == [each.student for each in collected]
        assert _tree(root) == after


def _check_nobody_is_passed_over(source: Path, collected: list[Collected]) -> None:
    """Raise unless each notebook's own line, or its owner's, is among ``collected``."""
    if source.is_dir():
        paths = [str(file.relative_to(source)) for file in source.rglob("*") if file.is_symlink() or not file.is_dir()]
    else:
        paths = [_decoded(entry)[0] for entry in zipfile.ZipFile(source).infolist() if not entry.filename.endswith("/")]
    for path in paths:
        *folders, name = path.replace("\\", "/").split("/")
        if not name.lower().endswith(".ipynb") or name.startswith("._") or name.lower() == ".ipynb":
            continue
        if {".ipynb_checkpoints", "__MACOSX", ".git"} & set(folders):
            continue
        told = [
            each for each in collected if each.origin.endswith(path) or (each.student and fit_in(each.student, path))
        ]
        assert told, f"nothing is said of {path!r}"


def fit_in(student: str, path: str) -> bool:
    """Whether one part of a path names this student: by an id, or by a name and a number."""
    parts = [fit(part) for part in path.replace("\\", "/").split("/")]
    return any(part.startswith(student) or all(word in part for word in student.split("_")) for part in parts)


def zip_is_collected_or_refused(source: Source) -> None:
    """Of any zip, only submissions are written, each below its student, and the same again next time."""
    _check_source(lambda place: source.zipped(place.with_suffix(".zip")), source.entries)


def folder_is_collected_or_refused(source: Source) -> None:
    """Of any folder, only submissions are written, each below its student, and the same again next time."""
    _check_source(source.unpacked, source.entries)


def nobody_takes_the_place_of_another(theirs: Source) -> None:
    """Files below one student's folder change nothing of what is collected of the others."""
    for form in ("zip", "folder"):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            honest = ON_MOODLE if any(each.path.startswith(_MAL_ON_MOODLE) for each in theirs.entries) else HONEST
            source = Source([*map(Entry, honest), *theirs.entries])
            place = source.zipped(root / "in.zip") if form == "zip" else source.unpacked(root / "in")
            course, collected = _collected(place, root)
            assert collected is not None
            found = _submitted(course)
            for number, (path, student) in enumerate(honest.items()):
                assert found.get(student) == _content(number, Entry(path)), (form, student, collected)


# --- rosters -------------------------------------------------------------------------------------------------------

_HEADINGS = st.sampled_from(
    [
        "github",
        "student",
        "GitHub Login",
        " login",
        "Student ID",
        "id",
        "email",
        "E-Mail",
        "pull_request",
        "Pull Request",
        "name",
        "",
    ]
)
_CELLS = PIECES | st.sampled_from(
    [
        "ann",
        "Ann",
        "@ann",
        "bob",
        "zo\u00eb",
        "zoe\u0308",
        "a@x.org",
        "A@X.ORG",
        "3",
        "#3",
        "3 4",
        "\u0663",
        "1_0",
        "-1",
        "9" * 5_000,
        "../x",
        "a,b",
        "x" * 140_000,
        " ann ",
        "'",
        '"',
    ]
)


@dataclass(frozen=True)
class Table:
    """A roster as data, and how it is written."""

    headings: list[str]
    rows: list[list[str]]
    delimiter: str = ","
    quoting: Any = csv.QUOTE_MINIMAL
    end: str = "\n"
    encoding: str = "utf-8"
    damage: tuple[tuple[int, bytes], ...] = ()

    def content(self) -> bytes:
        """Return the file's bytes."""
        file = io.StringIO()
        writer = csv.writer(file, delimiter=self.delimiter, quoting=self.quoting, lineterminator=self.end)
        writer.writerows([self.headings, *self.rows])
        content = bytearray(file.getvalue().encode(self.encoding, "surrogatepass"))
        for choice, new in self.damage:
            at = choice * len(content) // 5_000
            content[at : at + len(new)] = new
        return bytes(content)


_ROWS = st.lists(
    mostly(
        st.tuples(
            *[st.sampled_from(["ann", "bob", "cyd", "dee", "eve"])] * 2, st.sampled_from(["", "x@y.org"]), st.just("")
        ).map(list),
        st.lists(_CELLS, max_size=5),
    )
    | st.tuples(_CELLS, _CELLS, _CELLS).map(list),
    max_size=4,
)
TABLES = st.builds(
    Table,
    mostly(
        st.sampled_from([["github", "student"], ["student", "github", "email", "pull request"]]),
        st.lists(_HEADINGS, max_size=6),
    ),
    _ROWS,
    mostly(st.just(","), st.sampled_from([";", "\t", "|"])),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    mostly(st.just("utf-8"), st.sampled_from(["utf-8-sig", "utf-16", "utf-32"])),
    mostly(st.just(()), _ANYWHERE),
)


def roster_is_read_or_refused(table: Table) -> None:
    """Any roster gives each student what its line says, or is refused in one line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "roster.csv")
        file.write_bytes(table.content())
        try:
            roster = load_roster(file)
        except CannotCollect as problem:
            assert str(problem)
            return
    for student in roster.students:
        assert fit(student) == student
    for login in roster.by_login:
        assert login == login.strip() == login.lower()
    assert all(number > 0 for number in roster.by_pull_request)
    if table.damage or set(table.headings) != {"github", "student"}:
        return
    # `csv` writes a carriage return without quotes where it ends no line, and readers end the line there.
    if any("\r" in cell for row in table.rows for cell in row):
        return
    at, by = table.headings.index("student"), table.headings.index("github")
    for row in table.rows:
        if len(row) > 1 and any(cell.strip() for cell in row[:2]):
            assert roster.by_login[row[by].strip().lstrip("@").lower()] == row[at].strip()


PROPERTIES = {
    "zip": Property(SOURCES, zip_is_collected_or_refused),
    "folder": Property(SOURCES, folder_is_collected_or_refused),
    "others": Property(THEIRS, nobody_takes_the_place_of_another),
    "roster": Property(TABLES, roster_is_read_or_refused),
}
