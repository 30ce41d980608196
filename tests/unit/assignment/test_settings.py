"""course.toml: its valid values, their effects on grades, and the messages about mistakes in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autograder import check
from autograder.assignment.release import BadRelease, load_release
from autograder.assignment.settings import (
    DEFAULT_PATH,
    BadSettings,
    LatePolicy,
    Requests,
    Settings,
    Show,
    load_settings,
)
from autograder.grading.check import CannotCheck
from autograder.limits import Limits
from tests.support import gradescope_image
from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course
from tests.support.samples import answered, cell, scenario, write


def written(folder: Path, text: str) -> Path:
    path = folder / "course.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_repositorys_own_file_holds_the_defaults() -> None:
    assert load_settings(DEFAULT_PATH) == load_settings() == Settings()


def test_every_setting_is_read(tmp_path: Path) -> None:
    settings = load_settings(
        written(
            tmp_path,
            'help = "formula"\nframeworks = "better"\ndeadline = 2027-01-31T23:59:00+01:00\n'
            '[late]\npolicy = "percent"\nper_day = 12.5\ngrace_minutes = 30\n'
            "[limits]\ntotal_seconds = 120\nstep_seconds = 7.5\nmemory_gib = 3\n"
            '[marking]\nshow_items = "applied"\n'
            '[requests]\nuntil = 2027-03-14T23:59:00Z\nrepository = "https://github.com/OWNER/COURSE"\n',
        )
    )
    assert (settings.help_level, settings.frameworks) == ("formula", "better")
    assert settings.deadline == datetime(2027, 1, 31, 22, 59, tzinfo=UTC)
    assert settings.deadline_text == "2027-01-31 23:59 UTC+01:00"
    assert settings.due_date == datetime(2027, 1, 31, 22, 59)
    assert settings.late == LatePolicy("percent", 12.5, timedelta(minutes=30))
    assert settings.show_items is Show.APPLIED
    assert settings.requests == Requests(datetime(2027, 3, 14, 23, 59, tzinfo=UTC), "https://github.com/OWNER/COURSE")
    assert settings.limits == Limits(120.0, 7.5, cpu_seconds=480, memory_bytes=3 * 1024**3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "\nhlp = 1",
            "line 2: there is no setting hlp; there are help, frameworks, deadline, late, limits, marking, requests",
        ),
        ("[late]\nper_week = 1", "line 2: there is no setting late.per_week; there are late.policy"),
        ('help = "everything"', 'line 1: help is "everything"; it should be "name" or "explain" or "formula"'),
        ("help = 3", "line 1: help is 3; it should be"),
        ('frameworks = "torch"', 'frameworks is "torch"; it should be "both" or "better"'),
        ('deadline = "2027-01-31"', "a date and time with its time zone, without quotes"),
        ("deadline = 2027-01-31T23:59:00", "a date and time with its time zone"),
        ("late = 3", "line 1: late is 3; it should be a table"),
        ('[late]\npolicy = "harsh"', 'line 2: late.policy is "harsh"; it should be "none" or "zero"'),
        ("[late]\nper_day = -1", "line 2: late.per_day is -1; it should be a number from 0 to 1000"),
        ("[late]\nper_day = true", "late.per_day is True"),
        ("limits = 60", "line 1: limits is 60; it should be a table: a line [limits], with total_seconds = … below it"),
        ("[limits]\nthreads = 1", "line 2: there is no setting limits.threads; there are limits.total_seconds"),
        ("[limits]\ntotal_seconds = 0", "limits.total_seconds is 0; it should be a number from 1 to 86400"),
        ("[limits]\nstep_seconds = 61", "limits.step_seconds is 61; it should be a number from 0.5 to 60"),
        ('[marking]\nshow_items = "some"', 'line 2: marking.show_items is "some"; it should be "all" or "applied"'),
        ("[limits]\nmemory_gib = 0.1", "limits.memory_gib is 0.1; it should be a number from 0.5 to 1024"),
        ("[late]\ngrace_minutes = nan", "late.grace_minutes is nan"),
        ("[requests]\nuntil = 2027-03-14", "line 2: requests.until is 2027-03-14; it should be a date and time with"),
        ('[requests]\nrepository = "OWNER/COURSE"', "it should be an address such as https://github.com/OWNER/COURSE"),
        ("[requests]\nrepository = 3", "line 2: requests.repository is 3"),
        ("help = explain", "is not TOML: "),
        ("points = 3", "there is no setting points"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_write(text: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadSettings) as problem:
        load_settings(path)
    assert str(problem.value).startswith(str(path))
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


def test_settings_that_nobody_named_and_no_repository_holds_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Defaults would be a guess, and whatever lies in the current folder may be a student's."""
    written(tmp_path, 'frameworks = "better"')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTOGRADER_COURSE", raising=False)
    absent = tmp_path / "library"
    monkeypatch.setattr("autograder.assignment.settings.DEFAULT_PATH", absent / "course.toml")
    monkeypatch.setattr("autograder.assignment.release.DEFAULT_PATH", absent / "release.ipynb")
    with pytest.raises(BadSettings, match=r"--settings FILE.*AUTOGRADER_COURSE=FILE") as problem:
        load_settings()
    with pytest.raises(BadRelease, match=r"--release FILE.*AUTOGRADER_RELEASE=FILE") as missing:
        load_release()
    with pytest.raises(CannotCheck, match="AUTOGRADER_RELEASE=FILE") as refused:
        check("q7_tf_initializer", lambda shape: None)
    assert refused.value._render_traceback_() == [f"autograder: {missing.value}."]
    assert not [each for each in (problem, missing) if "\n" in str(each.value)]
    # Empty is not named, and a named file is taken wherever it is.
    monkeypatch.setenv("AUTOGRADER_COURSE", "")
    with pytest.raises(BadSettings):
        load_settings()
    monkeypatch.setenv("AUTOGRADER_COURSE", str(tmp_path / "course.toml"))
    assert load_settings().frameworks == "better"


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be read: No such file"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("policy", "hours", "lost"),
    [
        (LatePolicy("none"), 1000, 0),
        (LatePolicy("zero"), 0.25, 0),
        (LatePolicy("zero"), 0.26, 30),
        (LatePolicy("percent", 10), 0.2, 0),
        (LatePolicy("percent", 10), 1, 3),
        (LatePolicy("percent", 10), 24, 3),
        (LatePolicy("percent", 10), 24.1, 6),
        (LatePolicy("percent", 10), 24 * 30, 30),
        (LatePolicy("points", 5), 25, 10),
        (LatePolicy("points", 5), 24 * 30, 30),
        (LatePolicy("points", 5, timedelta(0)), 0.001, 5),
        (LatePolicy("points", 5), -3, 0),
    ],
)
def test_what_being_late_costs(policy: LatePolicy, hours: float, lost: float) -> None:
    assert policy.penalty(30.0, timedelta(hours=hours)) == pytest.approx(lost)


@pytest.mark.slow
@pytest.mark.frameworks
@pytest.mark.usefixtures("need_confinement")
def test_deadline_late_policy_and_the_better_framework_come_out_right_in_the_gradebook(
    autograder: Commands, tmp_path: Path
) -> None:
    course = Course.make(tmp_path, commands=autograder)
    written(
        tmp_path,
        'help = "name"\nframeworks = "better"\ndeadline = 2027-01-31T23:59:00+01:00\n'
        '[late]\npolicy = "percent"\nper_day = 10\n',
    )
    course.nbgrader("generate_assignment", ASSIGNMENT)
    for student, time in {"forgiven": "2027-01-31 23:10", "late": "2027-02-02 00:00"}.items():
        course.submit(student, scenario("tensorflow_only").build())
        course.submission(student).with_name("timestamp.txt").write_text(f"{time}:00.000000 UTC\n")
    course.submit("wrong", scenario("glorot").build())
    course.autograde()
    # 20 points for TensorFlow, PyTorch raised to as many; and two days begun cost a fifth of them.
    assert course.totals() == {"forgiven": 40.0, "late": 40.0, "wrong": 17.5}
    with course.gradebook() as gradebook:
        submissions = gradebook.assignment_submissions(ASSIGNMENT)
        assert {s.student.id: s.late_submission_penalty for s in submissions} == {"forgiven": 0, "late": 8, "wrong": 0}
    assert course.scores()["late"]["q7_torch_model_check"][0] == 8.0
    said = cell(course.autograded("late"), "q7_torch_model_check").outputs[0].data["text/plain"]
    assert "Raised from 0 to 8 points: in this course the better of the two frameworks counts" in " ".join(said.split())
    said = cell(course.autograded("wrong"), "q7_torch_model_check").outputs[0].data["text/plain"]
    assert "Glorot's (Xavier's) variance in place of He's" in " ".join(said.split())

    written(tmp_path, "frameworks = 2")
    said = course.autograde("--force", expect=2)
    assert "frameworks is 2; it should be" in said
    assert "Traceback" not in said


def by_grade(course: Course, autograder: Commands) -> dict[str, Any]:
    assert (
        autograder(
            "grade", course.submission("ann"), "--json", "result.json", cwd=course.folder, **course.environment
        ).returncode
        == 0
    )
    return json.loads((course.folder / "result.json").read_text(encoding="utf-8"))


def by_check(course: Course, autograder: Commands) -> dict[str, Any]:
    assert (
        autograder(
            "check", course.submission("ann"), "--json", "result.json", cwd=course.folder, **course.environment
        ).returncode
        == 0
    )
    return json.loads((course.folder / "result.json").read_text(encoding="utf-8"))


def by_class(course: Course, autograder: Commands) -> dict[str, Any]:
    assert autograder("class", "submitted", "--out", "out", cwd=course.folder, **course.environment).returncode == 0
    return json.loads((course.folder / "out/results/ann.json").read_text(encoding="utf-8"))


def by_nbgrader(course: Course, autograder: Commands) -> dict[str, Any]:
    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.autograde()
    return course.record("ann")["result"]


def by_gradescope(course: Course, autograder: Commands) -> dict[str, Any]:
    root = gradescope_image.make(course.folder)
    (course.folder / "course.toml").replace(root / "source/course.toml")
    course.submission("ann").replace(root / "submission/mine.ipynb")
    assert gradescope_image.WarmCommand(root, autograder).run() == 0
    return gradescope_image.results(root)["extra_data"]["result"]


@pytest.mark.parametrize(
    "road", [by_grade, by_check, by_class, by_nbgrader, by_gradescope], ids=lambda road: road.__name__
)
@pytest.mark.slow
@pytest.mark.usefixtures("need_confinement", "need_clone")
def test_the_limits_of_course_toml_hold_whichever_command_grades(
    road: Callable[[Course, Commands], dict[str, Any]], autograder: Commands, tmp_path: Path
) -> None:
    course = Course.make(tmp_path, commands=autograder, AUTOGRADER_COURSE=str(tmp_path / "course.toml"))
    written(tmp_path, "[limits]\nstep_seconds = 1.5\n")
    course.submit("ann", answered({"q7_tf_initializer": "def tf_he_normal(shape):\n    while True:\n        pass"}))
    asked = {question["grade_id"]: question for question in road(course, autograder)["questions"]}
    assert asked["q7_tf_initializer_check"]["status"] == "timeout"
    assert "after 1.5 s" in asked["q7_tf_initializer_check"]["message"]


def test_an_option_overrides_a_limit_for_one_run() -> None:
    usual = Limits(total_seconds=100.0, step_seconds=10.0)
    assert usual.with_times(None, None) == replace(usual, cpu_seconds=400)
    assert usual.with_times(5.0, None) == replace(usual, total_seconds=5.0, step_seconds=5.0)
    assert usual.with_times(None, 30.0) == replace(usual, step_seconds=30.0, cpu_seconds=400)


def test_the_command_line_reads_the_file_and_says_when_it_cannot(autograder: Commands, tmp_path: Path) -> None:
    path = write(scenario("tensorflow_only").build(), tmp_path / "notebook.ipynb")
    settings = written(tmp_path, 'frameworks = "better"\ndeadline = 2027-01-31T23:59:00Z\n[late]\npolicy = "zero"\n')
    said = autograder("check", path, "--settings", settings)
    assert said.returncode == 0
    assert "Q7: 40 of 40 points" in said.stdout
    assert "Due 2027-01-31 23:59 UTC; late work scores 0, after 15 minutes of grace." in said.stdout
    bad = autograder("grade", path, "--settings", written(tmp_path, "help = 7"))
    assert bad.returncode == 2
    assert bad.stderr.strip().endswith('help is 7; it should be "name" or "explain" or "formula".')
