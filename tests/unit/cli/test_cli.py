"""The command line keeps its contract: output, files and exit statuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli.app import app, main
from autograder.cli.check import _course_notebook
from autograder.errors import ExitCode, UserError
from autograder.grading import results as grading
from autograder.grading.retries import RetryPolicy
from tests.support.commands import Commands, in_this_process
from tests.support.commands import run as in_a_process
from tests.support.graders import Grader
from tests.support.processes import descendants, eventually, not_running
from tests.support.samples import RELEASE, ROOT, SOLUTION, answered, scenario, write

pytestmark = pytest.mark.usefixtures("need_confinement")


def made(name: str, folder: Path) -> Path:
    return write(scenario(name).build(), folder / f"{name}.ipynb")


def test_grade_prints_everything_and_writes_all_reports(autograder: Commands, tmp_path: Path) -> None:
    path = made("glorot", tmp_path)
    files = {kind: tmp_path / f"result.{kind}" for kind in ("json", "html", "markdown")}
    run = autograder("grade", path, "--seed", 7, *(x for k, f in files.items() for x in (f"--{k}", f)))
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert "Q7: 15.5 of 40 points" in run.stdout
    assert "2/(fan_in+fan_out), Glorot's" in " ".join(run.stdout.split())
    document = json.loads(files["json"].read_text(encoding="utf-8"))
    assert document["schema"] == "autograder/result/v1"
    assert document["status"] == "graded"
    assert (document["score"], document["max_score"]) == (15.5, 40.0)
    assert document["submission"]["path"] == str(path)
    assert document["provenance"]["seed"] == 7
    layers = document["provenance"]["confinement"]
    assert layers[:3] == ["landlock", "seccomp", "rlimits"]
    assert set(layers[3:]) <= {"tmpfs", "cgroup"}, "on a machine that may mount, and has delegated a group"
    assert {"grader_version", "grader_sha256", "python", "torch", "tensorflow"} <= set(document["provenance"])
    variance = next(c for c in document["questions"][0]["criteria"] if c["name"] == "variance")
    assert variance["status"] == "failed"
    assert variance["diagnosis"] == "glorot_normal"
    assert variance["points"] == 0.0
    assert variance["max_points"] == 4.0
    assert variance["measured"] != variance["expected"]
    assert variance["p_value"] == 0.0
    assert [w["grade_id"] for w in document["written"]] == ["q1", "q2", "q3", "q4", "q5", "q6"]
    for kind in ("html", "markdown"):
        assert "Glorot" in files[kind].read_text(encoding="utf-8")


@pytest.mark.slow
def test_same_submission_and_seed_give_the_same_json_twice(autograder: Commands, tmp_path: Path) -> None:
    # from_scratch and float64 draw from torch, TensorFlow, Keras and NumPy, seeded and not.
    paths = [made(name, tmp_path) for name in ("from_scratch", "float64", "library_one_liners", "raises")]
    texts: list[bytes] = []
    for run in (in_a_process, autograder):
        file = tmp_path / f"{len(texts)}.json"
        assert run("grade", *paths, "--seed", 123, "--json", file, "--jobs", 1).returncode == 0
        texts.append(file.read_bytes())
    assert texts[0] == texts[1]
    assert len(json.loads(texts[0])) == len(paths)


def test_without_a_seed_every_grading_draws_anew(autograder: Commands, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    path = made("reference", tmp_path)
    assert autograder("grade", path, path, "--json", file).returncode == 0
    first, second = json.loads(file.read_text(encoding="utf-8"))
    assert first["provenance"]["seed"] != second["provenance"]["seed"]
    assert first["score"] == second["score"] == 40.0


def test_bad_files_get_a_line_each_and_stop_nobody_else(autograder: Commands, tmp_path: Path) -> None:
    good = made("tensorflow_only", tmp_path)
    bad = tmp_path / "bad.ipynb"
    bad.write_bytes(b"not json")
    file = tmp_path / "results.json"
    run = autograder("grade", bad, good, tmp_path, tmp_path / "missing.ipynb", "--json", file)
    assert run.returncode == 2
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 3
    for line, path in zip(lines, [bad, tmp_path, tmp_path / "missing.ipynb"], strict=True):
        assert line.startswith(f"autograder: {path}: ")
    assert "Traceback" not in run.stderr
    assert [r["score"] for r in json.loads(file.read_text(encoding="utf-8"))] == [20.0]


def test_check_writes_the_reports_that_grade_writes(autograder: Commands, tmp_path: Path) -> None:
    path, settings = made("glorot", tmp_path), ("--seed", 7)
    written = {}
    for command in ("grade", "check"):
        files = {kind: tmp_path / f"{command}.{kind}" for kind in ("json", "html")}
        run = autograder(command, path, *settings, *(x for k, f in files.items() for x in (f"--{k}", f)))
        assert run.returncode == 0, run.stderr
        written[command] = [file.read_text(encoding="utf-8") for file in files.values()]
    assert written["check"] == written["grade"]
    assert "Fix what is marked" in run.stdout


@pytest.mark.parametrize("command", ["grade", "check"])
def test_no_report_takes_the_place_of_a_notebook_or_of_another_report(
    autograder: Commands, command: str, tmp_path: Path
) -> None:
    path = made("untouched", tmp_path)
    before = path.read_bytes()
    (tmp_path / "link.html").symlink_to(path)
    for reports in (["--json", path], ["--html", tmp_path / "link.html"], ["--json", "one", "--html", "./one"]):
        run = autograder(command, path, *reports, cwd=tmp_path)
        assert run.returncode == 2
        assert "would replace a notebook, another input or another report" in run.stderr
        assert path.read_bytes() == before


def test_fail_under_exits_with_1_only_below_it(autograder: Commands, tmp_path: Path) -> None:
    path = made("tensorflow_only", tmp_path)
    assert autograder("grade", path, "--fail-under", 20).returncode == 0
    assert autograder("grade", path, "--fail-under", 20.5).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [["grade"], ["grade", "--seed", "-1", "x.ipynb"], ["grade", "--seed", "x", "x.ipynb"], ["no-such-command"]],
    ids=" ".join,
)
def test_bad_usage_exits_with_2(arguments: list[str]) -> None:
    run = in_this_process(*arguments)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


def test_release_that_is_not_there_is_the_graders_fault(autograder: Commands, tmp_path: Path) -> None:
    path = made("untouched", tmp_path)
    named = autograder("grade", path, "--release", tmp_path / "none.ipynb")
    missing = autograder("grade", path, AUTOGRADER_RELEASE=str(tmp_path / "none.ipynb"))
    assert (named.returncode, missing.returncode) == (2, 3)
    for run in (named, missing):
        assert "make release" in run.stderr
        assert "Traceback" not in run.stderr


def test_report_that_cannot_be_written_is_told(autograder: Commands, tmp_path: Path) -> None:
    run = autograder("grade", made("untouched", tmp_path), "--json", tmp_path / "no" / "such" / "folder.json")
    assert run.returncode == 2
    assert "cannot be written" in run.stderr
    assert "Traceback" not in run.stderr


def test_broken_framework_is_a_fault_not_a_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm process that cannot import its frameworks ends the grading with 3, and scores nothing."""
    broken = tmp_path / "python"
    broken.write_text(
        f'#!/bin/sh\ncase "$*" in *forkserver*) echo broken >&2; exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    broken.chmod(0o755)
    path, file = made("reference", tmp_path), tmp_path / "result.json"
    monkeypatch.setattr(sys, "executable", str(broken))
    run = in_this_process("grade", path, "--json", file)
    assert run.returncode == 3, run.stderr
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["status"] == "fault"
    assert document["score"] is None
    assert "broken" in document["fault"]
    assert "nothing was scored" in run.stdout


def test_error_of_our_own_is_a_fault_that_names_its_place_and_stops_nobody_else(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = grading.score_task  # type: ignore[attr-defined]
    calls = []

    def broken(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) <= RetryPolicy().faults:
            raise ZeroDivisionError("in the judge")
        return honest(*arguments)

    monkeypatch.setattr(grading, "score_task", broken)
    first, second = (grader.grade(made("reference", tmp_path), seed=1) for _ in range(2))
    assert first.status == "fault"
    assert "ZeroDivisionError: in the judge (test_cli.py, line" in first.fault
    assert second.score == 40.0


@pytest.mark.slow
@pytest.mark.frameworks
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_signal_ends_it_at_once_and_leaves_no_process_behind(number: signal.Signals, tmp_path: Path) -> None:
    path = made("loops_for_ever", tmp_path)
    run = subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", path, path, "--step-timeout", "50"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = eventually(lambda: len(descendants(run.pid)) >= 3, 60)  # the warm process and two children
    family = descendants(run.pid)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert started
    assert run.returncode == 130, "1 would say that the score is below --fail-under"
    assert said.splitlines()[-1] == "autograder: stopped."
    assert "Traceback" not in said
    assert eventually(lambda: all(not_running(pid) for pid in family))


@pytest.mark.slow
@pytest.mark.frameworks
def test_reports_are_written_though_nobody_reads_the_terminal(tmp_path: Path) -> None:
    path, file = made("tensorflow_only", tmp_path), tmp_path / "result.json"
    grade = f"{sys.executable} -m autograder grade {path} --json {file}"
    for reader in ("| head -c 1", "> /dev/full"):
        file.unlink(missing_ok=True)
        run = subprocess.run(["bash", "-c", f"set -o pipefail; {grade} {reader}"], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert "Traceback" not in run.stderr
        assert json.loads(file.read_text(encoding="utf-8"))["score"] == 20.0


def test_terminal_that_knows_ascii_only_gets_the_whole_report(autograder: Commands, tmp_path: Path) -> None:
    run = autograder("grade", made("glorot", tmp_path), PYTHONIOENCODING="ascii")
    assert run.returncode == 0, run.stderr
    assert "Q7: 15.5 of 40 points" in run.stdout


def test_reports_of_an_earlier_run_do_not_outlive_it(autograder: Commands, tmp_path: Path) -> None:
    file, bad = tmp_path / "result.json", tmp_path / "bad.ipynb"
    file.write_text('{"score": 40}')
    bad.write_text("not json")
    assert autograder("grade", bad, "--json", file).returncode == 2
    assert not file.exists()


def test_file_name_that_is_no_utf8_is_graded_and_reported(autograder: Commands, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"na\xefve \xff.ipynb")
    path.write_bytes(made("tensorflow_only", tmp_path).read_bytes())
    file = tmp_path / "result.json"
    run = autograder("grade", path, "--json", file, "--html", tmp_path / "r.html")
    assert run.returncode == 0, run.stderr
    assert json.loads(file.read_text(encoding="utf-8"))["submission"]["path"].endswith("na\\xefve \\xff.ipynb")


def test_submission_that_would_kill_the_warm_process_harms_itself_alone(autograder: Commands, tmp_path: Path) -> None:
    killer = tmp_path / "killer.ipynb"
    write(answered({"q7_tf_initializer": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"}, SOLUTION), killer)
    honest, file = made("reference", tmp_path), tmp_path / "results.json"
    run = autograder("grade", honest, killer, honest, honest, "--json", file)
    results = json.loads(file.read_text(encoding="utf-8"))
    assert [r["score"] for r in results] == [40.0, 20.0, 40.0, 40.0], run.stderr
    assert [q["status"] for q in results[1]["questions"]] == ["blocked", "error", "graded", "graded"]
    assert run.returncode == 0


@pytest.mark.slow
@pytest.mark.frameworks
def test_report_on_the_standard_output_is_alone_there(tmp_path: Path) -> None:
    """However it is named: the next test has `-` and `/dev/stdout` for the same file."""
    run = in_a_process("check", made("tensorflow_only", tmp_path), "--json", "/dev/stdout")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["score"] == 20.0
    assert "Q7: 20 of 40 points" in run.stderr


def test_two_reports_on_the_standard_output_are_refused(tmp_path: Path) -> None:
    run = in_this_process("grade", tmp_path / "a.ipynb", "--json", "-", "--html", "/dev/stdout")
    assert (run.returncode, run.stdout) == (2, "")
    assert "another report" in run.stderr


@pytest.mark.parametrize("there", [[], ["my work.ipynb"]])
def test_check_without_a_notebook_never_checks_one_of_another_folder(there: list[str], tmp_path: Path) -> None:
    for name in there:
        (tmp_path / name).touch()
    run = in_this_process("check", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    example = "'my work.ipynb'" if there else "path/to/notebook.ipynb"
    assert f"name the notebook to check: autograder check {example}" in run.stderr
    if not there:
        assert f"there is no notebook in {tmp_path}" in run.stderr


@pytest.mark.parametrize("folder", ["", "assignment", "assignment/weight_initialization"])
def test_check_without_a_notebook_finds_the_one_of_the_course_from_the_folders_above_it(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / folder)
    assert _course_notebook().resolve() == RELEASE
    assert not _course_notebook().is_absolute()


def test_check_tells_what_is_left_to_do(autograder: Commands, tmp_path: Path) -> None:
    run = autograder("check", made("tensorflow_only", tmp_path))
    assert run.returncode == 0
    assert "Q7: 20 of 40 points" in run.stdout
    assert "Still to be written: Q1, Q2, Q3, Q4, Q5, Q6" in run.stdout


class Broken(UserError):
    exit_code = ExitCode.FAULT


@pytest.mark.parametrize(
    ("problem", "exit_code", "line"),
    [
        (UserError("course.toml is empty"), 2, "course.toml is empty."),
        (Broken("This machine is too old."), 3, "This machine is too old."),
        (KeyboardInterrupt(), 130, "stopped."),
        (
            ModuleNotFoundError("", name="distributed.client"),
            2,
            "distributed is not installed: pip install 'weight-initialization-autograder[cluster]'.",
        ),
        (
            ModuleNotFoundError("", name="nbgrader"),
            2,
            "nbgrader is not installed: pip install 'weight-initialization-autograder[instructor]'.",
        ),
        (
            ModuleNotFoundError("No module named 'autograder.x'", name="autograder.x"),
            3,
            "internal error, please report it: ModuleNotFoundError: No module named 'autograder.x'.",
        ),
        (ZeroDivisionError("in the judge"), 3, "internal error, please report it: ZeroDivisionError: in the judge."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_error_becomes_one_line_and_its_exit_code_whatever_the_command(
    problem: BaseException,
    exit_code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(path: Path | None) -> None:
        raise problem

    monkeypatch.setattr("autograder.assignment.settings.load_settings", fails)
    for command in (["grade", "x.ipynb"], ["course", "settings"]):
        monkeypatch.setattr(sys, "argv", ["autograder", *command])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == exit_code
        assert capsys.readouterr() == ("", f"autograder: {line}\n")


def test_help_shows_students_what_they_need_and_keeps_the_rest_apart() -> None:
    def commands(*arguments: str) -> set[str]:
        shown = CliRunner().invoke(app, [*arguments, "--help"], env={"COLUMNS": "200"}).output
        return set(re.findall(r"^│ ([a-z][a-z-]*) ", shown, re.M))

    assert commands() == {"check", "doctor", "grade", "class", "collect", "course", "mark"}
    assert commands("course") == {
        "attempt",
        "gradescope-zip",
        "regrade",
        "release-drift",
        "settings",
        "student-repo",
        "triage",
    }
    assert commands("mark") == {
        "agreement",
        "assign",
        "export",
        "import",
        "index",
        "log",
        "progress",
        "requests",
        "resolve",
        "rubric",
        "sample",
        "similar",
    }
    assert commands("dev") == {"calibrate", "judge"}


def test_spelling_that_scripts_may_have_still_works() -> None:
    said = [CliRunner().invoke(app, command).output for command in (["settings"], ["course", "settings"])]
    assert said[0] == said[1]
    assert "Feedback on Q7" in said[0]


@pytest.mark.slow
@pytest.mark.frameworks
def test_module_in_the_working_folder_shadows_nothing(tmp_path: Path) -> None:
    path = made("reference", tmp_path)
    for name in ("numpy", "torch", "scipy", "rich", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')\n")
    run = subprocess.run(
        [Path(sys.executable).parent / "autograder", "grade", path], capture_output=True, text=True, cwd=tmp_path
    )
    assert "Q7: 40 of 40 points" in run.stdout, run.stdout + run.stderr
