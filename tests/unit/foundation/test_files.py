"""Files are written atomically, and a report overwrites nothing but an earlier report."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TextIO

import pytest

from autograder.assignment.settings import DEFAULT_PATH
from autograder.cli.grading import prepare_reports
from autograder.cli.report_files import Reports, check_reports
from autograder.files import CannotWrite, check_output, output_file, replace_atomically, write_text
from tests.support.samples import answered, write


def test_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with replace_atomically(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_error_leaves_the_old_file_and_nothing_beside_it(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("old")

    def write_half() -> None:
        with replace_atomically(path) as unfinished:
            unfinished.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    with replace_atomically(path) as one, replace_atomically(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"


def test_new_file_has_the_permissions_of_any_new_file_and_may_have_the_longest_name(tmp_path: Path) -> None:
    path, usual = tmp_path / ("n" * 255), tmp_path / "usual"
    usual.touch()
    write_text(path, "text", durable=True)
    assert path.stat().st_mode == usual.stat().st_mode


def test_pipe_gets_the_report_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    check_output(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with output_file(pipe) as place:
        place.write_text("report")
    reader.join(timeout=10)
    assert read == ["report"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_device_stays_a_device_also_for_root(tmp_path: Path) -> None:
    null = Path("/dev/null")
    if os.geteuid() == 0:  # a device of our own, which a faulty writer may delete
        null = tmp_path / "null"
        try:
            os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            null.open("w").close()
        except OSError:
            null = Path("/dev/null")
    Reports({"json": null, "html": null}).prepare([])
    with output_file(null) as place:
        place.write_text("report")
    assert stat.S_ISCHR(null.lstat().st_mode)


def test_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for link, target in ((tmp_path / "a.json", folder / "a.json"), (tmp_path / "new.json", folder / "new.json")):
        link.symlink_to(target)
    (folder / "a.json").write_text("old")
    for link in (tmp_path / "a.json", tmp_path / "new.json"):
        Reports({"json": link}).prepare([])
        with output_file(link) as place:
            place.write_text("report")
        assert link.is_symlink()
        assert (folder / link.name).read_text() == "report"


@pytest.mark.parametrize("kind", ["folder", "loop", "socket", "missing folder", "below a file"])
def test_place_that_cannot_be_written_is_told_before_any_work(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "place"
    if kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    else:
        (tmp_path / "file").touch()
        path = tmp_path / ("missing" if kind == "missing folder" else "file") / "report.json"
    with pytest.raises(CannotWrite, match=str(path)):
        check_output(path)


def writes(name: str, stdout: int | TextIO, folder: Path) -> subprocess.CompletedProcess[str]:
    """Print a word, then write a report to ``name``."""
    code = (
        "import sys; from pathlib import Path; from autograder.files import check_output, output_file\n"
        f"path = Path({name!r}); check_output(path); print('before')\n"
        "with output_file(path) as place: place.write_text('report')"
    )
    command = [sys.executable, "-c", code]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, cwd=folder, check=False)


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "out"])
def test_report_on_the_standard_output_follows_what_was_printed_and_replaces_nothing(name: str, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        out.write("older\n")
        out.flush()
        assert writes(name, out, tmp_path).stderr == ""
    assert (tmp_path / "out").read_text() == "older\nbefore\nreport"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_report_on_the_standard_output_goes_into_a_pipe(name: str, tmp_path: Path) -> None:
    assert writes(name, subprocess.PIPE, tmp_path).stdout == "before\nreport"


@pytest.mark.parametrize("name", ["/dev/stderr", "errors"])
def test_file_that_error_messages_go_to_is_no_place_for_a_report(name: str, tmp_path: Path) -> None:
    code = f"from pathlib import Path; from autograder.files import check_output; check_output(Path({name!r}))"
    with (tmp_path / "errors").open("w") as errors:
        subprocess.run([sys.executable, "-c", code], stderr=errors, cwd=tmp_path, check=False)
    assert f"{name} is the file that error messages go to" in (tmp_path / "errors").read_text()


# --- no submission is lost by a report ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ann.ipynb", "ANN.IPYNB", "ann.json", "ann.ipynb.txt"])
def test_no_report_takes_the_place_of_a_notebook_also_of_one_that_is_not_graded(name: str, tmp_path: Path) -> None:
    # autograder grade --json submitted/*: the shell makes the first submission the report.
    first, second = (write(answered({}), tmp_path / each) for each in (name, "bob.ipynb"))
    before = first.read_bytes()
    for report in (first, tmp_path / "link"):
        if report != first:
            report.symlink_to(first)
        with pytest.raises(CannotWrite, match="would replace a notebook"):
            Reports({"json": report}).prepare([second])
        assert first.read_bytes() == before


def test_graded_file_is_known_by_any_of_its_names(tmp_path: Path) -> None:
    # Not a notebook: what is graded may be a damaged file, which its student may want back.
    damaged = tmp_path / "damaged.txt"
    damaged.write_text("not a notebook")
    (tmp_path / "hard").hardlink_to(damaged)
    (tmp_path / "soft").symlink_to(damaged)
    for report in (damaged, tmp_path / "hard", tmp_path / "soft", tmp_path / "x" / ".." / "damaged.txt"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(CannotWrite, match="would replace a notebook"):
            check_reports({"--json": report}, [damaged])


def test_where_one_report_is_refused_no_report_of_an_earlier_run_is_removed(tmp_path: Path) -> None:
    earlier = tmp_path / "result.json"
    earlier.write_text("earlier")
    with pytest.raises(CannotWrite):
        Reports({"json": earlier, "html": tmp_path / "missing" / "result.html"}).prepare([])
    assert earlier.read_text() == "earlier"
    with pytest.raises(CannotWrite, match="another report"):
        Reports({"json": earlier, "html": tmp_path / "." / "result.json"}).prepare([])


def test_two_reports_never_share_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for one, other in (("-", "-"), (tmp_path / "pipe", tmp_path / "." / "pipe")):
        with pytest.raises(CannotWrite, match="another report"):
            check_reports({"--json": Path(one), "--html": Path(other)})


@pytest.mark.parametrize("name", ["ann/weight_initialization/result.json", "timestamp.txt", "ann/../x.json"])
def test_no_report_goes_among_the_submissions_of_a_course(name: str, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "submitted" / "ann" / "weight_initialization").mkdir(parents=True)
    (tmp_path / "submitted" / "timestamp.txt").write_text("2027-01-30")
    with pytest.raises(CannotWrite, match="in the folder of the submissions"):
        check_reports({"--json": tmp_path / "submitted" / name})
    assert (tmp_path / "submitted" / "timestamp.txt").read_text() == "2027-01-30"


def test_no_report_takes_the_place_of_the_settings_or_of_another_input(tmp_path: Path) -> None:
    settings = tmp_path / "course.toml"
    settings.write_text("[course]")
    with pytest.raises(CannotWrite, match="would replace a notebook, another input"):
        prepare_reports({"json": settings}, [tmp_path / "a.ipynb", None, settings])
    with pytest.raises(CannotWrite, match="would replace a notebook, another input"):
        prepare_reports({"json": DEFAULT_PATH}, [None])
