"""The course's own commands work beside nbgrader's: collect, triage, regrade, and a JupyterHub's exchange."""

from __future__ import annotations

import errno
import io
import os
import pwd
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from autograder.assignment.course_folder import CourseFolder
from autograder.assignment.questions import WRITTEN
from autograder.assignment.seeds import BadCourseSeed, course_seed, submission_seed
from autograder.collection.files import collect as collect_people
from autograder.collection.members import CannotCollect
from autograder.collection.placing import Collected
from tests.support.commands import Commands, in_this_process
from tests.support.course import ASSIGNMENT, Course
from tests.support.samples import RELEASE, SOLUTION, answered, cell, read, scenario, write

PROMPT = cell(read(RELEASE), "q2_prompt").source


def text(*answers: str) -> bytes:
    """Return a notebook with these answers to Q1, Q2 and so on."""
    notebook = answered({f"q{n}": answer for n, answer in enumerate(answers, 1)})
    return nbformat.writes(notebook).encode()


@pytest.fixture
def folder(tmp_path: Path) -> CourseFolder:
    root = tmp_path / "course"
    root.mkdir()
    return CourseFolder(root, "", RELEASE, "submitted", "autograded")


def all_of(run: subprocess.CompletedProcess[str]) -> str:
    return run.stdout + run.stderr


def collect(source: Path, course: CourseFolder, *, file_times: bool = False) -> list[Collected]:
    return collect_people(source, course, file_times=file_times).collected


def statuses(collected: list[Collected]) -> dict[str, str]:
    return {each.student: each.status for each in collected}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for day, (name, content) in enumerate(files.items(), 1):
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, day, 12, 0, 0)), content)
    return path


def test_folder_of_files_named_by_student_is_collected(folder: CourseFolder, tmp_path: Path) -> None:
    downloads = tmp_path / "downloads"
    for name in (
        "ann.ipynb",
        f"bob/{ASSIGNMENT}.ipynb",
        f"cyd/{ASSIGNMENT}/{ASSIGNMENT}.ipynb",
        f"dot_{ASSIGNMENT}.ipynb",
    ):
        (downloads / name).parent.mkdir(parents=True, exist_ok=True)
        (downloads / name).write_bytes(name.encode())
    (downloads / "notes.txt").write_text("not a notebook")
    assert statuses(collect(downloads, folder)) == dict.fromkeys(("ann", "bob", "cyd", "dot"), "new")
    assert folder.submission("ann").read_bytes() == b"ann.ipynb"
    assert list(folder.submissions()) == ["ann", "bob", "cyd", "dot"]


def test_what_changed_is_replaced_and_autograded_again_and_the_same_stays(folder: CourseFolder, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann.ipynb").write_bytes(b"first")
    (tmp_path / "in" / "bob.ipynb").write_bytes(b"bob's")
    collect(tmp_path / "in", folder)
    for student in ("ann", "bob"):
        folder.autograded_folder(student).mkdir(parents=True)
    (tmp_path / "in" / "ann.ipynb").write_bytes(b"second")
    assert statuses(collect(tmp_path / "in", folder)) == {"ann": "changed", "bob": "same"}
    assert folder.submission("ann").read_bytes() == b"second"
    assert not folder.autograded_folder("ann").exists()
    assert folder.autograded_folder("bob").exists()


def test_of_two_files_by_one_student_the_newer_counts_and_gives_the_time(folder: CourseFolder, tmp_path: Path) -> None:
    names = (f"ann_1_2_{ASSIGNMENT}.ipynb", f"ann_1_3_{ASSIGNMENT}-1.ipynb")
    file = zipped(tmp_path / "all.zip", dict(zip(names, (b"older", b"newer"), strict=True)))
    (new,) = collect(file, folder, file_times=True)
    assert (new.status, len(new.older)) == ("new", 1)
    assert folder.submission("ann_1").read_bytes() == b"newer"
    stamp = folder.submission("ann_1").with_name("timestamp.txt").read_text()
    assert stamp.startswith("2026-11-02 12:00:00")


def test_names_that_lead_out_of_the_folder_and_bombs_are_no_danger(folder: CourseFolder, tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../etc/cron.d/evil.ipynb", b"x")
        archive.writestr("..ipynb", b"x")
        archive.writestr("big.ipynb", bytes(21 * 2**20))
    (tmp_path / "bomb.zip").write_bytes(bomb.getvalue())
    collected = {each.origin.rpartition(":")[2]: each for each in collect(tmp_path / "bomb.zip", folder)}
    assert "leads out of the zip file" in collected["../../../etc/cron.d/evil.ipynb"].reason
    assert collected["big.ipynb"].status == "refused"
    assert "21 MiB" in collected["big.ipynb"].reason
    assert not (folder.root / "submitted").exists()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.ipynb").symlink_to("/etc/passwd")
    (link,) = collect(tmp_path / "in", folder)
    assert (link.status, link.reason) == ("refused", "link.ipynb: it is not a regular file")


def test_nothing_to_collect_is_told_in_a_line(folder: CourseFolder, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.zip").write_text("not a zip")
    for source in ("missing", "empty", "no.zip"):
        with pytest.raises(CannotCollect, match=source):
            collect(tmp_path / source, folder)


def test_course_seed_is_made_once_kept_private_and_gives_each_submission_its_own(tmp_path: Path) -> None:
    seed = course_seed(tmp_path)
    assert course_seed(tmp_path) == seed
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    seeds = {submission_seed(seed, sha256) for sha256 in ("a", "b")} | {submission_seed("other", "a")}
    assert len(seeds) == 3
    assert submission_seed(seed, "a") == submission_seed(seed, "a")
    file.write_text("\n")
    with pytest.raises(BadCourseSeed, match="is empty"):
        course_seed(tmp_path)


@pytest.mark.parametrize("refusal", [PermissionError(errno.EPERM, "not permitted"), OSError(errno.ENOTSUP, "")])
def test_course_seed_is_made_where_the_file_system_has_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: OSError
) -> None:
    def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(os, "link", refuse)
    seed = course_seed(tmp_path)
    assert course_seed(tmp_path) == seed
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_triage_says_what_to_look_at_and_gives_no_points(tmp_path: Path) -> None:
    course = Course.make(tmp_path)
    write(read(RELEASE), tmp_path / "assignment" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    model = cell(read(SOLUTION), "q4").source
    course.submit("ann", text("", PROMPT, "Sigmoid, mostly.", model))
    course.submit("bob", b"nonsense")
    split = answered({"q1": "What shrinks is the gradient."})
    at = split.cells.index(cell(split, "q1"))
    split.cells.insert(at + 1, new_markdown_cell("And so is the update.", metadata=cell(split, "q1").metadata))
    course.submit("cy", split)
    said = all_of(in_this_process("course", "triage", cwd=course.folder, COLUMNS="160"))
    (row,) = [line.split() for line in said.splitlines() if line.startswith("ann")]
    assert row == ["ann", "empty", "copied", "short", "·", "untouched", "untouched"]
    row, remark = [line for line in said.splitlines() if line.startswith("cy")]
    assert row.split()[:3] == ["cy", "short", "untouched"]  # type: ignore[attr-defined]
    assert remark.startswith(f"cy: q1: cells {at + 1}, {at + 2} have this grade id; their texts count as one answer")
    (line,) = [line for line in said.splitlines() if "bob" in line]
    assert line.startswith("autograder: ")
    assert "is not a notebook: not JSON" in line


@pytest.mark.slow
def test_commands_outside_a_course_say_so_in_a_line(tmp_path: Path) -> None:
    for command in (["course", "triage"], ["course", "regrade"], ["collect", "."]):
        run = in_this_process(*command, cwd=tmp_path)
        assert run.returncode == 2
        said = all_of(run)
        assert said.startswith("autograder: there is no nbgrader_config.py in ")
        assert "Traceback" not in said


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.parametrize(
    ("gradebook", "said"),
    [
        (None, "there is no gradebook"),
        (b"not a database, whatever its name says" * 100, "cannot be used"),
        ("released", "does not know the assignment weight_initialization yet"),
    ],
)
@pytest.mark.slow
def test_a_gradebook_that_cannot_be_used_ends_a_command_with_a_line(
    autograder: Commands, tmp_path: Path, gradebook: bytes | str | None, said: str
) -> None:
    course = Course.make(tmp_path, commands=autograder)
    write(read(RELEASE), tmp_path / "assignment" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    course.submit("ann", text("An answer."))
    if isinstance(gradebook, bytes):
        (tmp_path / "gradebook.db").write_bytes(gradebook)
    elif gradebook is not None:
        course.nbgrader("db", "student", "add", "ann")
    run = autograder("regrade", cwd=course.folder, COLUMNS="160")
    assert run.returncode == 2
    assert said in all_of(run)
    found = [all_of(run)]
    for command in (["autograde", ASSIGNMENT], ["generate_feedback", ASSIGNMENT, "--force"], ["export"]):
        found.append(course.nbgrader(*command, expect=2))
    for line in found:
        assert line.startswith("autograder: ")
        assert line.count("\n") == 1
    assert (tmp_path / "gradebook.db").exists() == (gradebook is not None)


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_regrading_after_a_change_of_points_keeps_peoples_points_and_says_who_moved(
    autograder: Commands, tmp_path: Path
) -> None:
    course = Course.make(tmp_path, commands=autograder)
    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.submit("right", answered({}, SOLUTION))
    course.submit("wrong", scenario("untouched").build())
    course.autograde()
    course.grade_by_hand("right", "q1", 9.0)
    nothing = all_of(autograder("course", "regrade", cwd=course.folder, COLUMNS="160"))
    assert "No student is affected" in nothing

    source = tmp_path / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = read(source)
    cell(notebook, "q7_tf_model_check").metadata.nbgrader.points = 10
    stub = cell(notebook, "q7_tf_model")
    stub.source = stub.source.replace("def build_tf_model", "# Begin here.\ndef build_tf_model")
    cell(notebook, "q1_prompt").source += "\n\nSay also what you would measure in your own network, and why."
    write(notebook, source)
    course.nbgrader("generate_assignment", ASSIGNMENT, "--force")
    said = all_of(autograder("course", "regrade", cwd=course.folder, COLUMNS="160"))
    assert "right: 49 → 51" in said
    assert "q7_tf_model_check: 8 → 10: worth 10 points instead of 8" in said
    assert "2 graded again, 1 changed." in said
    scores = course.scores()["right"]
    assert scores["q7_tf_model_check"] == (10.0, None, False)
    untouched = course.record("wrong")["result"]
    assert [each["status"] for each in untouched["questions"]] == ["not_attempted"] * 4, "as of the first release"
    assert [each["status"] for each in untouched["written"]] == ["unchanged"] * 6
    assert untouched["remarks"] == []
    assert scores["q1"] == (None, 9.0, False)
    assert [scores[question] for question in WRITTEN[1:]] == [(None, None, True)] * 5


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_exchange_of_a_hub_releases_fetches_submits_and_collects(autograder: Commands, tmp_path: Path) -> None:
    (tmp_path / "teacher").mkdir()
    exchange = str(tmp_path / "exchange")
    course = Course.make(tmp_path / "teacher", commands=autograder, AUTOGRADER_EXCHANGE=exchange)
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    (tmp_path / "ann").mkdir()
    home = {"HOME": str(tmp_path / "ann")}
    student = ("--course=weight-initialization", f"--Exchange.root={exchange}")

    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.nbgrader("release_assignment", ASSIGNMENT)
    course.run("nbgrader", "fetch_assignment", ASSIGNMENT, *student, cwd=tmp_path / "ann", **home)
    fetched = tmp_path / "ann" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    assert "MARK SCHEME" not in fetched.read_text(encoding="utf-8")
    write(answered({}, SOLUTION), fetched)
    course.run("nbgrader", "submit", ASSIGNMENT, *student, cwd=tmp_path / "ann", **home)
    course.nbgrader("collect", ASSIGNMENT)
    course.autograde()
    assert course.totals() == {pwd.getpwuid(os.getuid()).pw_name: 40.0}  # the exchange goes by who owns the files
