"""A class is graded completely: no submission is lost or graded twice, and grades do not depend on order or load."""

from __future__ import annotations

import csv
import errno
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.assignment.questions import task
from autograder.assignment.release import DEFAULT_PATH
from autograder.assignment.settings import Frameworks, Terms
from autograder.batch.jobs import Settings, Work, to_text
from autograder.batch.results_folder import CannotUseFolder, Store
from autograder.batch.run import NoClass, find_class
from autograder.grading.provenance import graded_by
from autograder.report import class_report as report
from autograder.report.document import from_json, to_json
from autograder.report.result import CriterionResult, CriterionStatus, QuestionResult, QuestionStatus, Result
from autograder.report.statistics import ClassStatistics, percent
from autograder.sandbox import Limits, scratch
from tests.support import chaos
from tests.support.commands import Commands, in_this_process, run
from tests.support.course import ASSIGNMENT
from tests.support.graders import Grader
from tests.support.processes import descendants, eventually, not_running
from tests.support.samples import scenario, write


def results(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "results").iterdir())}


# --- which submissions there are ------------------------------------------------------------------------


def place(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


NB = ASSIGNMENT


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["ann.ipynb", "bob.ipynb"], {"ann": "ann.ipynb", "bob": "bob.ipynb"}),
        ([f"ann/{NB}/{NB}.ipynb"], {"ann": f"ann/{NB}/{NB}.ipynb"}),
        ([f"ann/{NB}/mine.ipynb"], {"ann": f"ann/{NB}/mine.ipynb"}),
        ([f"ann/{NB}/mine.ipynb", f"ann/{NB}/{NB}.ipynb"], {"ann": f"ann/{NB}/{NB}.ipynb"}),
        ([f"ann/{NB}/{NB}.ipynb", "bob.ipynb"], {"ann": f"ann/{NB}/{NB}.ipynb", "bob": "bob.ipynb"}),
        (["ann.ipynb", ".ipynb_checkpoints/ann.ipynb", ".hidden.ipynb", "notes.txt"], {"ann": "ann.ipynb"}),
        (["nbgrader_config.py", f"submitted/ann/{NB}/{NB}.ipynb"], {"ann": f"ann/{NB}/{NB}.ipynb"}),
    ],
    ids=" ".join,
)
def test_both_layouts_are_found(files: list[str], found: dict[str, str], tmp_path: Path) -> None:
    assert {e.student: e.name for e in find_class(place(tmp_path, *files)) if e.problem is None} == found


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ([f"ann/{NB}/timestamp.txt"], "holds no notebook"),
        ([f"ann/{NB}/a.ipynb", f"ann/{NB}/b.ipynb"], f"holds 2 notebooks, none of them {NB}.ipynb"),
        ([f"{'n' * 220}.ipynb"], "has too long a name"),
    ],
    ids=["none", "two", "long"],
)
def test_student_without_one_notebook_is_told_of_and_not_forgotten(
    files: list[str], problem: str, tmp_path: Path
) -> None:
    assert [entry.problem for entry in find_class(place(tmp_path, *files))] == [problem]


@pytest.mark.parametrize(
    "two",
    [
        ("ann.ipynb", f"ann/{NB}/{NB}.ipynb"),
        ("ann.ipynb", "Ann.ipynb"),
        ("jos\u00e9.ipynb", "jose\u0301.ipynb"),
        (f"Ann/{NB}/{NB}.ipynb", f"ann/{NB}/{NB}.ipynb"),
        ("ann.ipynb", f"ann/{NB}/timestamp.txt"),
    ],
    ids=lambda two: ascii(" ".join(two)),
)
def test_student_with_two_submissions_is_refused_alone_and_both_are_named(two: tuple[str, str], tmp_path: Path) -> None:
    entries = find_class(place(tmp_path, "bob.ipynb", *two))
    assert [entry.student for entry in entries if entry.problem is None] == ["bob"]
    for entry in entries:
        if entry.problem is not None:
            assert "gives the same student as another" in entry.problem
            assert all(name.removesuffix("/timestamp.txt") in entry.problem for name in two)
    assert len({entry.student for entry in entries}) == len(entries), "no result replaces another's"


def test_hidden_submission_is_told_of_and_what_programs_leave_is_not(tmp_path: Path) -> None:
    rubbish = (".DS_Store", "._ann.ipynb", ".ipynb_checkpoints/ann.ipynb", ".git/config")
    entries = find_class(place(tmp_path, "ann.ipynb", ".bob.ipynb", f".cyd/{NB}/{NB}.ipynb", *rubbish))
    said = "has a name that begins with a dot; rename it if it is a submission"
    assert {entry.name: entry.problem for entry in entries} == {
        "ann.ipynb": None,
        ".bob.ipynb": said,
        f".cyd/{NB}/{NB}.ipynb": said,
    }


def test_folder_that_is_no_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoClass, match="no submission in it"):
        find_class(place(tmp_path, "notes.txt"))


# --- what is kept ---------------------------------------------------------------------------------------

GRADED = Result("ann.ipynb", "5" * 64, "graded")


def test_result_is_there_for_its_key_alone(tmp_path: Path) -> None:
    with Store(tmp_path / "out") as store:
        store.save("ann", "key", GRADED)
        assert store.load("ann", "key") == GRADED
        assert store.load("bob", "key") is None
        assert store.load("ann", "another") is None
        assert store.load("ann", "key") is None, "an outdated result must not stay"


@pytest.mark.parametrize("kept", [0, 1, 50, 200])
def test_result_that_was_cut_short_is_none(kept: int, tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.save("ann", "key", GRADED)
        file = tmp_path / "results/ann.json"
        file.write_bytes(file.read_bytes()[:kept])
        assert store.load("ann", "key") is None


def test_result_that_cannot_be_read_now_is_none_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        store.save("ann", "key", GRADED)
        with monkeypatch.context() as broken:
            broken.setattr(
                Path, "read_bytes", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error"))
            )
            assert store.load("ann", "key") is None
        assert store.load("ann", "key") == GRADED


def test_result_that_cannot_be_written_ends_the_run_in_a_line_that_says_how_to_go_on(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        shutil.rmtree(tmp_path / "results")
        with pytest.raises(CannotUseFolder, match=r"ann\.json cannot be written: .*continue with --resume"):
            store.save("ann", "key", GRADED)


def test_folder_with_results_is_used_again_only_on_request_and_by_one_run_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        with pytest.raises(CannotUseFolder, match="another run"):
            Store(tmp_path)
        store.save("ann", "key", GRADED)
        (tmp_path / "results/.bob.json.unfinished").touch()
    with pytest.raises(CannotUseFolder, match="--resume"):
        Store(tmp_path)
    with Store(tmp_path, resume=True) as store:
        assert store.load("ann", "key") is not None
        assert list(results(tmp_path)) == ["ann.json"]


def test_key_changes_with_everything_that_a_result_rests_on() -> None:
    raw = DEFAULT_PATH.read_bytes()
    settings = Settings.of(raw)
    keys = [
        settings.key("a", 1),
        settings.key("b", 1),
        settings.key("a", 2),
        Settings.of(raw + b" ").key("a", 1),
        replace(settings, limits=Limits(step_seconds=1.0)).key("a", 1),
        replace(settings, terms=Terms(frameworks=Frameworks.BETTER)).key("a", 1),
    ]
    assert len(set(keys)) == len(keys)
    assert settings.key("a", 1) == keys[0]


# --- statistics and the class's page -----------------------------------------------------------------------


def result_with(score: float, diagnosis: str | None = None, status: str = "graded") -> Result:
    criterion = CriterionResult(
        "variance",
        CriterionStatus.FAILED if diagnosis else "passed",
        score,
        40.0,
        "Var(W) is 2/fan_in.",
        "It is not.",
        diagnosis,
    )
    criteria = (criterion,) if status == "graded" else ()
    question = QuestionResult.of(task("q7_tf_initializer"), QuestionStatus(status), score, 40.0, criteria=criteria)
    return Result("n.ipynb", "0", "graded", (question,))


def statistics_of(*some: Result) -> ClassStatistics:
    found = ClassStatistics()
    for result in some:
        found.add(result)
    return found


def test_statistics_are_the_classs() -> None:
    found = statistics_of(
        result_with(40.0),
        result_with(40.0),
        result_with(8.0, "fan_out"),
        result_with(10.0, "fan_out"),
        result_with(0.0, status="timeout"),
    )
    assert found.quartiles == (8.0, 10.0, 40.0)
    (rate,) = found.rates
    assert (rate.task, rate.criterion, rate.passed, rate.not_evaluated, rate.share) == (
        "Part 1",
        "variance",
        2,
        1,
        0.4,
    )
    assert [(c.name, c.count, c.share) for c in found.common()] == [("fan out", 2, 0.4), ("ran out of time", 1, 0.2)]
    bars = found.histogram()
    assert [count for _, _, count in bars] == [1, 0, 2, 0, 0, 0, 0, 0, 0, 2]
    assert bars[2][:2] == (8.0, 12.0)


@pytest.mark.parametrize("scores", [[], [7.0]])
def test_statistics_of_nobody_and_of_one(scores: list[float]) -> None:
    found = statistics_of(*map(result_with, scores))
    assert found.quartiles == tuple(scores * 3 or [0.0] * 3)
    assert "<h1>" in report.render(found, 1)


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 %"), (0.001, "< 1 %"), (0.31, "31 %"), (0.999, "> 99 %"), (1.0, "100 %")]
)
def test_shares_are_said_so_that_nothing_is_nothing_and_all_is_all(share: float, said: str) -> None:
    assert percent(share) == said


def test_page_is_self_contained_says_its_figures_in_words_and_runs_nothing() -> None:
    hostile = "<script>alert(1)</script>"
    found = statistics_of(result_with(8.0, "fan_out"), result_with(40.0))
    page = report.render(found, 1)
    assert "Without a result: 1." in page
    assert hostile not in report.render(statistics_of(result_with(8.0, hostile)))
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('src="data:image/png;base64,') == 2
    assert 'alt="Histogram of the points for Q7 of 2 submissions.' in page
    assert 'alt="Bar chart of the most common mistakes: fan out 50 %."' in page


def test_result_survives_its_json(grader: Grader, tmp_path: Path) -> None:
    for name in ("glorot", "raises"):
        result = grader.grade(write(scenario(name).build(), tmp_path / f"{name}.ipynb"), seed=1)
        document = json.loads(to_text(to_json(result)))
        again = from_json({**document, "class": {"student": "ann"}})
        assert to_json(again) == document
    for broken in ({}, {**document, "schema": "x"}, {**document, "questions": [{}]}, {**document, "written": None}):
        with pytest.raises(ValueError, match="autograder/result/v1"):
            from_json(broken)


# --- scratch folders of servers that were killed -------------------------------------------------------------


def test_only_what_a_killed_server_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    alive = scratch.make_home()
    dead = tmp_path / "autograder-server-dead"
    (dead / "autograder-child/deep").mkdir(parents=True)
    (dead / "in-use").touch()
    foreign = place(tmp_path / "autograder-server-foreign", "precious")  # no lock: who knows whose
    link = tmp_path / "autograder-server-link"
    link.symlink_to(foreign)
    other = place(tmp_path / "autograder-other", "in-use")
    scratch.sweep()
    assert not dead.exists()
    assert {alive, foreign, link, other} == set(tmp_path.iterdir())


# --- the command, on real submissions ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, subprocess.CompletedProcess[str]]:
    """A class of five, two of them alike, and a file that is none, graded by two servers."""
    root = tmp_path_factory.mktemp("cohort")
    for student, name in {
        "ann": "reference",
        "bob": "glorot",
        "cy": "raises",
        "dee": "crashes",
        "eve": "glorot",
    }.items():
        write(scenario(name).build(), root / f"class/{student}.ipynb")
    (root / "class/zoe.ipynb").write_text("not json")
    return root / "class", root / "out", run("class", root / "class", "--out", root / "out", "--jobs", 2)


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_class_is_graded_kept_and_reported(graded: tuple[Path, Path, subprocess.CompletedProcess[str]]) -> None:
    _, out, run = graded
    assert run.returncode == 2, run.stderr
    assert run.stderr == ""
    assert "6 of 6: 3 graded, 2 error, 1 unreadable" in run.stdout
    assert "zoe.ipynb: unreadable: is not a notebook" in run.stdout
    assert "median" in run.stdout
    assert "Glorot's (Xavier's) variance" in run.stdout
    assert list(results(out)) == ["ann.json", "bob.json", "cy.json", "dee.json", "eve.json"]
    document = json.loads((out / "results/bob.json").read_bytes())
    assert document["schema"] == "autograder/result/v1"
    assert (document["score"], document["submission"]["path"], document["class"]["student"]) == (
        15.5,
        "bob.ipynb",
        "bob",
    )
    assert "zoe" not in (out / "report.html").read_text(encoding="utf-8"), "the page is for the next lecture"


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_results_depend_neither_on_order_nor_on_workers_nor_on_the_run(
    autograder: Commands, graded: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, out, _ = graded
    (tmp_path / "alone").mkdir()
    shutil.copy(out / "class-seed.txt", tmp_path / "alone")
    assert autograder("class", folder, "--out", tmp_path / "alone", "--resume", "--jobs", 1).returncode == 2
    assert results(tmp_path / "alone") == results(out)


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_resuming_grades_what_is_missing_or_has_changed_and_nothing_else(
    autograder: Commands, graded: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, out, _ = graded
    again, copied = shutil.copytree(folder, tmp_path / "class"), shutil.copytree(out, tmp_path / "out")
    (copied / "results/ann.json").unlink()
    write(scenario("reference").build(), again / "bob.ipynb")
    before = {path.name: path.stat().st_mtime_ns for path in (copied / "results").iterdir()}
    run = autograder("class", again, "--out", copied, "--resume", "--csv", tmp_path / "grades.csv")
    assert "6 of 6: 3 graded, 2 error, 1 unreadable (3 before)" in run.stdout
    found, whole = results(copied), results(out)
    assert {name for name in whole if found[name] != whole[name]} == {"bob.json"}
    touched = {p.name for p in (copied / "results").iterdir() if before.get(p.name) != p.stat().st_mtime_ns}
    assert touched == {"ann.json", "bob.json"}
    rows = {row["student"]: row for row in csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8"))}
    assert {student: row["score"] for student, row in rows.items()} == {
        "ann": "40", "bob": "40", "cy": "8", "dee": "16", "eve": "15.5", "zoe": "",
    }  # fmt: skip
    assert rows["zoe"]["status"] == "unreadable"


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_folder_with_results_is_refused_without_resume(
    autograder: Commands, graded: tuple[Path, Path, subprocess.CompletedProcess[str]]
) -> None:
    folder, out, _ = graded
    before = results(out)
    run = autograder("class", folder, "--out", out)
    assert run.returncode == 2
    assert "--resume" in run.stderr
    assert results(out) == before


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_ctrl_c_keeps_what_is_graded_says_how_to_go_on_and_leaves_no_process(tmp_path: Path) -> None:
    write(scenario("reference").build(), tmp_path / "class/ann.ipynb")
    write(scenario("loops_for_ever").build(), tmp_path / "class/bob.ipynb")
    out = tmp_path / "out"
    run = subprocess.Popen(
        [sys.executable, "-m", "autograder", "class", tmp_path / "class", "--out", out, "--jobs", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert eventually((out / "results/ann.json").exists, 60)
    family = descendants(run.pid)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == 130
    assert said.strip() == f"autograder: stopped after 1 of 2; the results are in {out}, and --resume continues."
    assert eventually(lambda: all(not_running(pid) for pid in family))


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_machine_that_can_grade_nothing_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(scenario("reference").build(), tmp_path / "class/ann.ipynb")
    broken = tmp_path / "python"
    broken.write_text(f'#!/bin/sh\ncase "$*" in *forkserver*) echo broken; exit 1;; esac\nexec {sys.executable} "$@"\n')
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    run = in_this_process("class", tmp_path / "class", "--out", tmp_path / "out")
    assert run.returncode == 3
    assert "nothing can be graded here" in run.stderr
    assert "broken" in run.stderr
    assert results(tmp_path / "out") == {}


def test_gradebook_is_left_to_its_one_writer_and_who_asks_is_told_the_way(autograder: Commands, tmp_path: Path) -> None:
    refused = autograder("class", tmp_path, "--gradebook", "sqlite:///gradebook.db", "--out", tmp_path / "out")
    assert refused.returncode == 2
    assert "make autograde writes the gradebook" in " ".join(refused.stderr.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("need_confinement")
def test_class_in_a_course_folder_is_graded_with_the_courses_seed(autograder: Commands, tmp_path: Path) -> None:
    course = tmp_path / "course"
    write(scenario("untouched").build(), course / f"submitted/bob/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")
    (course / "nbgrader_config.py").touch()
    assert autograder("class", course, "--out", tmp_path / "out").returncode == 0
    assert (course / "course-seed.txt").exists()
    assert not (tmp_path / "out/class-seed.txt").exists()


# --- chaos: `make chaos` does the same with 200 --------------------------------------------------------------

SUBMISSIONS, HITS = 8, 3


@pytest.fixture(scope="module")
def calm(autograder: Commands, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, bytes]]:
    root = tmp_path_factory.mktemp("chaos")
    folder = chaos.class_of(root / "class", SUBMISSIONS)
    assert autograder("class", folder, "--out", root / "calm").returncode == 0
    return folder, root / "calm", results(root / "calm")


def disturbed(calm: tuple[Path, Path, dict[str, bytes]], out: Path, *more: str, **beside: object) -> None:
    folder, undisturbed, expected = calm
    assert len(expected) == SUBMISSIONS
    out = chaos.with_seed_of(undisturbed, out)
    done = chaos.disturbed(chaos.command(folder, out, *more), 1, HITS, **beside)
    assert done.hits.total() > 0
    assert chaos.results(out) == expected


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_killing_processes_of_this_machine_changes_no_byte(
    calm: tuple[Path, Path, dict[str, bytes]], tmp_path: Path
) -> None:
    disturbed(calm, tmp_path / "out")


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
@pytest.mark.frameworks
def test_killing_workers_of_a_cluster_changes_no_byte(
    calm: tuple[Path, Path, dict[str, bytes]], tmp_path: Path
) -> None:
    with chaos.dask_cluster(tmp_path, 1) as cluster:
        disturbed(calm, tmp_path / "out", "--scheduler", cluster.address, beside=cluster)


@pytest.mark.parametrize(
    ("address", "said"),
    [("somewhere", "is not the address of a scheduler"), ("tcp://127.0.0.1:1", "no Dask scheduler answers")],
)
def test_cluster_that_is_not_there_is_refused(
    address: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.batch import dask_cluster as cluster

    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    with pytest.raises(cluster.NoCluster, match=said):
        cluster.Cluster(address, Settings.of(DEFAULT_PATH.read_bytes()))


def test_worker_that_grades_otherwise_is_refused_by_name_and_grades_nothing() -> None:
    from autograder.batch import dask_cluster as cluster

    class Here:
        address = "tcp://10.0.0.7:4001"

    plugin = cluster.WarmEngine({"graded_by": {**graded_by(), "torch": "1.0"}})
    with pytest.raises(cluster.NoCluster, match=r"tcp://10\.0\.0\.7:4001 .* another version .* of: torch"):
        plugin.setup(Here())
    work = Work("ann", "ann.ipynb", b"{}", 1, "key")
    with pytest.raises(cluster.IncompatibleWorker, match="another version"):
        plugin.grade(work)
