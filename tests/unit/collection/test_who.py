"""Where it is unclear whose a submission is, who.csv asks, and what it is filled in with counts."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest

from autograder.assignment.course_folder import CourseFolder
from autograder.collection.attempts import attempts
from autograder.collection.files import FilesCollection, collect
from autograder.collection.layouts import BY_HAND, PLATFORMS
from autograder.collection.members import CannotCollect
from autograder.collection.roster import load_roster
from tests.support.commands import in_this_process
from tests.support.course import Course
from tests.support.samples import RELEASE, ROOT, SOLUTION

NB = "weight_initialization.ipynb"
MOODLE = "assignsubmission_file_"


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    (tmp_path / "course").mkdir()
    return CourseFolder(tmp_path / "course", "", RELEASE, "submitted", "autograded")


def folder(place: Path, *paths: str) -> Path:
    for path in paths:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(path)
    return place


def outcomes(collection: FilesCollection) -> dict[str, str]:
    return {each.student: str(each.status) for each in collection.collected}


def test_filled_in_list_collects_everybody_as_it_says(course: CourseFolder, tmp_path: Path) -> None:
    source = folder(tmp_path / "in", f"Ann Lee/{NB}", f"ann_lee/{NB}", f"Copy of {NB}", "bob.ipynb", f"=cyd/{NB}")
    with pytest.raises(CannotCollect, match=r"Fill in the column student of who\.csv"):
        collect(source, course)
    file = course.root / "who.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert {row["source"]: row["student"] for row in rows} == {
        "Ann Lee": "", "ann_lee": "", f"Copy of {NB}": "", "bob.ipynb": "bob", "'=cyd": "cyd",
    }  # fmt: skip
    answers = {"Ann Lee": "alee", "ann_lee": "-", f"Copy of {NB}": "dan"}
    for row in rows:
        row["student"] = row["student"] or answers[row["source"]]
    with file.open("w", encoding="utf-8", newline="") as written:
        writer = csv.DictWriter(written, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    collection = collect(source, course, roster=load_roster(file))
    assert outcomes(collection) == dict.fromkeys(("alee", "bob", "cyd", "dan"), "new")
    assert [Path(origin).parent.name for origin in collection.left_out] == ["ann_lee"]


def test_list_that_is_not_filled_in_is_refused_with_its_line(course: CourseFolder, tmp_path: Path) -> None:
    source = folder(tmp_path / "in", f"Copy of {NB}", "bob.ipynb")
    with pytest.raises(CannotCollect):
        collect(source, course)
    with pytest.raises(CannotCollect, match=r"line 2 of the roster .*who\.csv has no student id for 'Copy of"):
        load_roster(course.root / "who.csv")


def test_list_that_somebody_filled_in_is_never_written_over(course: CourseFolder, tmp_path: Path) -> None:
    (course.root / "who.csv").write_text("student,source\nbob,x.ipynb\n")
    source = folder(tmp_path / "in", f"Copy of {NB}")
    for _ in range(2):
        with pytest.raises(CannotCollect, match=r"--students who-2\.csv"):
            collect(source, course)
    assert (course.root / "who.csv").read_text() == "student,source\nbob,x.ipynb\n"
    assert sorted(path.name for path in course.root.iterdir()) == ["who-2.csv", "who.csv"]


def test_another_account_under_the_same_id_is_asked_for(course: CourseFolder, tmp_path: Path) -> None:
    roster = tmp_path / "students.csv"
    roster.write_text("student,platform_id\nann,4711\nann,4712\n")
    collect(folder(tmp_path / "1", f"Ann Lee_4711_{MOODLE}/{NB}"), course, roster=load_roster(roster))
    again = folder(tmp_path / "2", f"Lee, Ann(ann)/Submission attachment(s)/{NB}")
    with pytest.raises(CannotCollect, match="was collected from Moodle 4711, who may be another person"):
        collect(again, course)
    assert course.submission("ann").read_text() == f"Ann Lee_4711_{MOODLE}/{NB}"
    second = folder(tmp_path / "3", f"Ann Lee_4712_{MOODLE}/{NB}")
    assert outcomes(collect(second, course, roster=load_roster(roster))) == {"ann": "changed"}, "the roster says so"


def test_student_whose_id_looks_like_an_earlier_one_is_asked_for(course: CourseFolder, tmp_path: Path) -> None:
    collect(folder(tmp_path / "1", "Zoe.ipynb"), course)
    with pytest.raises(CannotCollect, match="the course has a student Zoe, who may be another person"):
        collect(folder(tmp_path / "2", "zoe.ipynb"), course)


def test_name_in_another_encoding_of_unicode_is_the_same_student(course: CourseFolder, tmp_path: Path) -> None:
    for number, name in enumerate(("Mu\u0308ller", "M\u00fcller")):  # macOS, and everybody else
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as archive:
            archive.writestr(f"{name}/{NB}", str(number))
        collect(tmp_path / f"{number}.zip", course)
    assert set(course.submissions()) == {"M\u00fcller"}
    assert course.submission("M\u00fcller").read_text() == "1"


def test_time_of_a_file_is_no_submission_time_unless_a_person_says_so(course: CourseFolder, tmp_path: Path) -> None:
    source = folder(tmp_path / "in", f"ann/{NB}")
    timestamp = course.submission("ann").with_name("timestamp.txt")
    collect(source, course)
    assert not timestamp.exists()
    collect(source, course, file_times=True)
    assert timestamp.exists()


def test_name_of_the_same_id_in_a_later_source_is_asked_for(course: CourseFolder, tmp_path: Path) -> None:
    collect(folder(tmp_path / "1", f"Ann Lee/{NB}", "bob.ipynb"), course)
    with pytest.raises(CannotCollect, match="what the course has of Ann_Lee was collected from 'Ann Lee'"):
        collect(folder(tmp_path / "2", f"Ann, Lee/{NB}"), course)
    assert course.submission("Ann_Lee").read_text() == f"Ann Lee/{NB}"
    assert outcomes(collect(folder(tmp_path / "3", f"bob/{NB}"), course)) == {"bob": "changed"}


def test_other_name_of_the_same_account_is_asked_for(course: CourseFolder, tmp_path: Path) -> None:
    collect(folder(tmp_path / "1", f"Ann Lee_4711_{MOODLE}/{NB}"), course)
    with pytest.raises(CannotCollect, match="what the course has of Ann_Lee_4711 was collected from 'Ann Lee'"):
        collect(folder(tmp_path / "2", f"Bob Roe_4711_{MOODLE}/{NB}"), course)
    assert set(course.submissions()) == {"Ann_Lee_4711"}


def test_person_keeps_the_id_when_the_platform_later_shows_a_number(course: CourseFolder, tmp_path: Path) -> None:
    source = folder(tmp_path / "in", f"submission_1/{NB}", "submission_metadata.yml")
    about = "submission_1:\n  :submitters:\n  - :name: Ann\n    :email: alee@uni.example\n"
    (source / "submission_metadata.yml").write_text(about)
    collect(source, course)
    (source / "submission_metadata.yml").write_text(f"{about}    :sid: '4711'\n")
    (source / f"submission_1/{NB}").write_text("second")
    assert outcomes(collect(source, course)) == {"alee@uni.example": "changed"}


@pytest.mark.parametrize(
    "path",
    [f"M?ller_4711_{MOODLE}/{NB}", f"M?ller_4711_815_{NB}", f"4711-815 - M?ller - Jan 31, 2027 1159 PM/{NB}"],
    ids=["Moodle", "Canvas", "Brightspace"],
)
def test_name_in_an_unknown_encoding_leaves_the_platforms_number(
    path: str, course: CourseFolder, tmp_path: Path
) -> None:
    assert outcomes(
        collect(garbled(tmp_path, path, path.replace("M?ller", "Lee").replace("4711", "4712")), course)
    ) == {
        "4711": "new",
        "Lee_4712": "new",
    }


def test_name_of_a_student_in_an_unknown_encoding_is_asked_for(course: CourseFolder, tmp_path: Path) -> None:
    with pytest.raises(CannotCollect, match="its name is in an unknown encoding"):
        collect(garbled(tmp_path, f"M?ller/{NB}", f"Lee/{NB}"), course)


def garbled(place: Path, *paths: str) -> Path:
    """Return a zip as a program of Windows makes it, with an ü for each question mark."""
    file = place / "in.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for path in paths:
            archive.writestr(path, "theirs")
    file.write_bytes(file.read_bytes().replace(b"M?ller", "Müller".encode("cp1252")))
    return file


def test_roster_that_gives_an_account_another_id_is_told_of_the_earlier_one(
    course: CourseFolder, tmp_path: Path
) -> None:
    source = folder(tmp_path / "in", f"Ann Lee_4711_{MOODLE}/{NB}")
    collect(source, course)
    (tmp_path / "students.csv").write_text("student,platform_id\nalee,4711\n")
    (collected,) = collect(source, course, roster=load_roster(tmp_path / "students.csv")).collected
    assert (collected.student, str(collected.status)) == ("alee", "new")
    assert collected.reason.startswith("the course also has Ann_Lee_4711, collected from the same account")


def test_every_attempt_is_kept_once(course: CourseFolder, tmp_path: Path) -> None:
    source = folder(tmp_path / "in", "ann/a.ipynb", f"ann/{NB}", "bob.ipynb")
    collect(source, course)
    (source / f"ann/{NB}").write_text("second")
    for _ in range(2):
        collect(source, course)
    kept = [each.path.read_text() for each in attempts(course, "ann")]
    assert kept == ["ann/a.ipynb", f"ann/{NB}", "second"]
    assert course.submission("ann").read_text() == "second"


def test_people_without_any_file_that_counts_are_missing(course: CourseFolder, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text("student,name\nann,Ann\nbob,Bob\ncyd,Cyd\n")
    source = folder(tmp_path / "in", "Ann.ipynb", "Bob.pdf")
    collection = collect(source, course, roster=load_roster(tmp_path / "students.csv"))
    assert outcomes(collection) == {"ann": "new", "bob": "refused"}
    assert collection.missing == ["cyd"]
    later = collect(folder(tmp_path / "later", "Bob.ipynb"), course, roster=load_roster(tmp_path / "students.csv"))
    assert later.missing == ["cyd"], "the course has an earlier submission of ann"


def test_guide_lists_every_layout_with_its_mark() -> None:
    guide = " ".join((ROOT / "solutions/README.md").read_text("utf-8").split())
    for layout in (*PLATFORMS, BY_HAND):
        assert f"| {layout.mark} |" in guide, layout.title


# --- the commands ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_commands_collect_list_attempts_and_put_one_back(tmp_path: Path) -> None:
    course = Course.make(tmp_path / "c")
    right, other = SOLUTION.read_bytes(), SOLUTION.read_bytes() + b"\n"
    source = folder(tmp_path / "in", f"Ann Lee_1_{MOODLE}/{NB}", f"Bob Roe_2_{MOODLE}/nb.pdf", "grades.csv")
    (source / f"Ann Lee_1_{MOODLE}/{NB}").write_bytes(right)

    def said_by(*arguments: str, expect: int = 0) -> str:
        run = in_this_process(*arguments, cwd=course.folder, COLUMNS="160")
        assert run.returncode == expect, run.stderr
        return run.stdout + run.stderr

    said = said_by("collect", str(source), "--json", "out.json")
    assert f"{source}: Moodle" in said
    assert "new      Ann_Lee_1\n" in said
    assert "Bob_Roe_2: " in said
    assert "not collected: nb.pdf: no notebook" in said
    assert "2 people: 1 new, 0 changed, 0 same, 1 not collected" in said
    assert "nobody's: " in said
    report = json.loads((course.folder / "out.json").read_text("utf-8"))
    assert report["schema"] == "autograder/collection/v1"
    assert [(each["student"], each["platform_id"], each["status"]) for each in report["people"]] == [
        ("Ann_Lee_1", "1", "new"),
        ("Bob_Roe_2", "2", "refused"),
    ]
    (source / f"Ann Lee_1_{MOODLE}/{NB}").write_bytes(other)
    (source / f"Bob Roe_2_{MOODLE}/work.zip").write_text("not a zip")
    assert "changed  Ann_Lee_1" in said_by("collect", str(source), expect=2)

    submission = course.submission("Ann_Lee_1")
    assert "  2  " in said_by("course", "attempt", "Ann_Lee_1")
    assert "counts, chosen by a person" in said_by("course", "attempt", "Ann_Lee_1", "1")
    assert submission.read_bytes() == right
    assert "attempt 1, which a person chose, stays" in said_by("collect", str(source), expect=2)
    assert submission.read_bytes() == right
    said_by("course", "attempt", "Ann_Lee_1", "0")
    assert submission.read_bytes() == other
    assert "no attempt 7: there are 1 to 2" in said_by("course", "attempt", "Ann_Lee_1", "7", expect=2)
    assert "nothing was ever collected of zoe" in said_by("course", "attempt", "zoe", expect=2)
