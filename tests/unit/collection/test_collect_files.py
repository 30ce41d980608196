"""A file is collected for the student whom the platform or the instructor named, or for nobody."""

from __future__ import annotations

import os
import stat
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from autograder.assignment.course_folder import CourseFolder
from autograder.collection.files import collect as collect_people
from autograder.collection.identity import fit
from autograder.collection.members import CannotCollect, _file_time
from autograder.collection.placing import Collected
from autograder.collection.roster import load_roster
from tests.support.samples import RELEASE

NB = "weight_initialization"
MOODLE = "assignsubmission_file_"


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    root = tmp_path / "course"
    root.mkdir()
    return CourseFolder(root, "", RELEASE, "submitted", "autograded")


@pytest.fixture(params=["folder", "zip"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a folder, or a zip, of files that hold their paths, each newer than the last."""

    def folder(*paths: str) -> Path:
        for minute, path in enumerate(paths):
            file = tmp_path / "in" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(path)
            os.utime(file, (minute * 60, minute * 60))
        return tmp_path / "in"

    def packed(*paths: str) -> Path:
        with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
            for minute, path in enumerate(paths):
                archive.writestr(zipfile.ZipInfo(path, (2026, 11, 1, 12, minute, 0)), path)
        return tmp_path / "in.zip"

    return folder if request.param == "folder" else packed


def collect(source: Path, course: CourseFolder) -> list[Collected]:
    return collect_people(source, course).collected


def content(course: CourseFolder) -> dict[str, str]:
    """Return which file is each student's submission now."""
    return {student: course.submission(student).read_text() for student in course.submissions()}


def reasons(collected: list[Collected]) -> list[str]:
    return [each.reason for each in collected if each.status == "refused"]


HONEST = [f"ann/{NB}.ipynb", f"bob/{NB}.ipynb", f"Cyd Roe/{NB}.ipynb"]
THEIRS = {"ann": HONEST[0], "bob": HONEST[1], "Cyd_Roe": HONEST[2]}
MOODLES = [f"Bob Roe_4711_{MOODLE}/{NB}.ipynb", f"Cyd Roe_4712_{MOODLE}/{NB}.ipynb"]


@pytest.mark.parametrize(
    ("honest", "hostile"),
    [
        *[
            (HONEST, path)
            for path in (
                "ann/bob.ipynb",
                f"ann/bob/{NB}.ipynb",
                f"ann/submitted/bob/{NB}/{NB}.ipynb",
                f"ann/bob_{NB}.ipynb",
                f"ann/bob_4712_815_{NB}.ipynb",
                f"ann/Cyd Roe_4711_{MOODLE}/{NB}.ipynb",
                f"ann/Cyd Roe_4711_{MOODLE}{NB}.ipynb",
                f"ann/{NB}/timestamp.txt",
                "ann/submission_metadata.yml",
                f"ann/submission_1/{NB}.ipynb",
            )
        ],
        *[
            (MOODLES, path)
            for path in (
                f"Ann Roe_4710_{MOODLE}/bob/{NB}.ipynb",
                f"Ann Roe_4710_{MOODLE}/x_4711_{MOODLE}/{NB}.ipynb",
                f"Ann Roe_4710_{MOODLE}x_4711_{MOODLE}{NB}.ipynb",
                f"Ann Roe_4710_{MOODLE}/Cyd Roe_4712_{MOODLE}.ipynb",
                f"Ann Roe_4710_{MOODLE}/leeann_4711_815_{NB}.ipynb",
            )
        ],
    ],
)
def test_nobody_submits_for_another(
    honest: list[str], hostile: str, source: Callable[..., Path], course: CourseFolder
) -> None:
    collect(source(*honest, hostile), course)
    others = {path for path in content(course).values() if path in honest and not path.startswith("ann/")}
    assert others == {path for path in honest if not path.startswith("ann/")}


def test_class_in_one_folder_is_no_student(source: Callable[..., Path], course: CourseFolder) -> None:
    with pytest.raises(CannotCollect, match=r"everything in it is in one folder, week3, .* collect"):
        collect(source(f"week3/ann/{NB}.ipynb", f"week3/bob/{NB}.ipynb"), course)
    assert content(course) == {}


def test_student_with_too_many_notebooks_is_refused_alone(
    source: Callable[..., Path], course: CourseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.collection.choice._MOST_FILES", 5)
    collected = collect(source(*HONEST, *(f"zoe/{number}.ipynb" for number in range(6))), course)
    assert content(course) == THEIRS
    assert reasons(collected) == [
        "0.ipynb: 6 notebooks, more than the 5 or the 200 MiB allowed: keep the one that counts"
    ]


@pytest.mark.parametrize(
    ("name", "fitted"),
    [
        ("=cmd|' /C calc'!A0", "cmd_C_calc_A0"),
        ("+1+1", "1+1"),
        ("@SUM(1)", "SUM_1"),
        ("-2", "2"),
        ("\t=1", "1"),
        ("\x1b]0;x\x07Evil", "0_x_Evil"),
        ("\u202eevil", "evil"),
        ("..", ""),
        ("\U0001f642", ""),
        ("ann@example.org", "ann@example.org"),
        ("一" * 100, "一" * 66),
    ],
)
def test_id_is_no_path_no_formula_and_moves_no_cursor(name: str, fitted: str) -> None:
    assert fit(name) == fitted


def test_roster_with_ids_that_look_the_same_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("github,student\nann,ann\nbob,Ann\n")
    with pytest.raises(CannotCollect, match=r"line 3 .* the student id Ann, and another line ann: they look the same"):
        load_roster(tmp_path / "roster.csv")


# --- damaged zips ----------------------------------------------------------------------------------------


def damaged(path: Path, damage: Callable[[bytearray, int, int], None], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Return a zip of three notebooks in which ``damage`` changes the one in the middle."""
    names = ("amy.ipynb", "ben.ipynb", "cat.ipynb")
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            kind = method if name == "ben.ipynb" else zipfile.ZIP_DEFLATED
            archive.writestr(name, RELEASE.read_bytes(), kind)
        entry = archive.getinfo("ben.ipynb")
    raw = bytearray(path.read_bytes())
    damage(raw, entry.header_offset, raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 4))
    path.write_bytes(raw)
    return path


def flip(raw: bytearray, local: int, central: int) -> None:
    for place in range(local + 200, local + 400):
        raw[place] ^= 0xFF


def cut(raw: bytearray, local: int, central: int) -> None:
    raw[central + 20 : central + 24] = (100).to_bytes(4, "little")  # compressed size


def wrong_sum(raw: bytearray, local: int, central: int) -> None:
    raw[central + 16] ^= 1


def encrypted(raw: bytearray, local: int, central: int) -> None:
    raw[central + 8] |= 1
    raw[local + 6] |= 1


def unknown_method(raw: bytearray, local: int, central: int) -> None:
    raw[central + 10] = raw[local + 8] = 99


def lying_size(raw: bytearray, local: int, central: int) -> None:
    raw[central + 24 : central + 28] = (10).to_bytes(4, "little")


def no_header(raw: bytearray, local: int, central: int) -> None:
    raw[local : local + 4] = b"xxxx"


def patched_data(raw: bytearray, local: int, central: int) -> None:
    raw[central + 8] |= 0x20
    raw[local + 6] |= 0x20


def other_name(raw: bytearray, local: int, central: int) -> None:
    raw[local + 30 : local + 33] = b"amy"


def nothing(raw: bytearray, local: int, central: int) -> None:
    """Leave the zip as it is."""


@pytest.mark.parametrize(
    ("damage", "method"),
    [
        (flip, zipfile.ZIP_DEFLATED),
        (cut, zipfile.ZIP_DEFLATED),
        (wrong_sum, zipfile.ZIP_DEFLATED),
        (wrong_sum, zipfile.ZIP_STORED),
        (encrypted, zipfile.ZIP_DEFLATED),
        (unknown_method, zipfile.ZIP_DEFLATED),
        (lying_size, zipfile.ZIP_DEFLATED),
        (no_header, zipfile.ZIP_DEFLATED),
        (patched_data, zipfile.ZIP_DEFLATED),
        (other_name, zipfile.ZIP_DEFLATED),
        (nothing, zipfile.ZIP_BZIP2),
        (nothing, zipfile.ZIP_LZMA),
    ],
)
def test_damaged_member_of_a_zip_is_refused_alone(
    damage: Callable[[bytearray, int, int], None], method: int, course: CourseFolder, tmp_path: Path
) -> None:
    collected = collect(damaged(tmp_path / "bad.zip", damage, method), course)
    assert {each.student: str(each.status) for each in collected} == {"amy": "new", "ben": "refused", "cat": "new"}
    assert [each.student for each in collected if each.unreadable] == ["ben"]


@pytest.mark.parametrize(("limit", "what"), [("_MOST_ENTRIES", "entries"), ("_MOST_FILES", "files")])
def test_zip_of_too_many_files_is_refused_alone(
    limit: str, what: str, course: CourseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"autograder.collection.members.{limit}", 3)
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as outer:
        for name, number in (("ann", 4), ("bob", 3), ("cyd", 0)):
            with zipfile.ZipFile(tmp_path / "inner.zip", "w") as inner:
                for entry in range(number):
                    inner.writestr(f"{entry}.txt" if entry else f"{NB}.ipynb", name)
            outer.write(tmp_path / "inner.zip", f"{name}.zip")
    collected = collect(tmp_path / "source.zip", course)
    assert {each.student: str(each.status) for each in collected} == {"ann": "refused", "bob": "new", "cyd": "refused"}
    assert f"it has more than 3 {what}" in reasons(collected)[0]
    assert reasons(collected)[1] == "cyd.zip: no notebook"


def test_older_notebook_counts_where_the_newest_cannot_be_read(
    source: Callable[..., Path], course: CourseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = f"ann/{NB}-2.ipynb"

    def unreadable(self: object, *arguments: object, read: Callable[..., bytes]) -> bytes:
        if any(newer in str(each) for each in (self, *arguments)):
            raise EOFError
        return read(self, *arguments)

    for owner, name in ((Path, "read_bytes"), (zipfile.ZipFile, "read")):
        read = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *arguments, read=read: unreadable(*arguments, read=read))
    collected = collect(source(f"ann/{NB}.ipynb", newer), course)
    assert [each.reason for each in collected] == [f"{NB}-2.ipynb: it cannot be read (EOFError: )"]
    monkeypatch.undo()
    assert content(course) == {"ann": f"ann/{NB}.ipynb"}


def test_student_whose_place_is_taken_keeps_nobody_else_from_being_collected(
    source: Callable[..., Path], course: CourseFolder
) -> None:
    (course.root / "submitted").mkdir()
    (course.root / "submitted/ann").write_text("a file")
    collected = collect(source(*HONEST), course)
    assert [(each.student, each.reason) for each in collected if each.status == "refused"] == [
        ("ann", "it cannot be written to submitted/: Not a directory")
    ]
    assert set(content(course)) == {"bob", "Cyd_Roe"}


def test_path_that_leads_out_of_a_zip_is_nobodys(course: CourseFolder, tmp_path: Path) -> None:
    paths = ("../ann.ipynb", "/etc/ann.ipynb", "..\\ann.ipynb", f"bob/../ann/{NB}.ipynb")
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        for path in (*paths, "cyd.ipynb"):
            archive.writestr(path, path)
    collected = collect(tmp_path / "slip.zip", course)
    assert [reason.rpartition(": ")[2] for reason in reasons(collected)] == ["its path leads out of the zip file"] * 4
    assert content(course) == {"cyd": "cyd.ipynb"}


def test_member_of_a_zip_without_a_name_keeps_nobody_from_being_collected(course: CourseFolder, tmp_path: Path) -> None:
    file = tmp_path / "nameless.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ann.ipynb", "ann")
        archive.writestr("xyz.ipynb", "nobody's")
    file.write_bytes(file.read_bytes().replace(b"xyz.ipynb", b"\0yz.ipynb"))
    collect(file, course)
    assert content(course) == {"ann": "ann"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_link_or_device_in_a_zip_is_refused_alone(kind: int, course: CourseFolder, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        entry = zipfile.ZipInfo("ann.ipynb")
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
        archive.writestr("bob.ipynb", "bob")
    assert reasons(collect(tmp_path / "link.zip", course)) == ["ann.ipynb: it is not a regular file"]
    assert content(course) == {"bob": "bob"}


# --- hostile folders -------------------------------------------------------------------------------------


def deeper(folder: Path, name: str, levels: int) -> None:
    """Make a tree that is too deep for a function that calls itself, or for a path."""
    start = os.getcwd()
    folder.mkdir(parents=True)
    try:
        os.chdir(folder)
        for _ in range(levels):
            os.mkdir(name)
            os.chdir(name)
        Path(f"{NB}.ipynb").write_text("deep")
    finally:
        os.chdir(start)


def just_too_long(folder: Path) -> None:
    """Make a folder that can be listed, and in it a file whose path is too long."""
    levels = (os.pathconf("/", "PC_PATH_MAX") - 16 - len(os.fsencode(folder.absolute()))) // 201
    deeper(folder, "d" * 200, levels)
    inside = os.open(folder.joinpath(*["d" * 200] * levels), os.O_RDONLY)
    os.close(os.open("a" * 240 + ".ipynb", os.O_CREAT, dir_fd=inside))
    os.close(inside)


def loop(folder: Path) -> None:
    folder.mkdir()
    (folder / "again").symlink_to(folder)
    (folder / f"{NB}.ipynb").symlink_to(folder.parent / f"bob/{NB}.ipynb")


def pipe(folder: Path) -> None:
    folder.mkdir()
    os.mkfifo(folder / f"{NB}.ipynb")


def endless_hole(folder: Path) -> None:
    folder.mkdir()
    with (folder / f"{NB}.ipynb").open("w") as file:
        file.truncate(2**40)


#: What one student's folder may hold, and what is said of it.
HOSTILE_FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a tree that is too deep to call oneself for": (lambda folder: deeper(folder, "d", 1_200), ""),
    "a tree that is too long to name": (lambda folder: deeper(folder, "d" * 200, 30), "cannot be listed: File name"),
    "a file whose path is too long": (just_too_long, "cannot be read: File name too long"),
    "links in a circle, and to a classmate's file": (loop, "not a regular file"),
    "a pipe, on which a reader waits": (pipe, "not a regular file"),
    "a file of a terabyte that holds nothing": (endless_hole, "1048576 MiB, more than the 20 MiB allowed"),
    "a folder with a notebook's name": (lambda folder: (folder / f"{NB}.ipynb").mkdir(parents=True), "regular file"),
}


@pytest.mark.parametrize("hostile", HOSTILE_FOLDERS)
def test_hostile_folder_costs_no_other_student_anything(hostile: str, course: CourseFolder, tmp_path: Path) -> None:
    build, says = HOSTILE_FOLDERS[hostile]
    for path in HONEST:
        (tmp_path / "in" / path).parent.mkdir(parents=True)
        (tmp_path / "in" / path).write_text(path)
    build(tmp_path / "in/zoe")
    try:
        collected = collect(tmp_path / "in", course)
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "in")], check=True)  # pytest's own way calls itself
    found = content(course)
    assert found.pop("zoe", "deep") == "deep"
    assert found == THEIRS
    assert [says in each.reason for each in collected if each.student == "zoe"] == [True]


@pytest.mark.parametrize("seconds", [-(2**40), 2**60])
def test_time_that_no_calendar_has_is_no_time(seconds: int) -> None:
    assert _file_time(os.stat_result([0] * 8 + [seconds, 0])) is None


#: Names of members that lead elsewhere, hide, or look like another's.
HOSTILE_MEMBERS = [
    *(f"bob\0/{NB}.ipynb", "bob/\0.ipynb", f"./bob/./{NB}.ipynb", f"bob//{NB}.ipynb", f"C:\\bob\\{NB}.ipynb"),
    *(f"zoe/{'a/' * 20_000}bob.ipynb", f"{'n' * 60_000}.ipynb", f"\u202ebob/{NB}.ipynb", f"B\u041eB/{NB}.ipynb"),
    *(f"bob./{NB}.ipynb", f"bob /{NB}.ipynb", f"con/{NB}.ipynb", f"-rf/{NB}.ipynb", f"bob\n/{NB}.ipynb"),
    *(f"=1+1/{NB}.ipynb", f"\x1b[2J/{NB}.ipynb", f"::error::/{NB}.ipynb", f"bob/{NB}.ipynb"),
]


@pytest.mark.parametrize("name", HOSTILE_MEMBERS, ids=lambda name: ascii(name)[:60])
def test_member_with_an_odd_name_replaces_nobodys_submission(name: str, course: CourseFolder, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for path in HONEST:
            archive.writestr(path, path)
        entry = zipfile.ZipInfo("x", (2027, 1, 1, 0, 0, 0))
        entry.filename = name  # as a hostile program packs it
        with warnings.catch_warnings(action="ignore"):
            archive.writestr(entry, "hostile")
    try:
        collect(tmp_path / "in.zip", course)
    except CannotCollect as unclear:
        assert "whose submissions these are" in str(unclear)
        assert content(course) == {}
        return
    found = content(course)
    assert {student: found.get(student) for student in ("ann", "Cyd_Roe")} == {
        student: THEIRS[student] for student in ("ann", "Cyd_Roe")
    }
    same_folder = PurePosixPath(name.partition("\0")[0].replace("\\", "/")).parts[:1] == ("bob",)
    assert found.get("bob", "refused") in ({"hostile", THEIRS["bob"]} if same_folder else {"refused", THEIRS["bob"]})
    assert all(path.is_relative_to(course.root / "submitted") for path in tmp_path.rglob("*.ipynb"))
