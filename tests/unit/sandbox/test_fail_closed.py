"""Code that cannot be confined is not graded without --unconfined, and a fault of the grader is never a zero."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from autograder.assignment.release import load_release
from autograder.cli.examine import examine
from autograder.sandbox import Sandbox, SandboxFault, support
from autograder.sandbox.opening import open_sandbox
from autograder.sandbox.protocol import RunCell
from autograder.sandbox.unconfined import PlainSandbox
from tests.support.commands import in_this_process
from tests.support.course import Course
from tests.support.graders import Grader
from tests.support.processes import eventually, not_running
from tests.support.sabotage import NO_FRAMEWORKS, interpreter, sabotaged
from tests.support.samples import ROOT, scenario, write

#: Machines that lack something, made from this one: a filter of system calls answers as their kernels would.
LACKING = {
    "landlock": "f.add_rule(s.ERRNO(errno.ENOSYS), 444)",
    "seccomp": "f.add_rule(s.ERRNO(errno.ENOSYS), 'seccomp')\n"
    "f.add_rule(s.ERRNO(errno.EINVAL), 'prctl', s.Arg(0, s.EQ, 22))",
}
ON_A_LACKING_MACHINE = """
import errno, os, sys, pyseccomp as s
f = s.SyscallFilter(s.ALLOW)
{rule}
f.load()
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def python(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


def on_a_machine_without(what: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return python("-c", ON_A_LACKING_MACHINE.format(rule=LACKING[what]), *arguments, cwd=cwd)


def glorot(folder: Path) -> Path:
    return write(scenario("glorot").build(), folder / "glorot.ipynb")


@pytest.mark.usefixtures("need_confinement")
def test_this_machine_can_confine() -> None:
    """Where this fails, so will most of the suite: confinement cannot be tested on a kernel without it."""
    found = support.probe()
    assert found.official, f"this machine lacks what the sandbox needs: {' '.join(found.missing)}"


@pytest.mark.parametrize(("what", "says"), [("landlock", "Linux 5.13"), ("seccomp", "CONFIG_SECCOMP_FILTER")])
@pytest.mark.slow
def test_grading_refuses_where_the_kernel_lacks_it_and_says_what_to_do(what: str, says: str, tmp_path: Path) -> None:
    path, file = glorot(tmp_path), tmp_path / "result.json"
    run = on_a_machine_without(what, "-m", "autograder", "grade", path, "--json", file)
    assert run.returncode == 3
    assert what in run.stderr.lower()
    assert says in run.stderr
    assert "--unconfined" in run.stderr
    assert "Traceback" not in run.stderr
    assert not file.exists()
    doctor = on_a_machine_without(what, "-m", "autograder", "doctor")
    assert doctor.returncode == 3
    assert "cannot be official" in doctor.stdout
    assert says in doctor.stdout


@pytest.mark.slow
def test_demo_grades_the_repositorys_own_samples_there_and_says_so_first(tmp_path: Path) -> None:
    """A kernel without Landlock, as some of WSL 2's: whoever tries the project out sees it at work."""
    code = (
        "import sys; from pathlib import Path; from tests.support import demo\n"
        "chosen = [s for s in demo.scenarios() if s.name == 'glorot']\n"
        f"demo.scenarios = lambda: chosen; sys.exit(demo.main(Path({str(tmp_path)!r})))"
    )
    run = on_a_machine_without("landlock", "-c", code, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    told = run.stdout.index("cannot confine student code")
    assert told < run.stdout.index("Linux 5.13") < run.stdout.index("Grading them")
    assert json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("fails", "says"), [("ImportError", "pip install pyseccomp"), ("RuntimeError", "libseccomp2")])
def test_missing_library_is_named_with_what_to_install(
    fails: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyseccomp.py").write_text(f"raise {fails}('not here')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyseccomp", raising=False)
    found = support.probe()
    assert not found.official
    assert says in " ".join(found.missing)
    with pytest.raises(support.NoConfinement, match=says):
        open_sandbox()


@pytest.mark.parametrize(
    ("where", "what"), [("sys.platform", "darwin"), ("sys.platform", "win32"), ("platform.machine", lambda: "s390x")]
)
def test_other_systems_are_refused_by_name(where: str, what: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"autograder.sandbox.support.{where}", what)
    found = support.probe()
    assert not found.official
    assert "Linux" in found.missing[0] or "x86_64" in found.missing[0]


@pytest.mark.usefixtures("need_confinement")
def test_doctor_tells_of_a_package_that_crashes_students_code(monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "3.7.1" if name == "triton" else version(name))
    found = examine()
    assert not found.official
    assert "triton is installed" in found.text


@pytest.mark.slow
def test_doctor_says_what_there_is() -> None:
    run = python("-m", "autograder", "doctor")
    assert run.returncode == 0
    for word in ("Landlock", "ABI", "seccomp", "kernel", "cores", "torch", "tensorflow", "can be official"):
        assert word in run.stdout


@pytest.mark.slow
def test_unconfined_is_a_choice_that_every_report_tells(tmp_path: Path) -> None:
    path = glorot(tmp_path)
    files = {kind: tmp_path / f"result.{kind}" for kind in ("json", "html", "markdown")}
    reports = [x for kind, file in files.items() for x in (f"--{kind}", file)]
    run = on_a_machine_without("landlock", "-m", "autograder", "grade", "--unconfined", path, *reports)
    assert run.returncode == 0, run.stderr
    assert json.loads(files["json"].read_text())["provenance"]["confinement"] == ["unconfined"]
    for text in (run.stdout, files["html"].read_text(), files["markdown"].read_text()):
        assert "no official grade" in " ".join(text.split())


@pytest.mark.slow
def test_check_falls_back_and_says_so(tmp_path: Path) -> None:
    run = on_a_machine_without("landlock", "-m", "autograder", "check", glorot(tmp_path))
    assert run.returncode == 0
    assert "cannot confine" in run.stderr
    assert "Q7: 15.5 of 40 points" in run.stdout


@pytest.mark.slow
def test_child_that_could_not_be_confined_runs_nothing(tmp_path: Path) -> None:
    """Whoever skips the look beforehand gets a fault, not code that runs free."""
    code = f"""
import sys
sys.executable = {str(interpreter(tmp_path, NO_FRAMEWORKS))!r}
from tests.support.graders import Grader
from autograder.assignment.release import load_release
from autograder.sandbox import Sandbox
from pathlib import Path
with Sandbox() as sandbox:
    result = Grader(sandbox, load_release()).grade(Path({str(glorot(tmp_path))!r}))
    print(result.status, result.questions, result.fault)
"""
    run = on_a_machine_without("landlock", "-c", code)
    assert run.stdout.startswith("fault () "), run.stderr
    assert "Landlock" in run.stdout


# --- without a fork server: macOS and Windows ---------------------------------------------------------


@pytest.mark.slow
def test_plain_process_gives_the_same_result_as_the_warm_one(grader: Grader, tmp_path: Path) -> None:
    path = glorot(tmp_path)
    confined = grader.grade(path, seed=5)
    with PlainSandbox() as plain:
        result = Grader(plain, load_release()).grade(path, seed=5)
    assert result.questions == confined.questions
    assert result.provenance.confinement == ("unconfined",)


@pytest.mark.slow
def test_plain_child_ends_when_its_time_does_and_leaves_nothing(tmp_path: Path) -> None:
    with sabotaged(tmp_path, module="sandbox.unconfined"), PlainSandbox() as plain:
        child = plain.open()
        printed = child.ask(RunCell("t", "import os; print(os.getpid()); print(os.getcwd())"), seconds=30.0).stdout
        pid, folder = printed.split()
        with pytest.raises(Exception, match="had not finished"):
            child.ask(RunCell("t", "while True: pass"), seconds=1.0)
        assert eventually(lambda: not_running(int(pid)))
        assert not Path(folder).exists()


@pytest.mark.slow
def test_plain_child_that_does_not_start_is_a_fault(tmp_path: Path) -> None:
    broken = sabotaged(tmp_path, "raise SystemExit('broken')", "sandbox.unconfined")
    with broken, PlainSandbox() as plain, pytest.raises(SandboxFault, match="broken"):
        plain.open()


# --- faults of ours ---------------------------------------------------------------------------------------

FAIL = """
import {module}
def fail(*_, **__):
    raise OSError({number}, {says!r})
{module}.{function} = fail
"""
BROKEN = {
    "no_process_can_be_forked": NO_FRAMEWORKS
    + FAIL.format(module="os", function="fork", number=11, says="no more processes"),
    "no_folder_can_be_made": NO_FRAMEWORKS
    + FAIL.format(module="tempfile", function="mkdtemp", number=28, says="No space left"),
    "no_descriptor_is_left": NO_FRAMEWORKS
    + FAIL.format(module="os", function="pidfd_open", number=24, says="Too many open files"),
    "child_cannot_be_set_up": NO_FRAMEWORKS + FAIL.format(module="os", function="setsid", number=1, says="no session"),
    "framework_is_broken": "import sys; sys.modules['tensorflow'] = None",
    "frameworks_take_the_process_down": "import os; os.abort()",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.usefixtures("need_confinement")
@pytest.mark.slow
def test_fault_of_ours_is_no_zero(name: str, tmp_path: Path) -> None:
    path, file = write(scenario("reference").build(), tmp_path / "reference.ipynb"), tmp_path / "result.json"
    with sabotaged(tmp_path, BROKEN[name]):
        run = in_this_process("grade", path, "--json", file)
    assert run.returncode == 3, run.stdout + run.stderr
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["status"] == "fault"
    assert document["score"] is None
    assert document["questions"] == []
    assert document["fault"]
    assert "Traceback" not in run.stdout + run.stderr
    assert "nothing was scored" in run.stdout


@pytest.mark.usefixtures("need_confinement")
def test_warm_process_goes_on_after_a_fault_of_its_own(tmp_path: Path) -> None:
    once = """
import tempfile
whole = tempfile.mkdtemp
def full(**k):
    if "dir" not in k:  # the warm process's own folder; a child's is in it
        return whole(**k)
    tempfile.mkdtemp = whole
    raise OSError(28, 'No space left on device')
tempfile.mkdtemp = full
"""
    with sabotaged(tmp_path, NO_FRAMEWORKS + once):
        sandbox = Sandbox()
    with sandbox:
        child = sandbox.open()
        with pytest.raises(SandboxFault, match="No space left"):
            child.ask(RunCell("t", "print(6)"), seconds=20.0)
        assert sandbox.open().ask(RunCell("t", "print(7)"), seconds=20.0).stdout == "7\n"


@pytest.mark.slow
def test_regrading_is_refused_once_and_not_for_every_student(tmp_path: Path) -> None:
    course = Course.make(tmp_path)
    run = on_a_machine_without("landlock", "-m", "autograder", "course", "regrade", "--all", cwd=course.folder)
    assert run.returncode == 3
    assert run.stderr.count("\n") == 1
    assert "Linux 5.13" in run.stderr
