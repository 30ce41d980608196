"""A pull request is graded on a local stand-in for GitHub, with the workflows' own steps and an exported repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.utils import compute_checksum

from autograder.git import GitFailed
from autograder.places import GRADER, MARKING, TEMPLATES
from autograder.publishing import student_repository as student_repo
from autograder.publishing.leak_check import answer_lines
from autograder.publishing.student_repository import CannotExport, export
from autograder.publishing.tracked_files import NotTracked
from tests.support.actions_runner import Job, Runner, load
from tests.support.hub import IDENTITY, NOTEBOOK, File, Hub, link
from tests.support.samples import ROOT, SOLUTION, read, scenario, write

pytestmark = pytest.mark.slow

WORKFLOWS = ROOT / ".github/workflows"
COURSE = "https://github.com/our-org/weight-initialization"
GRADE = load(WORKFLOWS / "grade.yml")["jobs"]


def notebook(name: str, folder: Path) -> bytes:
    return write(scenario(name).build(), folder / f"{name}.ipynb").read_bytes()


@dataclass(frozen=True)
class GradedPullRequest:
    """A pull request that was graded."""

    runner: Runner
    job: Job
    head: str

    @property
    def base(self) -> Path:
        return self.runner.workspace / "base"


class Classroom:
    """The students' repository, exported and published, and pull requests to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        exported = folder / "exported"
        with pytest.MonkeyPatch.context() as patch:
            for name, value in IDENTITY.items():
                patch.setenv(name, value)
            export(exported, course=COURSE, owners="@org/staff")
        self.exported = exported
        self.hub = Hub.holding(exported, folder / "hub.git")
        self.venv: Path | None = None
        self.number = 0

    def open_pull_request(self, files: dict[str, File], login: str = "ann", above: bool = False) -> GradedPullRequest:
        self.number += 1
        head = self.hub.open(self.number, self.hub.commit(files, login, above=above))
        event = {
            "pull_request": {
                "number": self.number,
                "base": {"sha": self.hub.main},
                "head": {"sha": head},
                "user": {"login": login},
            }
        }
        runner = Runner(self.hub, self.folder / f"run-{self.number}", event, self.venv, packages=self.venv is None)
        return GradedPullRequest(runner, runner.run(GRADE["grade"]), head)


@pytest.fixture(scope="session")
def classroom(need_clone: None, tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    return Classroom(tmp_path_factory.mktemp("github"))


@pytest.fixture(scope="session")
def honest(classroom: Classroom) -> Iterator[GradedPullRequest]:
    """A right answer, graded by every step of the workflow, set-up included: pip finds every package in its place."""
    graded = classroom.open_pull_request({NOTEBOOK: File(notebook("library_one_liners", classroom.folder))})
    classroom.venv = graded.base / ".venv"
    yield graded
    shutil.rmtree(classroom.venv, ignore_errors=True)


def gate(job: dict, needs: dict) -> str:
    script = job["steps"][0]
    environment = {}
    for name, value in script["env"].items():
        path = re.fullmatch(r"\$\{\{ needs\.(.*) \}\}", value)[1].split(".")
        told = needs
        for part in path:
            told = told.get(part, {})
        environment[name] = told or ""
    run = subprocess.run(["bash", "-e", "-c", script["run"]], env=os.environ | environment, capture_output=True)
    return "success" if run.returncode == 0 else "failure"


# --- the workflow ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.frameworks
@pytest.mark.network
def test_honest_pull_request_is_graded_with_every_step_of_the_workflow(
    honest: GradedPullRequest, classroom: Classroom
) -> None:
    assert honest.job.outcome == "success", honest.job.log
    assert honest.job.outputs["score"] == honest.job.outputs["max-score"] == "40"
    assert "40 of 40 points" in honest.job.summary
    assert "The pull request changes nothing but the notebook." in honest.job.summary
    taken = json.loads((honest.runner.temporary / "taken/pull-request.json").read_text())
    assert taken["commit"] == honest.head
    handed_in = (honest.runner.temporary / "taken/weight_initialization.ipynb").read_bytes()
    assert handed_in == classroom.hub.git("show", f"{honest.head}:{NOTEBOOK}")


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.frameworks
@pytest.mark.network
def test_grader_of_the_base_commit_grades_whatever_the_pull_request_changes(
    honest: GradedPullRequest, classroom: Classroom
) -> None:
    everything_right = File(b"def grade(*a, **k): raise SystemExit('40 / 40')\nraise SystemExit\n")
    graded = classroom.open_pull_request(
        {
            NOTEBOOK: File(notebook("glorot", classroom.folder)),
            ".github/workflows/grade.yml": File(b"on: pull_request\n"),
            "autograder/__init__.py": everything_right,
            "autograder/judge/thresholds.py": File(None),
            "Makefile": File(b"setup:\n\tfalse\n"),
            "submitted/bob/notes.txt": File(b"mine now"),
            "a b\n::error::not a command.ipynb": File(b"{}"),
            "<img src=x onerror=alert(1)>|x|.md": File(b""),
        },
        login="mallory",
    )
    assert graded.job.outcome == "success", graded.job.log
    assert graded.job.outputs["score"] == "15.5"
    for named in ("the grader", "the workflow", "another student's folder"):
        assert re.search(rf"\| {named} \|", graded.job.summary), named
    assert "\n::error::not a command" not in graded.job.log
    assert "<img" not in graded.job.summary


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({NOTEBOOK: link("../../../../etc/passwd")}, "is a symbolic link"),
        ({NOTEBOOK: File(b" " * 100_000_000)}, "has 95 MiB, more than the 20 MiB allowed"),
        ({NOTEBOOK: File(None)}, "edit the notebook in place"),
        ({NOTEBOOK: File(None), "my answers.ipynb": File(b"{}")}, "edit the notebook in place"),
        ({NOTEBOOK: File(None), f"{NOTEBOOK}/inside.txt": File(b"")}, "is a folder"),
        ({NOTEBOOK: File(b"not JSON")}, "is not"),
    ],
    ids=["link", "100 MB", "deleted", "renamed", "folder", "no notebook"],
)
@pytest.mark.usefixtures("need_confinement")
@pytest.mark.frameworks
@pytest.mark.network
def test_what_is_no_notebook_is_refused_and_its_author_told_why(
    files: dict[str, File], says: str, honest: GradedPullRequest, classroom: Classroom
) -> None:
    graded = classroom.open_pull_request(files)
    assert graded.job.outcome == "failure"
    assert "score" not in graded.job.outputs
    assert "Not graded" in graded.job.summary
    plain = graded.job.summary.replace("\\", "")
    assert says in plain, plain
    assert re.search(r"^::error file=.*title=Not graded::", graded.job.log, re.MULTILINE)


@pytest.mark.frameworks
@pytest.mark.network
def test_tree_that_leads_out_of_the_repository_is_not_checked_out(
    honest: GradedPullRequest, classroom: Classroom
) -> None:
    graded = classroom.open_pull_request({NOTEBOOK: File(notebook("glorot", classroom.folder))}, above=True)
    assert graded.job.outcome == "failure"
    assert graded.job.ran[-1] == "Check out the submission"
    assert not list(graded.runner.workspace.parent.glob("up.ipynb"))


@pytest.mark.parametrize(
    ("result", "outcome"),
    [("success", "success"), ("failure", "failure"), ("skipped", "failure"), ("cancelled", "failure")],
)
def test_required_check_passes_for_a_graded_pull_request_alone(result: str, outcome: str) -> None:
    assert GRADE["graded"]["if"] == "always()"
    assert gate(GRADE["graded"], {"grade": {"result": result}}) == outcome


@pytest.mark.usefixtures("need_confinement")
@pytest.mark.frameworks
@pytest.mark.network
def test_main_branch_prepares_the_cache_by_grading_the_release(honest: GradedPullRequest, classroom: Classroom) -> None:
    runner = Runner(classroom.hub, classroom.folder / "prepare", {}, classroom.venv)
    job = runner.run(load(WORKFLOWS / "prepare.yml")["jobs"]["prepare"])
    assert job.outcome == "success", job.log
    assert job.outputs["score"] == "0"
    assert job.ran[-1] == "Keep pip's downloads"


@pytest.mark.frameworks
@pytest.mark.network
def test_pull_request_keeps_no_cache(honest: GradedPullRequest) -> None:
    assert "Keep pip's downloads" not in honest.job.ran


def test_cache_holds_only_what_is_checked_against_its_hash() -> None:
    """A pull request with a workflow of its own could write it."""
    steps = load(ROOT / ".github/actions/grade/action.yml")["runs"]["steps"]
    assert [step["name"] for step in steps][1:4] == ["Set up Python", "Fetch pip's downloads", "Install the grader"]
    installing = steps[3]["run"]
    assert installing == 'make -C "$GRADER" setup EXTRAS='
    assert "requirements/*.lock" in steps[0]["run"]  # in the cache's key: other versions, another cache
    # That what is not the locked file is refused, whoever kept it: test_install.py.


# --- the repository's own CI ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "fork", "submission"),
    [
        ({NOTEBOOK: File(b"{}")}, "true", "true"),
        ({NOTEBOOK: File(b"{}"), "autograder/cli/app.py": File(b"")}, "true", "false"),
        ({"README.md": File(b"")}, "true", "false"),
        ({NOTEBOOK: File(b"{}")}, "false", "false"),
    ],
    ids=["student's", "more than the notebook", "no notebook", "staff's, from a branch"],
)
def test_release_drift_is_no_fault_of_a_students_pull_request(
    files: dict[str, File], fork: str, submission: str, classroom: Classroom, tmp_path: Path
) -> None:
    head = classroom.hub.commit(files, "ann")
    classroom.hub.git("update-ref", "refs/pull/900/head", head)
    event = {"pull_request": {"base": {"sha": classroom.hub.main}, "head": {"repo": {"fork": fork}}}}
    runner = Runner(classroom.hub, tmp_path / "run", event)
    job = load(WORKFLOWS / "ci.yml")["jobs"]["scope"]
    job["steps"][0]["with"]["ref"] = head
    assert runner.run(job).outputs == {"submission": submission}, runner.job.log


@pytest.mark.parametrize(
    ("submission", "tests", "outcome"),
    [
        ("false", "success", "success"),
        ("false", "failure", "failure"),
        ("false", "skipped", "failure"),
        ("true", "skipped", "success"),
        ("true", "failure", "failure"),
        ("", "skipped", "failure"),
    ],
)
def test_ci_passes_with_the_tests_or_for_a_students_pull_request(submission: str, tests: str, outcome: str) -> None:
    job = load(WORKFLOWS / "ci.yml")["jobs"]["ci"]
    needs = {"scope": {"outputs": {"submission": submission}}, "test": {"result": tests}}
    assert gate(job, needs) == outcome


# --- the students' repository ---------------------------------------------------------------------------


def secrets() -> set[str]:
    """Every telling line between nbgrader's markers in the source, or in a solution cell without any."""
    found: set[str] = set()
    public: set[str] = set()
    for cell in read(SOLUTION).cells:
        parts = re.split(r"### (BEGIN|END) (?:SOLUTION|MARK SCHEME)\n?", cell.source)
        whole = len(parts) == 1 and cell.metadata.get("nbgrader", {}).get("solution")
        secret = parts if whole else parts[2::4]
        found |= {line.strip() for part in secret for line in part.splitlines()}
        public |= set() if whole else {line.strip() for part in parts[0::4] for line in part.splitlines()}
    return {line for line in found - public - {"with torch.no_grad():"} if len(line) > 15}


def test_no_line_of_an_answer_is_in_the_students_repository_or_its_history(classroom: Classroom) -> None:
    secret = secrets()
    assert len(secret) > 100
    assert secret <= answer_lines(SOLUTION), "what the export itself looks for"
    objects = classroom.hub.git("rev-list", "--objects", "refs/heads/main").decode().splitlines()
    for name, _, path in (line.partition(" ") for line in objects):
        if classroom.hub.git("cat-file", "-t", name).strip() != b"blob":
            continue
        text = classroom.hub.git("cat-file", "blob", name).decode(errors="replace").replace('\\"', '"')
        found = sorted(
            line for line in secret if re.search(rf'^[\s"]*{re.escape(line)}(\\n)?[\s",]*$', text, re.MULTILINE)
        )
        assert not found, (path, found)
    paths = classroom.hub.git("ls-tree", "-r", "--name-only", "main").decode().splitlines()
    assert [path for path in paths if path.startswith(("solutions/", "tests/", "calibration/"))] == [
        "tests/specification/attacks/README.md"
    ]
    assert not [path for path in paths if path.startswith(TEMPLATES)], "their copies stand at the top"
    assert not [path for path in paths if path.startswith(MARKING)]


def test_students_repository_has_the_students_templates_and_not_the_developers(classroom: Classroom) -> None:
    exported = classroom.exported / ".github"
    assert "make check" in (exported / "pull_request_template.md").read_text(encoding="utf-8")
    developers = {path.name for path in (ROOT / ".github/ISSUE_TEMPLATE").iterdir()} - {"config.yml"}
    found = {path.name for path in (exported / "ISSUE_TEMPLATE").iterdir()}
    assert found == {"config.yml", "grading.yml", "regrade.yml"}
    assert developers
    assert not found & developers


def test_cache_is_prepared_anew_after_every_change_of_what_grades() -> None:
    # YAML 1.1 reads the key `on` as true.
    paths = load(WORKFLOWS / "prepare.yml")[True]["push"]["paths"]
    changed = {path.partition("/")[0] for path in paths if not path.startswith(".github")}
    assert changed == {path.partition("/")[0] for path in (*GRADER, "Makefile", "setup.mk")}


def test_links_between_the_students_pages_lead_somewhere(classroom: Classroom) -> None:
    for page in classroom.exported.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("target", ["check", "grade"])
@pytest.mark.usefixtures("need_confinement")
@pytest.mark.frameworks
@pytest.mark.network
def test_students_repository_works_alone(target: str, honest: GradedPullRequest, classroom: Classroom) -> None:
    alone = honest.base  # a checkout of nothing but the export, set up by its own Makefile
    (alone / ".venv/.made-in").write_text(f"{alone.resolve()}\n")  # other runs have borrowed it
    (alone / NOTEBOOK).write_bytes(notebook("library_one_liners", classroom.folder))
    assert (alone / "autograder/assignment/released.ipynb").exists(), "the release that no answer goes into"
    run = subprocess.run(
        ["make", target, "EXTRAS="], cwd=alone, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert run.returncode == 0, run.stderr
    assert "Q7: 40 of 40 points" in run.stdout
    status = subprocess.run(["git", "status", "--porcelain"], cwd=alone, capture_output=True, text=True, check=True)
    assert status.stdout.split() == ["M", NOTEBOOK], "nothing else may be left to be committed"


@pytest.fixture
def project(need_clone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of this repository, to change and export; with this working tree's files in it."""
    clone = tmp_path / "project"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in filter(None, tracked.split("\0")):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_bytes((ROOT / path).read_bytes())
    subprocess.run(["git", "add", "--all"], cwd=clone, check=True)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    return clone


def history(repository: Path) -> int:
    run = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=repository, capture_output=True, check=True)
    return int(run.stdout)


def test_exporting_again_brings_it_up_to_date_with_one_commit(project: Path, tmp_path: Path) -> None:
    students = tmp_path / "students"
    assert export(students, course=f"{COURSE}.git", owners="@org/staff", project=project).changed
    assert not export(students, project=project).changed
    assert history(students) == 1
    (students / "NEWS.md").write_text("From the course.\n")
    subprocess.run(["git", "add", "."], cwd=students, check=True)
    subprocess.run(["git", "commit", "-qm", "News"], cwd=students, check=True)

    (project / "SECURITY.md").write_text("New words.\n")
    subprocess.run(["git", "rm", "-q", "--cached", ".devcontainer/devcontainer.json"], cwd=project, check=True)
    (project / ".devcontainer/other.json").write_text("{}")
    subprocess.run(["git", "add", ".devcontainer/other.json"], cwd=project, check=True)
    assert export(students, project=project).changed
    assert history(students) == 3
    assert (students / "SECURITY.md").read_text() == "New words.\n"
    assert [path.name for path in (students / ".devcontainer").iterdir()] == ["other.json"]
    assert (students / "NEWS.md").exists(), "what the course added is the course's"
    assert f'COURSE = \\"{COURSE}.git\\"' in (students / NOTEBOOK).read_text(encoding="utf-8")
    assert "@org/staff" in (students / ".github/CODEOWNERS").read_text()


ANSWER = "    std = float(np.sqrt(2.0 / fan_in))"


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("docs/calibration.md", lambda text: f"{text}\n{ANSWER}\n"),
        ("autograder/sandbox/child/torch_calls.py", lambda text: f"{text}\n{ANSWER}\n"),
        (NOTEBOOK, lambda text: text.replace('"    raise NotImplementedError()"', json.dumps(ANSWER), 1)),
        (NOTEBOOK, lambda text: text.replace('"YOUR ANSWER HERE"', '"### BEGIN SOLUTION"', 1)),
        (NOTEBOOK, lambda text: SOLUTION.read_text(encoding="utf-8")),
    ],
    ids=["page", "code", "release's code", "release's marker", "source for release"],
)
def test_export_with_an_answer_in_it_is_refused(
    path: str, change: Callable[[str], str], project: Path, tmp_path: Path
) -> None:
    """Above all in the release, which nbgrader makes from the answers."""
    leak = project / path
    leak.write_text(change(leak.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CannotExport, match=rf"{re.escape(path)} contains a line of a model answer"):
        export(tmp_path / "students", COURSE, project=project)
    assert not (tmp_path / "students").exists()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "the course has no address yet"),
        ("https://github.com/ORG/REPO", "the course has no address yet"),
        ("git@github.com:our-org/course", "begins with https://"),
        ('https://x/"; import os; "', "begins with https://"),
    ],
)
def test_export_without_the_courses_address_is_refused(address: str, says: str, project: Path, tmp_path: Path) -> None:
    """The notebook fetches the course from there on Colab."""
    with pytest.raises(CannotExport, match=says):
        export(tmp_path / "students", address, project=project)
    assert not (tmp_path / "students").exists()


def test_courses_address_is_all_that_the_export_changes_in_the_release(classroom: Classroom) -> None:
    ours, theirs = (read(folder / NOTEBOOK).cells for folder in (ROOT, classroom.exported))
    ((before, after),) = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    assert before.source.replace("https://github.com/ORG/REPO", COURSE) == after.source
    assert after.metadata.nbgrader.checksum == compute_checksum(after)


def test_first_export_without_a_git_identity_says_so_and_leaves_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in IDENTITY:
        if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER")):
            monkeypatch.delenv(name)
    for name, value in {"COUNT": "1", "KEY_0": "user.useConfigOnly", "VALUE_0": "true"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    with pytest.raises(GitFailed, match="git var"):
        export(tmp_path / "students", COURSE, project=project)
    assert not (tmp_path / "students").exists()


def test_what_is_not_committed_is_not_exported(project: Path) -> None:
    student_repo.require_committed(project)
    (project / "SECURITY.md").write_text("Not yet committed.\n")
    with pytest.raises(CannotExport, match=r"SECURITY\.md has uncommitted changes"):
        student_repo.require_committed(project)


def test_export_that_would_lack_a_file_is_refused(project: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "rm", "-q", "--cached", "LICENSE"], cwd=project, check=True)
    with pytest.raises(NotTracked, match="LICENSE is not under version control"):
        export(tmp_path / "students", COURSE, project=project)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("echo mine > notes.txt", "neither empty nor an earlier export"),
        ("git init -q . && echo mine > notes.txt && git add . && git commit -qm mine", "not an earlier export"),
        ("git init -q . && echo mine > notes.txt", "uncommitted changes"),
    ],
)
def test_folder_with_something_else_in_it_is_left_alone(command: str, says: str, project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    subprocess.run(["bash", "-c", command], cwd=folder, check=True)
    with pytest.raises(CannotExport, match=says):
        export(folder, COURSE, project=project)
    assert (folder / "notes.txt").read_text() == "mine\n"
